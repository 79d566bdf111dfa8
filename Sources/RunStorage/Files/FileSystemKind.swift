import Foundation

/// Whether a path lies where locks and fsync may not hold.
public enum FileSystemKind {
    private static let networkKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "afs", "ceph", "gpfs", "beegfs", "9p", "glusterfs",
        "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "orangefs",
    ]

    /// The network file system's name as the kernel gives it, nil on a local one or where the system does not tell.
    ///
    /// Reads /proc/self/mounts (fstab(5) fields); of the mount points that contain the path the longest, last one counts.
    public static func network(path: String) -> String? {
        name(path: path).flatMap { networkKinds.contains($0) ? $0 : nil }
    }

    /// The file system's name as the kernel gives it, nil where the system does not tell.
    public static func name(path: String) -> String? {
        guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) else { return nil }
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path + "/"
        var best = (length: -1, kind: "")
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            // The kernel writes a space in a mount point as \040.
            let point = fields[1].replacing("\\040", with: " ")
            let prefix = point == "/" ? "/" : point + "/"
            if path.hasPrefix(prefix), prefix.utf8.count >= best.length {
                best = (prefix.utf8.count, String(fields[2]))
            }
        }
        return best.kind.isEmpty ? nil : best.kind
    }
}

import Foundation

/// Files of the control group that this process is in (cgroups(7)), of either version.
enum ControlGroup {
    /// The text of `second` (a file of version 2) or of `first` (a file of version 1 under `controller`), trimmed, of the
    /// group or, where that has none, of one above it; nil where there is neither.
    static func text(controller: String, second: String, first: String) -> String? {
        path(controller: controller, second: second, first: first).flatMap(read)
    }

    /// The path of that file.
    static func path(controller: String, second: String, first: String) -> String? {
        guard let groups = read("/proc/self/cgroup") else { return nil }
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").map(String.init).contains(controller) else { continue }
            let mount = "/sys/fs/cgroup" + (isSecond ? "" : "/" + controller)
            // Inside a container the path may be the host's, which is not there; the mount is then the group itself.
            var group = fields[2] == "/" ? "" : fields[2]
            while true {
                let path = mount + group + "/" + (isSecond ? second : first)
                if access(path, R_OK) == 0 { return path }
                guard let slash = group.lastIndex(of: "/") else { break }
                group = String(group[..<slash])
            }
        }
        return nil
    }

    private static func read(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import Foundation

/// Files that come from another store, or move between a store and its trash.
extension DurableFiles {
    /// Makes another name for a file of the same file system, or a copy where that is not possible; the directory, which
    /// must exist, is not flushed yet. For files that nobody ever changes, which is true of all that a store names.
    func link(_ source: String, to relativePath: String) throws {
        let temporary = temporaryPath()
        DurableOperations.point()
        if Foundation.link(source, temporary) != 0 {
            guard let bytes = try SystemCalls.read(source) else {
                throw SystemCalls.failure("copy", source, errno: ENOENT)
            }
            return try place(bytes, at: relativePath)
        }
        let target = layout.absolute(relativePath)
        DurableOperations.point()
        // Renaming one name of a file onto another name of the same file does nothing and leaves both (rename(2)).
        defer { unlink(temporary) }
        if rename(temporary, target) != 0 { throw SystemCalls.failure("rename into place", target, errno: errno) }
    }

    /// Links every file of `source`, a run's directory in another store, to `directory` in this one and flushes.
    ///
    /// Returns the number and bytes of the files. Names that no store gives, and links, are left where they are.
    func linkDirectory(_ source: String, to directory: String) throws -> (files: Int, bytes: Int) {
        var count = 0
        var bytes = 0
        var directories: [String] = []
        for (path, size) in Self.regularFiles(below: source) {
            let target = directory + "/" + path
            let parent = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
            if directories.last != parent {
                try makeDirectory(parent)
                directories.append(parent)
            }
            try link(source + "/" + path, to: target)
            count += 1
            bytes += size
        }
        for directory in directories { try SystemCalls.syncDirectory(layout.absolute(directory)) }
        return (count, bytes)
    }

    /// The regular files at most one directory below `root`, as paths relative to it in sorted order, with their sizes.
    static func regularFiles(below root: String, depth: Int = 1) -> [(path: String, size: Int)] {
        var found: [(path: String, size: Int)] = []
        for name in SystemCalls.names(in: root) where (try? StoreLayout.check(artefactName: name)) != nil {
            var status = stat()
            guard lstat(root + "/" + name, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFREG: found.append((name, Int(status.st_size)))
            case S_IFDIR where depth > 0:
                found += regularFiles(below: root + "/" + name, depth: depth - 1).map {
                    (name + "/" + $0.path, $0.size)
                }
            default: break
            }
        }
        return found
    }

    /// Removes a directory with everything in it, links as links. What cannot be removed stays.
    static func removeTree(_ path: String) {
        for name in SystemCalls.names(in: path) {
            let inner = path + "/" + name
            var status = stat()
            guard lstat(inner, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { removeTree(inner) } else { SystemCalls.removeLeftover(inner) }
        }
        DurableOperations.point()
        rmdir(path)
    }
}

import Foundation
import Synchronization

/// Writes files that are either wholly there or not there, also after a crash: temporary file, fsync, rename, fsync of
/// the directory.
struct DurableFiles: Sendable {
    let layout: StoreLayout

    private static let counter = Atomic<Int>(0)

    /// Writes `bytes` to `relativePath` in the store; its directory must exist. When this returns the file is durable.
    func write(_ bytes: [UInt8], to relativePath: String) throws {
        try place(bytes, at: relativePath)
        let target = layout.absolute(relativePath)
        try SystemCalls.syncDirectory(String(target.prefix(upTo: target.lastIndex(of: "/") ?? target.endIndex)))
    }

    /// Writes several files into a directory that exists and flushes that once. When this returns all are durable.
    func write(_ contents: [(name: String, bytes: [UInt8])], into directory: String) throws {
        for content in contents { try place(content.bytes, at: directory + "/" + content.name) }
        try SystemCalls.syncDirectory(layout.absolute(directory))
    }

    /// Temporary file, fsync, rename; the directory is not flushed yet.
    func place(_ bytes: [UInt8], at relativePath: String) throws {
        let target = layout.absolute(relativePath)
        let temporary = temporaryPath()
        DurableOperations.point()
        let descriptor = try SystemCalls.open(temporary, O_WRONLY | O_CREAT | O_EXCL, to: "create")
        do {
            do {
                DurableOperations.point()
                try SystemCalls.write(bytes, to: descriptor, path: temporary)
                try SystemCalls.sync(descriptor, path: temporary)
            } catch {
                close(descriptor)
                throw error
            }
            if close(descriptor) != 0 { throw SystemCalls.failure("close", temporary, errno: errno) }
            DurableOperations.point()
            if rename(temporary, target) != 0 { throw SystemCalls.failure("rename into place", target, errno: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// A name for a file that is being written.
    func temporaryPath() -> String {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        return layout.temporary + "/\(getpid())-\(number)-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Makes a directory in the store durable, parents included.
    ///
    /// A directory that is there may have been made by a process that died before it flushed the parent, so the parents
    /// are flushed either way; the first part is made durable when the store is opened.
    func makeDirectory(_ relativePath: String) throws {
        var parent = layout.root
        for (depth, part) in relativePath.split(separator: "/").enumerated() {
            let path = parent + "/" + part
            try StoreLayout.requireNoLink(path)
            if try SystemCalls.makeDirectory(path) || depth > 0 { try SystemCalls.syncDirectory(parent) }
            parent = path
        }
    }

    /// Reads a file and compares it with its recorded size and SHA-256; throws `.corrupt` when it differs.
    func readVerified(_ relativePath: String, size: Int, sha256: [UInt8], what: String) throws -> [UInt8] {
        let path = layout.absolute(relativePath)
        func damaged(_ reason: String) -> RunStoreError {
            RunStoreError(
                .corrupt, what: "\(what) \(reason)", location: path,
                remedy: StoreDatabase.damagedRemedy)
        }
        guard let bytes = try SystemCalls.read(path) else { throw damaged("is missing") }
        guard bytes.count == size else { throw damaged("has \(bytes.count) bytes instead of \(size)") }
        guard Hashing.sha256(bytes) == sha256 else { throw damaged("is not what was written (SHA-256 differs)") }
        return bytes
    }

    /// Removes what lies in a run's directory and is not in `keep` (paths relative to the root). True when nothing else is
    /// left; a failure does no harm, what is left is removed another time.
    @discardableResult
    func removeLeftovers(ofRun id: String, keep: Set<String>) -> Bool {
        let directory = layout.directory(ofRun: id)
        // Behind a link lie files of somebody else.
        guard (try? StoreLayout.requireNoLink(layout.absolute(directory))) != nil,
            let names = SystemCalls.listing(of: layout.absolute(directory))
        else { return false }
        var isClean = true
        for name in names {
            let relative = directory + "/" + name
            if keep.contains(relative) { continue }
            let path = layout.absolute(relative)
            var status = stat()
            guard lstat(path, &status) == 0 else {
                isClean = isClean && errno == ENOENT
                continue
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                for inner in SystemCalls.names(in: path) { SystemCalls.removeLeftover(path + "/" + inner) }
                isClean = rmdir(path) == 0 && isClean
            } else {
                isClean = SystemCalls.removeLeftover(path) && isClean
            }
        }
        return isClean
    }

    /// Removes what failures at a run left, once the run may be tried again. What stays after a crash is removed when its
    /// next attempt begins.
    func removeFailures(ofRun id: String) {
        let directory = layout.absolute(layout.directory(ofRun: id))
        for name in SystemCalls.names(in: directory) where name.hasPrefix("failed-") {
            SystemCalls.removeLeftover(directory + "/" + name + "/" + RecordFile.name)
            rmdir(directory + "/" + name)
        }
    }

    /// Removes every file that was being written when a process died. Only under the exclusive store lock.
    func removeTemporaries() {
        for name in SystemCalls.names(in: layout.temporary) {
            SystemCalls.removeLeftover(layout.temporary + "/" + name)
        }
    }
}

import Foundation

/// The POSIX calls the store uses, with typed errors. Nothing here retries a failed fsync.
enum SystemCalls {
    /// The error for a failed call, by `errno`.
    static func failure(_ what: String, _ path: String, errno code: Int32) -> RunStoreError {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            return RunStoreError(
                .diskFull, what: "cannot \(what): \(reason)", location: path,
                remedy: "Free some space and run the same command again; nothing recorded is lost.")
        case EACCES, EPERM, EROFS:
            return RunStoreError(
                .permission, what: "cannot \(what): \(reason)", location: path,
                remedy: "Give this user the right to write there, or choose another store with --store.")
        case EMFILE, ENFILE:
            return RunStoreError(
                .inputOutput(errno: code), what: "cannot \(what): \(reason)", location: path,
                remedy: "Raise the number of open files (ulimit -n) and run the same command again; nothing recorded is"
                    + " lost.")
        case EISDIR, ENOTDIR, ENOTEMPTY:
            return RunStoreError(
                .inputOutput(errno: code), what: "cannot \(what): \(reason)", location: path,
                remedy:
                    "Something that flowexp did not put there is in the way: move it away, or have `flowexp store repair` do so "
                    + "where `flowexp store check` names it, and run the same command again; nothing recorded is lost.")
        default:
            return RunStoreError(
                .inputOutput(errno: code), what: "cannot \(what): \(reason)", location: path,
                remedy: "Check the disk and run the same command again; nothing recorded is lost.")
        }
    }

    /// Opens a file, close-on-exec; returns the descriptor. It does not wait for the other end of a pipe that lies where a
    /// file belongs.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644, to what: String) throws -> Int32 {
        while true {
            let descriptor = Foundation.open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw failure(what, path, errno: errno) }
        }
    }

    /// Writes all of `bytes`.
    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                guard let base = buffer.baseAddress else { return }
                let count = Foundation.write(descriptor, base + done, buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw failure("write", path, errno: errno)
                }
                done += count
            }
        }
    }

    /// Flushes a file or directory to the disk. A failure is final: the kernel may have dropped the dirty pages.
    static func sync(_ descriptor: Int32, path: String) throws {
        DurableOperations.point()
        if fsync(descriptor) != 0 { throw failure("flush to the disk", path, errno: errno) }
    }

    /// Flushes a directory, so that names made or renamed in it survive a power loss.
    static func syncDirectory(_ path: String) throws {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY, to: "open the directory")
        defer { close(descriptor) }
        try sync(descriptor, path: path)
    }

    /// The whole of a regular file; nil when there is none.
    static func read(_ path: String) throws -> [UInt8]? {
        let descriptor: Int32
        do {
            // Opening a pipe would wait for its other end.
            descriptor = try open(path, O_RDONLY | O_NONBLOCK, to: "open")
        } catch let error as RunStoreError where error.kind == .inputOutput(errno: ENOENT) {
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("inspect", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = Int(status.st_size)
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let base = buffer.baseAddress {
                let step = Foundation.read(descriptor, base + count, size - count)
                if step < 0 {
                    if errno == EINTR { continue }
                    failed = errno
                    return
                }
                if step == 0 { return }
                count += step
            }
        }
        if failed != 0 { throw failure("read", path, errno: failed) }
        return bytes
    }

    /// Whether something is at `path`, links followed.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Whether a regular file is at `path`, links followed.
    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The size of what is at `path`, links followed; nil when nothing is there. Throws when that cannot be told, for
    /// example for want of rights.
    static func size(_ path: String) throws -> Int? {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_size) }
        switch errno {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: return nil
        case EACCES, EPERM:
            throw RunStoreError(
                .permission, what: "this user may not look into the directory", location: path,
                remedy: "Give this user the right to read the store, or name another with --store.")
        default: throw failure("inspect", path, errno: errno)
        }
    }

    /// Makes a directory; returns false when it was there.
    static func makeDirectory(_ path: String) throws -> Bool {
        DurableOperations.point()
        if mkdir(path, 0o755) == 0 { return true }
        if errno == EEXIST { return false }
        throw failure("create the directory", path, errno: errno)
    }

    /// The names in a directory, without `.` and `..`, sorted; empty when it is not there or cannot be read.
    static func names(in path: String) -> [String] { listing(of: path) ?? [] }

    /// The names in a directory, sorted; empty when it is not there, nil when it cannot be read.
    static func listing(of path: String) -> [String]? {
        guard let directory = opendir(path) else { return errno == ENOENT ? [] : nil }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return errno == 0 ? names.sorted() : nil
    }

    /// The names in a directory as ``names(in:)`` gives them; throws when it is there and cannot be read, for whom an empty
    /// directory would mean that everything is lost.
    static func readableNames(in path: String) throws -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw failure("read the directory", path, errno: errno)
        }
        defer { closedir(directory) }
        errno = 0
        while readdir(directory) != nil { errno = 0 }
        if errno != 0 { throw failure("read the directory", path, errno: errno) }
        return names(in: path)
    }

    /// Removes a file; true when it is gone. Only for leftovers, whose removal may fail without harm.
    @discardableResult
    static func removeLeftover(_ path: String) -> Bool {
        DurableOperations.point()
        return unlink(path) == 0 || errno == ENOENT
    }

    /// Seconds by a clock that never jumps.
    static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Seconds since 1970, for people only.
    static func wallSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

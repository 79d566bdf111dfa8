import Foundation
import Synchronization

/// An open-file-description lock on a whole file: it belongs to the open file, not to the process, so two handles in
/// one process exclude each other, and the kernel frees it when the process dies however it dies.
final class FileLock: Sendable {
    #if canImport(Darwin)
        private static let tryCommand: Int32 = 90
        private static let probeCommand: Int32 = 92
    #else
        // Linux's F_OFD_GETLK and F_OFD_SETLK (include/uapi/asm-generic/fcntl.h); Glibc hides them behind _GNU_SOURCE.
        private static let tryCommand: Int32 = 37
        private static let probeCommand: Int32 = 36
    #endif

    private let descriptor: Mutex<Int32?>
    let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = Mutex(descriptor)
        self.path = path
    }

    deinit { release() }

    private static func request(_ type: Int32) -> flock {
        var request = flock()
        request.l_type = Int16(type)
        request.l_whence = Int16(SEEK_SET)
        request.l_start = 0
        request.l_len = 0
        request.l_pid = 0
        return request
    }

    /// Takes the lock if it is free; nil when somebody holds a conflicting one. The file is created where missing,
    /// except when `createFile` is false; then a missing file reads as nil too.
    static func take(_ path: String, exclusive: Bool, createFile: Bool = true) throws -> FileLock? {
        while true {
            // A shared lock needs only reading, which a read-only medium allows.
            let flags = (createFile ? O_RDWR | O_CREAT : (exclusive ? O_RDWR : O_RDONLY)) | O_NOFOLLOW
            try StoreLayout.requireNoLink(path)
            let descriptor = try SystemCalls.open(path, flags, to: "open the lock file")
            var wanted = request(exclusive ? F_WRLCK : F_RDLCK)
            if fcntl(descriptor, tryCommand, &wanted) != 0 {
                let code = errno
                close(descriptor)
                if code == EAGAIN || code == EACCES { return nil }
                if code == EINTR { continue }
                throw SystemCalls.failure("lock", path, errno: code)
            }
            // Garbage collection may have unlinked the file between open and lock: then the lock protects nothing.
            var held = stat()
            var named = stat()
            if fstat(descriptor, &held) == 0, stat(path, &named) == 0 {
                if held.st_ino == named.st_ino, held.st_dev == named.st_dev {
                    return FileLock(descriptor: descriptor, path: path)
                }
            } else if errno != ENOENT {
                // Trying again would go on for ever on a disk that does not answer.
                let code = errno
                free(descriptor)
                throw SystemCalls.failure("inspect the lock file", path, errno: code)
            }
            free(descriptor)
        }
    }

    /// Whether anybody holds a lock on the file. Takes none itself, so it never disturbs a holder; a missing file is
    /// not held.
    static func isHeld(_ path: String) throws -> Bool {
        let descriptor: Int32
        do {
            descriptor = try SystemCalls.open(path, O_RDONLY, to: "open the lock file")
        } catch let error as RunStoreError where error.kind == .inputOutput(errno: ENOENT) {
            return false
        }
        defer { close(descriptor) }
        var probe = request(F_WRLCK)
        while fcntl(descriptor, probeCommand, &probe) != 0 {
            if errno != EINTR { throw SystemCalls.failure("probe the lock", path, errno: errno) }
        }
        return probe.l_type != Int16(F_UNLCK)
    }

    /// Calls `attempt`, with growing, jittered pauses, until it gives something; after `timeout` seconds throws what `busy`
    /// makes of the processes that have the lock file `path` open.
    static func waiting<Value>(
        for path: String, timeout: Double, _ attempt: () throws -> Value?, busy: (_ holders: [String]) -> RunStoreError
    ) throws -> Value {
        let deadline = SystemCalls.monotonicSeconds() + timeout
        var number = 0
        while true {
            if let value = try attempt() { return value }
            if SystemCalls.monotonicSeconds() >= deadline { throw busy(FileHolders.describe(path)) }
            usleep(Backoff.microseconds(attempt: number))
            number += 1
        }
    }

    /// Turns an exclusive lock into a shared one without a gap.
    func downgrade() throws {
        try descriptor.withLock { descriptor in
            guard let descriptor else { return }
            var wanted = Self.request(F_RDLCK)
            if fcntl(descriptor, Self.tryCommand, &wanted) != 0 {
                throw SystemCalls.failure("share the lock", path, errno: errno)
            }
        }
    }

    /// The first bytes of the file, for the note of a fatal signal; empty when it cannot be read.
    func text() -> String {
        descriptor.withLock { descriptor in
            guard let descriptor else { return "" }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : ""
        }
    }

    /// Frees the lock; harmless when it is free.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            Self.free(open)
            descriptor = nil
        }
    }

    /// Closing alone would leave the lock to the copy of the descriptor that a process being started has between its fork
    /// and its exec.
    private static func free(_ descriptor: Int32) {
        var wanted = request(F_UNLCK)
        _ = fcntl(descriptor, tryCommand, &wanted)
        close(descriptor)
    }
}

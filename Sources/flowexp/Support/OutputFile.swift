import Foundation
import Orchestration
import PointFiles

/// Where a command's data goes: standard output, or a file that appears whole or not at all.
final class OutputFile {
    private let path: String?
    private let force: Bool
    private var temporary: String?
    private var descriptor: Int32

    /// `path` nil: standard output. An existing file is replaced with `force` only (else exit 73, before any work); what
    /// is no regular file (a pipe, `/dev/null`) is written in place.
    init(path: String?, force: Bool) throws {
        self.force = force
        guard let given = path else {
            self.path = nil
            descriptor = STDOUT_FILENO
            return
        }
        guard !given.isEmpty else { throw CommandFailure(.usage, "--output is empty; name a file") }
        var status = stat()
        if stat(given, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            self.path = given
            descriptor = open(given, O_WRONLY | O_CLOEXEC)
            if descriptor < 0 { throw Self.failure("write", given, creating: true) }
            return
        }
        try Self.requireFree(given, force: force)
        // A link's target is replaced, not the link.
        let target = realpath(given, nil).map { resolved in
            defer { free(resolved) }
            return String(cString: resolved)
        }
        self.path = target ?? given
        let name = (target ?? given) + ".\(UInt32.random(in: 0...UInt32.max)).partial"
        UnfinishedFile.isAt(name)
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw Self.failure("create", given, creating: true) }
        temporary = name
    }

    deinit {
        if let temporary {
            close(descriptor)
            unlink(temporary)
            UnfinishedFile.isAt(nil)
        }
    }

    /// Appends bytes. A reader of standard output that has gone ends the program with success: it has what it wanted.
    func write(_ bytes: [UInt8]) throws {
        let number = writeAll(bytes, to: descriptor)
        if number == 0 { return }
        if number == EPIPE && path == nil { exit(0) }
        errno = number
        throw Self.failure("write", path ?? "standard output", creating: false)
    }

    /// Makes the file appear under its name.
    func finish() throws {
        guard let path else { return }
        guard close(descriptor) == 0 else { throw Self.failure("write", path, creating: false) }
        guard let temporary else { return }
        defer {
            self.temporary = nil
            UnfinishedFile.isAt(nil)
        }
        // Without --force a file that appeared meanwhile is kept: a link, unlike a rename, replaces nothing.
        if !force {
            if link(temporary, path) == 0 {
                unlink(temporary)
                return
            }
            if errno == EEXIST {
                unlink(temporary)
                return try Self.requireFree(path, force: false)
            }
        }
        guard rename(temporary, path) == 0 else {
            let failure = Self.failure("create", path, creating: true)
            unlink(temporary)
            throw failure
        }
    }

    /// Throws exit 73 when something lies at `path` and may not be replaced.
    static func requireFree(_ path: String, force: Bool) throws {
        var status = stat()
        guard !force, lstat(path, &status) == 0 else { return }
        throw CommandFailure(
            .cannotCreate, "'\(path)' exists", remedy: "Choose another name, or add --force to replace it.")
    }

    private static func failure(_ doing: String, _ path: String, creating: Bool) -> CommandFailure {
        .file(POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO), doing: doing, path, creating: creating)
    }
}

import Foundation

/// The process's exit codes: those of `sysexits.h` where they fit. Scripts rely on them; docs/commands.md lists them.
enum ExitStatus: Int32 {
    case success = 0
    /// Everything was done, and some runs failed.
    case failedRuns = 1
    /// The command line is wrong.
    case usage = 64
    /// A bad spec or damaged data.
    case badData = 65
    /// No such file, store, sweep or run.
    case noInput = 66
    /// An executor cannot be used here.
    case unavailable = 69
    /// A bug in flowexp.
    case bug = 70
    /// An output cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Interrupted; the same command goes on.
    case interrupted = 75
    /// Not permitted.
    case permission = 77
}

/// An error for the person at the terminal: what happened, where, and how to mend it.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String
    /// What to do, a sentence or a command.
    var remedy: String?

    init(_ status: ExitStatus, _ message: String, remedy: String? = nil) {
        self.status = status
        self.message = message
        self.remedy = remedy
    }
}

extension CommandFailure {
    /// A file operation's error with the status its reason asks for.
    static func file(_ error: any Error, doing what: String, _ path: String, creating: Bool = false) -> CommandFailure {
        let number = errorNumber(of: error)
        let reason = number.map { String(cString: strerror($0)) } ?? "\(error.localizedDescription)"
        let status: ExitStatus
        switch number {
        case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG: status = creating ? .cannotCreate : .noInput
        case EEXIST: status = .cannotCreate
        case EACCES, EPERM, EROFS: status = .permission
        default: status = .inputOutput
        }
        return CommandFailure(status, "cannot \(what) '\(path)': \(reason)")
    }

    private static func errorNumber(of error: any Error) -> Int32? {
        if let error = error as? POSIXError { return error.code.rawValue }
        let bridged = error as NSError
        if bridged.domain == NSPOSIXErrorDomain { return Int32(bridged.code) }
        if let underlying = bridged.userInfo[NSUnderlyingErrorKey] as? any Error { return errorNumber(of: underlying) }
        switch bridged.code {
        case CocoaError.fileWriteFileExists.rawValue: return EEXIST
        case CocoaError.fileNoSuchFile.rawValue, CocoaError.fileReadNoSuchFile.rawValue: return ENOENT
        case CocoaError.fileReadNoPermission.rawValue, CocoaError.fileWriteNoPermission.rawValue: return EACCES
        default: return nil
        }
    }
}

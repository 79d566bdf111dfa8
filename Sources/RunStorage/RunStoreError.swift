/// What went wrong with a store, where, and what to do about it.
///
/// ``exitCode`` follows `sysexits.h`, so that a script can tell a busy store from a damaged one.
public struct RunStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The class of an error; programs switch over it, people read ``description``.
    public enum Kind: Sendable, Equatable {
        /// There is no store at the path.
        case missingStore
        /// The database file is not one of flowexp's.
        case notAStore
        /// A later flowexp wrote the store.
        case newerVersion(found: Int, supported: Int)
        /// An earlier flowexp wrote the store and this open may not migrate it.
        case olderVersion(found: Int, supported: Int)
        /// Somebody else held a lock for longer than the busy timeout.
        case busy(holders: [String])
        /// A transaction was cut short by a crash and the store cannot be written, so it cannot be rolled back.
        case readOnlyHotJournal
        /// The store was opened for reading, or its medium cannot be written.
        case readOnly
        /// Stored bytes are not what was written.
        case corrupt
        /// The operating system refused an operation; `errno` is its reason, 0 where SQLite does not tell.
        case inputOutput(errno: Int32)
        case diskFull
        case permission
        /// The store's directory or one of its files cannot be made.
        case cannotCreate
        case noSuchSweep
        case noSuchRun
        /// A prefix fits more than one run; at most ten candidates are given.
        case ambiguousRun(candidates: [String])
        /// A run id, sweep name or artefact name that the store does not take.
        case invalidName
        /// One run id with two different configurations.
        case conflict
        /// A later attempt has taken the run over; nothing was written.
        case fenced
        /// An operation on a run that its state does not allow (metrics for a run that is not completed).
        case wrongState
        /// A bug in flowexp.
        case internalError
    }

    /// The class of the error.
    public var kind: Kind
    /// What happened, one sentence without a final full stop.
    public var what: String
    /// The path, run or record it happened to.
    public var location: String
    /// What to do next.
    public var remedy: String

    /// Creates an error; see the properties.
    public init(_ kind: Kind, what: String, location: String, remedy: String) {
        self.kind = kind
        self.what = what
        self.location = location
        self.remedy = remedy
    }

    /// The process exit code for this error: 65 bad data, 66 nothing there, 70 bug, 73 cannot create, 74 input/output,
    /// 75 try again, 77 permission.
    public var exitCode: Int32 {
        switch kind {
        case .missingStore, .noSuchSweep, .noSuchRun, .ambiguousRun: return 66
        case .notAStore, .newerVersion, .olderVersion, .corrupt, .invalidName, .conflict, .wrongState: return 65
        case .busy, .fenced: return 75
        case .readOnlyHotJournal, .readOnly, .permission: return 77
        case .inputOutput, .diskFull: return 74
        case .cannotCreate: return 73
        case .internalError: return 70
        }
    }

    /// Where, what and what to do, in one line.
    public var description: String {
        "\(location): \(what). \(remedy)"
    }
}

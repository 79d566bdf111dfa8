/// One thing that `store check` found.
public struct StoreProblem: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable, Equatable, CaseIterable {
        /// Stored bytes are not what was written, or are gone; `store repair` mends what can be mended.
        case damage
        /// What a crash or somebody left lying about; no result depends on it.
        case leftover
        /// Worth knowing; nothing is wrong.
        case note
    }

    /// How bad it is.
    public var severity: Severity
    /// What was found, a sentence without a final full stop.
    public var what: String
    /// The file, relative to the store, and the run or sweep where there is one.
    public var location: String
    /// What to do.
    public var remedy: String
}

/// What `store check` read and found.
public struct StoreCheck: Sendable, Equatable {
    /// The store's directory, absolute.
    public var path: String
    /// The version of the database's schema; nil when the database cannot be opened.
    public var version: Int?
    /// Runs in the database or in the files.
    public var runs = 0
    /// Revisions of sweeps in the database or in the files.
    public var revisions = 0
    /// Files of runs and revisions that were looked at.
    public var files = 0
    /// Bytes that were read and compared with their hashes.
    public var bytes = 0
    /// Runs that somebody works on at the moment; their files were left alone.
    public var busyRuns = 0
    /// Everything found, in the order database, revisions, runs by id, other files.
    public var problems: [StoreProblem] = []

    /// How many problems have a severity.
    public func count(_ severity: StoreProblem.Severity) -> Int { problems.count { $0.severity == severity } }
    /// Whether nothing is damaged.
    public var isSound: Bool { count(.damage) == 0 }
}

enum Remedy {
    static let repair = "`flowexp store repair` mends it."
    static let planAgain = "`flowexp store repair` puts it away and plans the run again."
    static let migrate = "`flowexp store migrate` writes it."
    static let gc = "It does no harm and may be removed."
    static let nextRun = "The next attempt at the run removes it."
}

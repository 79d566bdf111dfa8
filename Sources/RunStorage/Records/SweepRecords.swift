/// Where a run is.
///
/// `running` is shown only while the attempt's lock is held: a run whose process died reads as `interrupted`.
public enum RunState: String, Sendable, Equatable, CaseIterable {
    case planned, running, completed, failed, interrupted

    /// Whether the run is over: completed, or failed by its own fault.
    public var isTerminal: Bool { self == .completed || self == .failed }
}

/// One run of an expanded sweep, in the order of the expansion.
public struct PlannedRun: Sendable, Equatable {
    /// Lower-case letters and digits, 1 to 64 of them.
    public var id: String
    /// Canonical JSON of the whole configuration; everything the run depends on.
    public var configurationJSON: String
    /// JSON object of the axes' values in this sweep, for tables.
    public var axesJSON: String

    /// Creates a planned run; see the properties.
    public init(id: String, configurationJSON: String, axesJSON: String) {
        self.id = id
        self.configurationJSON = configurationJSON
        self.axesJSON = axesJSON
    }
}

/// What recording an expansion changed.
public struct RevisionChange: Sendable, Equatable {
    /// The key of the revision that now is the sweep's newest.
    public var revisionID: Int64
    /// 1 for a sweep's first revision.
    public var number: Int
    /// False when the expansion equals that of the newest revision, which then stays.
    public var isNew: Bool
    /// Runs of this revision that the previous one did not have.
    public var added: Int
    /// Runs of the previous revision that this one does not have; they stay in the store.
    public var removed: Int
    /// Runs that both have.
    public var kept: Int
}

/// One expansion of a sweep, as it was recorded.
public struct Revision: Sendable, Equatable {
    /// The revision's key.
    public var id: Int64
    /// The sweep's name.
    public var sweepName: String
    /// 1 for a sweep's first revision.
    public var number: Int
    /// The spec file's bytes, as they were read.
    public var specBytes: [UInt8]
    /// The spec with every default filled in.
    public var resolvedSpecJSON: String
    /// The evaluation section, resolved; not part of any run id.
    public var evaluationJSON: String
    /// Seconds since 1970 by the wall clock, for people.
    public var createdAt: Double
}

/// How many runs are in each state, as displayed.
public struct StateCounts: Sendable, Equatable {
    /// Runs without an attempt yet.
    public var planned = 0
    /// Runs whose attempt is alive.
    public var running = 0
    /// Runs with a published result.
    public var completed = 0
    /// Runs that ended by their own fault.
    public var failed = 0
    /// Runs to continue.
    public var interrupted = 0

    /// All zero.
    public init() {}

    /// All of them.
    public var total: Int { planned + running + completed + failed + interrupted }

    /// Counts one run.
    public mutating func count(_ state: RunState) {
        switch state {
        case .planned: planned += 1
        case .running: running += 1
        case .completed: completed += 1
        case .failed: failed += 1
        case .interrupted: interrupted += 1
        }
    }
}

/// A sweep of the store with the counts of its newest revision.
public struct SweepSummary: Sendable, Equatable {
    /// The sweep's name.
    public var name: String
    /// The newest revision's number.
    public var revision: Int
    /// The newest revision's key.
    public var revisionID: Int64
    /// Runs of the newest revision by state.
    public var counts: StateCounts
    /// Seconds since 1970 by the wall clock, for people.
    public var lastRunAt: Double
}

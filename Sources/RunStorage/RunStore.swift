/// The store of runs: one directory with a database, per-run artefacts and locks.
public final class RunStore: Sendable {
    /// What an open may do.
    public enum Mode: Sendable, Equatable {
        /// Creates the directory and the database where missing, migrates an older one.
        case createIfMissing
        /// Needs an existing store; migrates an older one.
        case readWrite
        /// Never changes a record.
        case readOnly
    }

    private static func pending() -> RunStoreError {
        RunStoreError(.internalError, what: "not built yet", location: "RunStore", remedy: "Wait for the next commit.")
    }

    private init() {}

    /// The store's directory.
    public var path: String { "" }
    /// Sentences for people found at open: a network file system, another machine's store.
    public var openWarnings: [String] { [] }

    /// Opens the store at `path`.
    public static func open(at path: String, mode: Mode, busyTimeout: Double = 60) throws -> RunStore {
        throw pending()
    }
    /// Records an expansion; one transaction. Also makes this sweep the most recently run one.
    public func recordRevision(
        sweepName: String, specBytes: [UInt8], resolvedSpecJSON: String, evaluationJSON: String, runs: [PlannedRun]
    ) throws -> RevisionChange { throw Self.pending() }
    /// Makes `sweepName` the most recently run one (for `resume`).
    public func markSweepRun(_ sweepName: String) throws { throw Self.pending() }
    /// The newest revision; throws `.noSuchSweep`.
    public func newestRevision(ofSweep name: String) throws -> Revision { throw Self.pending() }
    /// The sweep whose expansion was recorded or marked last, nil in an empty store.
    public func mostRecentSweep() throws -> String? { throw Self.pending() }
    /// All sweeps, the most recently run first.
    public func sweeps() throws -> [SweepSummary] { throw Self.pending() }
    /// States, as displayed, of a revision's runs in expansion order (cheap: no metrics).
    public func runStates(ofRevision revisionID: Int64) throws -> [(id: String, state: RunState)] {
        throw Self.pending()
    }
    /// All runs of a revision with metrics, in expansion order.
    public func records(ofRevision revisionID: Int64) throws -> [RunRecord] { throw Self.pending() }
    /// All runs of the store with metrics, sorted by id.
    public func allRecords() throws -> [RunRecord] { throw Self.pending() }
    /// The run whose id begins with `idPrefix`; throws `.noSuchRun`, `.ambiguousRun`.
    public func record(idPrefix: String) throws -> RunRecord { throw Self.pending() }
    /// A run's history by step; throws `.corrupt` for a terminal run whose rows changed.
    public func history(ofRun id: String) throws -> [HistoryRecord] { throw Self.pending() }
    /// A completed run's files by name.
    public func artefacts(ofRun id: String) throws -> [ArtefactRecord] { throw Self.pending() }
    /// Reads a file of a completed run and checks its SHA-256.
    public func loadArtefact(ofRun id: String, name: String) throws -> [UInt8] { throw Self.pending() }
    /// All attempts of a run, first to last.
    public func attempts(ofRun id: String) throws -> [AttemptRecord] { throw Self.pending() }
    /// The attempts that hold their lock now, of a revision or of the whole store.
    public func liveAttempts(ofRevision revisionID: Int64? = nil) throws -> [AttemptRecord] { throw Self.pending() }
    /// A run's notes, oldest first.
    public func notes(ofRun id: String) throws -> [NoteRecord] { throw Self.pending() }
    /// Whether an attempt holds the run's lock now (probed, not taken).
    public func isHeld(runID: String) throws -> Bool { throw Self.pending() }
    /// Takes the run's lock, re-reads its state and inserts the attempt.
    public func tryBegin(runID: String) throws -> BeginResult { throw Self.pending() }
    /// Makes failed runs runnable again (checkpoints are kept); returns how many were failed.
    public func resetFailed(runIDs: [String]) throws -> Int { throw Self.pending() }
    /// Adds or replaces metrics of a completed run, verifying its record before and renewing the hash after.
    public func saveMetrics(runID: String, metrics: [MetricRecord]) throws { throw Self.pending() }
    /// Text of the reference cache, nil when there is none or it is damaged.
    public func cachedText(forKey key: String) throws -> String? { throw Self.pending() }
    /// Stores text in the reference cache.
    public func cacheText(_ text: String, forKey key: String) throws { throw Self.pending() }
    /// SHA-256 over the terminal runs, 64 lower-case hexadecimal digits; see docs/store.md. With `verifyTensors`
    /// every artefact file is re-read, its SHA-256 checked, and the closure's tensors compared with the recorded ones.
    public func digest(
        verifyFiles: Bool = false,
        tensorsOf: ((_ artefactName: String, _ bytes: [UInt8]) throws -> [ArtefactTensor])? = nil
    ) throws -> String { throw Self.pending() }
}

/// One attempt at one run; holds the run's lock until it ends. Safe to use from one thread at a time.
public final class RunClaim: Sendable {
    private static func pending() -> RunStoreError {
        RunStoreError(.internalError, what: "not built yet", location: "RunClaim", remedy: "Wait for the next commit.")
    }

    private init() {}

    public var runID: String { "" }
    public var fence: Int { 0 }
    /// Seconds worked by earlier attempts, for `--timeout`.
    public var elapsedBefore: Double { 0 }

    /// The newest checkpoint that verifies, else the previous one, else nil; each damaged one becomes a note. History
    /// rows past its step are deleted.
    public func loadCheckpoint() throws -> (checkpoint: LoadedCheckpoint?, notes: [String]) { throw Self.pending() }
    /// Drops all checkpoints and history of the run (another numerics variant): start from 0.
    public func discardCheckpoints(reason: String) throws { throw Self.pending() }
    /// Keeps progress for `status`; writes at most once a second per process.
    public func recordProgress(_ progress: AttemptProgress) throws { throw Self.pending() }
    /// Adds a note; it is committed with the next write of this claim.
    public func note(_ text: String) {}
    /// Makes the file durable, then commits it with the history rows that are new.
    public func saveCheckpoint(bytes: [UInt8], phase: String, step: Int, history: [HistoryRecord]) throws {
        throw Self.pending()
    }
    /// Makes the artefacts durable, then commits everything; the claim is released.
    public func publish(_ record: PublishedRecord) throws { throw Self.pending() }
    /// Records a failure of the run's own; the claim is released.
    public func fail(code: String, message: String, history: [HistoryRecord]) throws { throw Self.pending() }
    /// Records that the attempt stopped resumably; the claim is released.
    public func interrupted() throws { throw Self.pending() }
    /// Frees the lock without recording anything; harmless when already released.
    public func release() {}
}

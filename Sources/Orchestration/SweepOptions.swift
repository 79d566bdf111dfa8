/// How a sweep is run; nothing here changes a result.
public struct SweepOptions: Sendable {
    /// Which runs to consider; nil means all.
    public var filter: RunFilter?
    /// At most this many runs are started.
    public var limit: Int?
    /// Whether runs that failed earlier start again.
    public var retriesFailed = false
    /// The sweep stops starting runs once this many have failed in it.
    public var maximumFailures: Int?
    /// Seconds a run may take over all its attempts; nil means any time.
    public var timeout: Double?
    /// Whether runs that other processes are doing are waited for, and taken over when their process dies.
    public var waitsForOthers = true
    /// Seconds between two checkpoints of a run.
    public var checkpointInterval = 30.0
    /// Seconds that running work gets to checkpoint after a stop request; later it is abandoned, which costs it the
    /// work since its last checkpoint and nothing else.
    public var stopGrace = 4.0
    /// How to start a process for each worker; nil executes runs in this process.
    public var isolation: WorkerLaunch?
    /// Seconds between two looks at runs that other processes are doing.
    public var pollInterval = 0.5

    /// The defaults.
    public init() {}
}

/// How a sweep ended.
public struct SweepResult: Sendable {
    /// Runs of the plan that are complete now, whoever did them.
    public var completed = 0
    /// Runs of the plan that have failed, whoever did them.
    public var failed = 0
    /// Runs that were completed by this sweep.
    public var completedHere = 0
    /// Runs that failed in this sweep: id, reason code, message.
    public var failures: [(runID: String, code: String, message: String)] = []
    /// Completed runs whose missing metrics were computed.
    public var evaluated = 0
    /// Completed runs whose missing metrics could not be computed, and why; they still lack them.
    public var unevaluated: [(runID: String, message: String)] = []
    /// Runs of the plan whose records, or files that an evaluation needed, do not verify; each once. They are not counted
    /// elsewhere.
    public var damaged: [DamagedRun] = []
    /// Runs checkpointed because the sweep was asked to stop.
    public var checkpointed = 0
    /// Runs that did not reach a step boundary in time after a stop request.
    public var abandoned = 0
    /// Evaluations of completed runs that had not ended in time after a stop request; nothing of them is recorded.
    public var abandonedEvaluations = 0
    /// Runs that other processes are still doing (`--no-wait`).
    public var elsewhere = 0
    /// Runs whose worker process died again and again for reasons that are not the run's; they are left as they are.
    public var unfinished: [(runID: String, cause: String)] = []
    /// Runs not started: beyond the limit, after too many failures, after a stop.
    public var remaining = 0
    /// Whether a stop was requested before all was done.
    public var wasStopped = false
    /// Seconds from the stop request to the end.
    public var stopSeconds = 0.0
    /// Whether `maximumFailures` was reached.
    public var reachedMaximumFailures = false
    /// An error that ended the sweep, for example of the store.
    public var fatalError: (any Error)?

    init() {}

    /// Whether work goes on in other threads after the end, so that the process must be ended without waiting for it.
    public var hasAbandonedWork: Bool { abandoned + abandonedEvaluations > 0 }
}

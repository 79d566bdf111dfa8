import Experiments

/// What a sweep tells its observer. Events come from any thread, so an observer must be quick and thread-safe.
public enum SweepEvent: Sendable {
    /// The plan is known, nothing has started yet.
    case planned(SweepOverview)
    /// A worker began (or went on with) a run. `step` is where it continues, 0 for a fresh one.
    case started(runID: String, worker: Int, step: Int, totalSteps: Int)
    /// How far a worker's run is.
    case progress(worker: Int, RunProgress)
    /// A worker's run ended.
    case ended(runID: String, worker: Int, RunEnd)
    /// A worker's process died; its run goes on later from its last checkpoint.
    case died(runID: String, worker: Int, cause: String)
    /// A run that another process was doing has ended there.
    case endedElsewhere(runID: String, failed: Bool)
    /// How many runs of this sweep other processes are doing now.
    case elsewhere(Int)
    /// Metrics that completed runs lack are computed from their parameters: how many runs remain.
    case evaluating(remaining: Int)
    /// Something a person should read about a run.
    case note(runID: String, String)
}

/// How one execution of a run ended, as the sweep records it.
public enum RunEnd: Sendable, Equatable {
    case completed
    /// A stable reason code and a sentence.
    case failed(code: String, message: String)
    /// Checkpointed; it continues next time.
    case interrupted
}

/// A sweep's plan in numbers: what the first line says, and what the time left is worked out from.
public struct SweepOverview: Sendable {
    /// The experiment's name.
    public var name: String
    /// The revision in the store, from 1.
    public var revision: Int
    /// Runs to consider, after `--where`.
    public var total: Int
    /// Runs that are complete already.
    public var completed: Int
    /// Runs that failed earlier and stay failed in this sweep.
    public var failed: Int
    /// Runs that continue from a checkpoint or start again after an interruption.
    public var interrupted: Int
    /// Runs that another process is doing now.
    public var elsewhere: Int
    /// Runs that start for the first time, or again after `--retry-failed`.
    public var new: Int
    /// Runs whose records do not verify; they are left alone.
    public var damaged: Int
    /// Completed runs that lack metrics of the plan.
    public var toEvaluate: Int
    /// Runs that this sweep will not start because of `--limit`.
    public var beyondLimit: Int
    /// Workers of the executor.
    public var workers: Int
    /// Every run to do, in the order in which they are begun.
    public var work: [PlannedWork]
    /// How long the work of runs that are complete already took.
    public var speed: WorkSpeed
    /// Tasks whose noise floors are computed already (``RunCost/task``).
    public var knownTasks: Set<String>
    /// Where the condition selects no run at all: the values in it that none has.
    public var absentValues: [RunFilter.AbsentValue] = []

    /// Creates an overview; see the properties.
    public init(
        name: String, revision: Int, total: Int, completed: Int, failed: Int, interrupted: Int, elsewhere: Int,
        new: Int, damaged: Int = 0, toEvaluate: Int, beyondLimit: Int, workers: Int, work: [PlannedWork],
        speed: WorkSpeed = WorkSpeed(), knownTasks: Set<String> = []
    ) {
        self.name = name
        self.revision = revision
        self.total = total
        self.completed = completed
        self.failed = failed
        self.interrupted = interrupted
        self.elsewhere = elsewhere
        self.new = new
        self.damaged = damaged
        self.toEvaluate = toEvaluate
        self.beyondLimit = beyondLimit
        self.workers = workers
        self.work = work
        self.speed = speed
        self.knownTasks = knownTasks
    }
}

/// A run to do and how much work it is.
public struct PlannedWork: Sendable, Equatable {
    /// The run's id.
    public var runID: String
    /// Its cost.
    public var cost: RunCost

    /// Creates one.
    public init(runID: String, cost: RunCost) {
        self.runID = runID
        self.cost = cost
    }
}

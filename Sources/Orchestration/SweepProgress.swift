import Experiments

/// A sweep's progress, folded from its events: counts, what each worker does, and the time left.
public struct SweepProgress: Sendable {
    /// What one worker is doing.
    public struct Running: Sendable {
        /// The run's id.
        public var runID: String
        /// Where this execution began.
        public var firstStep: Int
        /// The latest report.
        public var progress: RunProgress
        /// When this execution, and within it the present phase, began.
        var startedAt: Double
        var phaseBeganAt: Double
        /// The step at which this execution's optimiser was first seen.
        var phaseBeganStep = 0
        /// Whether its evaluation computes its task's floors.
        var isFirst = false
    }

    /// Runs of the plan.
    public private(set) var total = 0
    /// Runs complete, earlier ones included.
    public private(set) var completed = 0
    /// Runs failed, earlier ones included.
    public private(set) var failed = 0
    /// Runs that other processes are doing.
    public private(set) var elsewhere = 0
    /// Completed runs whose missing metrics remain to be computed; 0 outside that phase.
    public private(set) var toEvaluate = 0
    /// By worker; nil when idle.
    public private(set) var running: [Running?] = []

    /// Runs to do in their order, and those of them that are over.
    private var work: [PlannedWork] = []
    private var costs: [String: RunCost] = [:]
    private var over: Set<String> = []
    private var speed = WorkSpeed()
    private var knownTasks: Set<String> = []
    /// How many there were to evaluate, and since when.
    private var evaluations: (count: Int, beganAt: Double)?

    /// Creates the progress of a sweep that has not begun.
    public init() {}

    /// Takes one event; `now` is any monotonic clock in seconds.
    public mutating func apply(_ event: SweepEvent, now: Double) {
        switch event {
        case .planned(let overview): plan(overview)
        case .started(let runID, let worker, let step, let totalSteps):
            guard running.indices.contains(worker) else { return }
            let progress = RunProgress(phase: step == 0 ? .pool : .training, step: step, totalSteps: totalSteps)
            running[worker] = Running(
                runID: runID, firstStep: step, progress: progress, startedAt: now, phaseBeganAt: now,
                phaseBeganStep: step)
        case .progress(let worker, let progress):
            if running.indices.contains(worker) { advance(worker, to: progress, now: now) }
        case .ended(let runID, let worker, let end):
            over.insert(runID)
            if running.indices.contains(worker) {
                if end == .completed, let run = running[worker] { measureEvaluation(run, now: now) }
                running[worker] = nil
            }
            switch end {
            case .completed: completed += 1
            case .failed: failed += 1
            case .interrupted: break
            }
        case .died(_, let worker, _):
            if running.indices.contains(worker) { running[worker] = nil }
        case .endedElsewhere(let runID, let wasFailed):
            // Another process's work says nothing about this one's speed.
            over.insert(runID)
            if wasFailed { failed += 1 } else { completed += 1 }
        case .elsewhere(let count): elsewhere = count
        case .evaluating(let remaining):
            if evaluations == nil { evaluations = (remaining, now) }
            toEvaluate = remaining
        case .note: break
        }
    }

    /// Done runs over all runs, 0 … 1.
    public var fraction: Double { total == 0 ? 1 : Double(completed + failed) / Double(total) }

    /// Completed runs whose missing metrics have been computed.
    public var evaluated: Int { (evaluations?.count ?? 0) - toEvaluate }

    /// Seconds left, from the time that the work so far took; nil before there is any.
    public func secondsLeft(now: Double) -> Double? {
        if let evaluations, toEvaluate > 0 {
            return evaluated == 0 ? nil : (now - evaluations.beganAt) / Double(evaluated) * Double(toEvaluate)
        }
        var speed = speed
        var busy: [TimeLeft.Busy] = []
        var atWork: Set<String> = []
        for run in running.compactMap(\.self) {
            atWork.insert(run.runID)
            guard let cost = costs[run.runID] else { continue }
            let isEvaluated = run.progress.phase == .evaluation || run.progress.phase == .published
            // A short piece says little, and what came before the first step nothing.
            let share = run.progress.share(since: run.phaseBeganStep)
            let seconds = now - run.phaseBeganAt
            if run.progress.phase == .training, share > 0, seconds > 1 {
                speed.add(cost, .training, seconds: seconds, share: share, weight: min(1, share))
            }
            busy.append(
                TimeLeft.Busy(
                    cost: cost, trained: isEvaluated ? nil : run.progress.share(since: 0),
                    evaluating: now - run.phaseBeganAt,
                    isFirst: isEvaluated ? run.isFirst : !knownTasks.contains(cost.task)))
        }
        let pending = work.filter { !over.contains($0.runID) && !atWork.contains($0.runID) }
        return TimeLeft.seconds(
            speed, busy: busy, pending: pending.map(\.cost), workers: running.count, known: knownTasks)
    }

    private mutating func plan(_ overview: SweepOverview) {
        total = overview.total
        completed = overview.completed
        failed = overview.failed
        elsewhere = overview.elsewhere
        work = overview.work
        costs = Dictionary(work.map { ($0.runID, $0.cost) }) { first, _ in first }
        speed = overview.speed
        knownTasks = overview.knownTasks
        running = Array(repeating: nil, count: overview.workers)
    }

    private mutating func advance(_ worker: Int, to progress: RunProgress, now: Double) {
        guard var run = running[worker] else { return }
        if progress.phase != run.progress.phase {
            if progress.phase == .evaluation, let cost = costs[run.runID] {
                // Early stopping ends a run before its last step: then its training was all it takes.
                let share = progress.totalSteps > 0 ? 1 - Double(run.firstStep) / Double(progress.totalSteps) : 1
                if share > 0 { speed.add(cost, .training, seconds: now - run.startedAt, share: share) }
                run.isFirst = !knownTasks.contains(cost.task)
            }
            run.phaseBeganAt = now
            run.phaseBeganStep = progress.step
        }
        run.progress = progress
        running[worker] = run
    }

    private mutating func measureEvaluation(_ run: Running, now: Double) {
        guard run.progress.phase == .evaluation || run.progress.phase == .published, let cost = costs[run.runID] else {
            return
        }
        speed.add(cost, run.isFirst ? .firstEvaluation : .evaluation, seconds: now - run.phaseBeganAt)
        knownTasks.insert(cost.task)
    }
}

extension RunProgress {
    /// The share of all steps that was made since that step.
    fileprivate func share(since first: Int) -> Double {
        totalSteps > 0 ? Double(step - first) / Double(totalSteps) : 0
    }
}

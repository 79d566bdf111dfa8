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

    private var costs: [String: Double] = [:]
    private var costLeft = 0.0
    private var costDone = 0.0
    private var startedAt: Double?

    /// Creates the progress of a sweep that has not begun.
    public init() {}

    /// Takes one event; `now` is any monotonic clock in seconds.
    public mutating func apply(_ event: SweepEvent, now: Double) {
        switch event {
        case .planned(let overview):
            total = overview.total
            completed = overview.completed
            failed = overview.failed
            elsewhere = overview.elsewhere
            costs = overview.costs
            costLeft = overview.costs.keys.sorted().reduce(0) { $0 + (overview.costs[$1] ?? 0) }
            running = Array(repeating: nil, count: overview.workers)
        case .started(let runID, let worker, let step, let totalSteps):
            if startedAt == nil { startedAt = now }
            guard running.indices.contains(worker) else { return }
            // A continued run only costs what is left of it.
            let cost = costs[runID] ?? 0
            let left = totalSteps > 0 ? cost * (1 - Double(step) / Double(totalSteps)) : cost
            costs[runID] = left
            costLeft -= cost - left
            let progress = RunProgress(phase: step == 0 ? .pool : .training, step: step, totalSteps: totalSteps)
            running[worker] = Running(runID: runID, firstStep: step, progress: progress)
        case .progress(let worker, let progress):
            guard running.indices.contains(worker) else { return }
            running[worker]?.progress = progress
        case .ended(let runID, let worker, let end):
            settle(runID)
            if running.indices.contains(worker) { running[worker] = nil }
            switch end {
            case .completed: completed += 1
            case .failed: failed += 1
            case .interrupted: break
            }
        case .died(_, let worker, _):
            if running.indices.contains(worker) { running[worker] = nil }
        case .endedElsewhere(let runID, let wasFailed):
            // Another process's work says nothing about this one's speed.
            costLeft -= costs.removeValue(forKey: runID) ?? 0
            if wasFailed { failed += 1 } else { completed += 1 }
        case .elsewhere(let count): elsewhere = count
        case .evaluating(let remaining): toEvaluate = remaining
        case .note: break
        }
    }

    /// Done runs over all runs, 0 … 1.
    public var fraction: Double { total == 0 ? 1 : Double(completed + failed) / Double(total) }

    /// Seconds left at the speed so far, weighting each run with its cost; nil before there is a speed.
    public func secondsLeft(now: Double) -> Double? {
        guard let startedAt, now > startedAt else { return nil }
        var done = costDone
        for running in self.running.compactMap(\.self) { done += inProgress(running) }
        guard done > 0 else { return nil }
        let left = max(0, costLeft - (done - costDone))
        return left * (now - startedAt) / done
    }

    /// What has been done of a running run, in the unit of cost. Evaluation has no steps: it counts when it ends.
    private func inProgress(_ running: Running) -> Double {
        let steps = running.progress.totalSteps - running.firstStep
        guard steps > 0 else { return 0 }
        return (costs[running.runID] ?? 0) * Double(running.progress.step - running.firstStep) / Double(steps)
    }

    private mutating func settle(_ runID: String) {
        let cost = costs.removeValue(forKey: runID) ?? 0
        costLeft -= cost
        costDone += cost
    }
}

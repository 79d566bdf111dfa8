import Catalog
import Orchestration
import Reports
import RunStorage

/// A sweep's status from what the store knows; it needs no word from the process that runs the sweep.
enum StatusBuilder {
    /// Damaged records are counted and noted; a damaged list of runs throws.
    static func status(of sweep: SweepSummary, in store: RunStore, _ damage: StoreDamage) throws -> SweepStatus {
        // The hash of a revision covers the sweep's name, which nothing else that is read here does.
        let paths = SpecAxes.paths(of: try store.revision(ofNamedSweep: sweep.name))
        let live = try store.liveAttempts(ofRevision: sweep.revisionID)
        let reader = RunReader(store, damage)
        let runs = reader.facts(try store.records(ofRevision: sweep.revisionID, metrics: .none), nil)
        runs.forEach(damage.note)
        var counts: [ReportRunState: Int] = [:]
        var reasons: [ReasonCount] = []
        for run in runs {
            counts[run.state, default: 0] += 1
            guard run.state == .failed else { continue }
            let reason = run.record.failureCode ?? "failed"
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].count += 1
            } else {
                reasons.append(ReasonCount(reason, 1))
            }
        }
        let byID = Dictionary(runs.map { ($0.record.id, $0) }) { first, _ in first }
        let running = live.compactMap { attempt in byID[attempt.runID].map { runningRun($0, attempt, paths) } }
        let (rate, left) = speed(runs, live: live)
        return SweepStatus(
            sweep: sweep.name, counts: counts, failures: reasons, runsPerSecond: rate, secondsLeft: left,
            running: running)
    }

    private static func runningRun(_ run: RunFacts, _ attempt: AttemptRecord, _ paths: [String]) -> RunningRun {
        RunningRun(
            id: run.record.id, task: run.task, base: run.base, components: run.components,
            couplingLayers: run.couplingLayers, seed: run.seed, axes: RunLabels.axes(run.axes, paths),
            phase: attempt.progress?.phase ?? "pool",
            step: attempt.progress?.step ?? 0,
            totalSteps: attempt.progress?.totalSteps ?? RunCost.steps(of: run.configuration),
            loss: attempt.progress?.loss, place: "\(attempt.process.host) \(attempt.process.pid)")
    }

    /// Runs per second and seconds left, from the time that finished runs took and the number of workers at work.
    private static func speed(_ runs: [RunFacts], live: [AttemptRecord]) -> (Double?, Double?) {
        guard !live.isEmpty else { return (nil, nil) }
        let completed = runs.filter { $0.state == .completed }
        let seconds = completed.reduce(0) { $0 + $1.timings.values.reduce(0, +) }
        let earlier = completed.map {
            EarlierWork(cost: $0.cell.cost, timingsJSON: $0.record.timingsJSON ?? "{}")
        }
        var speed = WorkSpeed(earlier: earlier, workers: live.count)
        let known = Set(earlier.map(\.cost.task))
        var busy: [TimeLeft.Busy] = []
        var pending: [RunCost] = []
        let liveByID = Dictionary(live.map { ($0.runID, $0) }) { first, _ in first }
        for run in runs where run.damage == nil && !run.record.state.isTerminal {
            let cost = run.cell.cost
            guard let attempt = liveByID[run.record.id] else {
                pending.append(cost)
                continue
            }
            let isFirst = !known.contains(cost.task)
            guard let progress = attempt.progress, progress.totalSteps > 0 else {
                busy.append(TimeLeft.Busy(cost: cost, trained: 0, isFirst: isFirst))
                continue
            }
            let trained = Double(progress.step) / Double(progress.totalSteps)
            let isTraining = progress.phase == "pool" || progress.phase == "training"
            // A short piece says little, and one that continues a checkpoint has done less in this time than it says.
            if isTraining, attempt.fence == 1, trained > 0, attempt.elapsed > 3 {
                speed.add(cost, .training, seconds: attempt.elapsed, share: trained, weight: 0.1 * trained)
            }
            busy.append(TimeLeft.Busy(cost: cost, trained: isTraining ? trained : nil, isFirst: isFirst))
        }
        let left = TimeLeft.seconds(speed, busy: busy, pending: pending, workers: live.count, known: known)
        return (seconds > 0 ? Double(completed.count) / seconds * Double(live.count) : nil, left)
    }
}

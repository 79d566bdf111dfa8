import Catalog
import Orchestration
import Reports
import RunStorage

/// A sweep's status from what the store knows; it needs no word from the process that runs the sweep.
enum StatusBuilder {
    /// Damaged records are counted and noted; a damaged list of runs throws.
    static func status(of sweep: SweepSummary, in store: RunStore, _ damage: StoreDamage) throws -> SweepStatus {
        // The hash of a revision covers the sweep's name, which nothing else that is read here does.
        _ = try store.newestRevision(ofSweep: sweep.name)
        let live = try store.liveAttempts(ofRevision: sweep.revisionID)
        let reader = RunReader(store, damage)
        let runs = try store.records(ofRevision: sweep.revisionID, metrics: .none).map { reader.facts($0, nil) }
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
        let running = live.compactMap { attempt in byID[attempt.runID].map { runningRun($0, attempt) } }
        let (rate, left) = speed(runs, live: live)
        return SweepStatus(
            sweep: sweep.name, counts: counts, failures: reasons, runsPerSecond: rate, secondsLeft: left,
            running: running)
    }

    private static func runningRun(_ run: RunFacts, _ attempt: AttemptRecord) -> RunningRun {
        RunningRun(
            id: run.record.id, task: run.task, base: run.base, components: run.components,
            couplingLayers: run.couplingLayers, seed: run.seed, phase: attempt.progress?.phase ?? "pool",
            step: attempt.progress?.step ?? 0,
            totalSteps: attempt.progress?.totalSteps ?? RunCost.steps(of: run.configuration),
            loss: attempt.progress?.loss, place: "\(attempt.process.host) \(attempt.process.pid)")
    }

    /// Runs per second and seconds left, from the time that finished runs took and the number of workers at work.
    private static func speed(_ runs: [RunFacts], live: [AttemptRecord]) -> (Double?, Double?) {
        guard !live.isEmpty else { return (nil, nil) }
        var seconds = 0.0
        var cost = 0.0
        var finished = 0
        for run in runs where run.state == .completed {
            let taken = run.timings.values.sorted().reduce(0, +)
            guard taken > 0 else { continue }
            seconds += taken
            cost += RunCost.of(configuration: run.configuration)
            finished += 1
        }
        guard seconds > 0 else { return (nil, nil) }
        var left = 0.0
        let liveByID = Dictionary(live.map { ($0.runID, $0) }) { first, _ in first }
        for run in runs where run.damage == nil && !run.record.state.isTerminal {
            var share = 1.0
            if let progress = liveByID[run.record.id]?.progress, progress.totalSteps > 0 {
                share = 1 - Double(progress.step) / Double(progress.totalSteps)
            }
            left += RunCost.of(configuration: run.configuration) * share
        }
        let workers = Double(live.count)
        return (Double(finished) / seconds * workers, left * seconds / (cost * workers))
    }
}

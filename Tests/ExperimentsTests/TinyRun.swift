import Experiments
import Metrics

/// Keeps nothing: every reference is computed again.
struct NoCache: ReferenceCache {
    func text(forKey key: String) -> String? { nil }
    func store(_ text: String, forKey key: String) {}
}

/// Executes the first run of a plan in process.
enum TinyRun {
    /// Runs on from `checkpoint`, stopping at the directive number `stopAt` (counted from 0).
    static func run(
        _ plan: ExperimentPlan, checkpoint: [UInt8]? = nil, stopAt: Int? = nil
    ) throws -> (outcome: RunOutcome, latest: RunCheckpoint?) {
        var asked = 0
        var latest: RunCheckpoint?
        let outcome = try executeRun(
            configuration: plan.runs[0].configuration, evaluation: plan.evaluation, checkpoint: checkpoint,
            cache: NoCache(),
            directive: {
                defer { asked += 1 }
                return asked == stopAt ? .stop : .proceed
            },
            onEvent: { event in if case .checkpoint(let checkpoint) = event { latest = checkpoint } })
        return (outcome, latest)
    }

    /// Everything of a result but the clock.
    static func content(_ outcome: RunOutcome) -> RunResult? {
        guard case .completed(var result) = outcome else { return nil }
        result.timings = [:]
        for i in result.history.indices { result.history[i].seconds = 0 }
        return result
    }
}

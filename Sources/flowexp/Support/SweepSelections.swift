import Experiments
import Orchestration
import RunStorage

/// Which stored metrics count in each sweep; reads every sweep's newest revision once.
final class SweepSelections {
    private let store: RunStore
    private var known: [String: MetricSelection] = [:]

    init(_ store: RunStore) { self.store = store }

    /// The selection of a sweep's newest revision; for a run of no sweep the newest version of every metric.
    func selection(_ sweepName: String?) throws -> MetricSelection {
        guard let sweepName else { return MetricSelection() }
        if let selection = known[sweepName] { return selection }
        let selection = try Self.selection(of: store.newestRevision(ofSweep: sweepName))
        known[sweepName] = selection
        return selection
    }

    /// The selection of a revision; throws exit 65 when its evaluation cannot be read.
    static func selection(of revision: Revision) throws -> MetricSelection {
        do {
            return try MetricSelection(EvaluationPlan(canonicalJSON: revision.evaluationJSON))
        } catch {
            throw CommandFailure(
                .badData, "the evaluation recorded for \(revision.sweepName) cannot be read: \(error)",
                remedy: "Run the sweep's spec again with this flowexp: flowexp sweep SPEC")
        }
    }
}

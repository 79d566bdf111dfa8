import Experiments
import Orchestration
import RunStorage

/// Reads stored runs for printing: which metrics count in each sweep, and every configuration once.
final class RunReader {
    private let store: RunStore
    private let damage: StoreDamage
    private let configurations = ConfigurationReader()
    private var known: [String: MetricSelection?] = [:]

    /// What is damaged is noted in `damage`.
    init(_ store: RunStore, _ damage: StoreDamage) {
        self.store = store
        self.damage = damage
    }

    /// The run as its own sweep means it: with the metrics of the sweep's newest revision; of a run of no sweep those of
    /// the newest version. Of a sweep whose revision is damaged nobody knows which metrics count, so none does.
    func facts(_ record: RunRecord) throws -> RunFacts {
        facts(record, try selection(record.sweepName))
    }

    /// The same of many runs, on all cores.
    func facts(_ records: [RunRecord]) throws -> [RunFacts] {
        var selections: [String?: MetricSelection?] = [:]
        var last: String?? = nil
        for index in records.indices where last != .some(records[index].sweepName) {
            let name = records[index].sweepName
            last = .some(name)
            if selections[name] == nil { selections[name] = .some(try selection(name)) }
        }
        let known = selections
        return ParallelMap.parts(of: records, perCore: 1) { part in
            let reader = ConfigurationReader()
            var name: String?? = nil
            var selection: MetricSelection?
            return part.map { record in
                if name != .some(record.sweepName) {
                    name = .some(record.sweepName)
                    selection = known[record.sweepName] ?? nil
                }
                return RunFacts(record, selection, reader)
            }
        }
    }

    /// Many runs as one selection means them, on all cores.
    func facts(_ records: [RunRecord], _ selection: MetricSelection?) -> [RunFacts] {
        ParallelMap.parts(of: records, perCore: 1) { part in
            let reader = ConfigurationReader()
            return part.map { RunFacts($0, selection, reader) }
        }
    }

    /// The run as a given selection means it.
    func facts(_ record: RunRecord, _ selection: MetricSelection?) -> RunFacts {
        RunFacts(record, selection, configurations)
    }

    private func selection(_ sweepName: String?) throws -> MetricSelection? {
        guard let sweepName else { return MetricSelection() }
        if let selection = known[sweepName] { return selection }
        let revision = try damage.readingSweep(sweepName) { try store.newestRevision(ofSweep: sweepName) }
        let selection = try revision.map(SweepSelections.selection)
        known[sweepName] = .some(selection)
        return selection
    }
}

/// Which stored metrics count in a sweep.
enum SweepSelections {
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

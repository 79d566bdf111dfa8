import ArgumentParser
import Experiments
import Orchestration
import Reports
import RunStorage

/// `sweep --dry-run`: the plan against the store as it is, or against none.
struct DryRun {
    var spec: ExperimentSpec
    var options: SweepOptions
    var workers: Int?
    var store: StoreOption

    func print() throws {
        let items = spec.items
        var states: [String: RunState] = [:]
        var damaged: [DamagedRun] = []
        do {
            let store = try StoreLocation.open(store, mode: .readOnly)
            // As the sweep itself will see them.
            for record in try store.allRecords() {
                states[record.id] = record.state
                if case .corrupt(let reason) = record.integrity {
                    damaged.append(DamagedRun(runID: record.id, reason: reason))
                }
            }
        } catch let error as RunStoreError where error.kind == .missingStore {
            Talk.detail("There is no store yet at \(error.location).")
        }
        let plan = try SweepPlan(
            name: spec.name, revisionID: 0, revision: 0, evaluation: spec.plan.evaluation, items: items,
            states: states, damaged: damaged, options: options)
        let workers = min(DispatchExecutor(workers: workers).workers, max(1, plan.toRun.count))
        let text = SweepText.plan(spec.plan, overview: plan.overview(workers: workers), change: nil)
        try Output.data(DisplayText.visible(text, keeping: ["\n"]))
        let labels = RunLabels.labels(spec.plan)
        for item in plan.toRun {
            let label = DisplayText.visible((labels[item.id] ?? []).joined(separator: "  "))
            try Output.data("  \(item.id.prefix(12))  \(label)")
        }
        Talk.say("Nothing was started (--dry-run).")
        guard plan.damaged.isEmpty else {
            Talk.warn(DamageText.runs(plan.damaged))
            throw ExitCode(ExitStatus.badData.rawValue)
        }
    }
}

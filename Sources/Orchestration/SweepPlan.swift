import Catalog
import Experiments
import RunStorage

/// Which runs of a recorded sweep are to be done, and in which order.
public struct SweepPlan: Sendable {
    /// The experiment's name.
    public let name: String
    /// The revision's key in the store, and its number.
    public let revisionID: Int64
    /// The revision's number, from 1.
    public let revision: Int
    /// Which metrics every run gets.
    public let evaluation: EvaluationPlan
    /// The runs considered, in the order of the expansion.
    public let items: [SweepItem]
    /// The runs to begin, in order.
    public let toRun: [SweepItem]
    /// Ids of failed runs that start again.
    public let toRetry: [String]
    /// How many runs the limit leaves out.
    public let beyondLimit: Int
    /// Completed runs that lack metrics, as of planning.
    public var toEvaluate = 0
    /// Runs whose records do not verify, as of planning: neither completed nor to be done.
    public let damaged: [DamagedRun]
    /// What the completed runs took, in order; empty when nothing is to be run.
    private var earlier: [EarlierWork] = []
    /// Where the filter selects no run: the values in it that none has.
    private var absentValues: [RunFilter.AbsentValue] = []
    /// How many of the runs are in each state, as of planning.
    public let counts: StateCounts

    /// Plans a sweep.
    ///
    /// `states` holds each item's state as displayed (a missing one means planned); of the `damaged` runs those among the
    /// items count. Throws ``RunFilterError`` when the filter asks for something that no run has.
    public init(
        name: String, revisionID: Int64, revision: Int, evaluation: EvaluationPlan, items allItems: [SweepItem],
        states: [String: RunState], damaged: [DamagedRun] = [], options: SweepOptions
    ) throws(RunFilterError) {
        self.name = name
        self.revisionID = revisionID
        self.revision = revision
        self.evaluation = evaluation
        if let filter = options.filter {
            try filter.check(against: allItems.map(\.attributes))
            items = allItems.filter { filter.matches($0.attributes) }
            if items.isEmpty { absentValues = filter.absentValues(in: allItems.map(\.attributes)) }
        } else {
            items = allItems
        }
        let damage = Dictionary(damaged.map { ($0.runID, $0) }) { first, _ in first }
        self.damaged = damage.isEmpty ? [] : items.compactMap { damage[$0.id] }
        var counts = StateCounts()
        var begin: [SweepItem] = []
        var retry: [String] = []
        for item in items {
            // Nobody knows what a damaged record was: it must not be trained over.
            if damage[item.id] != nil { continue }
            let state = states[item.id] ?? .planned
            counts.count(state)
            switch state {
            case .completed: break
            case .failed where !options.retriesFailed: break
            case .failed:
                retry.append(item.id)
                begin.append(item)
            case .planned, .interrupted, .running: begin.append(item)
            }
        }
        self.counts = counts
        let limited = options.limit.map { Array(begin.prefix($0)) } ?? begin
        beyondLimit = begin.count - limited.count
        let kept = Set(limited.map(\.id))
        toRetry = retry.filter(kept.contains)
        toRun = limited
    }

    /// Plans a sweep from what one look at the records told; see
    /// ``init(name:revisionID:revision:evaluation:items:states:damaged:options:)``.
    public init(
        name: String, revisionID: Int64, revision: Int, evaluation: EvaluationPlan, items: [SweepItem],
        examined: ExaminedRuns, options: SweepOptions
    ) throws(RunFilterError) {
        try self.init(
            name: name, revisionID: revisionID, revision: revision, evaluation: evaluation, items: items,
            states: examined.states, damaged: examined.damaged, options: options)
        toEvaluate = self.items.count { examined.lacking[$0.id] != nil }
        if !toRun.isEmpty {
            earlier = self.items.compactMap { item in
                examined.timings[item.id].map { EarlierWork(cost: item.cost, timingsJSON: $0) }
            }
        }
    }

    /// Whether nothing is left to run or evaluate.
    public var isDone: Bool { toRun.isEmpty && toEvaluate == 0 }

    /// The plan in numbers.
    public func overview(workers: Int) -> SweepOverview {
        var overview = SweepOverview(
            name: name, revision: revision, total: items.count, completed: counts.completed,
            failed: counts.failed - toRetry.count, interrupted: counts.interrupted, elsewhere: counts.running,
            new: counts.planned + toRetry.count, damaged: damaged.count, toEvaluate: toEvaluate,
            beyondLimit: beyondLimit, workers: workers,
            work: toRun.map { PlannedWork(runID: $0.id, cost: $0.cost) },
            speed: WorkSpeed(earlier: earlier, workers: workers), knownTasks: Set(earlier.map(\.cost.task)))
        overview.absentValues = absentValues
        return overview
    }
}

extension RunFilter {
    /// Throws when the condition names something that none of the runs has.
    public func check(against runs: [RunAttributes]) throws(RunFilterError) {
        guard !runs.isEmpty else { return }
        for name in names where !runs.contains(where: { $0[name] != nil }) {
            let known = runs.reduce(into: Set<String>()) { $0.formUnion($1.names) }.sorted()
            let hint = NearestName.hint(name, among: known)
            throw RunFilterError("no run has '\(name)'\(hint.isEmpty ? "; there are: \(Self.short(known))" : hint)")
        }
    }

    /// The names without a path, which are what people type.
    private static func short(_ names: [String]) -> String {
        names.filter { !$0.contains(".") }.joined(separator: ", ")
    }
}

/// The time until everything is done, by playing the rest of a sweep through: workers take the runs in their order, each
/// for as long as ``WorkSpeed`` says.
public struct TimeLeft: Sendable {
    /// A run that a worker is doing.
    public struct Busy: Sendable {
        /// Its cost.
        public var cost: RunCost
        /// The share of its training that is done; nil once it is evaluated.
        public var trained: Double?
        /// Seconds since its evaluation began.
        public var evaluating: Double
        /// Whether it computes its task's floors.
        public var isFirst: Bool

        /// Creates one; see the properties.
        public init(cost: RunCost, trained: Double?, evaluating: Double = 0, isFirst: Bool) {
            self.cost = cost
            self.trained = trained
            self.evaluating = evaluating
            self.isFirst = isFirst
        }
    }

    /// Seconds until the last worker is done; nil when nothing was measured.
    ///
    /// `pending`: the runs that wait, in their order. `known`: tasks whose floors are computed.
    public static func seconds(
        _ speed: WorkSpeed, busy: [Busy], pending: [RunCost], workers: Int, known: Set<String>
    ) -> Double? {
        guard speed.isKnown else { return nil }
        var memory: [PartKey: Double] = [:]
        func seconds(_ cost: RunCost, _ kind: WorkKind) -> Double {
            let key = PartKey(cell: cost.cell, kind: kind)
            if let seconds = memory[key] { return seconds }
            let seconds = speed.seconds(cost, kind) ?? 0
            memory[key] = seconds
            return seconds
        }
        // When a task's floors will be known: runs that are evaluated before compute them themselves.
        var knownAt: [String: Double] = [:]
        for task in known { knownAt[task] = 0 }
        var free = busy.map { run in
            var left: Double
            if let trained = run.trained {
                left = (1 - trained) * seconds(run.cost, .training)
                left += seconds(run.cost, run.isFirst ? .firstEvaluation : .evaluation)
            } else {
                let whole = seconds(run.cost, run.isFirst ? .firstEvaluation : .evaluation)
                // One that takes longer than expected may go on for some more.
                left = max(whole - run.evaluating, 0.1 * run.evaluating)
            }
            knownAt[run.cost.task] = min(knownAt[run.cost.task] ?? .infinity, left)
            return left
        }
        free += Array(repeating: 0, count: max(0, max(1, workers) - busy.count))
        for cost in pending {
            let worker = free.indices.min { free[$0] < free[$1] } ?? 0
            let trained = free[worker] + seconds(cost, .training)
            let isFirst = trained < knownAt[cost.task] ?? .infinity
            free[worker] = trained + seconds(cost, isFirst ? .firstEvaluation : .evaluation)
            knownAt[cost.task] = min(knownAt[cost.task] ?? .infinity, free[worker])
        }
        return free.max() ?? 0
    }

    private struct PartKey: Hashable {
        var cell: Int
        var kind: WorkKind
    }
}

import Catalog

/// What a run that is complete took, for the time that others like it will take.
public struct EarlierWork: Sendable {
    /// Its cost.
    public var cost: RunCost
    /// A JSON object of seconds by name, as the store keeps it.
    public var timingsJSON: String

    /// Creates one.
    public init(cost: RunCost, timingsJSON: String) {
        self.cost = cost
        self.timingsJSON = timingsJSON
    }
}

extension WorkSpeed {
    /// The latest that are read; more say nothing new.
    private static let mostRead = 2000
    /// The machine may have been busier or idler then: one run of now tells as much as ten of then.
    private static let earlierWeight = 0.1

    /// The speed of earlier runs, in the order in which they were begun by so many workers: the first runs of a task
    /// computed its floors.
    public init(earlier: [EarlierWork], workers: Int) {
        self.init()
        var begun: [String: Int] = [:]
        let skipped = earlier.count - Self.mostRead
        for (place, work) in earlier.enumerated() {
            begun[work.cost.task, default: 0] += 1
            guard place >= skipped, let seconds = try? JSONValue(parsing: work.timingsJSON) else { continue }
            let isFirst = begun[work.cost.task, default: 0] <= workers
            if let training = seconds["training"]?.doubleValue {
                add(work.cost, .training, seconds: training, weight: Self.earlierWeight)
            }
            if let evaluation = seconds["evaluation"]?.doubleValue {
                let kind = isFirst ? WorkKind.firstEvaluation : .evaluation
                add(work.cost, kind, seconds: evaluation, weight: Self.earlierWeight)
            }
        }
    }
}

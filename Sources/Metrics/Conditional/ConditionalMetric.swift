import Catalog

/// A number that tells how well a family q(θ|x) fits the posteriors of all x, from pairs (θ*, x) of the prior
/// predictive.
///
/// Adding one: its file, a row in ``MetricCatalog/conditionalMetrics`` and a test. The contract is that of ``Metric``:
/// one measurement per column in the order of `columns`, never a trap, a reason where there is no value.
public protocol ConditionalMetric: Sendable {
    /// Name (equal to the first column), version, formula, source and the evaluation parameters it depends on.
    var description: ComponentDescription { get }

    /// The values it yields.
    var columns: [ConditionalColumn] { get }

    /// Computes the values.
    func measure(_ evaluation: ConditionalEvaluation) -> [Measurement]

    /// What a column reads when q is the exact posterior; nil when that has no meaning or is not known.
    func floor(column: String, _ evaluation: ConditionalEvaluation) -> MetricFloor?
}

/// A value that a conditional metric yields.
public struct ConditionalColumn: Sendable, Equatable {
    /// Its name in reports.
    public var name: String
    /// Which way it is better.
    public var direction: MetricDirection

    init(_ name: String, _ direction: MetricDirection) {
        self.name = name
        self.direction = direction
    }
}

extension ConditionalMetric {
    /// The metric's name.
    public var name: String { description.name }

    /// The same reason for every column.
    func missing(_ reason: String, sampleSizes: [Int]) -> [Measurement] {
        columns.map { Measurement($0.name, reason: reason, sampleSizes: sampleSizes) }
    }
}

let conditionalParameters = MetricCatalog.evaluationParameters(["conditionalObservations"])

import Catalog

/// One number that compares a flow with the exact posterior (or tells the flow's health).
///
/// Adding one: its file, a row in ``MetricCatalog/metrics`` and a test. Contract: `measure` is a pure function of the
/// evaluation's points, densities and settings; it returns exactly one measurement per column, in the order of
/// `columns`; it never traps, whatever the flow yields, and says why where it has no value.
public protocol Metric: Sendable {
    /// Name (equal to the first column), version, formula, source and the evaluation parameters it depends on.
    var description: ComponentDescription { get }

    /// Which way it is better.
    var direction: MetricDirection { get }

    /// The names of the values it yields.
    var columns: [String] { get }

    /// Computes the values.
    func measure(_ evaluation: Evaluation) -> [Measurement]

    /// How the noise floor of a column is found.
    func floor(column: String, _ evaluation: Evaluation) -> FloorRule
}

/// How a metric's floor (its reading when the flow is the exact posterior) is found.
public enum FloorRule: Sendable, Equatable {
    /// Known in closed form.
    case known(MetricFloor)
    /// Measured on pairs of exact samples.
    case measured
    /// Has no meaning for this column.
    case none

    /// A metric of two exact densities reads `value` without noise when they are equal.
    static func exactly(_ value: Double) -> FloorRule {
        .known(MetricFloor(mean: value, standardDeviation: 0, repetitions: 0))
    }
}

/// A column's value before it gets its key, direction and floor.
public struct Measurement: Sendable, Equatable {
    /// The column it belongs to.
    public var column: String
    /// Nil when it could not be computed.
    public var value: Double?
    /// Why there is no value.
    public var reason: String?
    /// Monte Carlo standard error where one is known.
    public var standardError: Double?
    /// Flow points, reference points.
    public var sampleSizes: [Int]
    /// Further numbers by name.
    public var details: [String: Double]

    /// A value; one that is not finite becomes nil with a reason.
    public init(
        _ column: String, _ value: Double, standardError: Double? = nil, sampleSizes: [Int],
        details: [String: Double] = [:]
    ) {
        self.column = column
        self.value = value.isFinite ? value : nil
        reason = value.isFinite ? nil : "the result is not a finite number (\(value))"
        self.standardError = standardError.flatMap { $0.isFinite && value.isFinite ? $0 : nil }
        self.sampleSizes = sampleSizes
        self.details = details.filter { $0.value.isFinite }
    }

    /// No value, and why.
    public init(_ column: String, reason: String, sampleSizes: [Int], details: [String: Double] = [:]) {
        self.column = column
        value = nil
        self.reason = reason
        standardError = nil
        self.sampleSizes = sampleSizes
        self.details = details.filter { $0.value.isFinite }
    }
}

extension Metric {
    /// One column, named as the metric.
    public var columns: [String] { [description.name] }

    /// Smaller is better.
    public var direction: MetricDirection { .lower }

    /// Measured on pairs of exact samples.
    public func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .measured }

    /// The metric's name.
    public var name: String { description.name }
}

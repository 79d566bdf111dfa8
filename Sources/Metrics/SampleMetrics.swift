import Catalog
import FlowMath

/// A metric of two plain samples.
public struct SampleMetricResult: Sendable, Equatable {
    /// Nil when it could not be computed, and then `reason` says why.
    public var value: Double?
    /// Why there is no value.
    public var reason: String?
    /// First-order Monte Carlo standard error where one is known.
    public var standardError: Double?
    /// Points of A and of B used.
    public var sampleSizes: [Int]
    /// Further numbers by name (`bandwidth`).
    public var details: [String: Double]
}

/// The metrics that need nothing but two sets of points (`flowexp metric NAME A B`). A is the reference: the median
/// bandwidth is its own.
public enum SampleMetrics {
    /// The names that ``evaluate(_:_:_:bandwidth:projections:)`` knows.
    public static let names = ["mmd", "mmd-median", "w1", "w2", "sliced-w2", "energy"]

    /// Computes the metric `name` of the samples `a` and `b`.
    ///
    /// `bandwidth`: the largest bandwidth of the mmd, by default the median distance of A's first 2 000 points.
    /// `w1` and `w2` use the first min(n, m) points of each. Throws ``UnknownComponentError`` for another name and
    /// ``DimensionMismatch`` for sets of different dimensions; points that are not finite, too few points or a useless
    /// bandwidth give a nil value with a reason. Costs: O(n·m) time for the kernels, O(n²) memory for `w1`, `w2`.
    public static func evaluate(
        _ name: String, _ a: Points, _ b: Points, bandwidth: Double? = nil, projections: Int = 128
    ) throws -> SampleMetricResult {
        guard names.contains(name) else { throw UnknownComponentError(kind: "sample metric", name: name, known: names) }
        guard a.dimension == b.dimension else { throw DimensionMismatch(found: b.dimension, expected: a.dimension) }
        let sizes = [a.count, b.count]
        for (points, which) in [(a, "A"), (b, "B")] {
            if let index = points.values.firstIndex(where: { !$0.isFinite }) {
                return SampleMetricResult(
                    value: nil, reason: "point \(index / points.dimension + 1) of \(which) is not finite",
                    sampleSizes: sizes, details: [:])
            }
        }
        switch name {
        case "mmd", "mmd-median":
            let used = bandwidth ?? medianPairwiseDistance(a)
            let estimate =
                name == "mmd"
                ? gaussianKernelStatistics(a, b, bandwidth: used).map(\.mixture)
                : singleKernelStatistic(a, b, bandwidth: used)
            return result(estimate, sizes, details: (try? estimate.get()) == nil ? [:] : ["bandwidth": used])
        case "energy": return result(energyStatistic(a, b), sizes)
        case "sliced-w2":
            let value = slicedTransport(a, b, projections: max(1, projections))
            return result(value.map { Estimate(value: $0, standardError: .nan) }, sizes)
        default:
            let count = min(a.count, b.count)
            return result(exactTransport(a, b, squared: name == "w2"), [count, count])
        }
    }

    private static func result(
        _ estimate: Result<Estimate, SampleProblem>, _ sizes: [Int], details: [String: Double] = [:]
    ) -> SampleMetricResult {
        let measurement: Measurement
        switch estimate {
        case .success(let found):
            measurement = Measurement(
                "", found.value, standardError: found.standardError, sampleSizes: sizes, details: details)
        case .failure(let problem): measurement = Measurement("", reason: problem.description, sampleSizes: sizes)
        }
        return SampleMetricResult(
            value: measurement.value, reason: measurement.reason, standardError: measurement.standardError,
            sampleSizes: sizes, details: measurement.details)
    }
}

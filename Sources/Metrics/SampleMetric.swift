import Catalog
import FlowMath

/// The metrics that need nothing but two sets of points.
public let sampleMetricNames = SampleMetrics.names

/// The metric `name` of the samples `a` (the reference) and `b`, as `flowexp metric` prints it; parameters have the names
/// and meanings of a spec's `evaluation` section (`bandwidth`, `slicedProjections`).
///
/// Throws what ``SampleMetrics/evaluate(_:_:_:bandwidth:projections:)`` throws and ``ParameterError`` for a parameter
/// that the metric does not have.
public func sampleMetric(
    named name: String, _ a: Points, _ b: Points, parameters: ParameterValues, seed: UInt64
) throws -> [Measurement] {
    for key in parameters.values.keys.sorted() where !["bandwidth", "slicedProjections"].contains(key) {
        throw ParameterError(
            name: key, expected: "bandwidth or slicedProjections for the metric \(name)", found: parameters[key])
    }
    let bandwidth = try parameters["bandwidth"].map { _ in try parameters.number("bandwidth") }
    let projections = try parameters["slicedProjections"].map { _ in try parameters.integer("slicedProjections") }
    let result = try SampleMetrics.evaluate(name, a, b, bandwidth: bandwidth, projections: projections ?? 128)
    guard let value = result.value else {
        return [Measurement(name, reason: result.reason ?? "unknown", sampleSizes: result.sampleSizes)]
    }
    return [
        Measurement(
            name, value, standardError: result.standardError, sampleSizes: result.sampleSizes, details: result.details)
    ]
}

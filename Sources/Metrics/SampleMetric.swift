import Catalog
import FlowMath

/// The metrics that need nothing but two sets of points.
public let sampleMetricNames = ["mmd", "mmd-median", "w1", "w2", "sliced-w2", "energy", "c2st"]

/// Computes a metric of two samples of one dimension (`flowexp metric NAME A B`). `a` is the reference: the median
/// bandwidth is that of its first 2 000 rows, and `c2st` standardises by it.
///
/// `parameters` are those of the `evaluation` section that the metric has; all of them may be absent:
/// - `kernelSamples` (mmd, mmd-median, energy), `transportSamples` (w1, w2), `slicedSamples` (sliced-w2), `c2stSamples`
///   (c2st): only the first so many rows of each; absent: all. `w1`, `w2` and `c2st` use equally many rows of both.
/// - `bandwidth` (mmd, mmd-median), `slicedProjections` (sliced-w2).
/// - `permutations` (mmd): the permutation test as a second measurement, `mmd-p`.
///
/// `seed`: of the permutations and of the classifier. Each measurement's `sampleSizes` are the rows of `a` and of `b` used.
///
/// - Throws: ``UnknownComponentError`` for a name that is not in ``sampleMetricNames``, ``DimensionMismatch``, and
///   ``ParameterError`` for a parameter that the metric does not have or a value that does not fit. Points that are not
///   finite, too few or too many points, or a useless bandwidth give a measurement without a value and the reason.
public func sampleMetric(
    named name: String, _ a: Points, _ b: Points, parameters: ParameterValues = [:], seed: UInt64 = 0
) throws -> [Measurement] {
    guard sampleMetricNames.contains(name) else {
        throw UnknownComponentError(kind: "metric of two samples", name: name, known: sampleMetricNames)
    }
    guard a.dimension == b.dimension else { throw DimensionMismatch(found: b.dimension, expected: a.dimension) }
    let request = try SampleMetricRequest(name, parameters)
    let (a, b) = (request.limited(a), request.limited(b))
    for (points, which) in [(a, "A"), (b, "B")] {
        if let index = points.values.firstIndex(where: { !$0.isFinite }) {
            return [
                Measurement(
                    name, reason: "point \(index / points.dimension + 1) of \(which) is not finite",
                    sampleSizes: [a.count, b.count])
            ]
        }
    }
    return request.measure(a, b, seed: seed)
}

/// A metric of two samples with its parameters checked.
private struct SampleMetricRequest {
    /// A cost matrix of this side takes 1.6 GB; its solution about a minute.
    private static let transportLimit = 10_000
    /// Points in all of a permutation test; 2 minutes for 999 permutations.
    private static let permutationLimit = 50_000

    let name: String
    let settings: EvaluationSettings
    private let rowLimit: Int?
    private let permutations: Int?

    init(_ name: String, _ parameters: ParameterValues) throws {
        self.name = name
        let size: String
        var others: [String] = []
        switch name {
        case "w1", "w2": size = "transportSamples"
        case "c2st": size = "c2stSamples"
        case "sliced-w2": (size, others) = ("slicedSamples", ["slicedProjections"])
        case "mmd": (size, others) = ("kernelSamples", ["bandwidth", "permutations"])
        case "mmd-median": (size, others) = ("kernelSamples", ["bandwidth"])
        default: size = "kernelSamples"
        }
        let known = [size] + others
        for key in parameters.values.keys.sorted() where !known.contains(key) {
            throw ParameterError(
                name: key, expected: "a parameter of \(name): \(known.joined(separator: ", "))",
                found: parameters[key])
        }
        settings = try EvaluationSettings(parameters)
        rowLimit = parameters[size]?.integerValue
        permutations = parameters["permutations"] == nil ? nil : settings.permutations
    }

    /// The rows used of a sample.
    func limited(_ points: Points) -> Points {
        rowLimit.map { points.count > $0 ? points.prefix($0) : points } ?? points
    }

    func measure(_ a: Points, _ b: Points, seed: UInt64) -> [Measurement] {
        let sizes = [a.count, b.count]
        let common = min(a.count, b.count)
        switch name {
        case "mmd", "mmd-median": return kernelMeasurements(a, b, seed: seed)
        case "energy": return [measurement(energyStatistic(a, b), sizes)]
        case "sliced-w2":
            let value = slicedTransport(a, b, projections: settings.slicedProjections)
            return [measurement(value.map { Estimate(value: $0, standardError: .nan) }, sizes)]
        case "c2st":
            let stream = RandomStream(seed: seed, purpose: .classifier)
            return [measurement(classifierTest(a, b, stream: stream), [common, common])]
        default:
            guard common <= Self.transportLimit else {
                let problem = SampleProblem(
                    "the cost matrix of more than \(Self.transportLimit) points a side is too large; transportSamples "
                        + "limits the rows")
                return [measurement(.failure(problem), [common, common])]
            }
            return [measurement(exactTransport(a, b, squared: name == "w2"), [common, common])]
        }
    }

    private func kernelMeasurements(_ a: Points, _ b: Points, seed: UInt64) -> [Measurement] {
        let sizes = [a.count, b.count]
        let bandwidth = settings.bandwidth ?? medianPairwiseDistance(a)
        let estimate =
            name == "mmd"
            ? gaussianKernelStatistics(a, b, bandwidth: bandwidth).map(\.mixture)
            : singleKernelStatistic(a, b, bandwidth: bandwidth)
        var results = [measurement(estimate, sizes, details: ["bandwidth": bandwidth])]
        guard let permutations else { return results }
        guard a.count + b.count <= Self.permutationLimit else {
            results.append(
                Measurement(
                    "mmd-p",
                    reason: "more than \(Self.permutationLimit) points in all are too many for permutations; "
                        + "kernelSamples limits the rows", sampleSizes: sizes))
            return results
        }
        let p = permutationTest(
            a, b, bandwidth: bandwidth, permutations: permutations,
            stream: RandomStream(seed: seed, purpose: .permutation))
        results.append(
            measurement(
                p.map { Estimate(value: $0, standardError: .nan) }, sizes, column: "mmd-p",
                details: ["permutations": Double(permutations)]))
        return results
    }

    private func measurement(
        _ estimate: Result<Estimate, SampleProblem>, _ sizes: [Int], column: String? = nil,
        details: [String: Double] = [:]
    ) -> Measurement {
        switch estimate {
        case .success(let found):
            return Measurement(
                column ?? name, found.value, standardError: found.standardError, sampleSizes: sizes, details: details)
        case .failure(let problem):
            return Measurement(column ?? name, reason: problem.description, sampleSizes: sizes)
        }
    }
}

import Catalog
import FlowMath
import Foundation
import Metrics
import Synchronization
import Tasks

/// A mixture of isotropic Gaussians: the "flow" of these tests, and the posterior of ``MixtureTask``.
struct Mixture: SampleableDensity {
    var dimension: Int
    var components: [(weight: Double, mean: [Double], deviation: Double)]

    init(_ components: [(weight: Double, mean: [Double], deviation: Double)]) {
        self.components = components
        dimension = components[0].mean.count
    }

    func sample(count: Int, stream: RandomStream) -> Points {
        var stream = stream
        var values: [Double] = []
        for _ in 0..<count {
            var u = stream.nextUniform()
            var index = 0
            while index < components.count - 1 && u >= components[index].weight {
                u -= components[index].weight
                index += 1
            }
            for mean in components[index].mean {
                values.append(mean + components[index].deviation * stream.nextNormal())
            }
        }
        return Points(dimension: dimension, values: values)
    }

    func logProbability(of points: Points) -> [Double] {
        let constants = components.map { component in
            Elementary.log(component.weight)
                - Double(dimension) * (Elementary.log(component.deviation) + 0.9189385332046727)
        }
        var terms = [Double](repeating: 0, count: components.count)
        return (0..<points.count).map { i in
            for k in components.indices {
                var square = 0.0
                for d in 0..<dimension {
                    let z = (points.values[i * dimension + d] - components[k].mean[d]) / components[k].deviation
                    square += z * z
                }
                terms[k] = constants[k] - 0.5 * square
            }
            return logSumExp(terms)
        }
    }
}

/// A task whose posterior is a mixture well inside its box (the mass outside is below 1e-12 for the tests' mixtures).
struct MixtureTask: InferenceTask {
    var mixture: Mixture
    var halfWidth = 12.0

    var dimension: Int { mixture.dimension }
    var priorBox: [ClosedRange<Double>] {
        [ClosedRange<Double>](repeating: -halfWidth...halfWidth, count: dimension)
    }
    var observation: [Double] { [] }
    var modeCount: Int? { mixture.components.count }
    func modes(observation: [Double]) -> [Mode] { mixture.components.map { Mode(centre: $0.mean) } }
    func logLikelihood(of points: Points, observation: [Double]) -> [Double] { mixture.logProbability(of: points) }
    func logEvidence(observation: [Double]) -> Double { logPriorInside }
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        mixture.sample(count: count, stream: stream)
    }
}

/// A cache in memory that counts what it was asked.
final class MemoryCache: ReferenceCache {
    let texts = Mutex<[String: String]>([:])
    func text(forKey key: String) -> String? { texts.withLock { $0[key] } }
    func store(_ text: String, forKey key: String) { texts.withLock { $0[key] = text } }
}

/// Evaluates with small samples unless told; `key` names the task's configuration.
func values(
    _ flow: any SampleableDensity, _ task: any InferenceTask, key: String, metrics: [String]? = nil,
    parameters: [String: JSONValue] = [:], seed: UInt64 = 1, inverseError: Double? = nil,
    cache: any ReferenceCache = MemoryCache()
) throws -> [String: MetricValue] {
    var settings: [String: JSONValue] = [
        "samples": .integer(20_000), "kernelSamples": .integer(300), "transportSamples": .integer(100),
        "slicedSamples": .integer(500), "floorRepetitions": .integer(4),
    ]
    if let metrics { settings["metrics"] = .array(metrics.map { .string($0) }) }
    settings.merge(parameters) { _, new in new }
    let list = try evaluateMetrics(
        flow: flow, task: task, observation: task.observation, parameters: ParameterValues(settings), seed: seed,
        inverseError: inverseError, cache: cache, cacheKeyPrefix: key)
    return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
}

/// Two modes at (±2, 0), sd ½, the weights given.
func twoModes(_ weight: Double = 0.5) -> Mixture {
    Mixture([(weight, [-2, 0], 0.5), (1 - weight, [2, 0], 0.5)])
}

/// A file of Tests/Oracles.
func oracle(_ name: String = "metrics.json") throws -> [String: Any] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../Oracles/\(name)")
    return try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
}

func normalCumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

/// Mean and variance (n − 1).
func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return (mean, variance)
}

/// `twoModes` with one coordinate and one log density that a test chooses.
struct BrokenFlow: SampleableDensity {
    let dimension = 2
    var point = 1.0
    var density = -1.0
    func sample(count: Int, stream: RandomStream) -> Points {
        var points = twoModes().sample(count: count, stream: stream)
        points[0, 0] = point
        return points
    }
    func logProbability(of points: Points) -> [Double] {
        var result = twoModes().logProbability(of: points)
        result[1] = density
        return result
    }
}

import Catalog
import FlowMath
import Foundation
import Metrics
import Tasks
import Testing

/// Averages over the fixed observations, and what the catalog knows of amortised runs.
@Suite struct FixedObservationTests {
    private static let small: [String: JSONValue] = [
        "samples": .integer(1_000), "kernelSamples": .integer(40), "transportSamples": .integer(20),
        "slicedSamples": .integer(50), "floorRepetitions": .integer(20), "bandwidth": .number(0.75),
        "conditionalObservations": .integer(20), "fixedSamples": .integer(400),
    ]

    private func rows(
        _ family: any ConditionalDensity, _ task: any SimulatorTask, key: String, _ metrics: [String]? = nil,
        seed: UInt64 = 3
    ) throws -> [MetricValue] {
        var parameters = Self.small
        if let metrics { parameters["metrics"] = .array(metrics.map { .string($0) }) }
        return try evaluateMetrics(
            flow: ConditionedDensity(family, on: task.observation), task: task, observation: task.observation,
            parameters: ParameterValues(parameters), seed: seed, inverseError: 1e-6, cache: MemoryCache(),
            cacheKeyPrefix: key, conditional: (family, task))
    }

    /// q is p with its standard deviation halved: KL(p‖q) = D (log c + 1/(2c²) − ½) at every x.
    @Test func averagesOverTheObservations() throws {
        let task = ConjugateTask()
        let family = ConjugateFamily(task: task, widening: 0.5)
        let found = try rows(family, task, key: "averages", ["kl", "w1", "c2st-exact", "ess"])
        #expect(
            found.map(\.name) == [
                "kl", "c2st-exact", "w1", "ess", "kl-over-x", "c2st-exact-over-x", "w1-over-x", "ess-over-x",
            ])
        let kl = found[4]
        let expected = 2 * (log(0.5) + 2 - 0.5)
        let mean = try #require(kl.value)
        let error = try #require(kl.standardError)
        #expect(abs(mean - expected) < 4 * error)
        let values = (0..<10).map { kl.details["x\($0)"] ?? .nan }
        #expect(abs(mean - values.reduce(0, +) / 10) < 1e-12)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9
        #expect(abs(error - (variance / 10).squareRoot()) < 1e-12)
        #expect(kl.details["min"] == values.min() && kl.details["max"] == values.max() && kl.details["missing"] == 0)
        #expect(Set(values).count == 10 && kl.sampleSizes == [0, 400])
        #expect(kl.floor == MetricFloor(mean: 0, standardDeviation: 0, repetitions: 0))
        #expect(found[5].floor?.mean == 0.5 && found[7].direction == .higher)
        // Measured: two pairs at each x, the floor of a mean of ten readings.
        let floor = try #require(found[6].floor)
        #expect(floor.repetitions == 20 && floor.mean > 0 && floor.standardDeviation > 0)
        let single = try #require(found[2].floor)
        #expect(floor.standardDeviation < single.standardDeviation)
        // One x alone is the ordinary metric there.
        let alone = try evaluateMetrics(
            flow: ConditionedDensity(family, on: task.fixedObservations[4]), task: task,
            observation: task.fixedObservations[4],
            parameters: ["metrics": .array([.string("kl")]), "samples": .integer(400)], seed: 3, inverseError: nil,
            cache: MemoryCache(), cacheKeyPrefix: "averages")
        #expect(alone[0].value == values[4], "KL uses the posterior's points only, which do not depend on the run")
    }

    /// x₀ = .9 (k − 4): with q = 0 above 1.9 three of ten have no value, above −1.9 eight.
    @Test func missingValuesAreCounted() throws {
        let task = ConjugateTask()
        let few = try rows(
            BrokenFamily(exact: ConjugateFamily(task: task), threshold: 1.9, logDensity: -.infinity), task,
            key: "missing", ["kl"])[1]
        #expect(few.details["missing"] == 3 && few.details["x7"] == nil && few.details["x6"] != nil)
        #expect(few.value.map { abs($0) < 1e-12 } == true && few.floor != nil)
        let many = try rows(
            BrokenFamily(exact: ConjugateFamily(task: task), threshold: -1.9, logDensity: -.infinity), task,
            key: "missing", ["kl"])[1]
        #expect(many.value == nil && many.floor == nil)
        #expect(many.reason?.hasPrefix("no value at 8 of the 10 fixed observations; at the first: infinite") == true)
    }

    @Test func plannedRowsAreWhatIsReturned() throws {
        let task = try #require(try TaskCatalog.make(ComponentChoice(name: "quadratic-2d")) as? any SimulatorTask)
        // References of ten x take seconds; these metrics need none.
        let names = MetricCatalog.names.filter { !["bridge-mass", "mode-tv", "modes-found"].contains($0) }
        var parameters = Self.small
        parameters["metrics"] = .array(names.map { .string($0) })
        let found = try rows(PriorFamily(task: task), task, key: "planned", names)
        let planned = try MetricCatalog.plannedValues(ParameterValues(parameters), amortised: true)
        #expect(found.map(\.name) == planned.map(\.name))
        #expect(found.map(\.parameters) == planned.map(\.parameters) && found.map(\.version) == planned.map(\.version))
        for value in found {
            #expect((value.value == nil) == (value.reason != nil), "\(value.name)")
            #expect(MetricCatalog.direction(ofColumn: value.name) == value.direction)
        }
        // The rows of a run that is not amortised are the same, and come first.
        let plain = try MetricCatalog.plannedValues(ParameterValues(parameters))
        #expect(Array(planned.prefix(plain.count)) == plain && !plain.contains { $0.name == "sbc" })
        #expect(found.first { $0.name == "sbc" }?.parameters == #"{"conditionalObservations":20}"#)
        #expect(found.first { $0.name == "kl" }?.parameters == #"{"samples":1000}"#)
        #expect(found.first { $0.name == "kl-over-x" }?.parameters == #"{"fixedSamples":400}"#)
        #expect(
            found.first { $0.name == "mmd-over-x" }?.parameters
                == #"{"bandwidth":0.75,"fixedSamples":400,"kernelSamples":40}"#)
    }

    @Test func catalogKnowsTheColumns() throws {
        let planned = try MetricCatalog.plannedValues([:], amortised: true)
        let plain = try MetricCatalog.plannedValues([:])
        #expect(Set(planned.map(\.name)).count == planned.count)
        for value in planned {
            let name = try #require(MetricCatalog.metricName(ofColumn: value.name))
            #expect(MetricCatalog.names.contains(name))
            #expect(MetricCatalog.isConditional(column: value.name) == !plain.contains(value))
        }
        #expect(MetricCatalog.metricName(ofColumn: "bridge-mass-tail-over-x") == "bridge-mass")
        #expect(MetricCatalog.metricName(ofColumn: "posterior-gap") == "information-gain")
        for unknown in ["", "over-x", "-over-x", "kl-over-y", "invertibility-over-x", "sbc-over-x"] {
            #expect(MetricCatalog.metricName(ofColumn: unknown) == nil && !MetricCatalog.isConditional(column: unknown))
            #expect(MetricCatalog.direction(ofColumn: unknown) == nil)
        }
        for metric in MetricCatalog.conditionalMetrics {
            #expect(metric.columns.first?.name == metric.name && !metric.description.source.isEmpty)
            #expect(MetricCatalog.descriptions.contains(metric.description))
        }
        let averages = MetricCatalog.fixedObservationDescriptions
        #expect(averages.contains { $0.name == "c2st-exact-over-x" })
        for average in averages { #expect(MetricCatalog.isConditional(column: average.name)) }
    }

    @Test func conditionedDensityEqualsItsRows() {
        let task = ConjugateTask()
        let family = ConjugateFamily(task: task)
        let density = ConditionedDensity(family, on: [1, -2])
        let stream = RandomStream(seed: 4, purpose: .latent)
        let points = density.sample(count: 20, stream: stream)
        #expect(points.count == 20 && density.logNormalizerStandardError == 0)
        let expected = Mixture([(1, [task.shrinkage, -2 * task.shrinkage], task.deviation)])
        #expect(density.logProbability(of: points) == expected.logProbability(of: points))
    }
}

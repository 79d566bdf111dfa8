import Catalog
import FlowMath
import Foundation
import Tasks
import TestSupport
import Testing

/// Compared with Tests/Oracles/tasks.json, which Tests/Oracles/tasks.py computes with NumPy and SciPy.
@Suite("Tasks against independent values")
struct TaskOracleTests {
    struct Case: Sendable, Decodable {
        enum Parameter: Sendable, Decodable {
            case number(Double)
            case list([Double])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .list(try container.decode([Double].self))
                }
            }
        }

        var task: String
        var parameters: [String: Parameter]
        var logEvidence: Double
        var entropy: Double
        var points: [[Double]]
        /// Null where the density is 0.
        var logPosterior: [Double?]
        var logSeparatingDensity: Double?
        /// Means of θ_d and of θ_d², for some tasks above 3D.
        var moments: [[Double?]]?
        var localMaxima: Int?

        func make() throws -> any InferenceTask {
            var values = ParameterValues()
            for (name, parameter) in parameters {
                switch parameter {
                case .number(let number): values[name] = .number(number)
                case .list(let list): values[name] = .array(list.map { .number($0) })
                }
            }
            return try TaskCatalog.make(ComponentChoice(name: task, parameters: values))
        }
    }

    static func cases() throws -> [Case] {
        struct File: Decodable { var cases: [Case] }
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Oracles/tasks.json")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).cases
    }

    @Test func everyTaskHasACase() throws {
        let covered = Set(try Self.cases().map(\.task))
        #expect(covered == Set(TaskCatalog.entries.map(\.description.name)))
    }

    /// The quadrature of `slcp` promises 1e-8, and so do both grids of the crescents that the box cuts.
    @Test func logEvidence() throws {
        for expected in try Self.cases() {
            let task = try expected.make()
            let tolerance = ["slcp", "sbibm-two-moons"].contains(expected.task) ? 1e-8 : 1e-10
            #expect(
                abs(task.logEvidence(observation: task.observation) - expected.logEvidence) < tolerance,
                "\(expected.task) \(expected.parameters)")
        }
    }

    @Test func logPosteriorAtFixedPoints() throws {
        for expected in try Self.cases() {
            let task = try expected.make()
            let points = Points(dimension: task.dimension, values: expected.points.flatMap { $0 })
            let values = task.logPosterior(of: points, observation: task.observation)
            #expect(values.count == expected.logPosterior.count)
            for (value, wanted) in zip(values, expected.logPosterior) {
                let wanted = wanted ?? -.infinity
                #expect(
                    value == wanted || abs(value - wanted) < 1e-9 + 1e-12 * abs(wanted),
                    "\(expected.task) \(expected.parameters)")
            }
        }
    }

    @Test func logSeparatingDensity() throws {
        for expected in try Self.cases() {
            let task = try expected.make()
            let value = task.logSeparatingDensity(observation: task.observation)
            // The saddles of these are checked by TaskParameterTests.
            if ["sbibm-two-moons", "slcp"].contains(expected.task) { continue }
            #expect((value == nil) == (expected.logSeparatingDensity == nil))
            if let value, let wanted = expected.logSeparatingDensity {
                // The script finds some saddles on a line of 2·10^5 points.
                #expect(abs(value - wanted) < 1e-5 * (1 + abs(wanted)), "\(expected.task) \(expected.parameters)")
            }
        }
    }

    /// Mean −log p over exact samples estimates the entropy.
    @Test func entropyOfReferenceSamples() throws {
        let count = 50_000
        for expected in try Self.cases() {
            let task = try expected.make()
            let posterior = ExactPosterior(task: task)
            let samples = posterior.sample(count: count, stream: RandomStream(seed: 17, purpose: .reference))
            let logs = posterior.logProbability(of: samples)
            let mean = -logs.reduce(0, +) / Double(count)
            let variance = logs.reduce(0) { $0 + ($1 + mean) * ($1 + mean) } / Double(count - 1)
            let error = (variance / Double(count)).squareRoot()
            #expect(abs(mean - expected.entropy) < 5 * error, "\(expected.task) \(expected.parameters)")
        }
    }

    /// Means over exact samples of the first two powers of each coordinate, where no grid shows the shape.
    @Test func momentsOfReferenceSamples() throws {
        let count = 50_000
        var checked = 0
        for expected in try Self.cases() {
            guard let moments = expected.moments else { continue }
            let task = try expected.make()
            let samples = task.samplePosterior(
                count: count, observation: task.observation, stream: RandomStream(seed: 18, purpose: .reference))
            for (d, row) in moments.enumerated() {
                for (power, wanted) in zip([1, 2], row) {
                    guard let wanted else { continue }
                    let values = (0..<count).map { power == 1 ? samples[$0, d] : samples[$0, d] * samples[$0, d] }
                    let mean = values.reduce(0, +) / Double(count)
                    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
                    #expect(
                        abs(mean - wanted) < 5 * (variance / Double(count)).squareRoot(),
                        "\(expected.task) \(expected.parameters), coordinate \(d), power \(power)")
                    checked += 1
                }
            }
        }
        #expect(checked > 40)
    }

    /// Fewer local maxima than components: from every mean, uphill.
    @Test func localMaximaOfOverlappingComponents() throws {
        for expected in try Self.cases() {
            guard let count = expected.localMaxima else { continue }
            let task = try expected.make()
            var maxima: [[Double]] = []
            for mode in task.modes(observation: []) {
                let found = climb(from: mode.centre) {
                    task.logPosterior(of: Points(dimension: 2, values: $0), observation: [])[0]
                }
                let isNew = maxima.allSatisfy { abs($0[0] - found[0]) + abs($0[1] - found[1]) > 1e-2 }
                if isNew { maxima.append(found) }
            }
            #expect(maxima.count == count && count < task.modeCount ?? 0)
        }
    }

    /// Figures known from outside this repository's scripts (shared design notes: two independent implementations).
    @Test func integralsOfTheUnnormalisedPlanarTasks() throws {
        for (name, integral, volume) in [("two-moons", 2.2349401, 36.0), ("rings", 5.9061037, 36)] {
            let task = try TaskCatalog.make(ComponentChoice(name: name))
            #expect(abs(Foundation.exp(task.logEvidence(observation: [])) * volume - integral) < 1e-7)
        }
    }

    /// ESS/N of likelihood weights on prior draws, (E L)²/E L²: the closed form M (2√π s/W)^D for M separated Gaussian
    /// modes, figures measured by an independent Python implementation (shared design notes) for the moons and rings,
    /// products of SciPy's one-dimensional `quad` for the quadratic tasks.
    @Test(arguments: [
        ("corners", 0.0707), ("cube", 0.0258), ("ring", 0.0654), ("two-moons", 0.105), ("rings", 0.232),
        ("quadratic-2d", 0.010616), ("quadratic-3d", 0.0010812), ("sbibm-two-moons", 0.0055),
    ])
    func effectiveSampleSizeOfPriorDraws(name: String, expected: Double) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        let count = 400_000
        let draws = task.samplePrior(count: count, stream: RandomStream(seed: 4, purpose: .pool))
        let logs = task.logLikelihood(of: draws, observation: task.observation)
        let size = Foundation.exp(2 * logSumExp(logs) - logSumExp(logs.map { 2 * $0 })) / Double(count)
        // The estimate's relative standard error is about 1/√ESS; the figures have three digits.
        #expect(abs(size / expected - 1) < 5 / (expected * Double(count)).squareRoot() + 0.005, "\(size)")
    }
}

import Catalog
import FlowMath
import Tasks
import TestSupport
import Testing

@Suite("Task parameters")
struct TaskParameterTests {
    private func task(_ name: String, _ parameters: ParameterValues = [:]) throws -> any InferenceTask {
        try TaskCatalog.make(ComponentChoice(name: name, parameters: parameters))
    }

    @Test func unknownNamesAreReported() {
        #expect(throws: UnknownComponentError.self) { try task("no-such-task") }
        #expect(throws: ParameterError.self) { try task("corners", ["noise": .number(1)]) }
    }

    /// Every number just outside its range, of the wrong type or not finite is refused by the factory, not only by the
    /// spec reader.
    @Test func valuesOutsideTheirRangesAreRefused() throws {
        for entry in TaskCatalog.entries {
            for parameter in entry.description.parameters {
                for value in Self.badValues(for: parameter.kind) {
                    let error = #expect(throws: ParameterError.self, "\(parameter.name) = \(value)") {
                        try task(entry.description.name, [parameter.name: value])
                    }
                    #expect(error?.name == parameter.name)
                }
            }
        }
    }

    static func badValues(for kind: ParameterDescription.Kind) -> [JSONValue] {
        switch kind {
        case .integer(let range):
            return [.integer(range.lowerBound - 1), .integer(range.upperBound + 1), .string("x"), .null, .number(2.5)]
        case .number(let range, _):
            let bad = [range.lowerBound.nextDown, range.upperBound.nextUp, .nan, .infinity, -.infinity, 0 - 1e300]
            return bad.map { .number($0) } + [.string("x"), .null, .array([])]
        case .list(let element, let count):
            let good = JSONValue.number(1)
            let wrongElements = badValues(for: element).map { bad in
                JSONValue.array([bad] + Array(repeating: good, count: count.lowerBound - 1))
            }
            let wrongCounts = [count.lowerBound - 1, count.upperBound + 1].map { n in
                JSONValue.array(Array(repeating: good, count: n))
            }
            return wrongElements + wrongCounts + [.string("x"), .number(1)]
        default:
            return [.null]
        }
    }

    /// The ends of every range, alone and together, make tasks that evaluate and sample. An observation that no θ can
    /// yield may be refused, as an error.
    @Test func endsOfEveryRangeWork() throws {
        for entry in TaskCatalog.entries {
            let parameters = entry.description.parameters
            for corner in 0..<(1 << parameters.count) {
                var values = ParameterValues()
                for (k, parameter) in parameters.enumerated() {
                    let upper = corner >> k & 1 == 1
                    switch parameter.kind {
                    case .integer(let range):
                        values[parameter.name] = .integer(upper ? range.upperBound : range.lowerBound)
                    case .number(let range, _):
                        values[parameter.name] = .number(upper ? range.upperBound : range.lowerBound)
                    case .list(.number(let range, _), let count):
                        values[parameter.name] = .array(
                            Array(
                                repeating: .number(upper ? range.upperBound : range.lowerBound), count: count.lowerBound
                            ))
                    default: Issue.record("a kind of parameter that this test does not know")
                    }
                }
                let made: (any InferenceTask)?
                do {
                    made = try task(entry.description.name, values)
                } catch let error as ParameterError {
                    #expect(error.name == "observation" && entry.description.name == "sbibm-two-moons")
                    made = nil
                }
                guard let task = made else { continue }
                let posterior = ExactPosterior(task: task)
                let samples = posterior.sample(count: 2000, stream: RandomStream(seed: 1, purpose: .reference))
                #expect(
                    posterior.logProbability(of: samples).allSatisfy { $0.isFinite },
                    "\(entry.description.name) \(values)")
                #expect(task.logEvidence(observation: task.observation).isFinite)
                let modes = task.modes(observation: task.observation)
                #expect(modes.count == task.modeCount)
                let heights = posterior.logProbability(
                    of: Points(dimension: task.dimension, values: modes.flatMap(\.centre)))
                if let saddle = task.logSeparatingDensity(observation: task.observation) {
                    #expect(heights.allSatisfy { $0 >= saddle }, "\(entry.description.name) \(values)")
                }
                // The density near a mode is that of its samples: the best sample comes close to the highest mode.
                let best = posterior.logProbability(of: samples).max() ?? -.infinity
                let top = heights.max() ?? -.infinity
                // Between overlapping components the density is higher than at their centres.
                let above = task.modeGeometry == .components ? 0.6931 : 1e-6
                #expect(best <= top + above && best > top - 1, "\(entry.description.name) \(values)")
            }
        }
    }

    @Test func ringFollowsItsDefinition() throws {
        let task = try task("ring", ["modes": .integer(8)])
        let modes = task.modes(observation: [])
        #expect(modes.count == 8)
        // x = 2 sin, y = 2 cos: the first mode is at the top, the third at the right.
        #expect(abs(modes[0].centre[0]) < 1e-3 && abs(modes[0].centre[1] - 2) < 1e-3)
        #expect(abs(modes[2].centre[0] - 2) < 1e-3 && abs(modes[2].centre[1]) < 1e-3)
    }

    @Test func quadraticModesFollowTheObservation() throws {
        let task = try task("quadratic-2d")
        #expect(task.observation == [4, 2.25])
        #expect(task.modes(observation: [4, 2.25]).map(\.centre) == [[-2, -1.5], [2, -1.5], [-2, 1.5], [2, 1.5]])
        #expect(task.modes(observation: [4, 0]).map(\.centre) == [[-2, 0], [2, 0]])
        #expect(task.modes(observation: [-1, -1]).map(\.centre) == [[0, 0]])
        #expect(task.modes(observation: [16, -1]).map(\.centre) == [[-3, 0], [3, 0]])
        #expect(task.logSeparatingDensity(observation: [-1, 0]) == nil)
        // At another observation everything equals the task made for it.
        let other = try self.task("quadratic-2d", ["observation": .array([.number(1), .number(-0.5)])])
        let stream = RandomStream(seed: 3, purpose: .reference)
        #expect(other.modeCount == 2)
        #expect(task.logEvidence(observation: [1, -0.5]) == other.logEvidence(observation: [1, -0.5]))
        let samples = task.samplePosterior(count: 50, observation: [1, -0.5], stream: stream)
        #expect(samples == other.samplePosterior(count: 50, observation: [1, -0.5], stream: stream))
        #expect(
            task.logPosterior(of: samples, observation: [1, -0.5])
                == other.logPosterior(of: samples, observation: [1, -0.5]))
    }

    /// Crescents apart, crossing and merged; cut by the box; impossible.
    @Test func crescentsFollowTheObservation() throws {
        let task = try task("sbibm-two-moons")
        #expect(task.logSeparatingDensity(observation: [0, 0]) == -.infinity)
        #expect(task.logEvidence(observation: [0, 0]) == Elementary.log(0.5))
        // On the axis θ₁ = θ₂, (.25 + r*)/√2 from the origin, r* = .05 + √(.0025 − .0001).
        let distance = (0.25 + 0.05 + 0.0024.squareRoot()) * 0.5.squareRoot()
        let modes = task.modes(observation: [0, 0]).map(\.centre)
        #expect(
            modes.count == 2
                && zip(modes.joined(), [-distance, -distance, distance, distance]).allSatisfy { abs($0 - $1) < 1e-12 })
        // Crests that cross θ₁ + θ₂ = 0 leave no valley; beyond r* they are one.
        let heights = task.logPosterior(
            of: Points(dimension: 2, values: task.modes(observation: [0.3, 0]).flatMap(\.centre)),
            observation: [0.3, 0])
        let saddle = try #require(task.logSeparatingDensity(observation: [0.3, 0]))
        #expect(heights.count == 2 && heights.allSatisfy { abs($0 - saddle) < 1e-9 })
        #expect(task.modes(observation: [0.36, 0]).map(\.centre) == [[0, 0]])
        #expect(task.logSeparatingDensity(observation: [0.36, 0]) == nil)
        #expect(task.logEvidence(observation: [-2, 0]) == -.infinity)
        let none = task.samplePosterior(
            count: 2, observation: [-2, 0], stream: RandomStream(seed: 1, purpose: .reference))
        #expect(none.values.allSatisfy { $0.isNaN })
        #expect(throws: ParameterError.self) {
            try self.task("sbibm-two-moons", ["observation": .array([.number(-2), .number(0)])])
        }
    }

    /// The saddle of `slcp` is the best point with θ₃ = 0 or θ₄ = 0, which a search uphill on either finds too.
    @Test func saddleOfFourSigns() throws {
        let task = try task("slcp")
        let x = task.observation
        let saddle = try #require(task.logSeparatingDensity(observation: x))
        func height(_ theta: [Double]) -> Double {
            task.logPosterior(of: Points(dimension: 5, values: theta), observation: x)[0]
        }
        let best =
            [2, 3].map { zero -> Double in
                var start = task.modes(observation: x)[3].centre
                start[zero] = 0
                var found = climb(from: start) { theta in
                    var theta = theta
                    theta[zero] = 0
                    return height(theta)
                }
                found[zero] = 0
                return height(found)
            }.max() ?? 0
        #expect(abs(best - saddle) < 1e-6 * abs(saddle))
    }
}

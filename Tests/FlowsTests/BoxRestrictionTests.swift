import FlowMath
import Flows
import TestSupport
import Testing

/// `box: "reject"`, q restricted to the prior's box.
@Suite struct BoxRestrictionTests {
    /// The standard normal, not restricted yet, on a task with this box.
    static func normal(_ bounds: [ClosedRange<Double>]) -> TrainedFlow {
        let start = bareFlow(.gaussian, dimension: bounds.count)
        let flow = Flow(
            dimension: bounds.count, bounds: bounds,
            configuration: FlowConfiguration(couplingLayers: 0, box: .reject), base: .gaussian)
        #expect(flow.layout.count == start.flow.layout.count)
        return TrainedFlow(flow: flow, parameters: start.parameters)
    }

    static let conditional = FlowCase(
        description: "2D conditional gmm, restricted", dimension: 2, contextDimension: 3,
        configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [20], box: .reject),
        base: .conditionalGaussianMixture(
            ConditionalGaussianMixtureConfiguration(components: 3, hiddenSizes: [24, 40])))

    static func makeConditional() -> TrainedFlow {
        let (flow, parameters) = conditional.makeRandom()
        return TrainedFlow(flow: flow, parameters: parameters, observation: conditional.observation).restrictedToBox()
    }

    static func row(_ points: Points, _ i: Int) -> [Double] { (0..<points.dimension).map { points[i, $0] } }

    static func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

    /// Q = (Φ(2) − Φ(−1)) (Φ(3) − Φ(½)), from tables: Φ(−1) = .158655253931, Φ(½) = .691462461274, Φ(2) = .977249868052,
    /// Φ(3) = .998650101968.
    @Test func theNormalInABoxHasTheTruncatedNormalsDensity() throws {
        let trained = Self.normal([-1...2, 0.5...3]).restrictedToBox()
        let exact = (0.977249868052 - 0.158655253931) * (0.998650101968 - 0.691462461274)
        let acceptance = try #require(trained.acceptance)
        #expect(acceptance.candidates == 1 << 18)
        #expect(abs(acceptance.value - exact) < 4 * acceptance.standardError)
        // √(Q (1 − Q)/n) and, of the logarithm, √((1 − Q)/(n Q)).
        #expect(abs(acceptance.standardError - (exact * (1 - exact) / 262_144).squareRoot()) < 1e-5)
        #expect(abs(trained.logNormalizerStandardError - ((1 - exact) / (262_144 * exact)).squareRoot()) < 1e-4)

        let points = Points(dimension: 2, values: [0, 1, 2, 3, -0.5, 0.7, -1.01, 1, 0, 3.5, .nan, 1])
        for values in [trained.logProbability(of: points), trained.doublePrecisionLogProbability(of: points)] {
            for i in 0..<3 {
                let square = points[i, 0] * points[i, 0] + points[i, 1] * points[i, 1]
                let expected = -0.5 * square - 1.8378770664093453 - Elementary.log(exact)
                #expect(abs(values[i] - expected) < 4 * trained.logNormalizerStandardError + 1e-5)
            }
            #expect(values[3] == -.infinity && values[4] == -.infinity && values[5].isNaN)
        }
    }

    @Test("draws are inside and those of the truncated normal, few or many of the flow's being inside")
    func drawsOfTheNormal() {
        // Q = .25, where passes over all rows do, and .0062, where most draws are made one by one.
        for (bounds, seed) in [([-1.0...2, 0.5...3], UInt64(3)), ([-1.0...1, 2.36...9], 4)] {
            let trained = Self.normal(bounds).restrictedToBox()
            let stream = RandomStream(seed: seed, purpose: .latent)
            let draws = trained.sample(count: 4000, stream: stream)
            #expect(trained.sample(count: 70, stream: stream).values == Array(draws.values.prefix(140)))
            #expect(trained.logProbability(of: draws).allSatisfy { $0.isFinite })
            for (d, range) in bounds.enumerated() {
                let column = (0..<draws.count).map { draws[$0, d] }
                #expect(column.allSatisfy { range.contains($0) })
                #expect(Set(column).count > 3990)
                let mass = Elementary.normalMass(between: range.lowerBound, and: range.upperBound)
                let p = kolmogorovSmirnovPValue(column) {
                    Elementary.normalMass(between: range.lowerBound, and: $0) / mass
                }
                #expect(p > 1e-3, "coordinate \(d): p = \(p)")
            }
        }
    }

    @Test("where next to nothing is inside, draws and densities are not numbers, and drawing ends")
    func nothingInside() throws {
        let trained = Self.normal([30...40, -1...1]).restrictedToBox()
        #expect(try #require(trained.acceptance).inside == 0)
        let draws = trained.sample(count: 10, stream: RandomStream(seed: 1, purpose: .latent))
        #expect(draws.values.allSatisfy { $0.isNaN })
        let values = trained.logProbability(of: Points(dimension: 2, values: [35, 0, 0, 0]))
        #expect(values[0].isNaN && values[1] == -.infinity)
    }

    @Test func theConditionalDensityIntegratesToOneAndItsDrawsFollowIt() throws {
        let trained = Self.makeConditional()
        let q = try #require(trained.acceptance).value
        #expect(q > 0.2 && q < 0.99, "the box should cut off something: Q = \(q)")
        let cells = 400
        let (x, y) = (Self.conditional.bounds[0], Self.conditional.bounds[1])
        let steps = [x, y].map { ($0.upperBound - $0.lowerBound) / Double(cells) }
        var grid: [Double] = []
        for i in 0..<cells {
            for j in 0..<cells {
                grid += [x.lowerBound + (Double(i) + 0.5) * steps[0], y.lowerBound + (Double(j) + 0.5) * steps[1]]
            }
        }
        let points = Points(dimension: 2, values: grid)
        let density = trained.logProbability(of: points).map { Elementary.exp($0) * steps[0] * steps[1] }
        let mass = density.reduce(0, +)
        #expect(abs(mass - 1) < 4 * trained.logNormalizerStandardError + 1e-3, "mass \(mass)")

        let draws = trained.sample(count: 20_000, stream: RandomStream(seed: 2, purpose: .latent))
        for d in 0..<2 {
            let mean = zip(density, 0..<points.count).reduce(0) { $0 + $1.0 * points[$1.1, d] } / mass
            let variance =
                zip(density, 0..<points.count).reduce(0) {
                    $0 + $1.0 * (points[$1.1, d] - mean) * (points[$1.1, d] - mean)
                } / mass
            let drawn = (0..<draws.count).reduce(0) { $0 + draws[$1, d] } / Double(draws.count)
            #expect(abs(drawn - mean) < 4 * (variance / Double(draws.count)).squareRoot() + 1e-3)
        }
    }

    @Test("a row depends on the stream, its number and its x alone, and equals a draw at that x")
    func rows() {
        let trained = Self.makeConditional()
        let contexts = Self.conditional.contexts(count: 300)
        let stream = RandomStream(seed: 5, purpose: .latent)
        let draws = trained.sample(contexts: contexts, stream: stream)
        let points = Self.conditional.points(count: 300)
        let together = trained.logProbability(of: points, contexts: contexts)
        let exact = trained.doublePrecisionLogProbability(of: points, contexts: contexts)
        var others = Self.conditional.contexts(count: 300, seed: 8)
        for i in Swift.stride(from: 0, to: 300, by: 7) {
            for c in 0..<3 { others[i, c] = contexts[i, c] }
        }
        // A value made anew has measured nothing yet and asks in another order.
        let fresh = Self.makeConditional()
        let amongOthers = fresh.sample(contexts: others, stream: stream)
        let densities = fresh.logProbability(of: points, contexts: others)
        let raw = TrainedFlow(flow: trained.flow, parameters: trained.parameters, observation: trained.observation)
            .sample(contexts: contexts, stream: stream)
        var redrawn = 0
        for i in Swift.stride(from: 0, to: 300, by: 7) {
            let x = Self.row(contexts, i)
            #expect(Self.bits(Self.row(draws, i)) == Self.bits(Self.row(amongOthers, i)))
            #expect(densities[i].bitPattern == together[i].bitPattern)
            let single = trained.conditioned(on: x)
            let same = single.sample(count: i + 1, stream: stream)
            #expect(Self.bits(Self.row(same, i)) == Self.bits(Self.row(draws, i)))
            #expect(single.logProbability(of: points)[i].bitPattern == together[i].bitPattern)
            #expect(abs(exact[i] - together[i]) <= 2e-4 * max(1, abs(exact[i])))
            #expect(single.logNormalizerStandardError == trained.logNormalizerStandardError(at: x))
            if Self.row(raw, i) != Self.row(draws, i) { redrawn += 1 }
        }
        #expect(redrawn > 0 && redrawn < 43)
        for i in 0..<300 where !draws[i, 0].isNaN {
            for d in 0..<2 { #expect(Self.conditional.bounds[d].contains(draws[i, d])) }
        }
    }

    @Test func onlyRejectRestricts() {
        let start = Self.normal([-1...1])
        #expect(start.acceptance == nil && start.logNormalizerStandardError == 0)
        #expect(start.logProbability(of: Points(dimension: 1, values: [5]))[0].isFinite)
        let other = bareFlow(.gaussian, dimension: 1).restrictedToBox()
        #expect(other.acceptance == nil)
        #expect(other.logProbability(of: Points(dimension: 1, values: [5]))[0].isFinite)
    }
}

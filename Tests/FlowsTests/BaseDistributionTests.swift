import Catalog
import FlowMath
import Flows
import TestSupport
import Testing

/// A flow that is its base: no couplings, and a standardisation that is the identity.
func bareFlow(_ base: BaseConfiguration, dimension: Int) -> TrainedFlow {
    let flow = Flow(dimension: dimension, configuration: FlowConfiguration(couplingLayers: 0), base: base)
    // Mean 0 and variance 1 in every coordinate.
    let count = 2 * dimension
    var draws = Points(dimension: dimension, values: [Double](repeating: 0, count: count * dimension))
    for d in 0..<dimension {
        draws[2 * d, d] = Double(dimension).squareRoot()
        draws[2 * d + 1, d] = -Double(dimension).squareRoot()
    }
    let weights = [Double](repeating: 1 / Double(count), count: count)
    return TrainedFlow(flow: flow, parameters: flow.initialParameters(draws: draws, weights: weights, seed: 3))
}

/// Asymptotic p-value of the Kolmogorov–Smirnov statistic of n draws: 2 Σ (−1)^{j−1} e^{−2 j² λ²} with Stephens' λ.
func kolmogorovSmirnovPValue(_ draws: [Double], _ cumulative: (Double) -> Double) -> Double {
    let sorted = draws.sorted()
    let n = Double(sorted.count)
    var distance = 0.0
    for (i, x) in sorted.enumerated() {
        let value = cumulative(x)
        distance = max(distance, value - Double(i) / n, Double(i + 1) / n - value)
    }
    let lambda = (n.squareRoot() + 0.12 + 0.11 / n.squareRoot()) * distance
    var p = 0.0
    for j in 1...100 {
        let term = Elementary.exp(-2 * Double(j * j) * lambda * lambda)
        p += j % 2 == 1 ? 2 * term : -2 * term
    }
    return min(1, p)
}

/// The distribution function of a one-dimensional flow from its density, midpoint rule in s with z = sinh s.
func integratedDensity(_ line: TrainedFlow) -> (Double) -> Double {
    let (cells, reach) = (40_000, 12.0)
    let step = 2 * reach / Double(cells)
    let grid = (0..<cells).map { i in
        let s = -reach + (Double(i) + 0.5) * step
        return 0.5 * (Elementary.exp(s) - Elementary.exp(-s))
    }
    let density = line.logProbability(of: Points(dimension: 1, values: grid))
    var running = [0.0]
    for (z, value) in zip(grid, density) {
        running.append(running.last! + Elementary.exp(value) * (1 + z * z).squareRoot() * step)
    }
    return { z in
        // asinh z.
        let magnitude = Elementary.log(abs(z) + (z * z + 1).squareRoot())
        let position = ((z < 0 ? -magnitude : magnitude) + reach) / step
        let cell = min(max(Int(position), 0), cells - 1)
        return running[cell] + (running[cell + 1] - running[cell]) * (position - Double(cell))
    }
}

@Suite struct BaseDistributionTests {
    /// Bases whose density in D dimensions is a product of one-dimensional ones of variance 1. A new base of that kind
    /// is tested by adding its row.
    static let unimodal: [(base: BaseConfiguration, name: String)] = [
        (.studentT(StudentTConfiguration(degreesOfFreedom: 2.5)), "student-t 2.5"),
        (.studentT(StudentTConfiguration()), "student-t 5"),
        (.studentT(StudentTConfiguration(degreesOfFreedom: 800)), "student-t 800"),
        (.uniform, "uniform"),
    ]

    /// log p of the coordinate in one dimension, integrated by the trapezoidal rule in s with z = sinh s.
    @Test(arguments: unimodal.map(\.base))
    func densityIntegratesToOneAndHasVarianceOne(_ base: BaseConfiguration) {
        let trained = bareFlow(base, dimension: 1)
        let (count, reach) = (200_000, 30.0)
        let step = 2 * reach / Double(count)
        let grid = (0...count).map { i in
            let s = -reach + Double(i) * step
            return 0.5 * (Elementary.exp(s) - Elementary.exp(-s))
        }
        let density = trained.logProbability(of: Points(dimension: 1, values: grid))
        var (mass, variance) = (0.0, 0.0)
        for (z, value) in zip(grid, density) {
            let weight = Elementary.exp(value) * (1 + z * z).squareRoot() * step
            mass += weight
            variance += z * z * weight
        }
        #expect(abs(mass - 1) < 1e-5, "mass \(mass)")
        // The logistic edges add τ² π²/3 to the uniform's 1; ν = 2.5 has 3e-7 of its variance beyond the reach.
        let expected = base == .uniform ? 1 + 0.05 * 0.05 * Double.pi * Double.pi / 3 : 1
        #expect(abs(variance - expected) < 3e-5, "variance \(variance)")
    }

    @Test(arguments: [BaseConfiguration.studentT(StudentTConfiguration()), .uniform])
    func densityIntegratesToOneInThePlane(_ base: BaseConfiguration) {
        let trained = bareFlow(base, dimension: 2)
        let (side, reach) = (600, base == .uniform ? 3.0 : 12.0)
        let step = 2 * reach / Double(side)
        let axis = (0..<side).map { -reach + (Double($0) + 0.5) * step }
        let grid = axis.flatMap { x in axis.flatMap { [x, $0] } }
        let mass = trained.logProbability(of: Points(dimension: 2, values: grid))
            .reduce(0) { $0 + Elementary.exp($1) * step * step }
        // P(|T| > 12 √(5/3)) of t₅ is 2.035e-5 (scipy.stats.t.sf), in either coordinate.
        #expect(abs(mass - (base == .uniform ? 1 : 1 - 4.07e-5)) < 1e-5, "mass \(mass)")
    }

    /// Draws of each coordinate against the distribution function integrated from the engine's own density.
    @Test(arguments: unimodal.map(\.base), [1, 3])
    func drawsFollowTheDensity(_ base: BaseConfiguration, _ dimension: Int) {
        let count = 60_000
        let samples = bareFlow(base, dimension: dimension)
            .sample(count: count, stream: RandomStream(seed: 11, purpose: .latent))
        let cumulative = integratedDensity(bareFlow(base, dimension: 1))
        for d in 0..<dimension {
            let p = kolmogorovSmirnovPValue((0..<count).map { samples[$0, d] }, cumulative)
            #expect(p > 0.01, "coordinate \(d): p = \(p)")
        }
        // The test can fail: the same draws 3 % wider do not pass.
        let wider = kolmogorovSmirnovPValue((0..<count).map { 1.03 * samples[$0, 0] + 0.01 }, cumulative)
        #expect(wider < 0.05, "a distribution 3 % wider passes with p = \(wider)")
    }

    @Test(arguments: unimodal.map(\.base))
    func aPointIsAFunctionOfTheStreamAndItsNumber(_ base: BaseConfiguration) {
        let trained = bareFlow(base, dimension: 3)
        let stream = RandomStream(seed: 4, purpose: .latent, step: 9)
        let all = trained.sample(count: 333, stream: stream)
        for count in [1, 63, 64, 65, 200] { #expect(trained.sample(count: count, stream: stream) == all.prefix(count)) }
    }

    /// A draw from two uniform numbers, for bases that take two a coordinate.
    static func drawingFormula(_ base: BaseConfiguration) -> ((_ u: Double, _ v: Double) -> Double)? {
        switch base {
        case .uniform:
            return { u, v in 3.0.squareRoot() * (2 * u - 1) + 0.05 * Elementary.log(v / (1 - v)) }
        case .studentT(let student):
            let nu = student.degreesOfFreedom
            return { u, v in
                let square = Elementary.exp(-2 / nu * Elementary.log(1 - u)) - 1
                return ((nu - 2) * square).squareRoot() * Elementary.sineCosineOfTurns(v).cosine
            }
        default: return nil
        }
    }

    /// Coordinate d of point i is made from block i·D + d of the stream, by the formula in double precision.
    @Test(arguments: unimodal.map(\.base).filter { drawingFormula($0) != nil }, [1, 3, 7])
    func drawsAreTheFormula(_ base: BaseConfiguration, _ dimension: Int) throws {
        let stream = RandomStream(seed: 6, purpose: .latent)
        let samples = bareFlow(base, dimension: dimension).sample(count: 150, stream: stream)
        let formula = try #require(Self.drawingFormula(base))
        for i in 0..<150 {
            for d in 0..<dimension {
                var pair = stream.positioned(atBlock: UInt64(i * dimension + d))
                let exact = formula(pair.nextUniform(), pair.nextUniform())
                // ν is kept in single precision.
                #expect(abs(samples[i, d] - exact) < 1e-6 * max(1, abs(exact)), "point \(i), coordinate \(d)")
            }
        }
    }

    @Test(arguments: unimodal.map(\.base))
    func farTailsAreFiniteAndRightToSinglePrecision(_ base: BaseConfiguration) {
        let trained = bareFlow(base, dimension: 1)
        let reference = ReferenceFlow(flow: trained.flow, parameters: trained.parameters)
        for magnitude in [0, 1e-20, 1e-3, 1.7, 1.75, 3, 30, 1e3, 1e8, 1e9, 3e9, 1e15, 1e25, 1e37] {
            for z in [magnitude, -magnitude] {
                let value = trained.logProbability(of: Points(dimension: 1, values: [z]))[0]
                let exact = reference.logBase([Double(Float(z))])
                #expect(abs(value - exact) <= 1e-5 * max(1, abs(exact)), "at \(z): \(value) against \(exact)")
            }
        }
        for z in [Double.infinity, -Double.infinity] {
            #expect(trained.logProbability(of: Points(dimension: 1, values: [z]))[0] == -.infinity)
        }
        #expect(trained.logProbability(of: Points(dimension: 1, values: [.nan]))[0].isNaN)
    }

    /// The gradient of the loss with respect to θ far out is what the shift of the standardisation receives; here through
    /// ActNorm, whose shift is trained.
    @Test(arguments: unimodal.map(\.base))
    func farTailsHaveFiniteGradients(_ base: BaseConfiguration) {
        let flow = Flow(
            dimension: 1, configuration: FlowConfiguration(couplingLayers: 1, hiddenSizes: []), base: base)
        let parameters = flow.initialParameters(
            draws: Points(dimension: 1, values: [-1, 1]), weights: [0.5, 0.5], seed: 1)
        var batch = WeightedBatch(dimension: 1, capacity: 1)
        batch.count = 1
        batch.weights.pointer[0] = 1
        let workspace = FlowWorkspace(flow: flow)
        for z: Float in [5, -40, 1e6, -3e9, 1e12] {
            batch.values.pointer[0] = z
            let loss = flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace)
            #expect(loss.isFinite)
            let gradient = workspace.gradient.array(0..<workspace.gradient.count)
            #expect(gradient.allSatisfy { $0.isFinite }, "at \(z)")
            let shift = flow.layout.tensor(named: "layers.0.actNorm.shift")!
            let reference = ReferenceFlow(flow: flow, parameters: parameters)
            let h = 1e-4 * max(1, abs(Double(z)))
            func lossAt(_ theta: Double) -> Double { -reference.logProbability([theta]) }
            let numeric = -(lossAt(Double(z) + h) - lossAt(Double(z) - h)) / (2 * h)
            #expect(abs(Double(gradient[shift.offset]) - numeric) < 1e-3 * max(abs(numeric), 1e-9), "at \(z)")
        }
    }

    @Test func theDegreesOfFreedomStayInTheirRange() {
        let flow = Flow(
            dimension: 2, configuration: FlowConfiguration(couplingLayers: 0),
            base: .studentT(StudentTConfiguration(degreesOfFreedom: 7)))
        let parameters = flow.initialParameters(
            draws: Points(dimension: 2, values: [0, 0, 1, 1]), weights: [0.5, 0.5], seed: 1)
        let tensor = flow.layout.tensor(named: "base.logExcessFreedom")!
        #expect(tensor.role == .base)
        #expect(abs(parameters.pointer[tensor.offset] - Float(Elementary.log(5))) < 1e-6)
        parameters.pointer[tensor.offset] = -80
        parameters.pointer[tensor.offset + 1] = 80
        flow.project(parameters)
        let limits = parameters.array(tensor.range).map { 2 + Elementary.exp(Double($0)) }
        #expect(abs(limits[0] - 2.01) < 1e-6 && abs(limits[1] - 1002) < 1e-3)
    }

    @Test func aFixedStudentTIsNotTrained() {
        let base = BaseConfiguration.studentT(StudentTConfiguration(isTrainable: false))
        let flow = Flow(dimension: 2, configuration: FlowConfiguration(couplingLayers: 0), base: base)
        #expect(base.optimization == nil && flow.layout.tensor(named: "base.logExcessFreedom")?.role == .constant)
        #expect(BaseConfiguration.gaussian.optimization == nil && BaseConfiguration.uniform.optimization == nil)
    }

    @Test func frozenBasesHaveNoRate() {
        let optimization = BaseOptimization(learningRateFactor: 0.5, freezeFraction: 0.1)
        #expect(optimization.rate(atStep: 9, of: 100, flowRate: 2) == nil)
        #expect(optimization.rate(atStep: 10, of: 100, flowRate: 2) == 1)
    }

    @Test func everyListedBaseCanBeChosenWithItsDefaults() throws {
        for description in DistributionCatalog.descriptions {
            var choice = ComponentChoice(name: description.name)
            for parameter in description.parameters { choice.parameters[parameter.name] = parameter.defaultValue }
            // `match` is a number by the time that a base is made.
            if choice.parameters["components"] != nil { choice.parameters["components"] = .integer(2) }
            let flow = Flow(
                dimension: 3, contextDimension: description.name == "conditional-gmm" ? 2 : 0,
                configuration: FlowConfiguration(), base: try BaseConfiguration(choice))
            #expect(flow.layout.count > 0)
        }
        #expect(throws: UnknownComponentError.self) { try BaseConfiguration(ComponentChoice(name: "cauchy")) }
    }
}

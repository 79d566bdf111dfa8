import FlowMath
import Flows
import TestSupport
import Testing

@Suite struct ResampledBaseTests {
    /// A bare flow that rejects the middle: logit = bias + 6 Σ_d (|z_d| − ½)₊, by two hidden units for each coordinate.
    static func hollow(dimension: Int, truncation: Int, bias: Double = -3) -> TrainedFlow {
        let start = bareFlow(
            .resampled(ResampledConfiguration(hiddenSizes: [2 * dimension], truncation: truncation)),
            dimension: dimension)
        let (flow, parameters) = (start.flow, start.parameters)
        func write(_ name: String, _ value: (Int) -> Double) {
            let tensor = flow.layout.tensor(named: "base.acceptance.\(name)")!
            for i in 0..<tensor.count { parameters.pointer[tensor.offset + i] = Float(value(i)) }
        }
        write("0.weight") { i in
            let (unit, d) = (i / dimension, i % dimension)
            return unit / 2 == d ? (unit % 2 == 0 ? 1 : -1) : 0
        }
        write("0.bias") { _ in -0.5 }
        write("1.weight") { _ in 6 }
        write("1.bias") { _ in bias }
        flow.measureNormalizer(parameters, seed: 1, draws: 300_000)
        return TrainedFlow(flow: flow, parameters: parameters)
    }

    @Test(arguments: [1, 2, 5])
    func itStartsAsTheNormal(_ dimension: Int) {
        let resampled = bareFlow(.resampled(ResampledConfiguration()), dimension: dimension)
        let normal = bareFlow(.gaussian, dimension: dimension)
        #expect(resampled.normalizer?.value == 0.5)
        let points = normal.sample(count: 300, stream: RandomStream(seed: 1, purpose: .reference))
        let pairs = zip(resampled.logProbability(of: points), normal.logProbability(of: points))
        for (mine, theirs) in pairs { #expect(abs(mine - theirs) < 1e-5) }
        // Measured it is still ½: every proposal's acceptance is.
        resampled.flow.measureNormalizer(resampled.parameters, seed: 4, draws: 1000)
        #expect(resampled.normalizer?.value == 0.5 && resampled.normalizer?.standardError == 0)
    }

    @Test(arguments: [2, 5, 100], [-3.0, 0.5])
    func densityIntegratesToOneOnALine(_ truncation: Int, _ bias: Double) {
        let trained = Self.hollow(dimension: 1, truncation: truncation, bias: bias)
        let step = 1e-3
        let grid = stride(from: -9, through: 9, by: step).map { $0 }
        let mass = trained.logProbability(of: Points(dimension: 1, values: grid))
            .reduce(0) { $0 + step * Elementary.exp($1) }
        let error = trained.logNormalizerStandardError
        #expect(error > 1e-5 && error < 3e-3)
        #expect(abs(mass - 1) < 4 * error + 1e-5, "mass \(mass), Z \(trained.normalizer!)")
    }

    @Test func densityIntegratesToOneInThePlane() {
        let trained = Self.hollow(dimension: 2, truncation: 50)
        let axis = stride(from: -7, through: 7, by: 0.02).map { $0 }
        let grid = axis.flatMap { x in axis.flatMap { [x, $0] } }
        let mass = trained.logProbability(of: Points(dimension: 2, values: grid))
            .reduce(0) { $0 + 0.02 * 0.02 * Elementary.exp($1) }
        #expect(abs(mass - 1) < 4 * trained.logNormalizerStandardError + 1e-5, "mass \(mass)")
    }

    @Test func theMeasuredNormalizerIsTheIntegral() {
        let trained = Self.hollow(dimension: 1, truncation: 10)
        let reference = ReferenceFlow(flow: trained.flow, parameters: trained.parameters)
        var integral = 0.0
        for z in stride(from: -9, through: 9, by: 1e-3) {
            integral += 1e-3 * reference.acceptance([z]) * Elementary.exp(-0.5 * z * z - Elementary.halfLogTwoPi)
        }
        let exact = trained.normalizer!
        #expect(abs(exact.value - integral) < 4 * exact.standardError)
        // Its standard error is the spread of repetitions.
        var readings: [Normalizer] = []
        for seed in 0..<40 {
            trained.flow.measureNormalizer(trained.parameters, seed: UInt64(seed), draws: 500)
            readings.append(trained.normalizer!)
        }
        let mean = readings.reduce(0) { $0 + $1.value } / 40
        let spread = (readings.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / 39).squareRoot()
        let claimed = readings.reduce(0) { $0 + $1.standardError } / 40
        // A sample standard deviation of 40 is within 35 % of the true one with probability .998.
        #expect(abs(spread / claimed - 1) < 0.35, "spread \(spread), claimed \(claimed)")
        #expect(abs(mean - integral) < 4 * claimed / 40.0.squareRoot())
    }

    @Test(arguments: [2, 5, 100])
    func drawsFollowTheDensity(_ truncation: Int) {
        let trained = Self.hollow(dimension: 1, truncation: truncation)
        #expect(trained.normalizer!.value > 0.2 && trained.normalizer!.value < 0.5)
        let count = 20_000
        let samples = trained.sample(count: count, stream: RandomStream(seed: 11, purpose: .latent)).values
        let p = kolmogorovSmirnovPValue(samples, integratedDensity(trained))
        #expect(p > 0.01, "p = \(p)")
        let proposals = kolmogorovSmirnovPValue(samples, integratedDensity(bareFlow(.gaussian, dimension: 1)))
        #expect(proposals < 1e-6, "the test does not tell the base from its proposal: p = \(proposals)")
    }

    @Test(arguments: [1, 2, 3])
    func aPointIsAFunctionOfTheStreamAndItsNumber(_ dimension: Int) {
        let trained = Self.hollow(dimension: dimension, truncation: 30)
        let stream = RandomStream(seed: 4, purpose: .latent, step: 9)
        let all = trained.sample(count: 333, stream: stream)
        for count in [1, 2, 63, 64, 65, 200] {
            #expect(trained.sample(count: count, stream: stream) == all.prefix(count))
        }
        // By the definition: one attempt after the other, one point after the other.
        let reference = ReferenceFlow(flow: trained.flow, parameters: trained.parameters)
        let blocks = (dimension + 1) / 2 + 1
        for i in 0..<200 {
            for k in 0..<30 {
                let first = UInt64((i * 30 + k) * blocks)
                var normals = stream.positioned(atBlock: first)
                let proposal = (0..<dimension).map { _ in Double(Float(normals.nextNormal())) }
                var decision = stream.positioned(atBlock: first + UInt64(blocks - 1))
                guard decision.nextUniform() < reference.acceptance(proposal) || k == 29 else { continue }
                #expect((0..<dimension).map { all[i, $0] } == proposal, "point \(i), attempt \(k)")
                break
            }
        }
    }

    @Test func farAcceptanceIsRightToSinglePrecision() {
        // A linear network: the logit grows without bound.
        for slope: Float in [-20, 0.3, 20] {
            for truncation in [3, 100] {
                let start = bareFlow(
                    .resampled(ResampledConfiguration(hiddenSizes: [], truncation: truncation)), dimension: 1)
                let weight = start.flow.layout.tensor(named: "base.acceptance.0.weight")!
                start.parameters.pointer[weight.offset] = slope
                start.flow.measureNormalizer(start.parameters, seed: 1, draws: 10_000)
                let reference = ReferenceFlow(flow: start.flow, parameters: start.parameters)
                for z in [-30.0, -5, -1, -0.1, 0, 0.2, 2, 12, 30] {
                    let value = start.logProbability(of: Points(dimension: 1, values: [z]))[0]
                    let exact = reference.logBase([Double(Float(z))])
                    #expect(abs(value - exact) <= 1e-5 * max(1, abs(exact)), "at \(z): \(value) against \(exact)")
                }
                #expect(start.logProbability(of: Points(dimension: 1, values: [.nan]))[0].isNaN)
            }
        }
    }
}

/// A training step: gradient through the normaliser, and the running average.
@Suite struct ResampledStepTests {
    static let stream = RandomStream(seed: 8, purpose: .normalizer, step: 3)

    struct Step {
        let flow: Flow
        let parameters: AlignedBuffer
        let workspace: FlowWorkspace
        var batch: WeightedBatch

        init(dimension: Int, hiddenSizes: [Int]) {
            let row = FlowCase(
                description: "", dimension: dimension,
                configuration: FlowConfiguration(couplingLayers: 1, hiddenSizes: [8]),
                base: .resampled(
                    ResampledConfiguration(hiddenSizes: hiddenSizes, truncation: 8, normalizerDraws: 150)))
            (flow, parameters) = row.makeRandom()
            workspace = FlowWorkspace(flow: flow)
            let points = row.points(count: 90)
            batch = WeightedBatch(dimension: dimension, capacity: 90)
            batch.count = 90
            for (i, value) in points.values.enumerated() { batch.values.pointer[i] = Float(value) }
            for i in 0..<90 { batch.weights.pointer[i] = Float(1 + i % 3) / 180 }
        }

        func gradient(_ stream: RandomStream?) -> Double {
            flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace, stream: stream)
        }

        /// Mean acceptance over the step's draws.
        func batchMean(_ reference: ReferenceFlow) -> Double {
            var stream = ResampledStepTests.stream
            var sum = 0.0
            for _ in 0..<150 { sum += reference.acceptance((0..<flow.dimension).map { _ in stream.nextNormal() }) }
            return sum / 150
        }
    }

    @Test(arguments: [[16], [40, 40], []], [1, 2, 3])
    func theGradientRunsThroughTheNormalizer(_ hiddenSizes: [Int], _ dimension: Int) {
        let step = Step(dimension: dimension, hiddenSizes: hiddenSizes)
        let (flow, batch) = (step.flow, step.batch)
        let loss = step.gradient(Self.stream)
        let gradient = step.workspace.gradient
        let reference = ReferenceFlow(flow: flow, parameters: step.parameters)
        let mean = step.batchMean(reference)
        let before = Double(step.parameters.pointer[flow.layout.tensor(named: "base.normalizer")!.offset])
        let average = 0.95 * before + 0.05 * mean
        // Z has the running average's value and the batch mean's slope.
        func lossOf(_ shifted: ReferenceFlow) -> Double {
            let normalizer = average + step.batchMean(shifted) - mean
            return (0..<batch.count).reduce(0) { sum, i in
                let theta = (0..<dimension).map { Double(batch.values.pointer[i * dimension + $0]) }
                let (latent, logDet) = shifted.inverse(theta)
                let value = shifted.logResampled(latent, normalizer: normalizer, truncation: 8) + logDet
                return sum - Double(batch.weights.pointer[i]) * value
            }
        }
        #expect(abs(loss - lossOf(reference)) < 1e-4 * max(1, abs(loss)))
        for tensor in flow.layout.tensors where tensor.role.isTrained {
            let engine = gradient.array(tensor.range).map(Double.init)
            let scale = engine.reduce(1e-3) { max($0, abs($1)) }
            for index in stride(from: 0, to: tensor.count, by: max(1, tensor.count / 13)) {
                var shifted = reference
                let value = shifted.tensors[tensor.name]![index]
                shifted.tensors[tensor.name]![index] = value + 1e-6
                let up = lossOf(shifted)
                shifted.tensors[tensor.name]![index] = value - 1e-6
                let numeric = (up - lossOf(shifted)) / 2e-6
                #expect(
                    abs(engine[index] - numeric) < 2e-3 * scale,
                    "\(tensor.name)[\(index)]: \(engine[index]) against \(numeric)")
            }
        }
        // Neither state nor constants have a gradient, so they do not enter its norm.
        for tensor in flow.layout.tensors where !tensor.role.isTrained {
            #expect(gradient.array(tensor.range).allSatisfy { $0 == 0 }, "\(tensor.name)")
        }
    }

    @Test func aStepIsAFunctionOfParametersBatchAndStream() {
        let step = Step(dimension: 2, hiddenSizes: [40, 40])
        func values() -> [Float] { step.workspace.gradient.array(0..<step.workspace.gradient.count) }
        let first = (step.gradient(Self.stream), values())
        _ = step.gradient(nil)
        #expect(values() != first.1)
        let second = (step.gradient(Self.stream), values())
        #expect(first.0.bitPattern == second.0.bitPattern && first.1 == second.1)
        _ = step.gradient(RandomStream(seed: 8, purpose: .normalizer, step: 4))
        #expect(values() != first.1)
    }

    @Test func theNormalizerIsKeptOnlyByFinishedSteps() {
        let step = Step(dimension: 2, hiddenSizes: [16])
        let place = step.flow.layout.tensor(named: "base.normalizer")!.offset
        let before = step.parameters.pointer[place]
        let mean = step.batchMean(ReferenceFlow(flow: step.flow, parameters: step.parameters))
        _ = step.gradient(Self.stream)
        #expect(step.parameters.pointer[place] == before)
        step.flow.finishStep(step.parameters, workspace: step.workspace)
        let expected = 0.95 * Double(before) + 0.05 * mean
        #expect(abs(Double(step.parameters.pointer[place]) - expected) < 1e-6)
        _ = step.gradient(nil)
        let kept = step.parameters.pointer[place]
        step.flow.finishStep(step.parameters, workspace: step.workspace)
        #expect(step.parameters.pointer[place] == kept)
    }

    @Test(arguments: ["avx2", "portable"])
    func instructionSetsAgree(_ isa: String) {
        guard let other = Kernels.named(isa) else { return }
        let step = Step(dimension: 3, hiddenSizes: [40, 40])
        func gradient(_ kernels: Kernels) -> [Float] {
            _ = step.flow.accumulateGradient(
                parameters: step.parameters, batch: step.batch, workspace: step.workspace, stream: Self.stream,
                kernels: kernels)
            return step.workspace.gradient.array(0..<step.workspace.gradient.count)
        }
        let (mine, theirs) = (gradient(.current), gradient(other))
        if other.numericsVariant == Kernels.current.numericsVariant {
            #expect(mine == theirs)
        } else {
            let scale = mine.reduce(1e-3) { max($0, abs($1)) }
            for (a, b) in zip(mine, theirs) { #expect(abs(a - b) < 1e-3 * scale) }
        }
    }
}

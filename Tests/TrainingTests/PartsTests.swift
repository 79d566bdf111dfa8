import FlowMath
import Flows
import Testing
import Training

@Suite struct OptimiserTests {
    @Test func adamFollowsItsFormula() {
        // Reference: Kingma and Ba 2015, algorithm 1, with decoupled decay, in double precision.
        let flow = Flow(
            dimension: 2, configuration: FlowConfiguration(couplingLayers: 1, hiddenSizes: [4]), base: .gaussian)
        let layout = flow.layout
        let (parameters, gradient) = (flow.makeParameters(), flow.makeParameters())
        let adam = AdamUpdater(AdamConfiguration(beta1: 0.9, beta2: 0.99, weightDecay: 0.1), layout: layout)
        let tensor = layout.tensor(named: "layers.0.coupling.conditioner.0.weight")!
        var (p, m, v) = (0.7, 0.0, 0.0)
        parameters.pointer[tensor.offset] = 0.7
        for t in 1...50 {
            let g = 0.3 + 0.1 * Double(t % 7)
            gradient.pointer[tensor.offset] = Float(g)
            adam.update(
                parameters, gradient: gradient, scale: 0.5, flowRate: 0.01, baseRate: nil,
                kernels: .current)
            let scaled = 0.5 * g
            m = 0.9 * m + 0.1 * scaled
            v = 0.99 * v + 0.01 * scaled * scaled
            var (power1, power2) = (1.0, 1.0)
            for _ in 0..<t { (power1, power2) = (power1 * 0.9, power2 * 0.99) }
            p -= 0.01 * (m / (1 - power1)) / ((v / (1 - power2)).squareRoot() + 1e-8) + 0.001 * p
            #expect(abs(Double(parameters.pointer[tensor.offset]) - p) < 2e-6)
        }
    }

    @Test func schedulesHaveTheirEnds() {
        let cosine = LearningRateSchedule(kind: .cosine, peak: 2, warmupSteps: 10, finalFraction: 0.1, steps: 111)
        #expect(cosine.rate(atStep: 0) == 0.2)
        #expect(cosine.rate(atStep: 9) == 2)
        #expect(abs(cosine.rate(atStep: 10) - 2) < 1e-12)
        // Half way: 2·(0.1 + 0.9·½).
        #expect(abs(cosine.rate(atStep: 60) - 1.1) < 1e-12)
        #expect(abs(cosine.rate(atStep: 110) - 0.2) < 1e-12)
        let constant = LearningRateSchedule(kind: .constant, peak: 2, warmupSteps: 0, finalFraction: 0.1, steps: 5)
        #expect((0..<5).allSatisfy { constant.rate(atStep: $0) == 2 })
    }
}

@Suite struct SafetensorsTests {
    private let file = Safetensors(
        tensors: [
            .init(name: "a", shape: [2, 3], floats: [1, -2, 3.5, .infinity, 0, 1e-30]),
            .init(name: "b/ü\"", shape: [0], doubles: []), .init(name: "c", shape: [], doubles: [.pi]),
        ], metadata: ["format": "test", "text": "line\nend"])

    @Test func survivesARoundTrip() throws {
        let copy = try Safetensors(decoding: file.encoded)
        #expect(copy == file)
        #expect(copy.tensor(named: "a")?.floats == [1, -2, 3.5, .infinity, 0, 1e-30])
        #expect(copy.tensor(named: "c")?.doubles == [.pi])
        #expect(copy.encoded == file.encoded)
    }

    @Test func cutFilesAreRefused() {
        let bytes = file.encoded
        for length in 0..<bytes.count {
            #expect(throws: SafetensorsError.self) { try Safetensors(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: SafetensorsError.self) { try Safetensors(decoding: bytes + [0]) }
    }

    @Test func damagedBytesNeverTrap() {
        var stream = RandomStream(seed: 1, purpose: .permutation)
        let bytes = file.encoded
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0...stream.nextIndex(below: 4) {
                damaged[stream.nextIndex(below: damaged.count)] = UInt8(truncatingIfNeeded: stream.nextBits())
            }
            // Either refused or read; both are fine, a trap is not.
            _ = try? Safetensors(decoding: damaged)
        }
    }
}

@Suite struct ExpectationMaximizationTests {
    /// Weighted draws from three separated Gaussians, drawn evenly and weighted by the mixture's weights.
    private func draws(_ seed: UInt64) -> (points: Points, weights: [Double]) {
        var stream = RandomStream(seed: seed, purpose: .reference)
        let (centres, shares) = ([[0.0, 0], [8, 1], [-3, 7]], [0.2, 0.5, 0.3])
        var (values, weights): ([Double], [Double]) = ([], [])
        for i in 0..<3000 {
            let k = i % 3
            let (a, b) = (stream.nextNormal(), stream.nextNormal())
            // Covariance [[1, 0.6], [0.6, 1]].
            values += [centres[k][0] + a, centres[k][1] + 0.6 * a + 0.8 * b]
            weights.append(shares[k] / 1000)
        }
        return (Points(dimension: 2, values: values), weights)
    }

    @Test(arguments: 0..<10)
    func findsSeparatedComponents(_ seed: UInt64) {
        let (points, weights) = draws(seed)
        let fit = WeightedExpectationMaximization(components: 3, isFull: true)
            .fit(points, weights: weights, stream: RandomStream(seed: seed, purpose: .baseInit))
        let order = fit.weights.indices.sorted { fit.weights[$0] < fit.weights[$1] }
        for (k, (weight, centre)) in zip(order, [(0.2, [0.0, 0]), (0.3, [-3, 7]), (0.5, [8, 1])]) {
            #expect(abs(fit.weights[k] - weight) < 0.01)
            // Four standard errors of a mean of 1000 draws, and of a covariance.
            for d in 0..<2 { #expect(abs(fit.means[k][d] - centre[d]) < 0.13) }
            for (entry, expected) in zip(fit.covariances[k], [1, 0.6, 0.6, 1]) { #expect(abs(entry - expected) < 0.19) }
        }
    }

    @Test func degenerateDrawsDoNotTrap() {
        let one = Points(dimension: 2, values: [1, 2])
        let same = Points(dimension: 2, values: [Double](repeating: 3, count: 20))
        for (points, weights) in [(one, [1.0]), (same, [Double](repeating: 0.1, count: 10))] {
            let fit = WeightedExpectationMaximization(components: 4, isFull: true)
                .fit(points, weights: weights, stream: RandomStream(seed: 0, purpose: .baseInit))
            #expect(fit.weights.allSatisfy { $0 > 0 && $0.isFinite })
            #expect(fit.means.allSatisfy { $0.allSatisfy(\.isFinite) })
            #expect(fit.covariances.allSatisfy { $0[0] > 0 && $0[3] > 0 })
        }
    }
}

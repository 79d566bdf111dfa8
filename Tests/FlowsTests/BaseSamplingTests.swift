import FlowMath
import Flows
import Testing

/// Draws of the bases tile by tile against the definition point by point: the order of random numbers is part of what a
/// stored run rests on.
@Suite struct BaseSamplingTests {
    private func samples(_ base: BaseConfiguration, dimension: Int, count: Int, seed: UInt64) -> (
        drawn: Points, parameters: [String: [Float]]
    ) {
        // Without layers and with the zero parameters of the standardisation, a sample is a draw of the base.
        let flow = Flow(
            dimension: dimension, configuration: FlowConfiguration(couplingLayers: 0, mixing: .none), base: base)
        let parameters = flow.makeParameters()
        var stream = RandomStream(seed: seed, purpose: .baseInit)
        var tensors: [String: [Float]] = [:]
        for tensor in flow.layout.tensors {
            if tensor.name.hasPrefix("base.") {
                for index in tensor.range { parameters.pointer[index] = Float(0.7 * stream.nextNormal()) }
            }
            tensors[tensor.name] = parameters.array(tensor.range)
        }
        let trained = TrainedFlow(flow: flow, parameters: parameters)
        return (trained.sample(count: count, stream: RandomStream(seed: seed, purpose: .latent)), tensors)
    }

    @Test(arguments: 1...5, [1, 64, 200])
    func standardNormal(dimension: Int, count: Int) {
        let drawn = samples(.gaussian, dimension: dimension, count: count, seed: 4).drawn
        var stream = RandomStream(seed: 4, purpose: .latent)
        #expect(drawn.values == (0..<(count * dimension)).map { _ in Double(Float(stream.nextNormal())) })
    }

    @Test(arguments: 1...5, [false, true])
    func mixture(dimension: Int, isFull: Bool) {
        let (components, count) = (4, 333)
        let (drawn, tensors) = samples(
            .gaussianMixture(GaussianMixtureConfiguration(components: components, isFull: isFull)),
            dimension: dimension, count: count, seed: 9)
        let floor = min(1e-3, 0.1 / Double(components))
        let shares = tensors["base.logits"]!.map { Elementary.exp(Double($0)) }
        let total = shares.reduce(0, +)
        var stream = RandomStream(seed: 9, purpose: .latent)
        var used = Set<Int>()
        for i in 0..<count {
            var u = stream.nextUniform()
            var k = 0
            while k < components - 1 {
                let weight = floor + (1 - Double(components) * floor) * shares[k] / total
                if u < weight { break }
                u -= weight
                k += 1
            }
            used.insert(k)
            for r in 0..<dimension {
                let at = k * dimension + r
                var value = Float(stream.nextNormal())
                if isFull && dimension > 1 {
                    for e in 0..<r {
                        let entry = k * dimension * (dimension - 1) / 2 + r * (r - 1) / 2 + e
                        value -=
                            tensors["base.lower"]![entry]
                            * (Float(drawn[i, e]) - tensors["base.means"]![k * dimension + e])
                    }
                }
                let scale = Float(Elementary.exp(Double(tensors["base.logScales"]![at])))
                #expect(drawn[i, r] == Double(value * scale + tensors["base.means"]![at]), "point \(i)")
            }
        }
        #expect(used.count == components)
    }
}

import CFlowKernels
import FlowMath

/// Σ_k π_k(x) N(μ_k(x), Σ_k(x)): a Gaussian mixture whose every parameter is an output of a network that sees the
/// standardised context x. For amortised posteriors whose modes move, merge or vanish with x.
///
/// The network's output rows are, in this order: logits (K), means (K × D), log scales (K × D) and, with full
/// covariance, lower (K × D(D−1)/2), each read as in ``GaussianMixture`` with the same floors on weights and scales.
struct ConditionalGaussianMixture: Sendable {
    let dimension: Int
    let components: Int
    let isFull: Bool
    let network: MultilayerPerceptron
    /// Tape: the network's output rows, then responsibilities.
    let outputTape: Int
    let responsibilitiesTape: Int

    var lowerCount: Int { isFull ? dimension * (dimension - 1) / 2 : 0 }
    var outputs: Int { components * (1 + 2 * dimension + lowerCount) }
    private var meansRow: Int { components }
    private var logScalesRow: Int { components * (1 + dimension) }
    private var lowerRow: Int { components * (1 + 2 * dimension) }
    private var weightFloor: Float { Float(GaussianMixture.weightFloor(components: components)) }

    init(
        dimension: Int, components: Int, isFull: Bool, hiddenSizes: [Int], plan: inout FlowPlan, tables: LayerTables
    ) {
        self.dimension = dimension
        self.components = components
        self.isFull = isFull && dimension > 1
        let lowerCount = self.isFull ? dimension * (dimension - 1) / 2 : 0
        let outputs = components * (1 + 2 * dimension + lowerCount)
        network = MultilayerPerceptron(
            sizes: [plan.contextDimension] + hiddenSizes + [outputs], name: "base.network", plan: &plan, tables: tables)
        outputTape = plan.workspace.reserveTape(rows: outputs)
        responsibilitiesTape = plan.workspace.reserveTape(rows: components)
    }

    func prepare(_ context: TileContext) {
        network.prepare(context)
    }

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        network.forward(context, input: context.conditioning, output: context.tape + outputTape)
        context.elementwise.conditional_mixture_log_density(
            values, context.tape + outputTape, context.tape + responsibilitiesTape, result, components, dimension,
            isFull ? 1 : 0, weightFloor, GaussianMixture.smallestLogScale, context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        context.elementwise.conditional_mixture_backward(
            values, context.tape + outputTape, context.tape + responsibilitiesTape, upstream, gradient,
            context.scratchA, components, dimension, isFull ? 1 : 0, weightFloor, GaussianMixture.smallestLogScale,
            context.width)
        network.backward(
            context, input: context.conditioning, outputGradient: context.scratchA, inputGradient: context.scratchA,
            inputGradientRows: 0, spare: context.scratchB)
    }

    /// Point by point a uniform number, which chooses the component, and D normal ones; the tile's context is loaded.
    func sampleTile(
        _ context: TileContext, stream: inout RandomStream, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        let uniforms = context.numbers
        let normals = context.numbers + context.width
        stream.fillUniformsAndNormals(uniforms, normals, count: count, normalsPerPoint: dimension)
        context.random.tile_from_points(normals, dimension, count, tile, context.width)
        let width = context.width
        let rows = context.tape + outputTape
        network.forward(context, input: context.conditioning, output: rows)
        // The responsibilities' place holds the mixture weights meanwhile.
        let weights = context.tape + responsibilitiesTape
        context.elementwise.conditional_mixture_weights(rows, weights, components, weightFloor, width)
        for t in 0..<count {
            var total: Float = 0
            for k in 0..<components { total += weights[k &* width &+ t] }
            var remaining = Float(uniforms[t]) * total
            var k = 0
            while k < components &- 1 && remaining >= weights[k &* width &+ t] {
                remaining -= weights[k &* width &+ t]
                k &+= 1
            }
            // Solve A (z − μ) = ε row by row.
            for r in 0..<dimension {
                var value = tile[r &* width &+ t]
                if isFull {
                    let row = lowerRow &+ k &* lowerCount &+ r &* (r &- 1) / 2
                    for e in 0..<r {
                        let mean = rows[(meansRow &+ k &* dimension &+ e) &* width &+ t]
                        value -= rows[(row &+ e) &* width &+ t] * (tile[e &* width &+ t] - mean)
                    }
                }
                let logScale = rows[(logScalesRow &+ k &* dimension &+ r) &* width &+ t]
                let scale = Float(Elementary.exp(Double(max(logScale, GaussianMixture.smallestLogScale))))
                tile[r &* width &+ t] = value * scale + rows[(meansRow &+ k &* dimension &+ r) &* width &+ t]
            }
        }
    }

    /// Writes the parameters that every x starts with, in the order of the network's outputs: the last layer's bias,
    /// its weights being zero.
    func outputs(for fit: MixtureFit) -> [Float] {
        var (means, logScales, lower): ([Float], [Float], [Float]) = ([], [], [])
        for k in 0..<components {
            let parts = MixtureComponentParameters(fit: fit, component: k, isFull: isFull)
            means += parts.mean
            logScales += parts.logScales
            lower += parts.lower
        }
        let logits = GaussianMixture.logits(forWeights: fit.weights)
        return logits + means + logScales + lower
    }
}

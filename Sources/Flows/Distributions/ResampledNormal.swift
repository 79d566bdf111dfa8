import CFlowKernels
import FlowMath

/// The truncated resampled normal (Bauer and Mnih 2019; as base of a flow: Stimper, Schölkopf and Hernández-Lobato
/// 2022): a draw of π = N(0, I) is kept with probability a(z) = σ(network(z)); the T-th draw is always kept. Hence
///
///     q(z) = π(z) [a(z) (1 − α)/Z + α],  Z = E_π a,  α = (1 − Z)^{T−1}.
///
/// Parameters: `base.acceptance.…`, the network, whose last layer starts at zero, so that a = Z = ½ and q = π; and the
/// state `base.normalizer` (2): Z and its standard error (0 while training). See `ResampledNormal+Normalizer.swift` for
/// how Z is estimated.
struct ResampledNormal: Sendable {
    /// Z is kept this far from 0 and 1.
    static let normalizerMargin = 1e-6

    let dimension: Int
    /// T.
    let truncation: Int
    /// Fresh draws of π per training step.
    let normalizerDraws: Int
    let network: MultilayerPerceptron
    let normalizer: Int
    /// Prepared: log (1 − α)/Z, log α, the slopes of log(a (1 − α)/Z) and log α in Z, Z, and whether the slope of Z in
    /// the network's parameters is in `normalizerSlope`.
    let constants: Int
    /// Prepared: ∂Z/∂parameter of the network, laid out as in the parameter buffer from `networkStart` on.
    let normalizerSlope: Int
    let networkStart: Int
    let networkCount: Int
    /// Tape: a tile of draws, the network's output, and the accepted term's share of the density.
    let drawsTape: Int
    let logitTape: Int
    let shareTape: Int
    /// One accumulator: d loss / d Z.
    let normalizerLanes: Int

    init(
        dimension: Int, truncation: Int, normalizerDraws: Int, hiddenSizes: [Int], plan: inout FlowPlan,
        tables: LayerTables
    ) {
        self.dimension = dimension
        self.truncation = truncation
        self.normalizerDraws = normalizerDraws
        normalizer = plan.layout.add("base.normalizer", [2], role: .state)
        networkStart = plan.layout.count
        network = MultilayerPerceptron(
            sizes: [dimension] + hiddenSizes + [1], name: "base.acceptance", role: .base, plan: &plan, tables: tables)
        networkCount = plan.layout.count - networkStart
        constants = plan.workspace.reservePrepared(6)
        normalizerSlope = plan.workspace.reservePrepared(networkCount)
        drawsTape = plan.workspace.reserveTape(rows: dimension)
        logitTape = plan.workspace.reserveTape(rows: 1)
        shareTape = plan.workspace.reserveTape(rows: 1)
        normalizerLanes = plan.workspace.reserveLanes(1)
    }

    /// a = Z = ½.
    func initialize(_ parameters: AlignedBuffer) {
        parameters.pointer[normalizer] = 0.5
        parameters.pointer[normalizer + 1] = 0
    }

    func prepare(_ context: TileContext) {
        network.prepare(context)
        prepareConstants(context, normalizer: Double(context.parameters[normalizer]))
        context.prepared[constants &+ 5] = 0
    }

    /// What the density needs of Z.
    func prepareConstants(_ context: TileContext, normalizer: Double) {
        let z = min(max(normalizer, Self.normalizerMargin), 1 - Self.normalizerMargin)
        let attempts = Double(truncation - 1)
        let logTruncated = attempts * Elementary.logOnePlus(-z)
        let accepted = -Elementary.expMinusOne(logTruncated)
        let truncated = Elementary.exp(logTruncated)
        let values = context.prepared + constants
        values[0] = Float(Elementary.log(accepted / z))
        values[1] = Float(logTruncated)
        values[2] = Float(-1 / z + attempts * truncated / ((1 - z) * accepted))
        values[3] = Float(-attempts / (1 - z))
        values[4] = Float(normalizer)
    }

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        network.forward(context, input: values, output: context.tape + logitTape)
        StandardNormal(dimension: dimension).logDensity(context, values: values, result: result)
        context.bases.resampled_log_density(
            context.tape + logitTape, result, context.tape + shareTape, context.prepared[constants],
            context.prepared[constants &+ 1], context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        StandardNormal(dimension: dimension).backward(context, values: values, upstream: upstream, gradient: gradient)
        context.bases.resampled_backward(
            context.tape + logitTape, context.tape + shareTape, upstream, context.scratchA,
            context.lanes + normalizerLanes, context.prepared[constants &+ 2], context.prepared[constants &+ 3],
            context.width)
        network.backward(
            context, input: values, outputGradient: context.scratchA, inputGradient: gradient,
            inputGradientRows: dimension, spare: context.scratchB)
    }
}

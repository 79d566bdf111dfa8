import CFlowKernels
import FlowMath

/// The normaliser Z = E_π a of a resampled base.
///
/// While training, each step draws `normalizerDraws` fresh points of π from its own stream, and the density uses
/// Z ← (1 − λ) Z + λ mean a, λ = .05, an exponential moving average over the steps. The gradient takes Z as if it were
/// that step's mean: through the whole mean, not through λ of it, because the average would otherwise let the network
/// lower Z twenty times too cheaply (as Stimper et al. do). For an evaluation Z is estimated afresh from 10⁶ draws.
extension ResampledNormal {
    /// λ.
    static let averagingRate = 0.05

    /// A training step's estimate, after `prepare` and before the batch: the new average goes into the prepared
    /// constants, ∂Z/∂parameters of the network into the prepared slope. Uses the gradient's memory and leaves it zero.
    func estimateNormalizer(_ context: TileContext, stream: RandomStream) {
        let sums = passDraws(context, count: normalizerDraws, stream: stream, withGradient: true)
        for l in 0..<network.layerCount {
            let layer = network.layers[l]
            takeLanes(context, layer.biasLanes, gradientOffset: layer.biasOffset, count: layer.outputs)
            if layer.weightLanes >= 0 {
                takeLanes(
                    context, layer.weightLanes, gradientOffset: layer.weightOffset, count: layer.inputs * layer.outputs)
            }
        }
        (context.prepared + normalizerSlope).update(from: context.gradient + networkStart, count: networkCount)
        (context.gradient + networkStart).update(repeating: 0, count: networkCount)
        let mean = sums.sum / Double(normalizerDraws)
        let average = (1 - Self.averagingRate) * Double(context.parameters[normalizer]) + Self.averagingRate * mean
        prepareConstants(context, normalizer: average)
        context.prepared[constants &+ 5] = 1
    }

    private func takeLanes(_ context: TileContext, _ offset: Int, gradientOffset: Int, count: Int) {
        context.dense.reduce_lanes(context.lanes + offset, context.gradient + gradientOffset, count)
        (context.lanes + offset).update(repeating: 0, count: 16 * count)
    }

    /// After a batch: the gradient through Z.
    func finishGradient(_ context: TileContext) {
        guard context.prepared[constants &+ 5] != 0 else { return }
        var slope: Float = 0
        context.dense.reduce_lanes(context.lanes + normalizerLanes, &slope, 1)
        let gradient = context.gradient + networkStart
        let normalizerGradient = context.prepared + normalizerSlope
        for i in 0..<networkCount { gradient[i] += slope * normalizerGradient[i] }
    }

    /// After an optimiser step: keeps the average that the step's density used.
    func keepNormalizer(_ context: TileContext, parameters: UnsafeMutablePointer<Float>) {
        parameters[normalizer] = context.prepared[constants &+ 4]
    }

    /// Z and its standard error from `count` ≥ 2 draws into the parameters.
    func measureNormalizer(_ context: TileContext, count: Int, stream: RandomStream, parameters: AlignedBuffer) {
        let (sum, squares) = passDraws(context, count: count, stream: stream, withGradient: false)
        let n = Double(count)
        let mean = sum / n
        let variance = max(squares / n - mean * mean, 0) * n / (n - 1)
        parameters.pointer[normalizer] = Float(mean)
        parameters.pointer[normalizer + 1] = Float((variance / n).squareRoot())
    }

    /// Σ a and Σ a² over `count` draws of π, in order; with the gradient of the mean of a accumulated like any other.
    private func passDraws(
        _ context: TileContext, count: Int, stream: RandomStream, withGradient: Bool
    ) -> (sum: Double, squares: Double) {
        var stream = stream
        let draws = context.tape + drawsTape
        let acceptance = context.tape + shareTape
        let normal = StandardNormal(dimension: dimension)
        var (sum, squares) = (0.0, 0.0)
        var start = 0
        while start < count {
            let filled = min(context.width, count &- start)
            normal.sampleTile(context, stream: &stream, count: filled, into: draws)
            network.forward(context, input: draws, output: context.tape + logitTape)
            context.bases.acceptance(
                context.tape + logitTape, acceptance, withGradient ? context.scratchA : nil,
                Float(1 / Double(count)), context.width)
            for t in 0..<filled {
                let value = Double(acceptance[t])
                sum += value
                squares += value * value
            }
            if withGradient {
                // Columns beyond the last draw repeat the first: they are no draws.
                for t in filled..<context.width { context.scratchA[t] = 0 }
                network.backward(
                    context, input: draws, outputGradient: context.scratchA, inputGradient: context.scratchB,
                    inputGradientRows: 0, spare: context.scratchB)
            }
            start &+= context.width
        }
        return (sum, squares)
    }
}

/// Z of a resampled base.
public struct Normalizer: Sendable, Equatable {
    /// The mean acceptance probability of a proposal.
    public var value: Double
    /// The standard error of the estimate.
    public var standardError: Double
}

extension Flow {
    /// Estimates the normaliser of a `resampled` base from `draws` proposals and writes it, with its standard error,
    /// into the parameters; nothing to do for other bases. A pure function of (parameters, seed, draws).
    public func measureNormalizer(_ parameters: AlignedBuffer, seed: UInt64, draws: Int = 1_000_000) {
        guard case .resampled(let resampled) = base else { return }
        let workspace = FlowWorkspace(flow: self)
        let context = workspace.context(parameters: parameters, kernels: .current)
        resampled.prepare(context)
        // Training steps are numbered from 0 on.
        resampled.measureNormalizer(
            context, count: draws, stream: RandomStream(seed: seed, purpose: .normalizer, step: .max),
            parameters: parameters)
    }

    /// After an optimiser step: keeps the parameters in their range and takes over what the step estimated (the running
    /// normaliser of a `resampled` base). `workspace` is the one of the step's ``accumulateGradient``.
    public func finishStep(_ parameters: AlignedBuffer, workspace: FlowWorkspace) {
        project(parameters)
        guard case .resampled(let resampled) = base else { return }
        resampled.keepNormalizer(
            workspace.context(parameters: parameters, kernels: .current), parameters: parameters.pointer)
    }
}

extension TrainedFlow {
    /// The normaliser of a `resampled` base as it is in the parameters; nil for other bases.
    public var normalizer: Normalizer? {
        guard case .resampled(let resampled) = flow.base else { return nil }
        return Normalizer(
            value: Double(parameters.pointer[resampled.normalizer]),
            standardError: Double(parameters.pointer[resampled.normalizer + 1]))
    }

    /// Standard error of log q(θ) from what was estimated: SE(Z)/Z of a `resampled` base's normaliser, to first order,
    /// where the truncated part of the density is negligible, and that of log Q(box|x) at the value's own observation
    /// where q is restricted to the box; 0 where nothing was estimated.
    public var logNormalizerStandardError: Double { logNormalizerStandardError(at: observation) }

    /// The same of log q(θ|x) at another observation.
    public func logNormalizerStandardError(at observation: [Double]) -> Double {
        let box = acceptance(at: observation)?.logStandardError ?? 0
        guard let normalizer, normalizer.value > 0 else { return box }
        let base = normalizer.standardError / normalizer.value
        return box == 0 ? base : (base * base + box * box).squareRoot()
    }
}

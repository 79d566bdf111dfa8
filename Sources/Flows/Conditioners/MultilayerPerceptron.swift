import CFlowKernels
import FlowMath

/// One dense layer of a perceptron: sizes and where its parts lie.
struct DenseLayer: Sendable, Equatable {
    var inputs: Int
    var outputs: Int
    var weightOffset: Int
    var biasOffset: Int
    /// Lane accumulators of the bias gradient.
    var biasLanes: Int
    /// Lane accumulators of the weight gradient; −1 when it is accumulated in place by the large-layer kernel.
    var weightLanes: Int
    /// Tape offset of the layer's ReLU output; −1 for the last layer.
    var activationTape: Int
}

/// A fully connected ReLU network on tiles: the conditioner of a coupling.
///
/// Input and output are feature-major tiles. The struct holds no references, so that calling it costs no reference
/// counting; the flow owns the layer table, which is never written after it was built.
struct MultilayerPerceptron: @unchecked Sendable {
    /// Layers of at most this many weights use lane accumulators instead of the large-layer gradient kernel.
    static let laneWeightLimit = 1024
    /// First layers of at most this many inputs are recomputed transposed instead of being transposed.
    static let recomputedInputLimit = 8

    let layers: UnsafePointer<DenseLayer>
    let layerCount: Int
    /// Prepared offset of the first layer's transposed weights and padded bias; −1 when not used.
    let transposedWeights: Int
    let transposedBias: Int

    var inputs: Int { layers[0].inputs }
    var outputs: Int { layers[layerCount - 1].outputs }
    private var firstStride: Int { AlignedBuffer.padded(layers[0].outputs) }

    /// Lays out a network of `sizes` (inputs, hidden…, outputs) under `name`.
    init(
        sizes: [Int], name: String, role: ParameterRole = .flow, plan: inout FlowPlan, tables: LayerTables
    ) {
        let count = sizes.count - 1
        var layers: [DenseLayer] = []
        for l in 0..<count {
            let (inputs, outputs) = (sizes[l], sizes[l + 1])
            let weight = plan.layout.add("\(name).\(l).weight", [outputs, inputs], role: role, decays: true)
            let bias = plan.layout.add("\(name).\(l).bias", [outputs], role: role)
            let small = inputs * outputs <= Self.laneWeightLimit
            layers.append(
                DenseLayer(
                    inputs: inputs, outputs: outputs, weightOffset: weight, biasOffset: bias,
                    biasLanes: plan.reserveReducedLanes(count: outputs, gradientOffset: bias),
                    weightLanes: small
                        ? plan.reserveReducedLanes(count: inputs * outputs, gradientOffset: weight) : -1,
                    activationTape: l + 1 < count ? plan.workspace.reserveTape(rows: outputs) : -1))
            plan.workspace.scratchRows = max(plan.workspace.scratchRows, inputs, outputs)
            plan.workspace.rowStride = max(plan.workspace.rowStride, AlignedBuffer.padded(max(inputs, outputs)))
        }
        let recompute =
            count > 1 && layers[1].weightLanes < 0 && sizes[0] > 0 && sizes[0] <= Self.recomputedInputLimit
        let stride = AlignedBuffer.padded(sizes[1])
        transposedWeights = recompute ? plan.workspace.reservePrepared(sizes[0] * stride) : -1
        transposedBias = recompute ? plan.workspace.reservePrepared(stride) : -1
        layerCount = count
        self.layers = tables.store(layers)
    }

    /// Once per batch: the transposed first layer.
    func prepare(_ context: TileContext) {
        guard transposedWeights >= 0 else { return }
        let first = layers[0]
        let weights = context.prepared + transposedWeights
        let bias = context.prepared + transposedBias
        for o in 0..<first.outputs {
            bias[o] = context.parameters[first.biasOffset &+ o]
            for i in 0..<first.inputs {
                weights[i &* firstStride &+ o] = context.parameters[first.weightOffset &+ o &* first.inputs &+ i]
            }
        }
    }

    /// output (outputs × width) = network(input (inputs × width)); leaves activations on the tape.
    func forward(_ context: TileContext, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        var current = input
        for l in 0..<layerCount {
            let layer = layers[l]
            let isLast = l == layerCount - 1
            let target = isLast ? output : context.tape + layer.activationTape
            context.dense.forward(
                context.parameters + layer.weightOffset, context.parameters + layer.biasOffset, current, target,
                layer.inputs, layer.outputs, context.width, isLast ? 0 : 1)
            current = UnsafePointer(target)
        }
    }

    /// Backward of `forward`: accumulates parameter gradients and adds d loss / d input of the first
    /// `inputGradientRows` inputs to `inputGradient`. `outputGradient` is consumed (it is one of the scratch blocks'
    /// contents and is overwritten).
    func backward(
        _ context: TileContext, input: UnsafePointer<Float>, outputGradient: UnsafeMutablePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, inputGradientRows: Int, spare: UnsafeMutablePointer<Float>
    ) {
        var gradient = outputGradient
        var next = spare
        for l in stride(from: layerCount - 1, through: 0, by: -1) {
            let layer = layers[l]
            let weights = context.parameters + layer.weightOffset
            guard l > 0 else {
                backwardFirst(
                    context, input: input, gradient: gradient, inputGradient: inputGradient, rows: inputGradientRows)
                return
            }
            let activation = UnsafePointer(context.tape + layers[l - 1].activationTape)
            // A large layer below gets its bias gradient here, while the values are in registers.
            let below = layers[l - 1]
            let belowBias = below.weightLanes < 0 ? context.lanes + below.biasLanes : nil
            if layer.weightLanes >= 0 && (1...4).contains(layer.outputs) {
                context.dense.backward_output(
                    weights, gradient, activation, next, context.lanes + layer.weightLanes,
                    context.lanes + layer.biasLanes, belowBias, layer.inputs, layer.outputs, context.width)
            } else {
                accumulateParameters(context, l, input: input, layerInput: activation, gradient: gradient)
                context.dense.backward_relu(
                    weights, gradient, activation, next, belowBias, layer.inputs, layer.outputs, context.width)
            }
            swap(&gradient, &next)
        }
    }

    private func backwardFirst(
        _ context: TileContext, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, rows: Int
    ) {
        let layer = layers[0]
        let weights = context.parameters + layer.weightOffset
        if layer.weightLanes >= 0 {
            context.dense.backward_first(
                weights, gradient, input, inputGradient, rows, context.lanes + layer.weightLanes,
                context.lanes + layer.biasLanes, layer.inputs, layer.outputs, context.width)
            return
        }
        accumulateParameters(context, 0, input: input, layerInput: input, gradient: gradient)
        if rows > 0 {
            context.dense.backward_input(
                weights, layer.inputs, gradient, inputGradient, rows, layer.outputs, context.width, 1)
        }
    }

    /// Gradients of layer `l`'s weights, and of its bias unless `backward_relu` of the layer above did that.
    private func accumulateParameters(
        _ context: TileContext, _ l: Int, input: UnsafePointer<Float>, layerInput: UnsafePointer<Float>,
        gradient: UnsafePointer<Float>
    ) {
        let layer = layers[l]
        if layer.weightLanes >= 0 {
            context.dense.backward_weights_lanes(
                gradient, layerInput, context.lanes + layer.weightLanes, context.lanes + layer.biasLanes, layer.inputs,
                layer.outputs, context.width)
            return
        }
        if l == layerCount - 1 {
            context.dense.sum_lanes(gradient, context.lanes + layer.biasLanes, layer.outputs, context.width)
        }
        let stride = AlignedBuffer.padded(layer.inputs)
        if l == 1 && transposedWeights >= 0 {
            context.dense.forward_rows_relu(
                context.prepared + transposedWeights, context.prepared + transposedBias, input, context.rows,
                layers[0].inputs, stride, context.width)
        } else {
            context.dense.transpose(layerInput, context.rows, layer.inputs, stride, context.width)
        }
        context.dense.backward_weights(
            gradient, context.rows, stride, context.gradient + layer.weightOffset, layer.inputs, layer.outputs,
            context.width)
    }
}

/// Owns the tables that the layers of a flow point to; lives as long as the flow.
final class LayerTables: @unchecked Sendable {
    private var blocks: [UnsafeMutableBufferPointer<DenseLayer>] = []

    /// Copies `layers` into memory that stays valid while this object lives.
    func store(_ layers: [DenseLayer]) -> UnsafePointer<DenseLayer> {
        let block = UnsafeMutableBufferPointer<DenseLayer>.allocate(capacity: layers.count)
        _ = block.initialize(from: layers)
        blocks.append(block)
        return UnsafePointer(block.baseAddress!)
    }

    deinit {
        for block in blocks { block.deallocate() }
    }
}

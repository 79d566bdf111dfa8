import CFlowKernels
import FlowMath

/// A batch of points as the engine wants it: single precision, point-major, with a weight per point and, for a
/// conditional flow, the x that each point belongs to.
public struct WeightedBatch {
    /// D.
    public let dimension: Int
    /// C, the numbers in one x; 0 for an unconditional flow.
    public let contextDimension: Int
    /// Capacity in points.
    public let capacity: Int
    /// Points in use.
    public var count: Int
    /// Coordinate d of point i at `values[i * dimension + d]`.
    public let values: AlignedBuffer
    /// Number c of point i's x at `context[i * contextDimension + c]`.
    public let context: AlignedBuffer
    /// Weight of each point.
    public let weights: AlignedBuffer

    /// Room for `capacity` points.
    public init(dimension: Int, contextDimension: Int = 0, capacity: Int) {
        self.dimension = dimension
        self.contextDimension = contextDimension
        self.capacity = capacity
        count = 0
        values = AlignedBuffer(count: dimension * capacity)
        context = AlignedBuffer(count: contextDimension * capacity)
        weights = AlignedBuffer(count: capacity)
    }
}

extension Flow {
    /// loss = −Σ_i w_i log q(θ_i|x_i) over the batch, and its gradient in `workspace.gradient` (replaced).
    ///
    /// Sums over points run in a fixed order, so the result is a pure function of (parameters, batch) within one
    /// numerics variant. A non-finite loss means the gradient must not be used.
    ///
    /// `stream`: where a base that estimates something at every training step (the normaliser of `resampled`) draws
    /// from; ``finishStep(_:workspace:)`` keeps its estimate. Without it the estimate in the parameters is a constant.
    public func accumulateGradient(
        parameters: AlignedBuffer, batch: WeightedBatch, workspace: FlowWorkspace, stream: RandomStream? = nil,
        kernels: Kernels = .current
    ) -> Double {
        workspace.gradient.clear()
        workspace.lanes.clear()
        let context = workspace.context(parameters: parameters, kernels: kernels)
        let (loss, weightSum) = layers.withUnsafeBufferPointer { layers in
            gradientTiles(
                layers, context: context, batch: batch, workspace: workspace, withGradient: true, stream: stream)
        }
        for reduction in reductions {
            context.dense.reduce_lanes(
                context.lanes + reduction.lanesOffset, context.gradient + reduction.gradientOffset, reduction.count)
        }
        for layer in layers { layer.finishGradient(context, upstreamTotal: Float(-weightSum)) }
        base.finishGradient(context)
        return loss
    }

    /// −Σ_i w_i log q(θ_i|x_i) over the batch, without a gradient.
    public func weightedLoss(
        parameters: AlignedBuffer, batch: WeightedBatch, workspace: FlowWorkspace, kernels: Kernels = .current
    ) -> Double {
        let context = workspace.context(parameters: parameters, kernels: kernels)
        return layers.withUnsafeBufferPointer { layers in
            gradientTiles(
                layers, context: context, batch: batch, workspace: workspace, withGradient: false, stream: nil
            ).loss
        }
    }

    private func gradientTiles(
        _ layers: UnsafeBufferPointer<FlowLayer>, context: TileContext, batch: WeightedBatch, workspace: FlowWorkspace,
        withGradient: Bool, stream: RandomStream?
    ) -> (loss: Double, weightSum: Double) {
        precondition(batch.contextDimension == contextDimension, "the batch must carry the flow's context")
        let constant = prepare(layers, context)
        if let stream { base.estimate(context, stream: stream) }
        let values = workspace.values.pointer
        let gradient = workspace.valueGradient.pointer
        let upstream = workspace.upstream.pointer
        let logDensity = workspace.logDensity.pointer
        let logDet = workspace.logDet.pointer
        var loss = 0.0
        var weightSum = 0.0
        var start = 0
        while start < batch.count {
            let filled = min(tileWidth, batch.count &- start)
            gather(batch.values.pointer, rows: dimension, from: start, count: filled, into: values)
            if contextDimension > 0 {
                gather(
                    batch.context.pointer, rows: contextDimension, from: start, count: filled,
                    into: context.conditioning)
                contextStandardization?.inverse(context, values: context.conditioning)
            }
            inverseTile(layers, context, values: values, logDet: logDet)
            base.logDensity(context, values: values, result: logDensity)
            for t in 0..<tileWidth {
                // Points that only fill up the last tile have weight 0.
                let weight = t < filled ? batch.weights.pointer[start &+ t] : 0
                upstream[t] = -weight
                if weight != 0 {
                    loss -= Double(weight) * (Double(logDensity[t]) + Double(logDet[t]) + constant)
                    weightSum += Double(weight)
                }
            }
            if withGradient {
                base.backward(context, values: values, upstream: upstream, gradient: gradient)
                for index in 0..<layers.count {
                    layers[index].inverseBackward(context, gradient: gradient, upstream: upstream)
                }
            }
            start &+= tileWidth
        }
        return (loss, weightSum)
    }

    /// Once per batch; returns the constant part of the inverse's log-determinant.
    func prepare(_ layers: UnsafeBufferPointer<FlowLayer>, _ context: TileContext) -> Double {
        var constant = 0.0
        for index in 0..<layers.count { constant += layers[index].prepare(context) }
        base.prepare(context)
        _ = contextStandardization?.prepare(context)
        return constant
    }

    /// A tile through all layers, data → base; sets logDet to the point-dependent part.
    func inverseTile(
        _ layers: UnsafeBufferPointer<FlowLayer>, _ context: TileContext, values: UnsafeMutablePointer<Float>,
        logDet: UnsafeMutablePointer<Float>
    ) {
        logDet.update(repeating: 0, count: context.width)
        var index = layers.count &- 1
        while index >= 0 {
            layers[index].inverse(context, values: values, logDet: logDet)
            index &-= 1
        }
    }

    /// Point-major batch → feature-major tile; the rest of the tile repeats the first point, which is harmless.
    private func gather(
        _ points: UnsafePointer<Float>, rows: Int, from start: Int, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        for d in 0..<rows {
            for t in 0..<tileWidth {
                let point = t < count ? start &+ t : start
                tile[d &* tileWidth &+ t] = points[point &* rows &+ d]
            }
        }
    }
}

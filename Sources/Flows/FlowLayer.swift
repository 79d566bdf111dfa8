/// A layer of a flow. An enum of plain structs instead of a protocol existential: a tile passes through it without
/// allocation, reference counting or dynamic dispatch.
enum FlowLayer: Sendable {
    case affineCoupling(AffineCoupling)
    case elementwiseAffine(ElementwiseAffine)
    case rotation(FixedRotation)

    /// Once per batch; returns the constant part of the inverse's log-determinant.
    func prepare(_ context: TileContext) -> Double {
        switch self {
        case .affineCoupling(let layer):
            layer.prepare(context)
            return 0
        case .elementwiseAffine(let layer): return layer.prepare(context)
        case .rotation: return 0
        }
    }

    /// Base → data, in place; adds the point-dependent part of the log-determinant.
    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        switch self {
        case .affineCoupling(let layer): layer.forward(context, values: values, logDet: logDet)
        case .elementwiseAffine(let layer): layer.forward(context, values: values)
        case .rotation(let layer): layer.forward(context, values: values)
        }
    }

    /// Data → base, in place.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        switch self {
        case .affineCoupling(let layer): layer.inverse(context, values: values, logDet: logDet)
        case .elementwiseAffine(let layer): layer.inverse(context, values: values)
        case .rotation(let layer): layer.inverse(context, values: values)
        }
    }

    /// Backward of `inverse` on the same tile.
    func inverseBackward(
        _ context: TileContext, gradient: UnsafeMutablePointer<Float>, upstream: UnsafePointer<Float>
    ) {
        switch self {
        case .affineCoupling(let layer): layer.inverseBackward(context, gradient: gradient, upstream: upstream)
        case .elementwiseAffine(let layer): layer.inverseBackward(context, gradient: gradient)
        case .rotation(let layer): layer.inverseBackward(context, gradient: gradient)
        }
    }

    /// After a batch: gradient parts that do not depend on single points.
    func finishGradient(_ gradient: UnsafeMutablePointer<Float>, upstreamTotal: Float) {
        if case .elementwiseAffine(let layer) = self {
            layer.finishGradient(gradient, upstreamTotal: upstreamTotal)
        }
    }
}

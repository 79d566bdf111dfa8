/// A layer of a flow. An enum of plain structs instead of a protocol existential: a tile passes through it without
/// allocation, reference counting or dynamic dispatch.
enum FlowLayer: Sendable {
    case affineCoupling(AffineCoupling)
    case splineCoupling(RationalQuadraticCoupling)
    case elementwiseAffine(ElementwiseAffine)
    case rotation(FixedRotation)
    case triangularLinear(TriangularLinear)
    case contextShift(ContextShift)
    case box(BoxTransform)

    /// Once per batch; returns the constant part of the inverse's log-determinant.
    func prepare(_ context: TileContext) -> Double {
        switch self {
        case .affineCoupling(let layer):
            layer.prepare(context)
            return 0
        case .splineCoupling(let layer):
            layer.prepare(context)
            return 0
        case .elementwiseAffine(let layer): return layer.prepare(context)
        case .triangularLinear(let layer): return layer.prepare(context)
        case .rotation, .contextShift, .box: return 0
        }
    }

    /// Base → data, in place; adds the point-dependent part of the log-determinant.
    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        switch self {
        case .affineCoupling(let layer): layer.forward(context, values: values, logDet: logDet)
        case .splineCoupling(let layer): layer.forward(context, values: values, logDet: logDet)
        case .elementwiseAffine(let layer): layer.forward(context, values: values)
        case .rotation(let layer): layer.forward(context, values: values)
        case .triangularLinear(let layer): layer.forward(context, values: values)
        case .contextShift(let layer): layer.forward(context, values: values)
        case .box(let layer): layer.forward(context, values: values, logDet: logDet)
        }
    }

    /// Data → base, in place.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        switch self {
        case .affineCoupling(let layer): layer.inverse(context, values: values, logDet: logDet)
        case .splineCoupling(let layer): layer.inverse(context, values: values, logDet: logDet)
        case .elementwiseAffine(let layer): layer.inverse(context, values: values)
        case .rotation(let layer): layer.inverse(context, values: values)
        case .triangularLinear(let layer): layer.inverse(context, values: values)
        case .contextShift(let layer): layer.inverse(context, values: values)
        case .box(let layer): layer.inverse(context, values: values, logDet: logDet)
        }
    }

    /// Backward of `inverse` on the same tile.
    func inverseBackward(
        _ context: TileContext, gradient: UnsafeMutablePointer<Float>, upstream: UnsafePointer<Float>
    ) {
        switch self {
        case .affineCoupling(let layer): layer.inverseBackward(context, gradient: gradient, upstream: upstream)
        case .splineCoupling(let layer): layer.inverseBackward(context, gradient: gradient, upstream: upstream)
        case .elementwiseAffine(let layer): layer.inverseBackward(context, gradient: gradient)
        case .rotation(let layer): layer.inverseBackward(context, gradient: gradient)
        case .triangularLinear(let layer): layer.inverseBackward(context, gradient: gradient)
        case .contextShift(let layer): layer.inverseBackward(context, gradient: gradient)
        case .box: break
        }
    }

    /// After a batch: gradient parts that do not depend on single points.
    func finishGradient(_ context: TileContext, upstreamTotal: Float) {
        switch self {
        case .elementwiseAffine(let layer): layer.finishGradient(context.gradient, upstreamTotal: upstreamTotal)
        case .triangularLinear(let layer): layer.finishGradient(context, upstreamTotal: upstreamTotal)
        case .contextShift(let layer): layer.finishGradient(context)
        case .affineCoupling, .splineCoupling, .rotation, .box: break
        }
    }
}

import FlowMath

/// The distribution in the flow's base space. Like ``FlowLayer`` an enum of plain structs.
enum BaseDistribution: Sendable {
    case standardNormal(StandardNormal)
    case gaussianMixture(GaussianMixture)
    case conditionalGaussianMixture(ConditionalGaussianMixture)

    /// Once per batch.
    func prepare(_ context: TileContext) {
        switch self {
        case .standardNormal: break
        case .gaussianMixture(let mixture): mixture.prepare(context)
        case .conditionalGaussianMixture(let mixture): mixture.prepare(context)
        }
    }

    /// log density of each point of a tile (dimension × width → width).
    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        switch self {
        case .standardNormal(let normal): normal.logDensity(context, values: values, result: result)
        case .gaussianMixture(let mixture): mixture.logDensity(context, values: values, result: result)
        case .conditionalGaussianMixture(let mixture): mixture.logDensity(context, values: values, result: result)
        }
    }

    /// gradient = d loss / d values; accumulates the parameters' gradients.
    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .standardNormal(let normal):
            normal.backward(context, values: values, upstream: upstream, gradient: gradient)
        case .gaussianMixture(let mixture):
            mixture.backward(context, values: values, upstream: upstream, gradient: gradient)
        case .conditionalGaussianMixture(let mixture):
            mixture.backward(context, values: values, upstream: upstream, gradient: gradient)
        }
    }

    /// After a batch.
    func finishGradient(_ context: TileContext) {
        if case .gaussianMixture(let mixture) = self { mixture.finishGradient(context) }
    }

    /// After an optimiser step.
    func project(_ parameters: UnsafeMutablePointer<Float>) {
        if case .gaussianMixture(let mixture) = self { mixture.project(parameters) }
    }
}

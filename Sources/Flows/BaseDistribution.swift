import FlowMath

/// The distribution in the flow's base space. Like ``FlowLayer`` an enum of plain structs.
enum BaseDistribution: Sendable {
    case standardNormal(StandardNormal)
    case gaussianMixture(GaussianMixture)
    case conditionalGaussianMixture(ConditionalGaussianMixture)
    case studentT(StudentT)
    case uniform(SmoothUniform)
    case resampled(ResampledNormal)

    /// Once per batch.
    func prepare(_ context: TileContext) {
        switch self {
        case .standardNormal, .uniform: break
        case .gaussianMixture(let mixture): mixture.prepare(context)
        case .conditionalGaussianMixture(let mixture): mixture.prepare(context)
        case .studentT(let student): student.prepare(context)
        case .resampled(let resampled): resampled.prepare(context)
        }
    }

    /// Once per training step, after `prepare`: what a base estimates from fresh draws of its own.
    func estimate(_ context: TileContext, stream: RandomStream) {
        if case .resampled(let resampled) = self { resampled.estimateNormalizer(context, stream: stream) }
    }

    /// log density of each point of a tile (dimension × width → width).
    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        switch self {
        case .standardNormal(let normal): normal.logDensity(context, values: values, result: result)
        case .gaussianMixture(let mixture): mixture.logDensity(context, values: values, result: result)
        case .conditionalGaussianMixture(let mixture): mixture.logDensity(context, values: values, result: result)
        case .studentT(let student): student.logDensity(context, values: values, result: result)
        case .uniform(let uniform): uniform.logDensity(context, values: values, result: result)
        case .resampled(let resampled): resampled.logDensity(context, values: values, result: result)
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
        case .studentT(let student):
            student.backward(context, values: values, upstream: upstream, gradient: gradient)
        case .uniform(let uniform):
            uniform.backward(context, values: values, upstream: upstream, gradient: gradient)
        case .resampled(let resampled):
            resampled.backward(context, values: values, upstream: upstream, gradient: gradient)
        }
    }

    /// What drawing needs beside the parameters, once per call.
    func samplingTables(_ parameters: UnsafePointer<Float>) -> BaseSamplingTables {
        guard case .gaussianMixture(let mixture) = self else { return BaseSamplingTables() }
        return mixture.samplingTables(parameters)
    }

    /// The next `count` ≤ width independent draws of `stream` into the first columns of a tile (dimension × width), the
    /// same whatever the tiles' width. The other columns are filled with something finite.
    func sampleTile(
        _ context: TileContext, tables: BaseSamplingTables, stream: inout RandomStream, count: Int,
        into tile: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .standardNormal(let normal): normal.sampleTile(context, stream: &stream, count: count, into: tile)
        case .gaussianMixture(let mixture):
            mixture.sampleTile(context, tables: tables, stream: &stream, count: count, into: tile)
        case .conditionalGaussianMixture(let mixture):
            mixture.sampleTile(context, stream: &stream, count: count, into: tile)
        case .studentT(let student): student.sampleTile(context, stream: &stream, count: count, into: tile)
        case .uniform(let uniform): uniform.sampleTile(context, stream: &stream, count: count, into: tile)
        case .resampled(let resampled): resampled.sampleTile(context, stream: &stream, count: count, into: tile)
        }
    }

    /// After a batch.
    func finishGradient(_ context: TileContext) {
        switch self {
        case .standardNormal, .uniform, .conditionalGaussianMixture, .studentT: break
        case .gaussianMixture(let mixture): mixture.finishGradient(context)
        case .resampled(let resampled): resampled.finishGradient(context)
        }
    }

    /// After an optimiser step.
    func project(_ parameters: UnsafeMutablePointer<Float>) {
        switch self {
        case .standardNormal, .uniform, .conditionalGaussianMixture, .resampled: break
        case .gaussianMixture(let mixture): mixture.project(parameters)
        case .studentT(let student): student.project(parameters)
        }
    }
}

/// Numbers that a base prepares before it draws tile after tile.
struct BaseSamplingTables {
    /// Running sums of a mixture's weights.
    var cumulative: [Double] = []
    /// Standard deviations, component-major.
    var scales: [Float] = []
}

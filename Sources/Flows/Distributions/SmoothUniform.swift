import CFlowKernels
import FlowMath

/// Independent uniform distributions on [−a, a] with logistic edges, a = √3 (variance 1 without the edges), τ = .05:
/// per dimension [σ((z+a)/τ) − σ((z−a)/τ)] / (2a), the law of a·(2U−1) + τ·logistic. No parameters.
///
/// With A = a/τ and y = (|z|−a)/τ the difference is (1 − e^{−2A}) / ((1 + e^y)(1 + e^{−y−2A})). e^{−2A} = 8·10⁻³¹ and
/// e^{−y−2A} ≤ e^{−A} = 9·10⁻¹⁶ are nothing beside 1 in single precision, so the log density is
/// −log(2a) − log(1 + e^y), which keeps its accuracy however far out z is.
struct SmoothUniform: Sendable {
    /// a.
    static let halfWidth = 1.7320508075688772
    /// τ.
    static let temperature = 0.05

    let dimension: Int

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        let constant = -Double(dimension) * Elementary.log(2 * Self.halfWidth)
        context.bases.uniform_log_density(
            values, result, Float(constant), Float(Self.halfWidth), Float(1 / Self.temperature), dimension,
            context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        context.bases.uniform_backward(
            values, upstream, gradient, Float(Self.halfWidth), Float(1 / Self.temperature), dimension, context.width)
    }

    /// Two uniform numbers for each coordinate, point by point.
    func sampleTile(
        _ context: TileContext, stream: inout RandomStream, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        stream.fillUniforms(context.numbers, count: 2 &* count &* dimension)
        context.bases.uniform_draws(context.numbers, Self.halfWidth, Self.temperature, count &* dimension)
        context.random.tile_from_points(context.numbers, dimension, count, tile, context.width)
    }
}

import CFlowKernels
import FlowMath

/// N(0, I) in D dimensions: log p(z) = −½‖z‖² − (D/2) log 2π.
struct StandardNormal: Sendable {
    let dimension: Int

    private var logNormalizer: Float { Float(-Double(dimension) * Elementary.halfLogTwoPi) }

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        context.elementwise.normal_log_density(values, result, logNormalizer, dimension, context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        context.elementwise.normal_backward(values, upstream, gradient, dimension, context.width)
    }

    /// D numbers for each point, point by point.
    func sampleTile(
        _ context: TileContext, stream: inout RandomStream, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        stream.fillNormals(context.numbers, count: count &* dimension)
        context.random.tile_from_points(context.numbers, dimension, count, tile, context.width)
    }
}

import CFlowKernels
import FlowMath

/// x = z + W c with c the standardised context: the linear part of how θ follows x, volume-preserving.
///
/// W starts as the linear regression of θ on x over the first pairs and is trained. Networks then need not learn a straight
/// line to the precision of a narrow posterior, and a linear-Gaussian posterior is met at the start.
struct ContextShift: Sendable {
    let dimension: Int
    let contextDimension: Int
    /// D × C, row-major.
    let weightOffset: Int
    let gradientLanes: Int
    /// Accumulators that the shared kernel fills and nothing reads.
    let unusedLanes: Int

    static let tensorName = "contextShift.weight"

    init(dimension: Int, plan: inout FlowPlan) {
        self.dimension = dimension
        contextDimension = plan.contextDimension
        weightOffset = plan.layout.add(Self.tensorName, [dimension, contextDimension], role: .flow)
        gradientLanes = plan.workspace.reserveLanes(dimension * contextDimension)
        unusedLanes = plan.workspace.reserveLanes(dimension)
        plan.workspace.scratchRows = max(plan.workspace.scratchRows, dimension)
    }

    /// W c into scratch.
    private func shifts(_ context: TileContext) -> UnsafePointer<Float> {
        context.dense.forward(
            context.parameters + weightOffset, nil, context.conditioning, context.scratchA, contextDimension, dimension,
            context.width, 0)
        return UnsafePointer(context.scratchA)
    }

    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        let shifts = shifts(context)
        for i in 0..<(dimension &* context.width) { values[i] += shifts[i] }
    }

    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        let shifts = shifts(context)
        for i in 0..<(dimension &* context.width) { values[i] -= shifts[i] }
    }

    /// Σ g cᵀ; dL/dW is its negative.
    func inverseBackward(_ context: TileContext, gradient: UnsafePointer<Float>) {
        context.dense.backward_weights_lanes(
            gradient, context.conditioning, context.lanes + gradientLanes, context.lanes + unusedLanes,
            contextDimension, dimension, context.width)
    }

    func finishGradient(_ context: TileContext) {
        let weights = context.gradient + weightOffset
        let count = dimension &* contextDimension
        context.dense.reduce_lanes(context.lanes + gradientLanes, weights, count)
        for i in 0..<count { weights[i] = -weights[i] }
    }
}

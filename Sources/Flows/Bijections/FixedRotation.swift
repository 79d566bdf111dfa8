import CFlowKernels
import FlowMath

/// x = R z with a fixed orthogonal matrix R (a rotation or a permutation): mixes the coordinates between couplings,
/// volume preserving.
struct FixedRotation: Sendable {
    let dimension: Int
    let matrixOffset: Int

    init(dimension: Int, name: String, plan: inout FlowPlan) {
        self.dimension = dimension
        matrixOffset = plan.layout.add("\(name).matrix", [dimension, dimension], role: .constant)
        plan.workspace.scratchRows = max(plan.workspace.scratchRows, dimension)
    }

    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        context.dense.forward(
            context.parameters + matrixOffset, nil, values, context.scratchA, dimension, dimension, context.width, 0)
        values.update(from: context.scratchA, count: dimension * context.width)
    }

    /// z = Rᵀ x.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        context.dense.backward_input(
            context.parameters + matrixOffset, dimension, values, context.scratchA, dimension, dimension, context.width,
            0)
        values.update(from: context.scratchA, count: dimension * context.width)
    }

    /// Backward of the inverse is R itself.
    func inverseBackward(_ context: TileContext, gradient: UnsafeMutablePointer<Float>) {
        forward(context, values: gradient)
    }
}

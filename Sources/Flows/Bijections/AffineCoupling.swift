import CFlowKernels
import FlowMath

/// Affine coupling: x_b = z_b · exp(s(z_a)) + t(z_a), x_a = z_a, s = limit · tanh(raw / limit)
/// (Dinh, Sohl-Dickstein and Bengio 2017, equations 7–8; the clamp keeps the scale finite).
struct AffineCoupling: Sendable {
    let split: CouplingSplit
    let dimension: Int
    let limit: Float
    let conditioner: CouplingConditioner
    /// Tape: the inverse's output tile and the log scales.
    let valuesTape: Int
    let logScaleTape: Int

    /// `transformsLast`: whether the last rows are transformed (else the first).
    init(
        dimension: Int, transformsLast: Bool, hiddenSizes: [Int], logScaleLimit: Double, name: String,
        plan: inout FlowPlan, tables: LayerTables
    ) {
        self.dimension = dimension
        split = CouplingSplit(dimension: dimension, transformsLast: transformsLast)
        limit = Float(logScaleLimit)
        conditioner = CouplingConditioner(
            identityCount: split.identityCount, hiddenSizes: hiddenSizes, outputs: 2 * split.transformedCount,
            name: name,
            plan: &plan, tables: tables)
        valuesTape = plan.workspace.reserveTape(rows: dimension)
        logScaleTape = plan.workspace.reserveTape(rows: split.transformedCount)
    }

    func prepare(_ context: TileContext) {
        conditioner.prepare(context)
    }

    /// Base → data, in place.
    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        conditioner.forward(context, identity: values + split.identityStart * width, output: context.scratchA)
        context.elementwise.coupling_forward(
            context.scratchA, context.scratchA + split.transformedCount * width,
            values + split.transformedStart * width, logDet,
            limit, split.transformedCount, width)
    }

    /// Data → base, in place; leaves what the backward pass needs on the tape.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        conditioner.forward(context, identity: values + split.identityStart * width, output: context.scratchA)
        context.elementwise.coupling_inverse(
            context.scratchA, context.scratchA + split.transformedCount * width,
            values + split.transformedStart * width,
            context.tape + logScaleTape, logDet, limit, split.transformedCount, width)
        (context.tape + valuesTape).update(from: values, count: dimension * width)
    }

    /// Backward of `inverse`: `gradient` (dimension × width) becomes d loss / d input.
    func inverseBackward(
        _ context: TileContext, gradient: UnsafeMutablePointer<Float>, upstream: UnsafePointer<Float>
    ) {
        let width = context.width
        let values = context.tape + valuesTape
        context.elementwise.coupling_inverse_backward(
            values + split.transformedStart * width, context.tape + logScaleTape, upstream,
            gradient + split.transformedStart * width, context.scratchA,
            context.scratchA + split.transformedCount * width, limit,
            split.transformedCount, width)
        conditioner.backward(
            context, identity: values + split.identityStart * width, outputGradient: context.scratchA,
            identityGradient: gradient + split.identityStart * width, spare: context.scratchB)
    }
}

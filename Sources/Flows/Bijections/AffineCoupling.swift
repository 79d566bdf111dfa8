import CFlowKernels
import FlowMath

/// Affine coupling: x_b = z_b · exp(s(z_a)) + t(z_a), x_a = z_a, s = limit · tanh(raw / limit)
/// (Dinh, Sohl-Dickstein and Bengio 2017, equations 7–8; the clamp keeps the scale finite).
///
/// The identity part and the transformed part are contiguous halves of the rows, so tiles are used in place.
struct AffineCoupling: Sendable {
    let identityStart: Int
    let identityCount: Int
    let transformedStart: Int
    let transformedCount: Int
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
        let half = dimension / 2
        self.dimension = dimension
        identityStart = transformsLast ? 0 : half
        identityCount = transformsLast ? half : dimension - half
        transformedStart = transformsLast ? half : 0
        transformedCount = dimension - identityCount
        limit = Float(logScaleLimit)
        conditioner = CouplingConditioner(
            identityCount: identityCount, hiddenSizes: hiddenSizes, outputs: 2 * transformedCount, name: name,
            plan: &plan, tables: tables)
        valuesTape = plan.workspace.reserveTape(rows: dimension)
        logScaleTape = plan.workspace.reserveTape(rows: transformedCount)
    }

    func prepare(_ context: TileContext) {
        conditioner.prepare(context)
    }

    /// Base → data, in place.
    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        conditioner.forward(context, identity: values + identityStart * width, output: context.scratchA)
        context.elementwise.coupling_forward(
            context.scratchA, context.scratchA + transformedCount * width, values + transformedStart * width, logDet,
            limit, transformedCount, width)
    }

    /// Data → base, in place; leaves what the backward pass needs on the tape.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        conditioner.forward(context, identity: values + identityStart * width, output: context.scratchA)
        context.elementwise.coupling_inverse(
            context.scratchA, context.scratchA + transformedCount * width, values + transformedStart * width,
            context.tape + logScaleTape, logDet, limit, transformedCount, width)
        (context.tape + valuesTape).update(from: values, count: dimension * width)
    }

    /// Backward of `inverse`: `gradient` (dimension × width) becomes d loss / d input.
    func inverseBackward(
        _ context: TileContext, gradient: UnsafeMutablePointer<Float>, upstream: UnsafePointer<Float>
    ) {
        let width = context.width
        let values = context.tape + valuesTape
        context.elementwise.coupling_inverse_backward(
            values + transformedStart * width, context.tape + logScaleTape, upstream,
            gradient + transformedStart * width, context.scratchA, context.scratchA + transformedCount * width, limit,
            transformedCount, width)
        conditioner.backward(
            context, identity: values + identityStart * width, outputGradient: context.scratchA,
            identityGradient: gradient + identityStart * width, spare: context.scratchB)
    }
}

import CFlowKernels
import FlowMath

/// Rational-quadratic spline coupling: x_a = z_a, z_b = g(x_b; raw(z_a)) elementwise, g monotone with K bins on
/// [−B, B] and the identity outside (Durkan, Bekasov, Murray and Papamakarios 2019, section 3.1).
///
/// The spline is evaluated from data to base, the direction of training; sampling solves a quadratic per coordinate.
struct RationalQuadraticCoupling: Sendable {
    let split: CouplingSplit
    let bins: Int
    /// B.
    let bound: Float
    let conditioner: CouplingConditioner
    /// Tape: the identity rows, the conditioner's output (which the spline turns into softmax terms) and what the
    /// spline keeps of each point's bin.
    let identityTape: Int
    let rawTape: Int
    let stateTape: Int

    /// `transformsLast`: whether the last rows are transformed (else the first).
    init(
        dimension: Int, transformsLast: Bool, hiddenSizes: [Int], bins: Int, tailBound: Double, name: String,
        plan: inout FlowPlan, tables: LayerTables
    ) {
        split = CouplingSplit(dimension: dimension, transformsLast: transformsLast)
        self.bins = bins
        bound = Float(tailBound)
        let outputs = (3 * bins - 1) * split.transformedCount
        conditioner = CouplingConditioner(
            identityCount: split.identityCount, hiddenSizes: hiddenSizes, outputs: outputs, name: name, plan: &plan,
            tables: tables)
        identityTape = plan.workspace.reserveTape(rows: split.identityCount)
        rawTape = plan.workspace.reserveTape(rows: outputs)
        stateTape = plan.workspace.reserveTape(rows: Int(FLOW_SPLINE_STATE_ROWS) * split.transformedCount)
    }

    /// Once per batch.
    func prepare(_ context: TileContext) {
        conditioner.prepare(context)
    }

    /// Base → data, in place.
    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        conditioner.forward(context, identity: values + split.identityStart * width, output: context.scratchA)
        context.spline.forward(
            context.scratchA, values + split.transformedStart * width, logDet, bound, bins, split.transformedCount,
            width)
    }

    /// Data → base, in place; leaves what the backward pass needs on the tape.
    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let width = context.width
        let identity = values + split.identityStart * width
        conditioner.forward(context, identity: identity, output: context.tape + rawTape)
        context.spline.inverse(
            context.tape + rawTape, context.tape + stateTape, values + split.transformedStart * width, logDet, bound,
            bins, split.transformedCount, width)
        (context.tape + identityTape).update(from: identity, count: split.identityCount * width)
    }

    /// Backward of `inverse`: `gradient` (dimension × width) becomes d loss / d input.
    func inverseBackward(
        _ context: TileContext, gradient: UnsafeMutablePointer<Float>, upstream: UnsafePointer<Float>
    ) {
        let width = context.width
        context.spline.inverse_backward(
            context.tape + rawTape, context.tape + stateTape, upstream, gradient + split.transformedStart * width,
            context.scratchA, bound, bins, split.transformedCount, width)
        conditioner.backward(
            context, identity: context.tape + identityTape, outputGradient: context.scratchA,
            identityGradient: gradient + split.identityStart * width, spare: context.scratchB)
    }
}

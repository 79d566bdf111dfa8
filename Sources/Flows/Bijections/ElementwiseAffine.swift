import CFlowKernels
import FlowMath

/// x = z · exp(logScale) + shift per coordinate: the fixed standardisation of θ, and ActNorm when trainable
/// (Kingma and Dhariwal 2018, section 3.1).
struct ElementwiseAffine: Sendable {
    let dimension: Int
    let isTrainable: Bool
    let shiftOffset: Int
    let logScaleOffset: Int
    /// Prepared: e^{−logScale}, then e^{logScale}.
    let inverseScale: Int
    let scale: Int
    let valuesTape: Int
    let shiftLanes: Int
    let logScaleLanes: Int

    init(dimension: Int, isTrainable: Bool, name: String, plan: inout FlowPlan) {
        let role: ParameterRole = isTrainable ? .flow : .constant
        self.dimension = dimension
        self.isTrainable = isTrainable
        shiftOffset = plan.layout.add("\(name).shift", [dimension], role: role)
        logScaleOffset = plan.layout.add("\(name).logScale", [dimension], role: role)
        inverseScale = plan.workspace.reservePrepared(dimension)
        scale = plan.workspace.reservePrepared(dimension)
        valuesTape = isTrainable ? plan.workspace.reserveTape(rows: dimension) : -1
        shiftLanes = isTrainable ? plan.reserveReducedLanes(count: dimension, gradientOffset: shiftOffset) : -1
        logScaleLanes = isTrainable ? plan.reserveReducedLanes(count: dimension, gradientOffset: logScaleOffset) : -1
    }

    /// Once per batch; returns the constant −Σ logScale that the inverse adds to every log-determinant.
    func prepare(_ context: TileContext) -> Double {
        var logDet = 0.0
        for d in 0..<dimension {
            let logScale = Double(context.parameters[logScaleOffset &+ d])
            context.prepared[inverseScale &+ d] = Float(Elementary.exp(-logScale))
            context.prepared[scale &+ d] = Float(Elementary.exp(logScale))
            logDet -= logScale
        }
        return logDet
    }

    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        context.elementwise.affine_forward(
            context.parameters + shiftOffset, context.prepared + scale, values, dimension, context.width)
    }

    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        context.elementwise.affine_inverse(
            context.parameters + shiftOffset, context.prepared + inverseScale, values, dimension, context.width)
        if isTrainable { (context.tape + valuesTape).update(from: values, count: dimension * context.width) }
    }

    func inverseBackward(_ context: TileContext, gradient: UnsafeMutablePointer<Float>) {
        // The standardisation is the layer next to the data: nothing below it needs a gradient.
        guard isTrainable else { return }
        context.elementwise.affine_inverse_backward(
            context.tape + valuesTape, context.prepared + inverseScale, gradient, context.lanes + shiftLanes,
            context.lanes + logScaleLanes, dimension, context.width)
    }

    /// After a batch: the log-determinant's part of the gradient; `upstreamTotal` = Σ d loss / d log q.
    func finishGradient(_ gradient: UnsafeMutablePointer<Float>, upstreamTotal: Float) {
        guard isTrainable else { return }
        for d in 0..<dimension { gradient[logScaleOffset &+ d] -= upstreamTotal }
    }
}

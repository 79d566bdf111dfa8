import CFlowKernels
import FlowMath

/// A fixed elementwise bijection from R^D onto a box, the layer next to the data: q then has no mass outside a bounded
/// prior. θ_d = lower + (upper − lower) F(y_d) with F the logistic or the standard normal distribution function.
///
/// It has no trained parameters and nothing below it needs a gradient, so it has no backward pass.
struct BoxTransform: Sendable {
    let dimension: Int
    let isProbit: Bool
    /// Parameters (constants): the box's edges.
    let lowerOffset: Int
    let upperOffset: Int

    init(dimension: Int, isProbit: Bool, plan: inout FlowPlan) {
        self.dimension = dimension
        self.isProbit = isProbit
        lowerOffset = plan.layout.add("box.lower", [dimension], role: .constant)
        upperOffset = plan.layout.add("box.upper", [dimension], role: .constant)
    }

    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let map = isProbit ? context.box.probit_forward! : context.box.logit_forward!
        map(
            context.parameters + lowerOffset, context.parameters + upperOffset, values, logDet, dimension,
            context.width)
    }

    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>, logDet: UnsafeMutablePointer<Float>) {
        let map = isProbit ? context.box.probit_inverse! : context.box.logit_inverse!
        map(
            context.parameters + lowerOffset, context.parameters + upperOffset, values, logDet, dimension,
            context.width)
    }

    /// The inverse for set-up work: y of each θ.
    func unconstrained(_ points: Points, parameters: AlignedBuffer, kernels: Kernels) -> Points {
        let width = AlignedBuffer.padded(points.count)
        let values = AlignedBuffer(count: dimension * width)
        let logDet = AlignedBuffer(count: width)
        for d in 0..<dimension {
            for i in 0..<width { values.pointer[d * width + i] = Float(points[min(i, points.count - 1), d]) }
        }
        let map = isProbit ? kernels.box.probit_inverse! : kernels.box.logit_inverse!
        map(
            parameters.pointer + lowerOffset, parameters.pointer + upperOffset, values.pointer, logDet.pointer,
            dimension, width)
        var result = points
        for i in 0..<points.count {
            for d in 0..<dimension { result[i, d] = Double(values.pointer[d * width + i]) }
        }
        return result
    }
}

import CFlowKernels
import FlowMath

/// Independent Student t distributions of variance 1, one per dimension, each with its own degrees of freedom ν_d > 2.
///
/// Parameter `base.logExcessFreedom` (D): ρ_d = log(ν_d − 2), kept in [log .01, log 1000]. With m = ν − 2 = e^ρ
///
///     log p(z) = log Γ((m+3)/2) − log Γ((m+2)/2) − ½ log(π m) − (m+3)/2 · log(1 + z²/m).
///
/// Unit variance, not unit scale: the flow standardises θ, so that at the start the base fits the draws' spread whatever
/// ν is, and ν alone decides about the tails.
struct StudentT: Sendable {
    /// Limits of ρ: ν between 2.01, where nearly all variance is in the tails, and 1002, a normal to single precision.
    static let logExcessRange: ClosedRange<Float> = -4.605_170...6.907_755

    let dimension: Int
    let isTrainable: Bool
    let logExcess: Int
    /// Prepared, D each: 1/√m, (m+3)/2, m/2, and ∂(constant)/∂ρ; then the sum of the constants.
    let inverseScales: Int
    let exponents: Int
    let halfScales: Int
    let constantGradients: Int
    let constant: Int
    let lanes: Int

    init(dimension: Int, isTrainable: Bool, plan: inout FlowPlan) {
        self.dimension = dimension
        self.isTrainable = isTrainable
        logExcess = plan.layout.add("base.logExcessFreedom", [dimension], role: isTrainable ? .base : .constant)
        inverseScales = plan.workspace.reservePrepared(dimension)
        exponents = plan.workspace.reservePrepared(dimension)
        halfScales = plan.workspace.reservePrepared(dimension)
        constantGradients = plan.workspace.reservePrepared(dimension)
        constant = plan.workspace.reservePrepared(1)
        lanes = plan.reserveReducedLanes(count: isTrainable ? dimension : 0, gradientOffset: logExcess)
    }

    /// ν of every dimension at the start.
    func initialize(_ parameters: AlignedBuffer, degreesOfFreedom: Double) {
        for d in 0..<dimension {
            parameters.pointer[logExcess + d] = Float(Elementary.log(degreesOfFreedom - 2))
        }
        project(parameters.pointer)
    }

    /// Once per batch: everything that depends on ν alone, in double precision.
    func prepare(_ context: TileContext) {
        var total = 0.0
        for d in 0..<dimension {
            let rho = Double(context.parameters[logExcess &+ d])
            let excess = Elementary.exp(rho)
            let (upper, lower) = (0.5 * (excess + 3), 0.5 * (excess + 2))
            total +=
                Elementary.logGamma(upper) - Elementary.logGamma(lower) - 0.5 * (rho + Elementary.logPi)
            context.prepared[inverseScales &+ d] = Float(Elementary.exp(-0.5 * rho))
            context.prepared[exponents &+ d] = Float(upper)
            context.prepared[halfScales &+ d] = Float(0.5 * excess)
            context.prepared[constantGradients &+ d] = Float(
                0.5 * excess * (Elementary.digamma(upper) - Elementary.digamma(lower)) - 0.5)
        }
        context.prepared[constant] = Float(total)
    }

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        context.bases.student_log_density(
            values, context.prepared + inverseScales, context.prepared + exponents, result,
            context.prepared[constant], dimension, context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        context.bases.student_backward(
            values, context.prepared + inverseScales, context.prepared + exponents, context.prepared + halfScales,
            context.prepared + constantGradients, upstream, gradient, isTrainable ? context.lanes + lanes : nil,
            dimension, context.width)
    }

    /// After an optimiser step: keeps ν in its range.
    func project(_ parameters: UnsafeMutablePointer<Float>) {
        guard isTrainable else { return }
        for d in 0..<dimension {
            let value = parameters[logExcess &+ d]
            parameters[logExcess &+ d] = min(max(value, Self.logExcessRange.lowerBound), Self.logExcessRange.upperBound)
        }
    }

    /// Two uniform numbers for each coordinate, point by point.
    ///
    /// Exact, by Bailey's polar form (1994, Mathematics of Computation 62, 779–781): with U, V uniform,
    /// √(ν (U^{−2/ν} − 1)) · cos 2πV follows t_ν. Times √(m/ν) for variance 1.
    func sampleTile(
        _ context: TileContext, stream: inout RandomStream, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        stream.fillUniforms(context.numbers, count: 2 &* count &* dimension)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: dimension) { excess in
            for d in 0..<dimension { excess[d] = Elementary.exp(Double(context.parameters[logExcess &+ d])) }
            context.bases.student_draws(context.numbers, excess.baseAddress!, dimension, count)
        }
        context.random.tile_from_points(context.numbers, dimension, count, tile, context.width)
    }
}

import CFlowKernels
import FlowMath

/// Σ_k π_k N(μ_k, Σ_k) with diagonal or full covariance.
///
/// Parameters: `base.logits` (K), `base.means` (K × D), `base.logScales` (K × D) and, with full covariance,
/// `base.lower` (K × D(D−1)/2). Component k whitens as v = A (z − μ) with A lower triangular, diagonal e^{−logScale},
/// strictly lower entries `lower`, so log N = −½‖v‖² − Σ logScale − (D/2) log 2π. Weights are
/// π = f + (1 − K f) softmax(logits), f = min(10⁻³, 0.1/K): no component can starve.
struct GaussianMixture: Sendable {
    /// log sd never falls below this in standardised units, so that a component cannot collapse onto a draw.
    static let smallestLogScale: Float = -7

    let dimension: Int
    let components: Int
    let isFull: Bool
    let isTrainable: Bool
    let logits: Int
    let means: Int
    let logScales: Int
    let lower: Int
    /// Prepared: log weight − Σ logScale − (D/2) log 2π per component, then e^{−logScale}.
    let constants: Int
    let inverseScales: Int
    let responsibilitiesTape: Int
    let constantLanes: Int
    let meanLanes: Int
    let scaleLanes: Int
    let lowerLanes: Int

    var lowerCount: Int { dimension * (dimension - 1) / 2 }
    /// The smallest weight of a component.
    var weightFloor: Double { Self.weightFloor(components: components) }

    /// The smallest weight of one of `components`.
    static func weightFloor(components: Int) -> Double { min(1e-3, 0.1 / Double(components)) }

    init(dimension: Int, components: Int, isFull: Bool, isTrainable: Bool, plan: inout FlowPlan) {
        let role: ParameterRole = isTrainable ? .base : .constant
        self.dimension = dimension
        self.components = components
        self.isFull = isFull && dimension > 1
        self.isTrainable = isTrainable
        logits = plan.layout.add("base.logits", [components], role: role)
        means = plan.layout.add("base.means", [components, dimension], role: role)
        logScales = plan.layout.add("base.logScales", [components, dimension], role: role)
        let lowerCount = dimension * (dimension - 1) / 2
        let isFull = self.isFull
        lower = isFull ? plan.layout.add("base.lower", [components, lowerCount], role: role) : -1
        constants = plan.workspace.reservePrepared(components)
        inverseScales = plan.workspace.reservePrepared(components * dimension)
        responsibilitiesTape = plan.workspace.reserveTape(rows: components)
        let count = isTrainable ? components : 0
        constantLanes = plan.workspace.reserveLanes(count)
        meanLanes = plan.reserveReducedLanes(count: count * dimension, gradientOffset: means)
        scaleLanes = plan.workspace.reserveLanes(count * dimension)
        lowerLanes = isFull ? plan.reserveReducedLanes(count: count * lowerCount, gradientOffset: lower) : -1
    }

    /// Mixture weights from the parameters.
    func weights(_ parameters: UnsafePointer<Float>) -> [Double] {
        let total = logitTotal(parameters)
        return (0..<components).map { weight(share($0, parameters, total: total)) }
    }

    /// log Σ exp(logits), like ``logSumExp(_:)`` but without an array: this runs twice for every batch.
    private func logitTotal(_ parameters: UnsafePointer<Float>) -> Double {
        var maximum = -Double.infinity
        for k in 0..<components { maximum = max(maximum, Double(parameters[logits &+ k])) }
        var sum = 0.0
        for k in 0..<components { sum += Elementary.exp(Double(parameters[logits &+ k]) - maximum) }
        return maximum + Elementary.log(sum)
    }

    /// softmax(logits)_k.
    private func share(_ k: Int, _ parameters: UnsafePointer<Float>, total: Double) -> Double {
        Elementary.exp(Double(parameters[logits &+ k]) - total)
    }

    private func weight(_ share: Double) -> Double { weightFloor + (1 - Double(components) * weightFloor) * share }

    /// Logits whose weights are `weights` (each at least the floor; smaller ones are raised to just above it).
    static func logits(forWeights weights: [Double]) -> [Float] {
        let floor = weightFloor(components: weights.count)
        let share = 1 - Double(weights.count) * floor
        return weights.map { Float(Elementary.log(max(($0 - floor) / share, 1e-9))) }
    }

    func prepare(_ context: TileContext) {
        let total = logitTotal(context.parameters)
        for k in 0..<components {
            var constant =
                Elementary.log(weight(share(k, context.parameters, total: total)))
                - Double(dimension) * Elementary.halfLogTwoPi
            for d in 0..<dimension {
                let logScale = Double(context.parameters[logScales &+ k &* dimension &+ d])
                constant -= logScale
                context.prepared[inverseScales &+ k &* dimension &+ d] = Float(Elementary.exp(-logScale))
            }
            context.prepared[constants &+ k] = Float(constant)
        }
    }

    func logDensity(_ context: TileContext, values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>) {
        context.elementwise.mixture_log_density(
            values, context.prepared + constants, context.parameters + means, context.prepared + inverseScales,
            isFull ? context.parameters + lower : nil, context.tape + responsibilitiesTape, result, components,
            dimension, context.width)
    }

    func backward(
        _ context: TileContext, values: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        context.elementwise.mixture_backward(
            values, context.parameters + means, context.prepared + inverseScales,
            isFull ? context.parameters + lower : nil, context.tape + responsibilitiesTape, upstream, gradient,
            isTrainable ? context.lanes + constantLanes : nil, isTrainable ? context.lanes + meanLanes : nil,
            isTrainable ? context.lanes + scaleLanes : nil, isFull && isTrainable ? context.lanes + lowerLanes : nil,
            components, dimension, context.width)
    }

    /// After a batch: from gradients of the prepared values to gradients of logits and log scales.
    func finishGradient(_ context: TileContext) {
        guard isTrainable else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: components * (dimension + 1)) { sums in
            sums.initialize(repeating: 0)
            let scaleSums = sums.baseAddress! + components
            context.dense.reduce_lanes(context.lanes + constantLanes, sums.baseAddress!, components)
            context.dense.reduce_lanes(context.lanes + scaleLanes, scaleSums, components * dimension)
            finishLogits(context, sums: sums.baseAddress!)
            // d inverse scale / d log scale = −inverse scale; the constant contributes −1.
            for k in 0..<components {
                for d in 0..<dimension {
                    let index = k &* dimension &+ d
                    context.gradient[logScales &+ index] =
                        -scaleSums[index] * context.prepared[inverseScales &+ index] - sums[k]
                }
            }
        }
    }

    /// d log π_k / d logit_j = (1 − K f) p_k (δ_kj − p_j) / π_k; `sums` are the gradients of log π.
    private func finishLogits(_ context: TileContext, sums: UnsafePointer<Float>) {
        let total = logitTotal(context.parameters)
        let free = 1 - Double(components) * weightFloor
        func scaled(_ k: Int) -> (value: Double, share: Double) {
            let share = share(k, context.parameters, total: total)
            return (Double(sums[k]) * free * share / weight(share), share)
        }
        var sum = 0.0
        for k in 0..<components { sum += scaled(k).value }
        for k in 0..<components {
            let (value, share) = scaled(k)
            context.gradient[logits &+ k] = Float(value - share * sum)
        }
    }

    /// After an optimiser step: keeps the parameters in their range.
    func project(_ parameters: UnsafeMutablePointer<Float>) {
        if isTrainable { clampScales(parameters) }
    }

    /// Raises log scales below the limit. The rest of the row of A shrinks with its diagonal, so that a narrow component
    /// is widened and not sheared.
    func clampScales(_ parameters: UnsafeMutablePointer<Float>) {
        for k in 0..<components {
            for r in 0..<dimension {
                let at = logScales &+ k &* dimension &+ r
                guard parameters[at] < Self.smallestLogScale else { continue }
                let ratio = Float(Elementary.exp(Double(parameters[at] - Self.smallestLogScale)))
                parameters[at] = Self.smallestLogScale
                guard isFull else { continue }
                for e in 0..<r { parameters[lower &+ k &* lowerCount &+ r &* (r &- 1) / 2 &+ e] *= ratio }
            }
        }
    }

    /// Running sums of the weights, and standard deviations.
    func samplingTables(_ parameters: UnsafePointer<Float>) -> BaseSamplingTables {
        var sum = 0.0
        let cumulative = weights(parameters).map { weight in
            sum += weight
            return sum
        }
        let scales = (0..<(components * dimension)).map { Float(Elementary.exp(Double(parameters[logScales + $0]))) }
        return BaseSamplingTables(cumulative: cumulative, scales: scales)
    }

    /// Point by point a uniform number, which chooses the component, and D normal ones.
    func sampleTile(
        _ context: TileContext, tables: BaseSamplingTables, stream: inout RandomStream, count: Int,
        into tile: UnsafeMutablePointer<Float>
    ) {
        let uniforms = context.numbers
        let normals = context.numbers + context.width
        stream.fillUniformsAndNormals(uniforms, normals, count: count, normalsPerPoint: dimension)
        context.random.tile_from_points(normals, dimension, count, tile, context.width)
        tables.cumulative.withUnsafeBufferPointer { cumulative in
            tables.scales.withUnsafeBufferPointer { scales in
                for t in 0..<count {
                    let u = uniforms[t] * cumulative[components &- 1]
                    var k = 0
                    for other in 0..<(components &- 1) where u >= cumulative[other] { k &+= 1 }
                    place(tile + t, component: k, context: context, scales: scales.baseAddress!)
                }
            }
        }
    }

    /// From standard normal ε to z with A (z − μ) = ε, row by row; coordinates lie a tile's width apart.
    @inline(__always)
    private func place(
        _ point: UnsafeMutablePointer<Float>, component k: Int, context: TileContext, scales: UnsafePointer<Float>
    ) {
        let parameters = context.parameters
        let stride = context.width
        for r in 0..<dimension {
            var value = point[r &* stride]
            if isFull {
                let row = lower &+ k &* lowerCount &+ r &* (r &- 1) / 2
                for e in 0..<r {
                    value -= parameters[row &+ e] * (point[e &* stride] - parameters[means &+ k &* dimension &+ e])
                }
            }
            let at = k &* dimension &+ r
            point[r &* stride] = value * scales[at] + parameters[means &+ at]
        }
    }
}

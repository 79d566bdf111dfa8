import FlowMath

/// A normalizing flow: a base distribution pushed through a bijection. Forward is base → data (sampling), inverse is
/// data → base (density). The architecture only; parameters lie in a separate flat buffer.
///
/// In the forward direction: for each coupling i = 0 … L−1: a mixing of the coordinates (from the second on), the
/// coupling, ActNorm; then, with a context, the shift that is linear in x; then the standardisation of θ; last, for bounded θ, the map onto the box.
public final class Flow: Sendable {
    /// D.
    public let dimension: Int
    /// The box that θ lies in, one range per dimension; empty without ``FlowConfiguration/box``.
    public let bounds: [ClosedRange<Double>]
    /// Numbers per point that q(θ|x) is conditioned on (x); 0 for an unconditional flow q(θ).
    public let contextDimension: Int
    /// The bijection's architecture.
    public let configuration: FlowConfiguration
    /// The base distribution.
    public let baseConfiguration: BaseConfiguration
    /// Names, shapes and places of all parameters.
    public let layout: ParameterLayout

    let layers: [FlowLayer]
    let base: BaseDistribution
    let standardization: ElementwiseAffine
    /// The layer next to the data; nil when no map bounds θ.
    let box: BoxTransform?
    /// Standardises x; nil without context.
    let contextStandardization: ElementwiseAffine?
    let workspacePlan: WorkspacePlan
    let reductions: [LaneReduction]
    // Owns the memory that the perceptrons' layer tables point to.
    private let tables: LayerTables

    /// Lays out a flow for points in R^dimension (dimension ≥ 1), conditioned on contextDimension ≥ 0 numbers per point.
    ///
    /// - `bounds`: the prior's box, used (and then required: one finite, non-empty range per dimension) when the
    ///   configuration asks for a box.
    public init(
        dimension: Int, contextDimension: Int = 0, bounds: [ClosedRange<Double>] = [],
        configuration: FlowConfiguration, base: BaseConfiguration
    ) {
        precondition(dimension > 0 && contextDimension >= 0, "a flow needs at least one dimension")
        precondition(configuration.box == .none || bounds.count == dimension, "a box needs a range per dimension")
        self.bounds = configuration.box == .none ? [] : bounds
        self.dimension = dimension
        self.contextDimension = contextDimension
        self.configuration = configuration
        baseConfiguration = base
        var plan = FlowPlan(contextDimension: contextDimension)
        let tables = LayerTables()
        var layers: [FlowLayer] = []
        for i in 0..<configuration.couplingLayers {
            if i > 0 {
                switch configuration.mixing {
                case .none: break
                case .rotation, .permutation:
                    layers.append(
                        .rotation(FixedRotation(dimension: dimension, name: "layers.\(i).mixing", plan: &plan)))
                case .triangular:
                    layers.append(
                        .triangularLinear(
                            TriangularLinear(dimension: dimension, name: "layers.\(i).mixing", plan: &plan)))
                }
            }
            let transformsLast = configuration.mixing == .permutation || i % 2 == 0
            layers.append(
                Self.coupling(
                    configuration, dimension: dimension, transformsLast: transformsLast, name: "layers.\(i).coupling",
                    plan: &plan, tables: tables))
            if configuration.actNorm {
                layers.append(
                    .elementwiseAffine(
                        ElementwiseAffine(
                            dimension: dimension, isTrainable: true, name: "layers.\(i).actNorm", plan: &plan)))
            }
        }
        if contextDimension > 0 && configuration.contextShift {
            layers.append(.contextShift(ContextShift(dimension: dimension, plan: &plan)))
        }
        standardization = ElementwiseAffine(
            dimension: dimension, isTrainable: false, name: "standardization", plan: &plan)
        layers.append(.elementwiseAffine(standardization))
        box =
            configuration.box.isMap
            ? BoxTransform(dimension: dimension, isProbit: configuration.box == .probit, plan: &plan) : nil
        if let box { layers.append(.box(box)) }
        contextStandardization =
            contextDimension > 0
            ? ElementwiseAffine(dimension: contextDimension, isTrainable: false, name: "context", plan: &plan) : nil
        switch base {
        case .gaussian: self.base = .standardNormal(StandardNormal(dimension: dimension))
        case .gaussianMixture(let mixture):
            self.base = .gaussianMixture(
                GaussianMixture(
                    dimension: dimension, components: mixture.components, isFull: mixture.isFull,
                    isTrainable: mixture.isTrainable, plan: &plan))
        case .conditionalGaussianMixture(let mixture):
            precondition(contextDimension > 0, "a conditional base needs a context")
            self.base = .conditionalGaussianMixture(
                ConditionalGaussianMixture(
                    dimension: dimension, components: mixture.components, isFull: mixture.isFull,
                    hiddenSizes: mixture.hiddenSizes, plan: &plan, tables: tables))
        case .studentT(let student):
            self.base = .studentT(StudentT(dimension: dimension, isTrainable: student.isTrainable, plan: &plan))
        case .uniform: self.base = .uniform(SmoothUniform(dimension: dimension))
        case .resampled(let resampled):
            self.base = .resampled(
                ResampledNormal(
                    dimension: dimension, truncation: resampled.truncation,
                    normalizerDraws: resampled.normalizerDraws, hiddenSizes: resampled.hiddenSizes, plan: &plan,
                    tables: tables))
        }
        self.layers = layers
        self.tables = tables
        layout = plan.layout
        workspacePlan = plan.workspace
        reductions = plan.reductions
    }

    private static func coupling(
        _ configuration: FlowConfiguration, dimension: Int, transformsLast: Bool, name: String, plan: inout FlowPlan,
        tables: LayerTables
    ) -> FlowLayer {
        switch configuration.coupling {
        case .affine(let logScaleLimit):
            return .affineCoupling(
                AffineCoupling(
                    dimension: dimension, transformsLast: transformsLast, hiddenSizes: configuration.hiddenSizes,
                    logScaleLimit: logScaleLimit, name: name, plan: &plan, tables: tables))
        case .spline(let bins, let tailBound):
            return .splineCoupling(
                RationalQuadraticCoupling(
                    dimension: dimension, transformsLast: transformsLast, hiddenSizes: configuration.hiddenSizes,
                    bins: bins, tailBound: tailBound, name: name, plan: &plan, tables: tables))
        }
    }

    /// A zeroed parameter buffer of the right size.
    public func makeParameters() -> AlignedBuffer { AlignedBuffer(count: layout.count) }
}

/// The memory in which one thread evaluates one flow: allocated once, reused for every batch.
public final class FlowWorkspace {
    /// d loss / d parameter after ``Flow/accumulateGradient(parameters:batch:workspace:stream:kernels:)``, laid out like the
    /// parameters.
    public let gradient: AlignedBuffer
    let tape: AlignedBuffer
    let prepared: AlignedBuffer
    let lanes: AlignedBuffer
    let scratchA: AlignedBuffer
    let scratchB: AlignedBuffer
    let rows: AlignedBuffer
    let values: AlignedBuffer
    let valueGradient: AlignedBuffer
    let logDet: AlignedBuffer
    let logDensity: AlignedBuffer
    let upstream: AlignedBuffer
    let conditioning: AlignedBuffer
    let numbers: AlignedBuffer

    /// Memory for `flow`.
    public init(flow: Flow) {
        let plan = flow.workspacePlan
        gradient = AlignedBuffer(count: flow.layout.count)
        tape = AlignedBuffer(count: plan.tape)
        prepared = AlignedBuffer(count: plan.prepared)
        lanes = AlignedBuffer(count: plan.lanes * 16)
        scratchA = AlignedBuffer(count: plan.scratchRows * tileWidth)
        scratchB = AlignedBuffer(count: plan.scratchRows * tileWidth)
        rows = AlignedBuffer(count: plan.rowStride * tileWidth)
        values = AlignedBuffer(count: flow.dimension * tileWidth)
        valueGradient = AlignedBuffer(count: flow.dimension * tileWidth)
        logDet = AlignedBuffer(count: tileWidth)
        logDensity = AlignedBuffer(count: tileWidth)
        upstream = AlignedBuffer(count: tileWidth)
        conditioning = AlignedBuffer(count: flow.contextDimension * tileWidth)
        // Two floats' room for a double.
        numbers = AlignedBuffer(count: 2 * max(flow.dimension + 3, 2 * flow.dimension) * tileWidth)
    }

    func context(parameters: AlignedBuffer, kernels: Kernels) -> TileContext {
        TileContext(
            dense: kernels.dense, elementwise: kernels.elementwise, bases: kernels.bases, random: kernels.random,
            box: kernels.box, spline: kernels.spline,
            width: tileWidth,
            parameters: UnsafePointer(parameters.pointer), prepared: prepared.pointer, tape: tape.pointer,
            gradient: gradient.pointer, lanes: lanes.pointer, scratchA: scratchA.pointer, scratchB: scratchB.pointer,
            rows: rows.pointer, conditioning: conditioning.pointer,
            numbers: UnsafeMutableRawPointer(numbers.pointer).bindMemory(
                to: Double.self, capacity: numbers.count / 2))
    }
}

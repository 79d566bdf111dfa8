import FlowMath
import Tasks

/// The points and densities that the metrics of one flow share, drawn and evaluated at most once.
///
/// Points are drawn in blocks of ``blockSize`` with one stream per block, so the first n points are the same whatever
/// size another metric asks for. Used on one thread.
public final class Evaluation {
    /// Points per stream.
    static let blockSize = 2048

    /// Where points come from: block k is drawn with (seed, purpose, step + k).
    struct Draw {
        var seed: UInt64
        var purpose: StreamPurpose
        var step: UInt32
    }

    let flow: any SampleableDensity
    let posterior: ExactPosterior
    /// The task's reference, found or computed when a metric first asks for it.
    private(set) lazy var reference: TaskReference = findReference()
    private let findReference: () -> TaskReference
    let settings: EvaluationSettings
    /// max |f(f⁻¹(θ)) − θ| as measured by the engine; nil when it was not.
    let inverseError: Double?
    /// In place of the flow's points: those of ``corrected``.
    private var correction: CorrectedSample?
    private let flowDraw: Draw
    private let referenceDraw: Draw
    private var flowValues: [Double] = []
    private var referenceValues: [Double] = []

    init(
        flow: any SampleableDensity, posterior: ExactPosterior, settings: EvaluationSettings, inverseError: Double?,
        flowDraw: Draw, referenceDraw: Draw,
        findReference: @escaping () -> TaskReference
    ) {
        self.flow = flow
        self.posterior = posterior
        self.findReference = findReference
        self.settings = settings
        self.inverseError = inverseError
        self.flowDraw = flowDraw
        self.referenceDraw = referenceDraw
    }

    var dimension: Int { posterior.dimension }

    /// A stream of this evaluation's own for metrics that draw numbers.
    func stream(_ purpose: StreamPurpose) -> RandomStream {
        RandomStream(seed: flowDraw.seed, purpose: purpose, step: flowDraw.step)
    }

    /// The first `count` points of the flow (of its corrected sample in ``corrected``).
    func flowPoints(_ count: Int) -> Points {
        if let correction { return correction.points(count) }
        Self.extend(&flowValues, to: count, flow, flowDraw)
        return Points(dimension: dimension, values: Array(flowValues.prefix(count * dimension)))
    }

    /// The first `count` points of the exact posterior.
    func referencePoints(_ count: Int) -> Points {
        Self.extend(&referenceValues, to: count, posterior, referenceDraw)
        return Points(dimension: dimension, values: Array(referenceValues.prefix(count * dimension)))
    }

    private static func extend(_ values: inout [Double], to count: Int, _ density: any SampleableDensity, _ draw: Draw)
    {
        let blockValues = blockSize * density.dimension
        while values.count < count * density.dimension {
            let block = UInt32(truncatingIfNeeded: values.count / blockValues)
            let stream = RandomStream(seed: draw.seed, purpose: draw.purpose, step: draw.step &+ block)
            values += density.sample(count: blockSize, stream: stream).values
        }
    }

    /// Why the first `count` points of the flow cannot be used; nil when all are finite.
    func flowProblem(_ count: Int) -> String? {
        let points = flowPoints(count)
        var bad = 0
        for i in 0..<count where (0..<dimension).contains(where: { !points[i, $0].isFinite }) { bad += 1 }
        return bad == 0 ? nil : "\(bad) of \(count) flow samples are not finite"
    }

    /// Log densities of the same points under the flow (q) and the exact posterior (p).
    struct LogDensities {
        var flow: [Double]
        var posterior: [Double]
        /// Why they cannot be used: a NaN or +infinity among them, or a density of 0 at a sample of its own.
        var problem: String?

        init(flow: [Double], posterior: [Double], at own: Side) {
            self.flow = flow
            self.posterior = posterior
            for (values, side) in [(flow, Side.flow), (posterior, Side.posterior)] {
                // A density of 0 where the other side has mass is a finding; at its own samples it is a fault.
                let bad = values.reduce(0) {
                    $0 + ($1.isNaN || $1 == .infinity || (side == own && $1 == -.infinity) ? 1 : 0)
                }
                if bad > 0 && problem == nil {
                    problem = "the \(side)'s log density is not usable at \(bad) of \(values.count) \(own) samples"
                }
            }
        }

        enum Side { case flow, posterior }
    }

    /// At the first `samples` points of the flow.
    private(set) lazy var atFlow: LogDensities = {
        let points = flowPoints(settings.samples)
        if let problem = flowProblem(settings.samples) {
            var densities = LogDensities(flow: [], posterior: [], at: .flow)
            densities.problem = problem
            return densities
        }
        return LogDensities(
            flow: flow.logProbability(of: points), posterior: posteriorAtFlow, at: .flow)
    }()

    /// At the first `samples` points of the exact posterior.
    private(set) lazy var atReference: LogDensities = {
        let points = referencePoints(settings.samples)
        return LogDensities(
            flow: flow.logProbability(of: points), posterior: posteriorAtReference, at: .posterior)
    }()

    /// log p at the flow's points only, for metrics that need no density of the flow.
    private(set) lazy var posteriorAtFlow: [Double] = posterior.logProbability(of: flowPoints(settings.samples))

    /// log p at the exact posterior's own points.
    private(set) lazy var posteriorAtReference: [Double] =
        posterior.logProbability(of: referencePoints(settings.samples))

    /// The flow's points as an importance sample.
    private(set) lazy var importanceSample: Result<ImportanceSample, SampleProblem> = {
        let at = atFlow
        if let problem = at.problem { return .failure(SampleProblem(problem)) }
        let points = flowPoints(settings.samples)
        // A likelihood of 0 inside the box was evaluated, too.
        let evaluations = (0..<points.count).reduce(0) {
            $0 + (posterior.task.isInsidePrior(points, $1) ? 1 : 0)
        }
        return Result { () throws(SampleProblem) in
            try ImportanceSample(
                points: points, logFlow: at.flow, logPosterior: at.posterior, likelihoodEvaluations: evaluations)
        }
    }()

    /// The same evaluation with the flow's points after importance correction; sizes that rejection cannot fill are
    /// those that it can.
    private(set) lazy var corrected: Result<Evaluation, SampleProblem> = importanceSample.map { sample in
        let correction = CorrectedSample(sample, method: settings.correction, stream: stream(.resampling))
        var fitting = settings
        if let kept = correction.accepted?.count {
            fitting.samples = min(kept, fitting.samples)
            fitting.kernelSamples = min(kept, fitting.kernelSamples)
            fitting.slicedSamples = min(kept, fitting.slicedSamples)
        }
        let evaluation = Evaluation(
            flow: flow, posterior: posterior, settings: fitting, inverseError: nil, flowDraw: flowDraw,
            referenceDraw: referenceDraw, findReference: { [unowned self] in reference })
        evaluation.correction = correction
        evaluation.referenceValues = referenceValues
        return evaluation
    }

    /// `mmd` and `mmd-median` from one pass over the pairs.
    private(set) lazy var kernelStatistics: Result<KernelStatistics, SampleProblem> = {
        let count = settings.kernelSamples
        if let problem = flowProblem(count) { return .failure(SampleProblem(problem)) }
        return gaussianKernelStatistics(
            referencePoints(count), flowPoints(count),
            bandwidth: settings.bandwidth ?? reference.medianDistance)
    }()

    /// The exact log evidence.
    private(set) lazy var logEvidence: Double = posterior.task.logEvidence(observation: posterior.observation)

    /// The basin of each of the flow's first `samples` points; nil without modes.
    private(set) lazy var basinOfFlow: [Int32]? = reference.basins.map { $0.basins(of: flowPoints(settings.samples)) }
}

/// Why a metric of two samples has no value.
public struct SampleProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The reason, for people.
    public var description: String

    /// Wraps the reason.
    public init(_ description: String) {
        self.description = description
    }
}

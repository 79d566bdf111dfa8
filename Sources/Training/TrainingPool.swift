import FlowMath
import Flows
import Tasks

/// Draws with their log weights, before anything is normalised.
package struct RawDraws: Sendable {
    package var points: Points
    /// log L(θ); 0 for exact samples.
    package var logWeights: [Double]

    package init(points: Points, logWeights: [Double]) {
        self.points = points
        self.logWeights = logWeights
    }

    /// Draws at the most when a pool is drawn until its effective sample size suffices.
    private static let drawsLimit = 1 << 24

    /// Draws pool number `round`; a pure function of (task, configuration, seed, purpose, round, count). Without a
    /// `count` it has as many draws as the configuration says, in one block or in several until the effective sample
    /// size suffices.
    static func draw(
        task: any InferenceTask, configuration: TrainingConfiguration, seed: UInt64, purpose: StreamPurpose,
        round: Int, count: Int? = nil
    ) throws(TrainingError) -> RawDraws {
        let stream = RandomStream(seed: seed, purpose: purpose, step: UInt32(truncatingIfNeeded: round))
        let block = configuration.draws
        var result = try drawBlock(
            task: task, configuration: configuration, stream: stream, block: 0, start: 0, count: count ?? block)
        guard count == nil else { return result }
        var number: UInt32 = 0
        while result.effectiveSampleSize < configuration.poolEffectiveSize {
            let drawn = result.logWeights.count
            // As many blocks as the share so far asks for, but never more than three times what there is: a share known
            // from few draws is not to be trusted.
            let share = max(result.effectiveSampleSize, 1) / Double(drawn)
            let missing = configuration.poolEffectiveSize / share - Double(drawn)
            let wanted = min(Int(missing / Double(block)) + 1, max(3 * drawn / block, 1)) * block
            guard drawn + wanted <= drawsLimit else { break }
            number += 1
            let more = try drawBlock(
                task: task, configuration: configuration, stream: stream, block: number, start: drawn, count: wanted)
            result.points.values += more.points.values
            result.logWeights += more.logWeights
        }
        return result
    }

    /// Block number `block` of a pool, its draws `start` ..< `start + count`.
    private static func drawBlock(
        task: any InferenceTask, configuration: TrainingConfiguration, stream: RandomStream, block: UInt32, start: Int,
        count: Int
    ) throws(TrainingError) -> RawDraws {
        switch configuration.objective {
        case .maximumLikelihood:
            let points = task.samplePosterior(
                count: count, observation: task.observation, stream: stream.substream(block))
            return RawDraws(points: points, logWeights: [Double](repeating: 0, count: count))
        case .likelihoodWeighted, .amortised, .reverseKullbackLeibler, .chiSquared:
            let points = priorDraws(
                start..<(start + count), task: task, sequence: configuration.drawSequence, stream: stream,
                substream: block)
            return RawDraws(points: points, logWeights: try logLikelihood(of: points, task: task))
        }
    }

    /// Prior draws number `range` of a pool; independent ones fill a substream of their own from its start.
    static func priorDraws(
        _ range: Range<Int>, task: any InferenceTask, sequence: DrawSequence, stream: RandomStream, substream: UInt32
    ) -> Points {
        switch sequence {
        case .random: task.samplePrior(count: range.count, stream: stream.substream(substream))
        case .quasi: SobolSequence.points(range, task: task, stream: stream)
        }
    }

    /// log L of points inside the prior's box; throws when one is +∞ or not a number.
    static func logLikelihood(of points: Points, task: any InferenceTask) throws(TrainingError) -> [Double] {
        let values = task.logLikelihood(of: points, observation: task.observation)
        if let index = values.firstIndex(where: { $0.isNaN || $0 == .infinity }) {
            throw .likelihoodNotFinite(
                point: (0..<points.dimension).map { points[index, $0] }, value: values[index])
        }
        return values
    }

    /// (Σw)²/Σw² of the normalised weights; 0 when none has weight.
    var effectiveSampleSize: Double { TemperedWeights.effectiveSampleSize(logWeights) }

    /// The same draws with the largest weights smoothed as the configuration says, and the tail's shape k̂ if they were.
    func smoothed(_ smoothing: WeightSmoothing) -> (draws: RawDraws, tail: PoolTail?) {
        guard smoothing == .pareto else { return (self, nil) }
        let result = paretoSmoothed(logWeights)
        return (RawDraws(points: points, logWeights: result.logWeights), PoolTail(result))
    }

    /// The draws at `range`.
    func slice(_ range: Range<Int>) -> RawDraws {
        let dimension = points.dimension
        return RawDraws(
            points: Points(
                dimension: dimension,
                values: Array(points.values[(range.lowerBound * dimension)..<(range.upperBound * dimension)])),
            logWeights: Array(logWeights[range]))
    }
}

/// What Pareto smoothing says of a pool's weights.
public struct PoolTail: Sendable, Equatable {
    /// The shape of the weights' upper tail, +∞ when it could not be fitted.
    public let khat: Double
    /// min(1 − 1/log₁₀ S, 0.7) for S weights: above it they are not to be trusted.
    public let threshold: Double

    init(_ smoothing: ParetoSmoothing) {
        khat = smoothing.khat
        threshold = ParetoSmoothing.threshold(count: smoothing.logWeights.count)
    }
}

/// A pool with weights normalised once over all of it (log-sum-exp, double precision).
package struct TrainingPool: Sendable {
    /// Draws in the pool, those of nil weight included.
    let drawCount: Int
    /// The draws that carry weight, single precision as the engine takes them, point-major.
    package let values: [Float]
    /// Running sums of their weights; the last one is 1 up to rounding.
    let cumulative: [Double]
    /// guide[g] = the first draw whose running sum exceeds g/guide.count of the total: where a search in `cumulative`
    /// starts.
    let guide: [Int32]
    /// Their weights.
    package let weights: [Double]
    let dimension: Int
    /// The order of the draws.
    let ordering: PoolOrdering
    /// 1 / Σ w²: the number of equally weighted draws that would be as good.
    package let effectiveSampleSize: Double

    package var activeCount: Int { weights.count }

    /// Draws below this fraction of the largest weight are left out: together they carry less than n·10⁻¹² of it.
    static let negligible = 1e-12

    package init(_ raw: RawDraws, ordering: PoolOrdering = .drawn) throws(TrainingError) {
        let total = logSumExp(raw.logWeights)
        guard total.isFinite, let largest = raw.logWeights.max() else {
            throw .noWeight(draws: raw.logWeights.count)
        }
        let threshold = largest + Elementary.log(Self.negligible)
        dimension = raw.points.dimension
        self.ordering = ordering
        drawCount = raw.logWeights.count
        var values: [Float] = []
        var weights: [Double] = []
        var cumulative: [Double] = []
        var sum = 0.0
        var squares = 0.0
        var active = (0..<drawCount).filter { raw.logWeights[$0] >= threshold }
        if ordering == .hilbert { active = HilbertCurve.sorted(active, of: raw.points) }
        for i in active {
            let weight = Elementary.exp(raw.logWeights[i] - total)
            sum += weight
            squares += weight * weight
            weights.append(weight)
            cumulative.append(sum)
            for d in 0..<dimension { values.append(Float(raw.points[i, d])) }
        }
        self.values = values
        self.weights = weights
        self.cumulative = cumulative
        guide = Self.guide(cumulative)
        effectiveSampleSize = 1 / squares
    }

    private static func guide(_ cumulative: [Double]) -> [Int32] {
        let count = max(cumulative.count / 2, 1)
        let total = cumulative[cumulative.count - 1]
        var guide = [Int32](repeating: 0, count: count)
        var index = 0
        for g in 0..<count {
            let target = total * (Double(g) / Double(count))
            while index < cumulative.count - 1 && cumulative[index] <= target { index &+= 1 }
            guide[g] = Int32(truncatingIfNeeded: index)
        }
        return guide
    }

    /// The draws that carry weight, widened.
    var points: Points { Points(dimension: dimension, values: values.map(Double.init)) }

    /// The draws that carry weight; of more than 8192 (64 per component of a mixture base, if that is more) as many,
    /// equally weighted, by systematic resampling from the middle of each stretch. A start needs no more, and the draws
    /// of a tempered pool nearly all carry weight.
    func thinned(for flow: Flow) -> (points: Points, weights: [Double]) {
        var limit = 8192
        if case .gaussianMixture(let mixture) = flow.baseConfiguration { limit = max(limit, 64 * mixture.components) }
        guard activeCount > limit else { return (points, weights) }
        var result = Points(dimension: dimension, values: [])
        let spacing = cumulative[activeCount - 1] / Double(limit)
        var index = 0
        for i in 0..<limit {
            let target = (Double(i) + 0.5) * spacing
            while index < activeCount - 1 && cumulative[index] <= target { index += 1 }
            for d in 0..<dimension { result.values.append(Double(values[index * dimension + d])) }
        }
        return (result, [Double](repeating: 1 / Double(limit), count: limit))
    }
}

/// Why a run cannot be trained (or not further).
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Every draw of a pool has likelihood 0 in double precision.
    case noWeight(draws: Int)
    /// The task gave a log-likelihood that is not a number or +∞.
    case likelihoodNotFinite(point: [Double], value: Double)
    /// Too many batches in a row had a non-finite loss or gradient, or the parameters are not finite.
    case diverged(step: Int, reason: String)
    /// A configuration that cannot be trained, for example means of the wrong dimension.
    case configuration(String)
    /// A checkpoint that does not fit this run.
    case checkpoint(String)

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .noWeight(let draws):
            return
                "all \(draws) draws of a pool have likelihood 0: raise training.draws, or check the task's observation"
        case .likelihoodNotFinite(let point, let value):
            return "the task's log-likelihood is \(value) at \(point)"
        case .diverged(let step, let reason):
            return "\(reason) at step \(step); lower training.learningRate, or clip with training.gradientClip"
        case .configuration(let text): return text
        case .checkpoint(let text): return text
        }
    }
}

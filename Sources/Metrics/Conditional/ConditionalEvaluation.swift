import FlowMath
import Tasks

/// What the conditional metrics of one amortised flow share, computed at most once. Used on one thread.
public final class ConditionalEvaluation {
    /// First step of the streams (purpose latent, the run's seed) that draw from q: 99 steps from here on, which neither
    /// training nor ``Evaluation`` uses.
    private static let drawSteps: UInt32 = 3 << 30

    let density: any ConditionalDensity
    let task: any SimulatorTask
    let reference: ConditionalReference
    private let seed: UInt64

    init(density: any ConditionalDensity, task: any SimulatorTask, reference: ConditionalReference, seed: UInt64) {
        self.density = density
        self.task = task
        self.reference = reference
        self.seed = seed
    }

    /// The number of pairs.
    var count: Int { reference.truths.count }

    /// log q(θ*|x) of every pair, −infinity where q is 0; a failure where one is not a number or infinite.
    private(set) lazy var logDensityAtTruths: Result<[Double], SampleProblem> = {
        let values = density.logProbability(of: reference.truths, contexts: reference.observations)
        let bad = values.reduce(0) { $0 + ($1.isNaN || $1 == .infinity ? 1 : 0) }
        return bad == 0
            ? .success(values)
            : .failure(SampleProblem("the flow's log density is not usable at \(bad) of \(count) true values"))
    }()

    /// Ranks of what belongs to θ* among the same of 99 draws from q(θ|x), one per pair.
    struct Ranks {
        /// Of each coordinate: #{draws with a smaller one}.
        var coordinates: [RankHistogram]
        /// Of log q(θ|x): #{draws with a smaller one}.
        var logDensity: RankHistogram
        /// Of log q(θ|x), from the top: #{draws with a larger one}, the size of the HPD region that just holds θ*.
        var region: RankHistogram
        /// Of the distance to the TARP reference point: #{draws that are nearer}.
        var distance: RankHistogram
    }

    private(set) lazy var ranks: Result<Ranks, SampleProblem> = {
        switch logDensityAtTruths {
        case .failure(let problem): return .failure(problem)
        case .success(let atTruths): return ranks(atTruths)
        }
    }()

    private func ranks(_ logDensityAtTruths: [Double]) -> Result<Ranks, SampleProblem> {
        let dimension = task.dimension
        let truths = reference.truths
        let draws = RankHistogram.draws
        let scales = priorScales
        let distances = squaredDistances(truths, scales)
        // Statistics: the coordinates, log q, the distance.
        var counters = (0..<(dimension + 2)).map {
            RankCounter(count: count, tieStream: reference.tieStream(statistic: $0))
        }
        var notFinite = 0
        var notUsable = 0
        for draw in 0..<draws {
            let points = density.sample(
                contexts: reference.observations,
                stream: RandomStream(seed: seed, purpose: .latent, step: Self.drawSteps + UInt32(draw)))
            for value in points.values where !value.isFinite { notFinite += 1 }
            let logDensity = density.logProbability(of: points, contexts: reference.observations)
            for value in logDensity where !value.isFinite { notUsable += 1 }
            let drawDistances = squaredDistances(points, scales)
            for d in 0..<dimension {
                for i in 0..<count { counters[d].compare(i, draw: points[i, d], truth: truths[i, d]) }
            }
            for i in 0..<count {
                counters[dimension].compare(i, draw: logDensity[i], truth: logDensityAtTruths[i])
                counters[dimension + 1].compare(i, draw: drawDistances[i], truth: distances[i])
            }
        }
        if notFinite > 0 {
            return .failure(SampleProblem("\(notFinite) coordinates of the flow's draws are not finite"))
        }
        if notUsable > 0 {
            let problem = "the flow's log density is not usable at \(notUsable) of \(draws * count) flow draws"
            return .failure(SampleProblem(problem))
        }
        let ranks = counters.map { $0.ranks() }
        return .success(
            Ranks(
                coordinates: ranks.prefix(dimension).map { RankHistogram($0) },
                logDensity: RankHistogram(ranks[dimension]),
                region: RankHistogram(ranks[dimension].map { draws - $0 }),
                distance: RankHistogram(ranks[dimension + 1])))
    }

    /// The prior's extent along each coordinate: the box's width, or the standard deviation of a normal prior.
    private var priorScales: [Double] {
        switch task.prior {
        case .uniform: return task.priorBox.map { $0.upperBound - $0.lowerBound }
        case .normal(_, let standardDeviations): return standardDeviations
        }
    }

    /// Squared distance of each point to the reference point of its x, coordinates in units of the prior's extent.
    private func squaredDistances(_ points: Points, _ scales: [Double]) -> [Double] {
        (0..<points.count).map { i in
            var square = 0.0
            for d in scales.indices {
                let difference = (points[i, d] - reference.referencePoints[i, d]) / scales[d]
                square += difference * difference
            }
            return square
        }
    }
}

/// Ranks of true values among draws, counted draw by draw; equal values are ordered at random (Modrák et al. 2023).
package struct RankCounter: Sendable {
    private var smaller: [Int]
    private var equal: [Int]
    private var tieStream: RandomStream

    /// For `count` true values; ties are decided by one number per true value from `tieStream`.
    package init(count: Int, tieStream: RandomStream) {
        smaller = [Int](repeating: 0, count: count)
        equal = smaller
        self.tieStream = tieStream
    }

    /// Takes one draw for true value i.
    package mutating func compare(_ i: Int, draw: Double, truth: Double) {
        if draw < truth {
            smaller[i] &+= 1
        } else if draw == truth {
            equal[i] &+= 1
        }
    }

    /// The number of draws below each true value.
    package func ranks() -> [Int] {
        var stream = tieStream
        return smaller.indices.map { smaller[$0] + stream.nextIndex(below: equal[$0] + 1) }
    }
}

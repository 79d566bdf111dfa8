import FlowMath
import Metrics
import Tasks

/// A conjugate model: θ ~ N(0, priorDeviation² I), x = θ + N(0, noise² I), so that θ|x ~ N(shrinkage · x, deviation² I).
/// With `signIsLost` x = ±θ + noise, either sign with probability ½, and the posterior is the equal mixture of
/// N(±shrinkage · x, deviation² I): two modes that merge as x → 0.
struct ConjugateTask: SimulatorTask {
    var dimension = 2
    var priorDeviation = 3.0
    var noise = 0.6
    var signIsLost = false

    var shrinkage: Double { priorDeviation * priorDeviation / (priorDeviation * priorDeviation + noise * noise) }
    var deviation: Double { shrinkage.squareRoot() * noise }
    /// I(θ; x) = D/2 log(1 + priorDeviation²/noise²), nats, when the sign is kept.
    var information: Double {
        0.5 * Double(dimension) * Elementary.log(1 + priorDeviation * priorDeviation / (noise * noise))
    }

    var priorBox: [ClosedRange<Double>] {
        [ClosedRange<Double>](repeating: -Double.infinity...Double.infinity, count: dimension)
    }
    var prior: Prior {
        .normal(
            means: [Double](repeating: 0, count: dimension),
            standardDeviations: [Double](repeating: priorDeviation, count: dimension))
    }
    var observation: [Double] { [Double](repeating: 2, count: dimension) }
    var modeCount: Int? { signIsLost ? 2 : 1 }
    func modes(observation: [Double]) -> [Mode] { posterior(observation).components.map { Mode(centre: $0.mean) } }

    /// The exact posterior with its standard deviation times `widening` and the given weight of the mode that lies at
    /// positive θ₀.
    func posterior(_ observation: [Double], widening: Double = 1, positiveWeight: Double = 0.5) -> Mixture {
        let centre = observation.map { shrinkage * $0 }
        guard signIsLost else { return Mixture([(1, centre, widening * deviation)]) }
        let weight = centre[0] > 0 ? positiveWeight : 1 - positiveWeight
        return Mixture([
            (weight, centre, widening * deviation), (1 - weight, centre.map { -$0 }, widening * deviation),
        ])
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        let kept = Mixture([(1, observation, noise)]).logProbability(of: points)
        guard signIsLost else { return kept }
        return Mixture([(0.5, observation, noise), (0.5, observation.map { -$0 }, noise)]).logProbability(of: points)
    }

    func logEvidence(observation: [Double]) -> Double {
        // x ~ N(0, (priorDeviation² + noise²) I) either way.
        let marginal = (priorDeviation * priorDeviation + noise * noise).squareRoot()
        return Mixture([(1, [Double](repeating: 0, count: dimension), marginal)]).logProbability(
            of: Points(dimension: dimension, values: observation))[0]
    }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        posterior(observation).sample(count: count, stream: stream)
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        var result = points
        for i in 0..<points.count {
            let sign = signIsLost && stream.nextUniform() < 0.5 ? -1.0 : 1.0
            for d in 0..<dimension { result[i, d] = sign * points[i, d] + noise * stream.nextNormal() }
        }
        return result
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        pairwise(points, observations) { logLikelihood(of: $0, observation: $1)[0] }
    }

    /// Fixed numbers of the prior predictive's size.
    var fixedObservations: [[Double]] {
        (0..<10).map { k in (0..<dimension).map { d in 0.9 * Double(k - 4) + 0.35 * Double(d) } }
    }
}

/// A family made of one mixture per x: exact, over-confident, or blind to a mode, as `posterior` is told.
struct ConjugateFamily: ConditionalDensity {
    var task: ConjugateTask
    var widening = 1.0
    var positiveWeight = 0.5

    var dimension: Int { task.dimension }
    var contextDimension: Int { task.dimension }

    private func at(_ observation: [Double]) -> Mixture {
        task.posterior(observation, widening: widening, positiveWeight: positiveWeight)
    }

    func sample(contexts: Points, stream: RandomStream) -> Points {
        var values: [Double] = []
        for i in 0..<contexts.count {
            values += at(row(contexts, i)).sample(count: 1, stream: stream.substream(UInt32(i))).values
        }
        return Points(dimension: dimension, values: values)
    }

    func logProbability(of points: Points, contexts: Points) -> [Double] {
        pairwise(points, contexts) { at($1).logProbability(of: $0)[0] }
    }
}

/// q(θ|x) = prior for every x.
struct PriorFamily: ConditionalDensity {
    var task: any SimulatorTask
    var dimension: Int { task.dimension }
    var contextDimension: Int { task.observation.count }

    func sample(contexts: Points, stream: RandomStream) -> Points {
        task.samplePrior(count: contexts.count, stream: stream)
    }

    func logProbability(of points: Points, contexts: Points) -> [Double] { task.logPrior(of: points) }
}

/// The exact family with log densities (and, with `breaksSamples`, samples) replaced where the first number of x exceeds
/// `threshold`.
struct BrokenFamily: ConditionalDensity {
    var exact: ConjugateFamily
    var threshold: Double
    var logDensity: Double
    var breaksSamples = false
    var dimension: Int { exact.dimension }
    var contextDimension: Int { exact.contextDimension }

    func sample(contexts: Points, stream: RandomStream) -> Points {
        var points = exact.sample(contexts: contexts, stream: stream)
        guard breaksSamples else { return points }
        for i in 0..<points.count where contexts[i, 0] > threshold { points[i, 0] = .nan }
        return points
    }

    func logProbability(of points: Points, contexts: Points) -> [Double] {
        var values = exact.logProbability(of: points, contexts: contexts)
        for i in values.indices where contexts[i, 0] > threshold { values[i] = logDensity }
        return values
    }
}

func row(_ points: Points, _ i: Int) -> [Double] { (0..<points.dimension).map { points[i, $0] } }

private func pairwise(_ points: Points, _ contexts: Points, _ body: (Points, [Double]) -> Double) -> [Double] {
    (0..<points.count).map { i in
        body(Points(dimension: points.dimension, values: row(points, i)), row(contexts, i))
    }
}

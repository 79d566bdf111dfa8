import Catalog
import FlowMath

/// A centre of posterior mass.
public struct Mode: Sendable, Equatable {
    /// Position in θ-space, D coordinates.
    public var centre: [Double]

    /// Creates a mode.
    public init(centre: [Double]) {
        self.centre = centre
    }
}

/// How the two parts of posterior mass outside a highest-posterior-density region are told apart by `bridge-mass`.
public enum ModeGeometry: Sendable, Equatable {
    /// Point-like modes: basins are nearest centres, "between" is near a segment that joins two centres.
    case centres
    /// Centres of equal mixture components of which some overlap (`gmm40`): there are fewer local maxima than centres, a
    /// centre need not be one, and no saddle separates them all. Basins are nearest centres, which for equal isotropic
    /// components is the largest responsibility; nothing is "between".
    case components
    /// Concentric circles about the origin with the given radii (`rings`): the basin is the nearest radius, "between"
    /// is ‖θ‖ below the value.
    case radii([Double], betweenBelow: Double)
}

/// An inference problem: a prior, a likelihood and everything exact that is known of its posterior.
///
/// Contract (checked over the whole catalog by `checkTask`): every batch function treats its points independently
/// (a batch of n equals n batches of one, bit for bit); `samplePosterior` draws from exp(`logPosterior`) exactly and is
/// a pure function of its stream; ∫ exp(logPosterior) = 1; all of it uses ``Elementary`` so that numbers agree between
/// machines. `observation` is empty for density tasks.
public protocol InferenceTask: Sendable {
    /// D, the dimension of θ.
    var dimension: Int { get }

    /// The prior's support: a box, one closed range per dimension; infinite ranges for a prior on all of R^D.
    var priorBox: [ClosedRange<Double>] { get }

    /// The prior's density on that box. Uniform unless the task says otherwise.
    var prior: Prior { get }

    /// The observation of the fixed-x problem; empty for density tasks.
    var observation: [Double] { get }

    /// The number of modes where it is known: what `"components": "match"` becomes.
    var modeCount: Int? { get }

    /// The modes at the observation; empty where unknown.
    func modes(observation: [Double]) -> [Mode]

    /// How basins and the space between modes are defined.
    var modeGeometry: ModeGeometry { get }

    /// log L(θ) = log p(x|θ) for each point inside the box; callers never ask outside.
    func logLikelihood(of points: Points, observation: [Double]) -> [Double]

    /// log ∫ L(θ) p(θ) dθ over the box.
    func logEvidence(observation: [Double]) -> Double

    /// `count` independent draws from the exact posterior.
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points

    /// log of the highest saddle density between two modes (the density on the best path's lowest point), where it is
    /// known in closed form; nil lets the reference find it on a grid (2D only).
    func logSeparatingDensity(observation: [Double]) -> Double?
}

/// The density of a prior on its box.
public enum Prior: Sendable, Equatable {
    /// Uniform on a bounded box.
    case uniform
    /// Independent normal distributions, one mean and one positive standard deviation per dimension; the box is R^D.
    case normal(means: [Double], standardDeviations: [Double])
}

/// A task with a simulator, so that one flow q(θ|x) can be trained for every x.
///
/// Contract (checked by `checkTask`): rows are independent of each other, bit for bit; `simulate` is a pure function of
/// (θ_i, stream, i); the likelihood of pairs equals ``InferenceTask/logLikelihood(of:observation:)`` at each single x.
/// `observation.count` is C, the numbers in an x; the posterior functions of ``InferenceTask`` accept every x that
/// `simulate` can yield.
public protocol SimulatorTask: InferenceTask {
    /// One x for each θ: row i is a draw from p(x|θ_i), C numbers.
    func simulate(at points: Points, stream: RandomStream) -> Points

    /// log p(x_i|θ_i) for each pair; as many `observations` (C numbers each) as `points`.
    func logLikelihood(of points: Points, observations: Points) -> [Double]

    /// Ten observations of the prior predictive, fixed for ever, at which amortised posteriors are compared.
    var fixedObservations: [[Double]] { get }
}

extension InferenceTask {
    /// Uniform by default.
    public var prior: Prior { .uniform }

    /// Whether each point lies in the prior's box.
    public func isInsidePrior(_ points: Points, _ i: Int) -> Bool {
        for d in 0..<dimension where !priorBox[d].contains(points[i, d]) { return false }
        return true
    }

    /// log p(θ), nats; −infinity outside the box (and where a coordinate is not a number).
    public func logPrior(of points: Points) -> [Double] {
        let box = priorBox
        let inside = logPriorInside(of: points)
        return (0..<points.count).map { i in
            for d in box.indices where !box[d].contains(points[i, d]) { return -.infinity }
            return inside[i]
        }
    }

    /// The constant log prior density inside a bounded box with a uniform prior.
    public var logPriorInside: Double {
        -priorBox.reduce(0) { $0 + Elementary.log($1.upperBound - $1.lowerBound) }
    }

    /// log p(θ) of points that lie inside the box.
    private func logPriorInside(of points: Points) -> [Double] {
        switch prior {
        case .uniform:
            return [Double](repeating: logPriorInside, count: points.count)
        case .normal(let means, let standardDeviations):
            var constant = 0.0
            for deviation in standardDeviations { constant -= Elementary.log(deviation) + Elementary.halfLogTwoPi }
            return (0..<points.count).map { i in
                var sum = 0.0
                for d in means.indices {
                    let z = (points[i, d] - means[d]) / standardDeviations[d]
                    sum += z * z
                }
                return constant - 0.5 * sum
            }
        }
    }

    /// `count` draws from the prior.
    public func samplePrior(count: Int, stream: RandomStream) -> Points {
        var stream = stream
        if case .normal(let means, let standardDeviations) = prior {
            var values = [Double](repeating: 0, count: count * dimension)
            for index in values.indices {
                let d = index % dimension
                values[index] = means[d] + standardDeviations[d] * stream.nextNormal()
            }
            return Points(dimension: dimension, values: values)
        }
        let box = priorBox
        let dimension = box.count
        var values = stream.uniforms(count * dimension)
        values.withUnsafeMutableBufferPointer { values in
            for (d, range) in box.enumerated() {
                let (lower, width) = (range.lowerBound, range.upperBound - range.lowerBound)
                var index = d
                while index < values.count {
                    values[index] = lower + width * values[index]
                    index &+= dimension
                }
            }
        }
        return Points(dimension: dimension, values: values)
    }

    /// log p(θ|x), normalised; −infinity outside the box.
    public func logPosterior(of points: Points, observation: [Double]) -> [Double] {
        // Outside points are replaced by the box's centre before the likelihood sees them, then overwritten.
        let box = priorBox
        let dimension = box.count
        let values = points.values
        var safe = points
        var outside: [Int] = []
        for i in 0..<points.count {
            var isInside = true
            for d in 0..<dimension where !box[d].contains(values[i &* dimension &+ d]) { isInside = false }
            if isInside { continue }
            outside.append(i)
            for d in 0..<dimension {
                let centre = 0.5 * (box[d].lowerBound + box[d].upperBound)
                // On all of R^D only NaN and infinities are outside.
                safe[i, d] = centre.isFinite ? centre : 0
            }
        }
        let logEvidence = logEvidence(observation: observation)
        let logPrior = logPriorInside(of: safe)
        var result = logLikelihood(of: safe, observation: observation)
        for i in result.indices { result[i] += logPrior[i] - logEvidence }
        for i in outside { result[i] = -.infinity }
        return result
    }

    /// No closed form by default.
    public func logSeparatingDensity(observation: [Double]) -> Double? { nil }

    /// Point-like modes by default.
    public var modeGeometry: ModeGeometry { .centres }
}

/// The exact posterior of a task at one observation, as a density that metrics can compare with a flow.
public struct ExactPosterior: SampleableDensity {
    /// The task whose posterior it is.
    public let task: any InferenceTask
    /// The x of p(θ|x); empty for density tasks.
    public let observation: [Double]

    /// The posterior at `observation`, by default the task's own.
    public init(task: any InferenceTask, observation: [Double]? = nil) {
        self.task = task
        self.observation = observation ?? task.observation
    }

    /// D.
    public var dimension: Int { task.dimension }

    /// Exact draws.
    public func sample(count: Int, stream: RandomStream) -> Points {
        task.samplePosterior(count: count, observation: observation, stream: stream)
    }

    /// Normalised log posterior.
    public func logProbability(of points: Points) -> [Double] {
        task.logPosterior(of: points, observation: observation)
    }
}

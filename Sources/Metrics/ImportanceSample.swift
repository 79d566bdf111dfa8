import FlowMath

/// How a flow's sample is turned into one of the posterior by its importance weights w = p/q.
public enum CorrectionMethod: String, Sendable, Equatable, CaseIterable {
    /// Resampling by Pareto-smoothed weights.
    case psis
    /// Resampling by the weights themselves (self-normalised importance sampling).
    case snis
    /// Keeping each point with probability w / max w, the largest ratio observed.
    case rejection
}

/// The flow's first `samples` points with their importance weights w = p/q, not all 0.
struct ImportanceSample: Sendable {
    let points: Points
    /// log p/q of each point; −infinity outside the prior's box.
    let logWeights: [Double]
    let smoothing: ParetoSmoothing
    /// max log w.
    let largest: Double
    /// Points at which the likelihood had to be evaluated: those inside the prior's box.
    let likelihoodEvaluations: Int

    init(
        points: Points, logFlow: [Double], logPosterior: [Double], likelihoodEvaluations: Int
    ) throws(SampleProblem) {
        let logWeights = zip(logPosterior, logFlow).map { $0 - $1 }
        guard let largest = logWeights.max(), largest > -.infinity else {
            throw SampleProblem("no flow sample lies where p > 0")
        }
        self.points = points
        self.logWeights = logWeights
        self.largest = largest
        smoothing = paretoSmoothed(logWeights)
        self.likelihoodEvaluations = likelihoodEvaluations
    }

    /// Whether the weights differ by no more than rounding.
    var isUniform: Bool { logWeights.allSatisfy { largest - $0 < 1e-9 } }

    /// k̂ and the value above which estimates by the weights are unreliable, as details of such an estimate; reports warn.
    var reliability: [String: Double] {
        if isUniform { return [:] }
        return ["khat": smoothing.khat, "khatLimit": ParetoSmoothing.threshold(count: logWeights.count)]
    }

    /// w / max w.
    var relativeWeights: [Double] { Self.relative(logWeights, largest) }

    private static func relative(_ logWeights: [Double], _ largest: Double) -> [Double] {
        var weights = logWeights.map { $0 - largest }
        Elementary.exp(&weights)
        return weights
    }

    /// `count` points by systematic resampling (Kitagawa 1996): point i appears ⌊c⌋ or ⌈c⌉ times, c = count · w_i / Σw.
    func resampled(_ count: Int, smoothed: Bool, stream: RandomStream) -> Points {
        let weights = smoothed ? Self.relative(smoothing.logWeights, largest) : relativeWeights
        var total = 0.0
        for weight in weights { total += weight }
        var stream = stream
        let offset = stream.nextUniform()
        var values: [Double] = []
        values.reserveCapacity(count * points.dimension)
        var index = 0
        var reached = weights[0]
        for draw in 0..<count {
            let target = (Double(draw) + offset) / Double(count) * total
            while reached <= target && index < weights.count - 1 {
                index += 1
                reached += weights[index]
            }
            append(index, &values)
        }
        return Points(dimension: points.dimension, values: values)
    }

    /// The points that rejection keeps, in their order.
    func accepted(stream: RandomStream) -> Points {
        var stream = stream
        var values: [Double] = []
        for (index, weight) in relativeWeights.enumerated() where stream.nextUniform() < weight {
            append(index, &values)
        }
        return Points(dimension: points.dimension, values: values)
    }

    private func append(_ index: Int, _ values: inout [Double]) {
        for d in 0..<points.dimension { values.append(points[index, d]) }
    }
}

/// The corrected sample in place of the flow's, drawn at most once for each size.
final class CorrectedSample {
    let sample: ImportanceSample
    let method: CorrectionMethod
    /// Only of rejection: what it kept.
    let accepted: Points?
    private let stream: RandomStream
    private var drawn: [Int: Points] = [:]

    init(_ sample: ImportanceSample, method: CorrectionMethod, stream: RandomStream) {
        self.sample = sample
        self.method = method
        self.stream = stream
        accepted = method == .rejection ? sample.accepted(stream: stream) : nil
    }

    /// The first `count` accepted points, or `count` resampled ones.
    func points(_ count: Int) -> Points {
        if let known = drawn[count] { return known }
        let points =
            accepted?.prefix(count)
            ?? sample.resampled(count, smoothed: method == .psis, stream: stream)
        drawn[count] = points
        return points
    }
}

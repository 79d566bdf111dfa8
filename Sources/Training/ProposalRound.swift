import FlowMath
import Flows
import Tasks

/// One round of an adaptive proposal: its density r and the draws from it that can have weight.
package struct ProposalRound: Sendable {
    /// 0-based.
    package let number: Int
    /// Draws made, those outside the prior's box and of likelihood 0 included.
    package let drawCount: Int
    /// The flow q of r = (1 − a) q + a p; nil for round 0, where r is the prior p.
    let flow: TrainedFlow?
    /// a, the share of its draws that are prior draws.
    let defensiveShare: Double
    /// The draws inside the prior's box with L > 0, in the order drawn.
    package let points: Points
    package let logLikelihoods: [Double]
    let logPriors: [Double]
    /// The first of `points` that is set aside for validation.
    let heldFrom: Int

    /// Keeps of `points` what has weight; `logLikelihoods` are −∞ outside the box. The last `heldCount` draws are those
    /// of the validation set.
    init(
        number: Int, flow: TrainedFlow?, defensiveShare: Double, points: Points, logLikelihoods: [Double],
        heldCount: Int, task: any InferenceTask
    ) {
        self.number = number
        self.flow = flow
        self.defensiveShare = defensiveShare
        drawCount = points.count
        var kept = Points(dimension: points.dimension, values: [])
        var keptLikelihoods: [Double] = []
        var heldFrom = 0
        for i in 0..<points.count where logLikelihoods[i] > -.infinity {
            if i < points.count - heldCount { heldFrom += 1 }
            keptLikelihoods.append(logLikelihoods[i])
            for d in 0..<points.dimension { kept.values.append(points[i, d]) }
        }
        self.points = kept
        self.logLikelihoods = keptLikelihoods
        self.heldFrom = heldFrom
        logPriors = task.logPrior(of: kept)
    }

    /// log r of the draws of `other`, nats.
    package func logDensities(of other: ProposalRound) -> [Double] {
        guard let flow, other.points.count > 0 else { return other.logPriors }
        let (prior, own) = (Elementary.log(defensiveShare), Elementary.log(1 - defensiveShare))
        var result = flow.logProbability(of: other.points)
        var differences = result
        for i in result.indices {
            let first = prior + other.logPriors[i]
            // A density that is not a number counts as none: the defensive share is left.
            let second = result[i].isNaN ? -.infinity : own + result[i]
            result[i] = max(first, second)
            differences[i] = min(first, second) - result[i]
        }
        Elementary.exp(&differences)
        Elementary.logOnePlus(&differences)
        for i in result.indices { result[i] += differences[i] }
        return result
    }
}

import FlowMath
import Flows
import Tasks

/// Batches of the objectives that draw from the flow itself: gradients by the score function, Σ w_i ∇ log q(θ_i), which
/// needs no gradient of the likelihood. Each point of a batch is one likelihood evaluation.
package struct FlowDraws {
    private let objective: TrainingObjective
    private let task: any InferenceTask
    private let defensiveShare: Double
    private let seed: UInt64
    private let box: [ClosedRange<Double>]
    /// No log-likelihood counts as less: the divergence stays finite where the likelihood is 0.
    private let logLikelihoodFloor: Double

    /// Nats between the best log-likelihood of the first pool and the floor, and the fall of log p per width of the box
    /// outside it.
    static let penalty = 100.0

    private static let flowSubstream: UInt32 = 0x8000_0001
    private static let priorSubstream: UInt32 = 0x8000_0002

    /// Nil for objectives that train on pools.
    package init?(
        task: any InferenceTask, configuration: TrainingConfiguration, seed: UInt64, firstPool: RawDraws
    ) {
        guard configuration.objective.drawsFromFlow else { return nil }
        objective = configuration.objective
        defensiveShare = configuration.defensiveShare
        self.task = task
        self.seed = seed
        box = task.priorBox
        logLikelihoodFloor = (firstPool.logWeights.max() ?? 0) - Self.penalty
    }

    /// Fills `batch` to its capacity for step `step` and returns the estimate of the objective, nats; nil when it is not
    /// finite.
    package func fill(
        _ batch: inout WeightedBatch, flow: Flow, parameters: AlignedBuffer, workspace: FlowWorkspace, step: Int
    ) throws(TrainingError) -> Double? {
        let size = batch.capacity
        let trained = TrainedFlow(flow: flow, parameters: parameters)
        let stream = RandomStream(seed: seed, purpose: .pool, step: UInt32(truncatingIfNeeded: step))
        let fromPrior =
            objective == .chiSquared ? min(max(Int((defensiveShare * Double(size)).rounded()), 1), size) : 0
        var points = trained.sample(
            count: size - fromPrior, stream: stream.substream(Self.flowSubstream), workspace: workspace)
        if fromPrior > 0 {
            points.values += task.samplePrior(count: fromPrior, stream: stream.substream(Self.priorSubstream)).values
        }
        let logFlow = trained.logProbability(of: points, workspace: workspace)
        let weights: [Double]
        let value: Double
        if objective == .chiSquared {
            let logTarget = try logTarget(of: points, extended: false)
            (weights, value) = Self.chiSquaredWeights(
                logFlow: logFlow, logTarget: logTarget, logPrior: task.logPrior(of: points),
                priorShare: Double(fromPrior) / Double(size))
        } else {
            (weights, value) = Self.reverseWeights(
                logFlow: logFlow, logTarget: try logTarget(of: points, extended: true))
        }
        guard value.isFinite else { return nil }
        batch.count = size
        for i in 0..<size { batch.weights.pointer[i] = Float(weights[i]) }
        for i in 0..<(size * points.dimension) { batch.values.pointer[i] = Float(points.values[i]) }
        return value
    }

    /// w_i = −(f_i − mean f)/(B − 1), f = log q − log p̃: the score-function estimate of ∇ KL(q ‖ p) with the mean of the
    /// other draws as control variate (Kool, van Hoof and Welling 2019), half the gradient of the log-variance loss
    /// (Richter et al. 2020). The value is mean f.
    package static func reverseWeights(logFlow: [Double], logTarget: [Double]) -> (weights: [Double], value: Double) {
        let count = Double(logFlow.count)
        let differences = zip(logFlow, logTarget).map { $0 - $1 }
        let mean = differences.reduce(0, +) / count
        return (differences.map { (mean - $0) / (count - 1) }, mean)
    }

    /// w_i ∝ p̃²/(q r), Σ w_i = 1, for draws of r = (1 − a) q + a p: the gradient of log ∫ p̃²/q, whose minimum is that of
    /// the χ² divergence (α = 2; Midgley et al. 2023 minimise the same with annealed draws). The value is the estimate of
    /// that logarithm.
    package static func chiSquaredWeights(
        logFlow: [Double], logTarget: [Double], logPrior: [Double], priorShare: Double
    ) -> (weights: [Double], value: Double) {
        let (logShare, logRest) = (Elementary.log(priorShare), Elementary.log(1 - priorShare))
        let logWeights = logFlow.indices.map { i in
            logTarget[i] == -.infinity
                ? -.infinity
                : 2 * logTarget[i] - logFlow[i] - logSumExp([logRest + logFlow[i], logShare + logPrior[i]])
        }
        let total = logSumExp(logWeights)
        return (logWeights.map { Elementary.exp($0 - total) }, total - Elementary.log(Double(logFlow.count)))
    }

    /// log L + log p. Outside the box it is −∞ or, `extended`, that of the nearest point of the box less 100 nats per
    /// width of the box and coordinate, with log L never below the floor.
    private func logTarget(of points: Points, extended: Bool) throws(TrainingError) -> [Double] {
        var inside = points
        var excess = [Double](repeating: 0, count: points.count)
        for i in 0..<points.count {
            for (d, range) in box.enumerated() where !range.contains(points[i, d]) {
                // A coordinate that is not a number has no nearest point; the batch is then skipped.
                let nearest = points[i, d] > range.upperBound ? range.upperBound : range.lowerBound
                excess[i] += abs(points[i, d] - nearest) / (range.upperBound - range.lowerBound)
                inside[i, d] = nearest
            }
        }
        var result = try RawDraws.logLikelihood(of: inside, task: task)
        let logPrior = task.logPrior(of: inside)
        for i in result.indices {
            if extended {
                result[i] = max(result[i], logLikelihoodFloor) + logPrior[i] - Self.penalty * excess[i]
            } else {
                result[i] = excess[i] == 0 ? result[i] + logPrior[i] : -.infinity
            }
        }
        return result
    }
}

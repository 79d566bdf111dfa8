import FlowMath
import Flows
import Tasks

/// Pairs (θ, x) for a conditional flow q(θ|x): M observations of the prior predictive, each with N weighted candidates.
///
/// For each j: θ_j from the prior, x_j from p(x|θ_j); the candidates of x_j are θ_j itself and N − 1 fresh prior draws,
/// with weights softmax_i log p(x_j|θ_i). θ_j is an exact draw from p(θ|x_j), and resampling it among fresh prior draws
/// keeps it one (iterated sampling importance resampling: Andrieu, Lee and Vihola 2018), so the loss
/// −mean_j Σ_i w_ij log q(θ_i|x_j) is unbiased for E_x KL(p(θ|x) ‖ q(θ|x)) plus a constant, for every N. N = 1 is neural
/// posterior estimation (Papamakarios and Murray 2016); larger N lower the variance of the same gradient.
package struct AmortisedPool: Sendable {
    let dimension: Int
    let contextDimension: Int
    /// N.
    let candidates: Int
    /// x_j for the observations that have a candidate of positive weight, C numbers each.
    let contexts: [Float]
    /// Candidate i of observation j at (j N + i) D.
    let values: [Float]
    /// Running sums of the candidates' weights, each row of N ending at 1 up to rounding.
    let cumulative: [Double]
    /// Some of the pairs (θ_j, x_j), for the flow's initialisation.
    let initialization: (draws: Points, contexts: Points)
    /// Σ_j 1/Σ_i w_ij²: pairs that would be as good. At least the number of observations.
    package let effectiveSampleSize: Double

    /// Observations with a candidate of positive weight.
    package var observations: Int { contexts.count / contextDimension }

    /// Draws pool number `round`; a pure function of (task, configuration, seed, purpose, round, count). `draws` bounds
    /// what it may cost, see ``cost(draws:candidates:)``.
    package init(
        task: any SimulatorTask, configuration: TrainingConfiguration, seed: UInt64, purpose: StreamPurpose,
        round: Int, draws: Int
    ) throws(TrainingError) {
        let stream = RandomStream(seed: seed, purpose: purpose, step: UInt32(truncatingIfNeeded: round))
        let candidates = configuration.candidates
        let count = Self.observations(draws: draws, candidates: candidates)
        let context = task.observation.count
        let parameters = RawDraws.priorDraws(
            0..<count, task: task, sequence: configuration.drawSequence, stream: stream, substream: 0)
        let observed = task.simulate(at: parameters, stream: stream.substream(Self.simulationSubstream))
        // Candidates are independent of each other and of θ_j whatever the draw sequence: unbiasedness rests on it.
        let fresh = task.samplePrior(
            count: count * (candidates - 1), stream: stream.substream(Self.candidateSubstream))

        self.candidates = candidates
        initialization = (
            parameters.prefix(Self.initializationLimit), observed.prefix(Self.initializationLimit)
        )
        let dimension = task.dimension
        self.dimension = dimension
        contextDimension = context
        var contexts: [Float] = []
        var values: [Float] = []
        var cumulative: [Double] = []
        var effective = 0.0
        let block = max(1, 65_536 / candidates)
        var start = 0
        while start < count {
            let end = min(count, start + block)
            var thetas: [Double] = []
            var repeated: [Double] = []
            for j in start..<end {
                let x = observed.values[(j * context)..<((j + 1) * context)]
                let own = parameters.values[(j * dimension)..<((j + 1) * dimension)]
                let others = fresh.values[
                    (j * (candidates - 1) * dimension)..<((j + 1) * (candidates - 1) * dimension)]
                thetas += own
                thetas += others
                for _ in 0..<candidates { repeated += x }
            }
            let logWeights = try Self.logWeights(
                task, Points(dimension: dimension, values: thetas), Points(dimension: context, values: repeated),
                configuration: configuration)
            for j in start..<end {
                let row = ((j - start) * candidates)..<((j - start + 1) * candidates)
                let total = logSumExp(Array(logWeights[row]))
                guard total > -.infinity else { continue }
                var (sum, squares) = (0.0, 0.0)
                for index in row {
                    let weight = Elementary.exp(logWeights[index] - total)
                    sum += weight
                    squares += weight * weight
                    cumulative.append(sum)
                    for d in 0..<dimension { values.append(Float(thetas[index * dimension + d])) }
                }
                for c in 0..<context { contexts.append(Float(observed[j, c])) }
                effective += 1 / squares
            }
            start = end
        }
        guard !contexts.isEmpty else { throw .noWeight(draws: count * candidates) }
        self.contexts = contexts
        self.values = values
        self.cumulative = cumulative
        effectiveSampleSize = effective
    }

    /// Pairs that the initialisation looks at, at the most.
    private static let initializationLimit = 10_000
    private static let simulationSubstream: UInt32 = 1 << 16
    private static let candidateSubstream: UInt32 = 1 << 17

    /// log p(x_j|θ_ij) of every candidate; without `includeGenerating` that of θ_j itself is left out, and with one
    /// candidate there is nothing to weigh and no likelihood is evaluated.
    private static func logWeights(
        _ task: any SimulatorTask, _ points: Points, _ observations: Points, configuration: TrainingConfiguration
    ) throws(TrainingError) -> [Double] {
        if configuration.candidates == 1 { return [Double](repeating: 0, count: points.count) }
        var values = task.logLikelihood(of: points, observations: observations)
        if let index = values.firstIndex(where: { $0.isNaN || $0 == .infinity }) {
            throw .likelihoodNotFinite(point: (0..<points.dimension).map { points[index, $0] }, value: values[index])
        }
        if !configuration.includeGenerating {
            for index in stride(from: 0, to: values.count, by: configuration.candidates) { values[index] = -.infinity }
        }
        return values
    }

    /// Observations of a pool that may cost `draws`: a simulation for each, and with more than one candidate a
    /// likelihood evaluation for each candidate.
    static func observations(draws: Int, candidates: Int) -> Int {
        max(1, candidates == 1 ? draws : draws / (candidates + 1))
    }

    /// Simulations and likelihood evaluations of such a pool.
    package static func cost(draws: Int, candidates: Int) -> Int {
        observations(draws: draws, candidates: candidates) * (candidates == 1 ? 1 : candidates + 1)
    }

    /// Batch of step `step`: the next observations of a shuffled pass, a candidate of each drawn by its weight.
    package func fill(step: Int, order: PoolOrder, size: Int, seed: UInt64, into batch: inout WeightedBatch) {
        var stream = RandomStream(
            seed: seed, purpose: .resampling, step: UInt32(truncatingIfNeeded: step), substream: 1 << 31)
        let weight = Float(1 / Double(size))
        batch.count = size
        values.withUnsafeBufferPointer { values in
            contexts.withUnsafeBufferPointer { contexts in
                cumulative.withUnsafeBufferPointer { cumulative in
                    for slot in 0..<size {
                        let j = order.index(slot)
                        let first = j &* candidates
                        let last = first &+ candidates &- 1
                        let target = stream.nextUniform() * cumulative[last]
                        var index = first
                        while index < last && cumulative[index] <= target { index &+= 1 }
                        for d in 0..<dimension {
                            batch.values.pointer[slot &* dimension &+ d] = values[index &* dimension &+ d]
                        }
                        for c in 0..<contextDimension {
                            batch.context.pointer[slot &* contextDimension &+ c] = contexts[j &* contextDimension &+ c]
                        }
                        batch.weights.pointer[slot] = weight
                    }
                }
            }
        }
    }

    /// All candidates of weight with their weights over M: the loss over the pool without resampling.
    package func wholeBatch() -> WeightedBatch {
        var kept: [(index: Int, weight: Double)] = []
        for j in 0..<observations {
            var before = 0.0
            for index in (j * candidates)..<((j + 1) * candidates) {
                let weight = cumulative[index] - before
                before = cumulative[index]
                if weight > TrainingPool.negligible { kept.append((index, weight)) }
            }
        }
        var batch = WeightedBatch(dimension: dimension, contextDimension: contextDimension, capacity: kept.count)
        batch.count = kept.count
        for (slot, entry) in kept.enumerated() {
            let j = entry.index / candidates
            for d in 0..<dimension {
                batch.values.pointer[slot * dimension + d] = values[entry.index * dimension + d]
            }
            for c in 0..<contextDimension {
                batch.context.pointer[slot * contextDimension + c] = contexts[j * contextDimension + c]
            }
            batch.weights.pointer[slot] = Float(entry.weight / Double(observations))
        }
        return batch
    }
}

extension AmortisedPool {
    /// Where a trainer's amortised pools come from.
    struct Source {
        private let task: any SimulatorTask
        private let configuration: TrainingConfiguration
        private let seed: UInt64

        /// Throws when the task cannot simulate or the flow does not take its x.
        init(
            task: any InferenceTask, flow: Flow, configuration: TrainingConfiguration, seed: UInt64
        ) throws(TrainingError) {
            guard let simulator = task as? any SimulatorTask, flow.contextDimension == task.observation.count else {
                throw .configuration("objective 'amortised' needs a task with a simulator and a conditional flow")
            }
            self.task = simulator
            self.configuration = configuration
            self.seed = seed
        }

        func pool(round: Int) throws(TrainingError) -> AmortisedPool {
            try AmortisedPool(
                task: task, configuration: configuration, seed: seed, purpose: .pool, round: round,
                draws: configuration.draws)
        }

        /// What the validation pool may cost.
        var heldDraws: Int { Int((configuration.validationFraction * Double(configuration.draws)).rounded(.up)) }

        /// A pool of its own; nil without validation, or when it has no weight: then it says nothing.
        func validationPool() throws(TrainingError) -> AmortisedPool? {
            guard heldDraws > 0 else { return nil }
            do {
                return try AmortisedPool(
                    task: task, configuration: configuration, seed: seed, purpose: .validation, round: 0,
                    draws: heldDraws)
            } catch .noWeight {
                return nil
            }
        }
    }
}

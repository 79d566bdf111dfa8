import FlowMath
import Flows
import Tasks

/// Proposals that follow the flow round by round: adaptive multiple importance sampling (Cornuet, Marin, Mira and
/// Robert 2012) with a defensive share of the prior (Hesterberg 1995) and tempering.
///
/// Round 0 draws from the prior; round t from (1 − a) q_t + a p, where q_t is the flow at the start of the round, exactly
/// a of the draws being prior draws. All rounds kept are weighted together by the balance heuristic, as draws from the
/// mixture of their proposals, towards L^β p; β is the largest that leaves an effective sample size of the target share
/// of one round's draws. Since every proposal holds a of the prior, no weight exceeds max L^β / a.
package final class AdaptiveProposal {
    private let task: any InferenceTask
    private let configuration: TrainingConfiguration
    private let seed: UInt64
    private let box: [ClosedRange<Double>]
    /// The latest rounds, oldest first.
    package private(set) var rounds: [ProposalRound] = []
    /// logDensities[i][j] = log densities of the draws of rounds[i] under rounds[j].
    private var logDensities: [[[Double]]] = []
    /// β of the current weights.
    package private(set) var inverseTemperature = 1.0

    /// The substream of draws from flows; prior draws use the lower ones.
    private static let flowSubstream: UInt32 = 0x8000_0000

    /// Begins with round 0, the prior draws `first` with their log-likelihoods, or goes on with the rounds of `state`:
    /// they are a pure function of their flows, and their likelihoods are evaluated again for the same draws.
    package init(
        task: any InferenceTask, flow: Flow, configuration: TrainingConfiguration, seed: UInt64, first: RawDraws,
        state: TrainerState? = nil
    ) throws(TrainingError) {
        self.task = task
        self.configuration = configuration
        self.seed = seed
        box = task.priorBox
        guard let state else {
            add(round(0, points: first.points, logLikelihoods: first.logWeights, flow: nil))
            chooseTemperature()
            return
        }
        for stored in state.proposalRounds {
            if stored.number == 0 {
                add(round(0, points: first.points, logLikelihoods: first.logWeights, flow: nil))
            } else {
                guard stored.parameters.count == flow.layout.count else {
                    throw .checkpoint("the checkpoint's proposals do not fit this run's flow")
                }
                let parameters = flow.makeParameters()
                for (i, value) in stored.parameters.enumerated() { parameters.pointer[i] = value }
                add(try drawn(stored.number, flow: TrainedFlow(flow: flow, parameters: parameters)))
            }
        }
        guard !rounds.isEmpty else { throw .checkpoint("the checkpoint has no proposals") }
        inverseTemperature = state.inverseTemperature
    }

    /// What a checkpoint keeps of the rounds.
    package var state: [TrainerState.ProposalState] {
        rounds.map { round in
            TrainerState.ProposalState(
                number: round.number,
                parameters: round.flow.map { $0.parameters.array(0..<$0.flow.layout.count) } ?? [])
        }
    }

    /// Draws round `number` ≥ 1 from the flow with its defensive share and weights all rounds anew.
    package func begin(round number: Int, flow: TrainedFlow) throws(TrainingError) {
        add(try drawn(number, flow: flow))
        chooseTemperature()
    }

    /// The draws to train on with their log weights at the current β.
    package var training: RawDraws { draws { 0..<$0.heldFrom } }

    /// The draws set aside with their log weights; nil without any.
    package var held: RawDraws? {
        let result = draws { $0.heldFrom..<$0.points.count }
        return result.logWeights.isEmpty ? nil : result
    }

    /// Effective sample size of the training draws at β = 1.
    package var posteriorEffectiveSampleSize: Double {
        weights { 0..<$0.heldFrom }.effectiveSampleSize(at: 1)
    }

    // MARK: Rounds

    private func add(_ round: ProposalRound) {
        if rounds.count == configuration.roundsKept {
            rounds.removeFirst()
            logDensities.removeFirst()
            for i in logDensities.indices { logDensities[i].removeFirst() }
        }
        for i in rounds.indices { logDensities[i].append(round.logDensities(of: rounds[i])) }
        rounds.append(round)
        logDensities.append(rounds.map { $0.logDensities(of: round) })
    }

    /// Prior draws in a round drawn from the flow: the defensive share of them, at least one.
    private var priorDrawsInRound: Int {
        let share = Int((Double(configuration.draws) * configuration.defensiveShare).rounded(.down))
        return min(max(share, 1), configuration.draws)
    }

    private func drawn(_ number: Int, flow: TrainedFlow) throws(TrainingError) -> ProposalRound {
        let count = configuration.draws
        let fromPrior = priorDrawsInRound
        // The number of prior draws among the first i, so that every stretch of draws has its share of them.
        func priorDraws(_ i: Int) -> Int { i * fromPrior / count }
        let stream = RandomStream(seed: seed, purpose: .pool, step: UInt32(truncatingIfNeeded: number))
        let prior = RawDraws.priorDraws(
            0..<fromPrior, task: task, sequence: configuration.drawSequence, stream: stream, substream: 0)
        let own = flow.sample(count: count - fromPrior, stream: stream.substream(Self.flowSubstream))
        var points = Points(dimension: task.dimension, values: [])
        points.values.reserveCapacity(count * task.dimension)
        var (nextPrior, nextOwn) = (0, 0)
        for i in 0..<count {
            let takesPrior = priorDraws(i + 1) > nextPrior
            for d in 0..<task.dimension {
                points.values.append(takesPrior ? prior[nextPrior, d] : own[nextOwn, d])
            }
            if takesPrior { nextPrior += 1 } else { nextOwn += 1 }
        }
        return round(
            number, points: points, logLikelihoods: try logLikelihoods(of: points), flow: flow)
    }

    private func round(
        _ number: Int, points: Points, logLikelihoods: [Double], flow: TrainedFlow?
    ) -> ProposalRound {
        let held = Int((configuration.validationFraction * Double(points.count)).rounded())
        return ProposalRound(
            number: number, flow: flow,
            defensiveShare: Double(priorDrawsInRound) / Double(configuration.draws), points: points,
            logLikelihoods: logLikelihoods, heldCount: held, task: task)
    }

    /// −∞ outside the prior's box, where the task is not asked.
    private func logLikelihoods(of points: Points) throws(TrainingError) -> [Double] {
        let inside = (0..<points.count).filter { i in box.indices.allSatisfy { box[$0].contains(points[i, $0]) } }
        let asked = Points(
            dimension: points.dimension,
            values: inside.flatMap { i in (0..<points.dimension).map { points[i, $0] } })
        let values = try RawDraws.logLikelihood(of: asked, task: task)
        var result = [Double](repeating: -.infinity, count: points.count)
        for (k, i) in inside.enumerated() { result[i] = values[k] }
        return result
    }

    // MARK: Weights

    private func chooseTemperature() {
        let target = configuration.temperingTarget * Double(configuration.draws)
        guard target > 0 else { return }
        inverseTemperature =
            weights { 0..<$0.heldFrom }.inverseTemperature(reaching: target, from: inverseTemperature)
    }

    private func weights(_ range: (ProposalRound) -> Range<Int>) -> TemperedWeights {
        var (logLikelihoods, logRatios): ([Double], [Double]) = ([], [])
        let total = Double(rounds.reduce(0) { $0 + $1.drawCount })
        let logShares = rounds.map { Elementary.log(Double($0.drawCount) / total) }
        for (i, round) in rounds.enumerated() {
            let range = range(round)
            logLikelihoods += round.logLikelihoods[range]
            let mixture = Self.logMixture(logDensities[i], logShares: logShares, range: range)
            for (k, j) in range.enumerated() { logRatios.append(round.logPriors[j] - mixture[k]) }
        }
        return TemperedWeights(logLikelihoods: logLikelihoods, logRatios: logRatios)
    }

    /// log Σ_j e^(logShares[j] + logDensities[j][i]) for i in `range`.
    private static func logMixture(_ logDensities: [[Double]], logShares: [Double], range: Range<Int>) -> [Double] {
        var largest = [Double](repeating: -.infinity, count: range.count)
        for (densities, share) in zip(logDensities, logShares) {
            for (k, i) in range.enumerated() { largest[k] = max(largest[k], share + densities[i]) }
        }
        var sum = [Double](repeating: 0, count: range.count)
        var terms = sum
        for (densities, share) in zip(logDensities, logShares) {
            for (k, i) in range.enumerated() { terms[k] = share + densities[i] - largest[k] }
            Elementary.exp(&terms)
            for k in sum.indices { sum[k] += terms[k] }
        }
        Elementary.log(&sum)
        for k in sum.indices { sum[k] += largest[k] }
        return sum
    }

    private func draws(_ range: (ProposalRound) -> Range<Int>) -> RawDraws {
        var points = Points(dimension: task.dimension, values: [])
        for round in rounds {
            let range = range(round)
            let dimension = points.dimension
            points.values +=
                round.points.values[
                    (range.lowerBound * dimension)..<(range.upperBound * dimension)]
        }
        return RawDraws(points: points, logWeights: weights(range).logWeights(at: inverseTemperature))
    }
}

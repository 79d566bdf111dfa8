import FlowMath
import Flows
import Tasks

// Where the trainer's batches come from, round by round.
extension Trainer {
    func drawPool(round: Int) throws(TrainingError) {
        guard round != poolRound else { return }
        poolRound = round
        if let amortisedSource {
            amortised = try amortisedSource.pool(round: round)
            return
        }
        if let adaptive {
            let latest = flow.makeParameters()
            latest.copy(from: average ?? parameters)
            flow.measureNormalizer(latest, seed: seed)
            let wasTempered = adaptive.inverseTemperature < 1
            try adaptive.begin(round: round, flow: TrainedFlow(flow: flow, parameters: latest))
            try use(adaptive)
            if wasTempered && flow.startsFromDraws { restart() }
            return
        }
        let draws = try RawDraws.draw(
            task: task, configuration: configuration, seed: seed, purpose: .pool, round: round)
        // A resumed run draws its current pool again; it was counted at the round's first step.
        if configuration.poolEffectiveSize > 0 && counters.step == round * configuration.stepsPerRound {
            counters.laterDraws += draws.logWeights.count
        }
        try take(draws)
        raw = configuration.weighting == .batch ? draws : nil
    }

    /// Trains on these draws from now on, their weights smoothed as the configuration says.
    private func take(_ draws: RawDraws) throws(TrainingError) {
        let (smoothed, tail) = draws.smoothed(configuration.smoothing)
        pool = try TrainingPool(smoothed, ordering: configuration.usedOrdering)
        poolTail = tail
    }

    /// Parameters at the start, from the pool in use.
    func initialize(isProvisional: Bool) {
        let (draws, weights) = adaptive == nil ? (pool.points, pool.weights) : pool.thinned(for: flow)
        parameters.copy(
            from: flow.initialParameters(
                draws: draws, weights: weights, contexts: amortised?.initialization.contexts, seed: seed,
                isProvisional: isProvisional))
        average?.copy(from: parameters)
    }

    /// Begins anew from the pool in use: a mixture fitted to draws of a broader target stays where it was put, so while
    /// the target narrows it is fitted again, and the flow with it.
    func restart() {
        adam.reset()
        initialize(isProvisional: (inverseTemperature ?? 1) < 1)
    }

    /// Takes over the weighted draws of an adaptive proposal.
    func use(_ adaptive: AdaptiveProposal) throws(TrainingError) {
        try take(adaptive.training)
        poolRound = adaptive.rounds.last?.number ?? 0
        let held = adaptive.held.flatMap { try? TrainingPool($0) }
        validation = held.map(Self.validationBatch)
        validationEffectiveSampleSize = held?.effectiveSampleSize
    }

    /// What a batch was filled with. The weights of flow draws only carry the gradient of their objective, whose estimate
    /// comes beside them.
    enum Filling: Equatable {
        case nothing, poolDraws
        case flowDraws(objective: Double)

        var objective: Double? {
            if case .flowDraws(let objective) = self { return objective }
            return nil
        }
    }

    /// The next `batch` of `count` members of the pool in shuffled passes.
    func nextOrder(step: Int, count: Int) -> PoolOrder {
        let number = step - poolRound * (configuration.proposal == .fresh ? configuration.stepsPerRound : 0)
        return PoolOrder(
            count: count, size: configuration.batch, number: number, seed: seed, round: poolRound, latest: &latestPass)
    }

    func fillBatch(step: Int) throws(TrainingError) -> Filling {
        if let flowDraws {
            let value = try flowDraws.fill(
                &batch, flow: flow, parameters: parameters, workspace: workspace, step: step)
            return value.map { .flowDraws(objective: $0) } ?? .nothing
        }
        if let amortised {
            amortised.fill(
                step: step, order: nextOrder(step: step, count: amortised.observations), size: configuration.batch,
                seed: seed, into: &batch)
            return .poolDraws
        }
        if let raw {
            let hasWeight = BatchSelection.slice(
                raw, order: nextOrder(step: step, count: raw.logWeights.count), size: configuration.batch,
                pruneBelow: configuration.pruneBelow, into: &batch)
            return hasWeight ? .poolDraws : .nothing
        }
        BatchSelection.resample(pool, size: configuration.batch, seed: seed, step: step, into: &batch)
        return .poolDraws
    }
}

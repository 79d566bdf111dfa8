import CFlowKernels
import FlowMath
import Flows
import Tasks

/// What the trainer says every `historyInterval` steps and at the last one.
public struct TrainingReport: Sendable, Equatable {
    /// Optimiser steps done.
    public var step: Int
    /// Mean training loss since the previous report, nats; NaN when every batch since was skipped.
    public var loss: Double
    /// Weighted loss on the validation set, nats.
    public var validationLoss: Double?
    /// Global gradient norm of this step before clipping.
    public var gradientNorm: Double
    /// The flow's learning rate of this step.
    public var learningRate: Double
    /// ESS of the pool in use.
    public var effectiveSampleSize: Double
    /// Likelihood evaluations (or exact samples) so far.
    public var likelihoodEvaluations: Int
    /// Skipped batches so far.
    public var nonfiniteBatches: Int
}

/// Trains one flow on one task, one step at a time. It draws from counter-based streams only, so its whole state is a
/// ``TrainerState`` and a restored trainer goes on bit for bit (within one numerics variant).
///
/// It never logs, writes files or knows a run id.
public final class Trainer {
    /// The architecture being trained.
    public let flow: Flow
    /// The settings.
    public let configuration: TrainingConfiguration
    /// ESS of the first pool, validation draws excluded.
    public let firstPoolEffectiveSampleSize: Double
    /// ESS of the validation set; nil without one.
    public let validationEffectiveSampleSize: Double?

    private let task: any InferenceTask
    private let seed: UInt64
    private let kernels = Kernels.current
    private let workspace: FlowWorkspace
    private let parameters: AlignedBuffer
    private let adam: AdamUpdater
    private let validation: WeightedBatch?
    private let validationDraws: Int
    private let firstDraws: Int
    private var batch: WeightedBatch
    private var pool: TrainingPool
    private var raw: RawDraws?
    private var amortised: AmortisedPool?
    private var poolRound = 0
    private var latestPass: ShuffledPass?
    private var counters: TrainerState
    private var bestParameters: AlignedBuffer?
    private var average: AlignedBuffer?

    /// Skipped batches in a row after which a run counts as diverged.
    static let divergenceLimit = 20

    /// Draws the first pool, unless it is given, and initialises the flow, or continues from `state`.
    public init(
        task: any InferenceTask, flow: Flow, configuration: TrainingConfiguration, seed: UInt64,
        state: TrainerState? = nil, firstPool: FirstPool? = nil
    ) throws(TrainingError) {
        self.task = task
        self.flow = flow
        self.configuration = configuration
        self.seed = seed
        try Self.checkGivenMeans(flow)
        workspace = FlowWorkspace(flow: flow)
        adam = AdamUpdater(configuration.adam, layout: flow.layout)
        batch = WeightedBatch(
            dimension: task.dimension, contextDimension: flow.contextDimension, capacity: configuration.batch)
        counters = state ?? TrainerState()

        var contexts: Points?
        if configuration.objective == .amortised {
            let first = try Self.amortisedPool(task, configuration, flow, seed: seed, round: 0)
            amortised = first
            firstDraws = configuration.cost(draws: configuration.draws)
            contexts = first.initialization.contexts
            let draws = first.initialization.draws
            pool = try TrainingPool(RawDraws(points: draws, logWeights: [Double](repeating: 0, count: draws.count)))
            firstPoolEffectiveSampleSize = first.effectiveSampleSize
            let heldDraws = Int((configuration.validationFraction * Double(configuration.draws)).rounded(.up))
            validationDraws = heldDraws > 0 ? configuration.cost(draws: heldDraws) : 0
            let held =
                heldDraws > 0
                ? try Self.amortisedPool(
                    task, configuration, flow, seed: seed, purpose: .validation, round: 0, draws: heldDraws) : nil
            validation = held?.wholeBatch()
            validationEffectiveSampleSize = held?.effectiveSampleSize
        } else {
            let first: FirstPool
            if let firstPool {
                first = firstPool
            } else {
                first = try FirstPool(task: task, configuration: configuration, seed: seed)
            }
            firstDraws = first.all.logWeights.count
            let (training, held) = (first.training, first.held)
            pool = try TrainingPool(training, ordering: configuration.usedOrdering)
            raw = configuration.weighting == .batch ? training : nil
            firstPoolEffectiveSampleSize = pool.effectiveSampleSize
            validationDraws = configuration.proposal == .fresh ? held?.logWeights.count ?? 0 : 0
            // A validation set without any weight says nothing; training goes on without it.
            let heldPool = held.flatMap { try? TrainingPool($0) }
            validation = heldPool.map(Self.validationBatch)
            validationEffectiveSampleSize = heldPool?.effectiveSampleSize
        }

        if let state {
            parameters = flow.makeParameters()
            try restore(state)
        } else {
            parameters = flow.initialParameters(
                draws: pool.points, weights: pool.weights, contexts: contexts, seed: seed)
            if configuration.averaging > 0 { average = flow.makeParameters() }
            average?.copy(from: parameters)
            if earlyStoppingActs { bestParameters = flow.makeParameters() }
            bestParameters?.copy(from: parameters)
        }
    }

    /// Optimiser steps done.
    public var step: Int { counters.step }

    /// Whether there is nothing left to do.
    public var isFinished: Bool { counters.step >= configuration.steps || counters.stoppedEarly }

    /// Whether early stopping ended the training.
    public var stoppedEarly: Bool { counters.stoppedEarly }

    /// Early stopping acts only with a patience and a validation set of ESS ≥ 200: below that it would follow noise.
    public var earlyStoppingActs: Bool {
        configuration.earlyStoppingPatience > 0 && (validationEffectiveSampleSize ?? 0) >= 200
    }

    /// Likelihood evaluations (or exact samples) spent so far; every draw counts, validation included.
    public var likelihoodEvaluations: Int {
        let later =
            configuration.poolEffectiveSize > 0
            ? counters.laterDraws
            : configuration.cost(draws: configuration.draws)
                * (configuration.roundsBegun(afterSteps: counters.step) - 1)
        return validationDraws + firstDraws + later
    }

    /// Batches skipped so far.
    public var nonfiniteBatches: Int { counters.nonfiniteBatches }

    /// The step whose parameters ``trained()`` returns.
    public var chosenStep: Int { bestParameters == nil ? counters.step : counters.bestStep }

    /// The result so far: the parameters of the best validation with early stopping, else the latest. The normaliser of
    /// a `resampled` base is measured with 10⁶ draws for it.
    ///
    /// A conditional flow comes conditioned on the task's own observation.
    public func trained() -> TrainedFlow {
        let result = flow.makeParameters()
        result.copy(from: bestParameters ?? average ?? parameters)
        flow.measureNormalizer(result, seed: seed)
        return TrainedFlow(
            flow: flow, parameters: result, observation: flow.contextDimension > 0 ? task.observation : [])
    }

    /// Everything needed to continue; taking it changes nothing.
    public var state: TrainerState {
        var state = counters
        state.flowUpdates = adam.flowUpdates
        state.baseUpdates = adam.baseUpdates
        let all = 0..<flow.layout.count
        state.parameters = parameters.array(all)
        state.firstMoment = adam.firstMoment.array(all)
        state.secondMoment = adam.secondMoment.array(all)
        state.averageParameters = average?.array(all) ?? []
        state.bestParameters = bestParameters?.array(all) ?? []
        return state
    }

    /// One optimiser step. Returns a report every `historyInterval` steps and at the last step. Throws
    /// ``TrainingError/diverged(step:reason:)`` after too many unusable batches in a row.
    public func advance() throws(TrainingError) -> TrainingReport? {
        guard !isFinished else { return nil }
        let step = counters.step
        try drawPool(round: configuration.round(ofStep: step))
        let usable = fillBatch(step: step)
        var norm = Double.nan
        let rate = configuration.schedule.rate(atStep: step)
        if usable {
            let loss = flow.accumulateGradient(
                parameters: parameters, batch: batch, workspace: workspace,
                stream: RandomStream(seed: seed, purpose: .normalizer, step: UInt32(truncatingIfNeeded: step)),
                kernels: kernels)
            norm = kernels.elementwise.squared_norm(workspace.gradient.pointer, flow.layout.count).squareRoot()
            if loss.isFinite && norm.isFinite {
                let clip = configuration.gradientClip
                adam.update(
                    parameters, gradient: workspace.gradient,
                    scale: clip > 0 && norm > clip ? clip / norm : 1, flowRate: rate,
                    baseRate: baseRate(step: step, rate: rate), kernels: kernels)
                flow.finishStep(parameters, workspace: workspace)
                updateAverage()
                counters.lossSum += loss
                counters.lossCount += 1
                counters.consecutiveNonfinite = 0
            } else {
                try skipBatch(step: step, loss: loss)
            }
        } else {
            try skipBatch(step: step, loss: .nan)
        }
        counters.step += 1
        guard counters.step % configuration.historyInterval == 0 || counters.step == configuration.steps else {
            return nil
        }
        return report(gradientNorm: norm, rate: rate)
    }

    /// ā_t = ā_{t−1} + γ_t (a_t − ā_{t−1}), γ_t = (η + 1)/(t + η): polynomial-decay averaging (Shamir and Zhang 2013),
    /// where t counts the updates. γ_1 = 1, so the start is forgotten.
    private func updateAverage() {
        guard let average else { return }
        let power = configuration.averaging
        let share = Float((power + 1) / (Double(adam.flowUpdates) + power))
        let (mean, latest) = (average.pointer, parameters.pointer)
        for i in 0..<flow.layout.count { mean[i] += share * (latest[i] - mean[i]) }
    }

    private func skipBatch(step: Int, loss: Double) throws(TrainingError) {
        counters.nonfiniteBatches += 1
        counters.consecutiveNonfinite += 1
        if counters.consecutiveNonfinite >= Self.divergenceLimit {
            throw .diverged(
                step: step + 1, reason: "\(Self.divergenceLimit) batches in a row without a finite loss and gradient")
        }
    }

    /// The base may be frozen first and follow at a rate of its own.
    private func baseRate(step: Int, rate: Double) -> Double? {
        flow.baseConfiguration.optimization?.rate(atStep: step, of: configuration.steps, flowRate: rate)
    }

    private func report(gradientNorm: Double, rate: Double) -> TrainingReport {
        let validationLoss = validation.map {
            flow.weightedLoss(parameters: average ?? parameters, batch: $0, workspace: workspace, kernels: kernels)
        }
        let report = TrainingReport(
            step: counters.step,
            loss: counters.lossCount > 0 ? counters.lossSum / Double(counters.lossCount) : .nan,
            validationLoss: validationLoss, gradientNorm: gradientNorm, learningRate: rate,
            effectiveSampleSize: amortised?.effectiveSampleSize ?? pool.effectiveSampleSize,
            likelihoodEvaluations: likelihoodEvaluations,
            nonfiniteBatches: counters.nonfiniteBatches)
        counters.lossSum = 0
        counters.lossCount = 0
        if let validationLoss, let bestParameters {
            if validationLoss < counters.bestValidationLoss {
                counters.bestValidationLoss = validationLoss
                counters.bestStep = counters.step
                counters.validationsSinceBest = 0
                bestParameters.copy(from: average ?? parameters)
            } else {
                counters.validationsSinceBest += 1
                counters.stoppedEarly = counters.validationsSinceBest >= configuration.earlyStoppingPatience
            }
        }
        return report
    }

    private func drawPool(round: Int) throws(TrainingError) {
        guard round != poolRound else { return }
        if amortised != nil {
            amortised = try Self.amortisedPool(task, configuration, flow, seed: seed, round: round)
            poolRound = round
            return
        }
        let draws = try RawDraws.draw(
            task: task, configuration: configuration, seed: seed, purpose: .pool, round: round)
        // A resumed run draws its current pool again; it was counted at the round's first step.
        if configuration.poolEffectiveSize > 0 && counters.step == round * configuration.stepsPerRound {
            counters.laterDraws += draws.logWeights.count
        }
        pool = try TrainingPool(draws, ordering: configuration.usedOrdering)
        raw = configuration.weighting == .batch ? draws : nil
        poolRound = round
    }

    private static func amortisedPool(
        _ task: any InferenceTask, _ configuration: TrainingConfiguration, _ flow: Flow, seed: UInt64,
        purpose: StreamPurpose = .pool, round: Int, draws: Int? = nil
    ) throws(TrainingError) -> AmortisedPool {
        guard let simulator = task as? any SimulatorTask, flow.contextDimension == task.observation.count else {
            throw .configuration("objective 'amortised' needs a task with a simulator and a conditional flow")
        }
        return try AmortisedPool(
            task: simulator, configuration: configuration, seed: seed, purpose: purpose, round: round,
            draws: draws ?? configuration.draws)
    }

    /// The next `batch` of `count` members of the pool in shuffled passes.
    private func nextOrder(step: Int, count: Int) -> PoolOrder {
        let number = step - poolRound * (configuration.proposal == .fresh ? configuration.stepsPerRound : 0)
        return PoolOrder(
            count: count, size: configuration.batch, number: number, seed: seed, round: poolRound, latest: &latestPass)
    }

    private func fillBatch(step: Int) -> Bool {
        if let amortised {
            amortised.fill(
                step: step, order: nextOrder(step: step, count: amortised.observations), size: configuration.batch,
                seed: seed, into: &batch)
            return true
        }
        if let raw {
            let order = nextOrder(step: step, count: raw.logWeights.count)
            return BatchSelection.slice(
                raw, order: order, size: configuration.batch, pruneBelow: configuration.pruneBelow, into: &batch)
        }
        BatchSelection.resample(pool, size: configuration.batch, seed: seed, step: step, into: &batch)
        return true
    }

    private func restore(_ state: TrainerState) throws(TrainingError) {
        let count = flow.layout.count
        guard state.parameters.count == count, state.firstMoment.count == count, state.secondMoment.count == count,
            state.averageParameters.count == (configuration.averaging > 0 ? count : 0),
            state.bestParameters.count == (earlyStoppingActs ? count : 0)
        else { throw .checkpoint("the checkpoint's tensors do not fit this run's flow") }
        func copy(_ values: [Float], _ buffer: AlignedBuffer) {
            for (i, value) in values.enumerated() { buffer.pointer[i] = value }
        }
        copy(state.parameters, parameters)
        copy(state.firstMoment, adam.firstMoment)
        copy(state.secondMoment, adam.secondMoment)
        adam.flowUpdates = state.flowUpdates
        adam.baseUpdates = state.baseUpdates
        if earlyStoppingActs {
            let best = flow.makeParameters()
            copy(state.bestParameters, best)
            bestParameters = best
        }
        if configuration.averaging > 0 {
            let average = flow.makeParameters()
            copy(state.averageParameters, average)
            self.average = average
        }
        counters.parameters = []
        counters.firstMoment = []
        counters.secondMoment = []
        counters.averageParameters = []
        counters.bestParameters = []
    }

    /// The validation draws. Static pools: the last fraction by index is set aside before anything is weighted. Fresh
    /// pools: a pool of its own, that fraction of a pool's size.
    static func split(
        _ first: RawDraws, task: any InferenceTask, configuration: TrainingConfiguration, seed: UInt64
    ) throws(TrainingError) -> (training: RawDraws, held: RawDraws?) {
        guard configuration.validationFraction > 0 else { return (first, nil) }
        if configuration.proposal == .fresh {
            let count = Int((configuration.validationFraction * Double(first.logWeights.count)).rounded(.up))
            let held = try RawDraws.draw(
                task: task, configuration: configuration, seed: seed, purpose: .validation, round: 0, count: count)
            return (first, held)
        }
        let count = first.logWeights.count
        let training = count - Int((configuration.validationFraction * Double(count)).rounded())
        return (first.slice(0..<training), training < count ? first.slice(training..<count) : nil)
    }

    private static func validationBatch(_ pool: TrainingPool) -> WeightedBatch {
        var batch = WeightedBatch(dimension: pool.dimension, capacity: pool.activeCount)
        batch.count = pool.activeCount
        for (i, value) in pool.values.enumerated() { batch.values.pointer[i] = value }
        for (i, weight) in pool.weights.enumerated() { batch.weights.pointer[i] = Float(weight) }
        return batch
    }

    private static func checkGivenMeans(_ flow: Flow) throws(TrainingError) {
        guard case .gaussianMixture(let mixture) = flow.baseConfiguration,
            case .given(let means, _) = mixture.initialization
        else { return }
        guard means.count == mixture.components, means.allSatisfy({ $0.count == flow.dimension }) else {
            throw .configuration(
                "base.means must hold \(mixture.components) means of \(flow.dimension) coordinates each")
        }
        // A flow on a box has no base point for a mean outside it.
        for mean in means {
            for (d, range) in flow.bounds.enumerated() where !(range.lowerBound < mean[d] && mean[d] < range.upperBound)
            {
                throw .configuration(
                    "with flow.box, base.means must lie inside the prior's box: coordinate \(d) of \(mean) is outside "
                        + "\(range.lowerBound)…\(range.upperBound)")
            }
        }
    }
}

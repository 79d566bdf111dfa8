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
    /// ESS of the first pool at β = 1, validation draws excluded.
    public let firstPoolEffectiveSampleSize: Double
    /// ESS of the validation set; nil without one.
    public internal(set) var validationEffectiveSampleSize: Double?
    /// The tail of the weights of the pool in use; nil without Pareto smoothing.
    public internal(set) var poolTail: PoolTail?

    let task: any InferenceTask
    let seed: UInt64
    private let kernels = Kernels.current
    let workspace: FlowWorkspace
    let parameters: AlignedBuffer
    let adam: AdamUpdater
    var validation: WeightedBatch?
    private let validationDraws: Int
    private let firstDraws: Int
    var batch: WeightedBatch
    var pool: TrainingPool
    var raw: RawDraws?
    var amortised: AmortisedPool?
    var adaptive: AdaptiveProposal?
    let amortisedSource: AmortisedPool.Source?
    let flowDraws: FlowDraws?
    var poolRound = 0
    var latestPass: ShuffledPass?
    var counters: TrainerState
    private var bestParameters: AlignedBuffer?
    var average: AlignedBuffer?

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
        if let problem = state?.problem(in: configuration) { throw .checkpoint(problem) }
        workspace = FlowWorkspace(flow: flow)
        parameters = flow.makeParameters()
        adam = AdamUpdater(configuration.adam, layout: flow.layout)
        batch = WeightedBatch(
            dimension: task.dimension, contextDimension: flow.contextDimension, capacity: configuration.batch)
        counters = state ?? TrainerState()

        if configuration.objective == .amortised {
            let source = try AmortisedPool.Source(task: task, flow: flow, configuration: configuration, seed: seed)
            let first = try source.pool(round: 0)
            amortised = first
            amortisedSource = source
            flowDraws = nil
            firstDraws = configuration.cost(draws: configuration.draws)
            firstPoolEffectiveSampleSize = first.effectiveSampleSize
            let draws = first.initialization.draws
            pool = try TrainingPool(RawDraws(points: draws, logWeights: [Double](repeating: 0, count: draws.count)))
            let held = try source.validationPool()
            validationDraws = source.heldDraws > 0 ? configuration.cost(draws: source.heldDraws) : 0
            validation = held?.wholeBatch()
            // Candidates of one x are no more than one x: early stopping must not follow a few of them.
            validationEffectiveSampleSize = held.map { Double($0.observations) }
            try start(from: state)
            return
        }
        amortisedSource = nil
        let first: FirstPool
        if let firstPool {
            first = firstPool
        } else {
            first = try FirstPool(task: task, configuration: configuration, seed: seed)
        }
        firstDraws = first.all.logWeights.count
        let (training, held) = (first.training, first.held)
        flowDraws = FlowDraws(task: task, configuration: configuration, seed: seed, firstPool: training)
        let (smoothed, tail) = training.smoothed(configuration.smoothing)
        pool = try TrainingPool(smoothed, ordering: configuration.usedOrdering)
        poolTail = tail
        raw = configuration.weighting == .batch ? training : nil
        // Smoothing clips the largest weights; it adds no information.
        firstPoolEffectiveSampleSize =
            configuration.smoothing == .none ? pool.effectiveSampleSize : training.effectiveSampleSize
        validationDraws = configuration.proposal == .fresh ? held?.logWeights.count ?? 0 : 0
        // A validation set without any weight says nothing; training goes on without it.
        let heldPool = held.flatMap { try? TrainingPool($0) }
        validation = heldPool.map(Self.validationBatch)
        validationEffectiveSampleSize = heldPool?.effectiveSampleSize
        if configuration.proposal == .adaptive {
            let adaptive = try AdaptiveProposal(
                task: task, flow: flow, configuration: configuration, seed: seed, first: first.all, state: state)
            self.adaptive = adaptive
            try use(adaptive)
        }

        try start(from: state)
    }

    /// Initialises the parameters from the first pool, or takes over those of `state`.
    private func start(from state: TrainerState?) throws(TrainingError) {
        if let state { return try restore(state) }
        if configuration.averaging > 0 { average = flow.makeParameters() }
        initialize(isProvisional: (inverseTemperature ?? 1) < 1)
        if earlyStoppingActs { bestParameters = flow.makeParameters() }
        bestParameters?.copy(from: parameters)
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

    /// β of an adaptive proposal's weights; nil with other proposals.
    public var inverseTemperature: Double? { adaptive?.inverseTemperature }

    /// ESS at β = 1 of an adaptive proposal's draws; nil with other proposals.
    public var adaptedEffectiveSampleSize: Double? { adaptive?.posteriorEffectiveSampleSize }

    /// Likelihood evaluations (or exact samples) spent so far; every draw counts, validation included.
    public var likelihoodEvaluations: Int {
        let later =
            configuration.poolEffectiveSize > 0
            ? counters.laterDraws
            : configuration.cost(draws: configuration.draws)
                * (configuration.roundsBegun(afterSteps: counters.step) - 1)
        let fromFlow = flowDraws == nil ? 0 : configuration.batch * counters.step
        return validationDraws + firstDraws + later + fromFlow
    }

    /// The weighted draws in use.
    package var trainingPool: TrainingPool { pool }

    /// Batches skipped so far.
    public var nonfiniteBatches: Int { counters.nonfiniteBatches }

    /// The step whose parameters ``trained()`` returns.
    public var chosenStep: Int { bestParameters == nil ? counters.step : counters.bestStep }

    /// The result so far: the parameters of the best validation with early stopping, else the latest. The normaliser of
    /// a `resampled` base is measured with 10⁶ draws for it.
    ///
    /// A conditional flow comes conditioned on the task's own observation, one with `box: "reject"` restricted to the box
    /// (all training, adaptive proposals included, uses q as it is without it).
    public func trained() -> TrainedFlow {
        let result = flow.makeParameters()
        result.copy(from: bestParameters ?? average ?? parameters)
        flow.measureNormalizer(result, seed: seed)
        return TrainedFlow(
            flow: flow, parameters: result, observation: flow.contextDimension > 0 ? task.observation : []
        ).restrictedToBox()
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
        state.proposalRounds = adaptive?.state ?? []
        state.inverseTemperature = adaptive?.inverseTemperature ?? 1
        return state
    }

    /// One optimiser step. Returns a report every `historyInterval` steps and at the last step. Throws
    /// ``TrainingError/diverged(step:reason:)`` after too many unusable batches in a row, and at the last step when every
    /// batch was unusable.
    public func advance() throws(TrainingError) -> TrainingReport? {
        guard !isFinished else { return nil }
        let step = counters.step
        try drawPool(round: configuration.round(ofStep: step))
        let filling = try fillBatch(step: step)
        var norm = Double.nan
        let rate = configuration.schedule.rate(atStep: step)
        if filling != .nothing {
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
                counters.lossSum += filling.objective ?? loss
                counters.lossCount += 1
                counters.consecutiveNonfinite = 0
            } else {
                try skipBatch(step: step, loss: loss)
            }
        } else {
            try skipBatch(step: step, loss: .nan)
        }
        counters.step += 1
        if isFinished && counters.nonfiniteBatches == counters.step {
            // What comes out would be the start, evaluated as if it had been trained.
            throw .diverged(
                step: counters.step, reason: "none of the batches so far had a finite loss and gradient")
        }
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
        counters.proposalRounds = []
    }
}

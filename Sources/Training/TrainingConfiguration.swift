import Catalog

/// What is minimised.
public enum TrainingObjective: String, Sendable, Equatable {
    /// −Σ w_i log q(θ_i), w_i ∝ L(θ_i), θ_i from the prior.
    case likelihoodWeighted = "likelihood-weighted"
    /// −mean log q(θ_i), θ_i from the exact posterior.
    case maximumLikelihood = "maximum-likelihood"
    /// −mean_j Σ_i w_ij log q(θ_i|x_j) over x_j from the prior predictive: one conditional flow for every x.
    case amortised
    /// KL(q ‖ p) on draws from q.
    case reverseKullbackLeibler = "reverse-kl"
    /// log ∫ p²/q on draws from q and the prior.
    case chiSquared = "alpha-2"

    /// Whether batches are drawn from the flow instead of a pool.
    var drawsFromFlow: Bool { self == .reverseKullbackLeibler || self == .chiSquared }
}

/// Where training draws come from over time.
public enum ProposalKind: String, Sendable, Equatable {
    /// One pool for the whole run.
    case fixedPool = "static"
    /// A new pool every round.
    case fresh
    /// Rounds drawn from the flow as it becomes: see ``AdaptiveProposal``.
    case adaptive
}

/// What is done to a pool's largest weights.
public enum WeightSmoothing: String, Sendable, Equatable {
    case none
    /// Pareto smoothing: see ``paretoSmoothed(_:)``.
    case pareto
}

/// How weights become batches.
public enum WeightingKind: String, Sendable, Equatable {
    /// Normalised once over the pool; equal-weight batches by systematic resampling.
    case pool
    /// Batches of raw draws, weights normalised inside each batch: the literal method.
    case batch
}

/// How prior draws fill the prior's box.
public enum DrawSequence: String, Sendable, Equatable {
    /// Independent draws.
    case random
    /// Scrambled Sobol' points: see ``SobolSequence``.
    case quasi
}

/// The order in which systematic resampling runs through a pool.
public enum PoolOrdering: String, Sendable, Equatable {
    /// As drawn.
    case drawn
    /// Along a Hilbert curve, so that every batch is spread over the posterior.
    case hilbert
}

/// How the learning rate falls after the warm-up.
public enum ScheduleKind: String, Sendable, Equatable {
    case cosine
    case constant
}

/// The `training` section of a configuration; see ``TrainingParameters`` for meanings, ranges and defaults.
public struct TrainingConfiguration: Sendable, Equatable {
    /// What is minimised.
    public var objective: TrainingObjective
    /// Static, fresh or adaptive draws.
    public var proposal: ProposalKind
    /// Draws in a pool.
    public var draws: Int
    /// The prior's share of a proposal drawn from the flow.
    public var defensiveShare: Double
    /// Effective sample size of adaptive rounds' weights over the draws of one round; 0 turns tempering off.
    public var temperingTarget: Double
    /// Adaptive rounds that are weighted together.
    public var roundsKept: Int
    /// Smoothing of a pool's weights.
    public var smoothing: WeightSmoothing
    /// Effective sample size that every pool must reach by further draws; 0 leaves pools at ``draws``.
    public var poolEffectiveSize: Double
    /// How prior draws fill the box.
    public var drawSequence: DrawSequence
    /// The order of draws for resampling.
    public var poolOrdering: PoolOrdering
    /// Steps per fresh pool or adaptive round.
    public var stepsPerRound: Int
    /// How weights become batches.
    public var weighting: WeightingKind
    /// Per-batch weights below this share of the largest are left out; 0 keeps all.
    public var pruneBelow: Double
    /// With the amortised objective: N, the draws that compete for each x_j.
    public var candidates: Int
    /// With the amortised objective: whether the θ_j that x_j was simulated from is one of them.
    public var includeGenerating: Bool
    /// Points per step.
    public var batch: Int
    /// Optimiser steps.
    public var steps: Int
    /// Adam's settings.
    public var adam: AdamConfiguration
    /// Largest global gradient norm; 0 turns clipping off.
    public var gradientClip: Double
    /// Learning rate over the steps.
    public var schedule: LearningRateSchedule
    /// η of the parameters' running average; 0 turns averaging off.
    public var averaging: Double
    /// Fraction set aside for validation; 0 turns it off.
    public var validationFraction: Double
    /// Validations without improvement before training stops; 0 turns it off.
    public var earlyStoppingPatience: Int
    /// Steps between history rows.
    public var historyInterval: Int

    /// Reads resolved parameters; throws when one is missing or of another type.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        objective = try Self.choice("objective", parameters)
        proposal = try Self.choice("proposal", parameters)
        if let conflict = TrainingParameters.conflict(in: parameters) {
            throw ParameterError(
                name: conflict.parameter, expected: conflict.expected, found: parameters[conflict.parameter])
        }
        draws = try parameters.integer("draws")
        defensiveShare = try parameters.number("defensiveShare")
        temperingTarget = try parameters.number("temperingTarget")
        roundsKept = try parameters.integer("roundsKept")
        smoothing = try Self.choice("smoothing", parameters)
        poolEffectiveSize = try parameters.number("poolEffectiveSize")
        drawSequence = try Self.choice("drawSequence", parameters)
        poolOrdering = try Self.choice("poolOrder", parameters)
        stepsPerRound = try parameters.integer("stepsPerRound")
        weighting = try Self.choice("weighting", parameters)
        pruneBelow = try parameters.number("pruneBelow")
        candidates = try parameters.integer("candidates")
        includeGenerating = try parameters.boolean("includeGenerating")
        batch = try parameters.integer("batch")
        steps = try parameters.integer("steps")
        adam = AdamConfiguration(
            beta1: try parameters.number("beta1"), beta2: try parameters.number("beta2"),
            weightDecay: try parameters.number("weightDecay"))
        gradientClip = try parameters.number("gradientClip")
        schedule = LearningRateSchedule(
            kind: try Self.choice("schedule", parameters), peak: try parameters.number("learningRate"),
            warmupSteps: try parameters.integer("warmupSteps"),
            finalFraction: try parameters.number("finalLearningRateFraction"), steps: steps)
        averaging = try parameters.number("averaging")
        validationFraction = try parameters.number("validationFraction")
        earlyStoppingPatience = try parameters.integer("earlyStoppingPatience")
        historyInterval = try parameters.integer("historyInterval")
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ name: String, _ parameters: ParameterValues
    ) throws(ParameterError) -> Choice {
        guard let value = Choice(rawValue: try parameters.string(name)) else {
            throw ParameterError(name: name, expected: "one of the documented choices", found: parameters[name])
        }
        return value
    }

    /// The order of a pool's draws: batches that are not resampled from it have no use for another.
    var usedOrdering: PoolOrdering { weighting == .pool ? poolOrdering : .drawn }

    /// The round (pool number) that a step trains on.
    func round(ofStep step: Int) -> Int {
        proposal == .fixedPool || objective.drawsFromFlow ? 0 : step / stepsPerRound
    }

    /// What a pool of `draws` costs in likelihood evaluations and simulations.
    func cost(draws: Int) -> Int {
        objective == .amortised ? AmortisedPool.cost(draws: draws, candidates: candidates) : draws
    }

    /// Rounds begun after `step` steps.
    func roundsBegun(afterSteps step: Int) -> Int { step == 0 ? 1 : round(ofStep: step - 1) + 1 }
}

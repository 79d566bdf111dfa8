import Catalog

/// One execution of a run, for `show`.
public struct AttemptSummary: Sendable, Equatable {
    /// 1 for the first attempt.
    public var number: Int
    /// Times as text, in whatever form the caller prints times.
    public var started: String
    /// When it ended; nil while it goes on.
    public var ended: String?
    /// For example `completed`, `interrupted`, `failed: diverged`.
    public var outcome: String
    /// For example host and process.
    public var place: String?

    /// Creates a summary.
    public init(number: Int, started: String, ended: String?, outcome: String, place: String? = nil) {
        self.number = number
        self.started = started
        self.ended = ended
        self.outcome = outcome
        self.place = place
    }
}

/// One row of a run's history, for `show`.
public struct HistoryPoint: Sendable, Equatable {
    /// Optimiser steps done.
    public var step: Int
    /// Training loss, nats.
    public var loss: Double
    /// Loss on the validation set, nats; nil without one.
    public var validationLoss: Double?
    /// Global gradient norm before clipping.
    public var gradientNorm: Double
    /// Effective sample size of the pool in use.
    public var effectiveSampleSize: Double
    /// Likelihood evaluations so far.
    public var likelihoodEvaluations: Int

    /// Creates a point.
    public init(
        step: Int, loss: Double, validationLoss: Double?, gradientNorm: Double, effectiveSampleSize: Double,
        likelihoodEvaluations: Int
    ) {
        self.step = step
        self.loss = loss
        self.validationLoss = validationLoss
        self.gradientNorm = gradientNorm
        self.effectiveSampleSize = effectiveSampleSize
        self.likelihoodEvaluations = likelihoodEvaluations
    }
}

/// One run whole, for `show`.
public struct RunDetails: Sendable, Equatable {
    /// The run id, whole.
    public var id: String
    /// Where the run stands.
    public var state: ReportRunState
    /// Stable reason of a failed run, for example `diverged`.
    public var failureCode: String?
    /// What a failed run said.
    public var failureMessage: String?
    /// What of the run does not verify and is left out; empty for a run that is intact.
    public var damage: [String]
    /// Names of sweeps.
    public var sweeps: [String]
    /// The run's seed; nil where the configuration of a damaged run cannot be trusted.
    public var seed: Int?
    /// The resolved configuration without the seed.
    public var configuration: [ReportSetting]
    /// Executions of the run.
    public var attempts: [AttemptSummary]
    /// Name and value, in the order to show.
    public var metrics: [(name: String, metric: ReportMetric)]
    /// Training history, oldest first.
    public var history: [HistoryPoint]
    /// Results besides metrics, by name.
    public var summary: [String: JSONValue]
    /// Seconds by name.
    public var timings: [String: Double]
    /// Artefact file names or paths.
    public var artefacts: [String]

    /// Creates details.
    public init(
        id: String, state: ReportRunState, failureCode: String? = nil, failureMessage: String? = nil,
        damage: [String] = [], sweeps: [String] = [], seed: Int?, configuration: [ReportSetting],
        attempts: [AttemptSummary] = [],
        metrics: [(name: String, metric: ReportMetric)] = [], history: [HistoryPoint] = [],
        summary: [String: JSONValue] = [:], timings: [String: Double] = [:], artefacts: [String] = []
    ) {
        self.id = id
        self.state = state
        self.failureCode = failureCode
        self.failureMessage = failureMessage
        self.damage = damage
        self.sweeps = sweeps
        self.seed = seed
        self.configuration = configuration
        self.attempts = attempts
        self.metrics = metrics
        self.history = history
        self.summary = summary
        self.timings = timings
        self.artefacts = artefacts
    }

    /// Equal in all fields.
    public static func == (left: RunDetails, right: RunDetails) -> Bool {
        left.id == right.id && left.state == right.state && left.failureCode == right.failureCode
            && left.failureMessage == right.failureMessage && left.damage == right.damage && left.sweeps == right.sweeps
            && left.seed == right.seed
            && left.configuration == right.configuration && left.attempts == right.attempts
            && left.metrics.elementsEqual(right.metrics, by: ==) && left.history == right.history
            && left.summary == right.summary && left.timings == right.timings && left.artefacts == right.artefacts
    }
}

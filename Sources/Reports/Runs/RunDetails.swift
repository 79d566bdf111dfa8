import Catalog

/// One execution of a run, for `show`.
public struct AttemptSummary: Sendable, Equatable {
    public var number: Int
    /// Times as text, in whatever form the caller prints times.
    public var started: String
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
    public var step: Int
    public var loss: Double
    public var validationLoss: Double?
    public var gradientNorm: Double
    public var effectiveSampleSize: Double
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
    public var id: String
    public var state: ReportRunState
    public var failureCode: String?
    public var failureMessage: String?
    public var sweeps: [String]
    public var seed: Int
    public var configuration: [ReportSetting]
    public var attempts: [AttemptSummary]
    /// Name and value, in the order to show.
    public var metrics: [(name: String, metric: ReportMetric)]
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
        sweeps: [String] = [], seed: Int, configuration: [ReportSetting], attempts: [AttemptSummary] = [],
        metrics: [(name: String, metric: ReportMetric)] = [], history: [HistoryPoint] = [],
        summary: [String: JSONValue] = [:], timings: [String: Double] = [:], artefacts: [String] = []
    ) {
        self.id = id
        self.state = state
        self.failureCode = failureCode
        self.failureMessage = failureMessage
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
            && left.failureMessage == right.failureMessage && left.sweeps == right.sweeps && left.seed == right.seed
            && left.configuration == right.configuration && left.attempts == right.attempts
            && left.metrics.elementsEqual(right.metrics, by: ==) && left.history == right.history
            && left.summary == right.summary && left.timings == right.timings && left.artefacts == right.artefacts
    }
}

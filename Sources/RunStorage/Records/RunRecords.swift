/// The noise floor of a metric: what it reads between two exact samples.
public struct MetricFloorRecord: Sendable, Equatable {
    /// Mean over the repetitions.
    public var mean: Double
    /// Standard deviation of one repetition.
    public var standardDeviation: Double
    /// 0 when the floor is known in closed form.
    public var repetitions: Int

    /// Creates a floor; see the properties.
    public init(mean: Double, standardDeviation: Double, repetitions: Int) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.repetitions = repetitions
    }
}

/// One metric of one run, keyed by (name, parameters, version).
public struct MetricRecord: Sendable, Equatable {
    /// The metric's name.
    public var name: String
    /// Canonical JSON of what the value depends on besides the run.
    public var parametersJSON: String
    /// The metric's declared version.
    public var version: Int
    /// nil when it could not be computed; then ``reason`` says why. A NaN is stored as nil.
    public var value: Double?
    /// Why there is no value.
    public var reason: String?
    /// Monte Carlo standard error where one is known.
    public var standardError: Double?
    /// Numbers of points used.
    public var sampleSizes: [Int]
    /// `lower`, `higher` or `target`.
    public var direction: String
    /// The noise floor where one is known.
    public var floor: MetricFloorRecord?
    /// JSON object of further numbers.
    public var detailsJSON: String

    /// Creates a metric record; see the properties.
    public init(
        name: String, parametersJSON: String, version: Int, value: Double?, reason: String? = nil,
        standardError: Double? = nil, sampleSizes: [Int] = [], direction: String, floor: MetricFloorRecord? = nil,
        detailsJSON: String = "{}"
    ) {
        self.name = name
        self.parametersJSON = parametersJSON
        self.version = version
        self.value = value
        self.reason = reason
        self.standardError = standardError
        self.sampleSizes = sampleSizes
        self.direction = direction
        self.floor = floor
        self.detailsJSON = detailsJSON
    }
}

/// One row of a run's training history. ``seconds`` is a timing column: no digest contains it.
public struct HistoryRecord: Sendable, Equatable {
    /// Optimiser steps done; rows of one run have different steps.
    public var step: Int
    /// Mean training loss since the previous row, nats; a NaN stays one.
    public var loss: Double
    /// Loss on the validation set, nats; nil without one and for a NaN.
    public var validationLoss: Double?
    /// Global gradient norm before clipping.
    public var gradientNorm: Double
    /// Learning rate at this step.
    public var learningRate: Double
    /// Effective sample size of the pool in use.
    public var effectiveSampleSize: Double
    /// Likelihood evaluations so far.
    public var likelihoodEvaluations: Int
    /// Skipped batches so far.
    public var nonfiniteBatches: Int
    /// Training time so far.
    public var seconds: Double

    /// Creates a row; see the properties.
    public init(
        step: Int, loss: Double, validationLoss: Double?, gradientNorm: Double, learningRate: Double,
        effectiveSampleSize: Double, likelihoodEvaluations: Int, nonfiniteBatches: Int, seconds: Double
    ) {
        self.step = step
        self.loss = loss
        self.validationLoss = validationLoss
        self.gradientNorm = gradientNorm
        self.learningRate = learningRate
        self.effectiveSampleSize = effectiveSampleSize
        self.likelihoodEvaluations = likelihoodEvaluations
        self.nonfiniteBatches = nonfiniteBatches
        self.seconds = seconds
    }
}

/// One tensor inside an artefact, as recorded at publishing.
public struct ArtefactTensor: Sendable, Equatable {
    /// The tensor's name.
    public var name: String
    /// safetensors' name of the element type.
    public var dtype: String
    /// Extents, outermost first.
    public var shape: [Int]
    /// SHA-256 of the tensor's little-endian bytes, 64 lower-case hexadecimal digits.
    public var sha256: String

    /// Creates a tensor record; see the properties.
    public init(name: String, dtype: String, shape: [Int], sha256: String) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.sha256 = sha256
    }
}

/// A file to publish with a run.
public struct PublishedArtefact: Sendable, Equatable {
    /// A file name of ASCII letters, digits, `-`, `_` and `.`, not beginning with a dot, at most 100 bytes.
    public var name: String
    /// The file's content.
    public var bytes: [UInt8]
    /// The tensors inside, by name; empty for other kinds of file.
    public var tensors: [ArtefactTensor]

    /// Creates an artefact; see the properties.
    public init(name: String, bytes: [UInt8], tensors: [ArtefactTensor] = []) {
        self.name = name
        self.bytes = bytes
        self.tensors = tensors
    }
}

/// Everything a completed run publishes.
public struct PublishedRecord: Sendable, Equatable {
    /// One per name, parameters and version.
    public var metrics: [MetricRecord]
    /// The whole history, one row per step.
    public var history: [HistoryRecord]
    /// The files to keep.
    public var artefacts: [PublishedArtefact]
    /// JSON object of deterministic numbers about the run.
    public var summaryJSON: String
    /// JSON object of seconds by name; no digest contains it.
    public var timingsJSON: String

    /// Creates a record; see the properties.
    public init(
        metrics: [MetricRecord], history: [HistoryRecord], artefacts: [PublishedArtefact], summaryJSON: String,
        timingsJSON: String
    ) {
        self.metrics = metrics
        self.history = history
        self.artefacts = artefacts
        self.summaryJSON = summaryJSON
        self.timingsJSON = timingsJSON
    }
}

/// Whether what was read is what was published.
public enum RecordIntegrity: Sendable, Equatable {
    /// The recorded hash fits what was read.
    case verified
    /// Not completed and not failed, so there is no hash yet.
    case notPublished
    /// Stored bytes changed since publishing: show no number of this run.
    case corrupt(reason: String)
}

/// One run with what a report, `ls` or `show` prints. History and artefacts are read separately.
public struct RunRecord: Sendable, Equatable {
    /// The whole run id.
    public var id: String
    /// The newest revision's sweep that contains it when asked by revision; else any; nil when no sweep does.
    public var sweepName: String?
    /// Place in the expansion; 0 without a sweep.
    public var position: Int
    /// The whole configuration, as it was recorded.
    public var configurationJSON: String
    /// Axes of the sweep, `{}` without one.
    public var axesJSON: String
    /// As displayed: a dead attempt's run is interrupted.
    public var state: RunState
    /// A stable reason for a failed run, else nil.
    public var failureCode: String?
    /// What went wrong, for people, else nil.
    public var failureMessage: String?
    /// Number of attempts so far.
    public var attempts: Int
    /// Those that were asked for, sorted by name, parameters and version.
    public var metrics: [MetricRecord]
    /// JSON object of deterministic numbers of a completed run, else nil.
    public var summaryJSON: String?
    /// JSON object of seconds of a completed run, else nil.
    public var timingsJSON: String?
    /// Whether the record is what was published.
    public var integrity: RecordIntegrity
}

/// A published file.
public struct ArtefactRecord: Sendable, Equatable {
    /// The file's name.
    public var name: String
    /// Relative to the store's directory.
    public var path: String
    /// Bytes.
    public var size: Int
    /// 64 lower-case hexadecimal digits.
    public var sha256: String
    /// The tensors inside, by name; empty for other kinds of file.
    public var tensors: [ArtefactTensor]
}

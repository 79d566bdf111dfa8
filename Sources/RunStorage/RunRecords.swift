/// The noise floor of a metric: what it reads between two exact samples.
public struct MetricFloorRecord: Sendable, Equatable {
    public var mean: Double
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
    public var name: String
    /// Canonical JSON of what the value depends on besides the run.
    public var parametersJSON: String
    public var version: Int
    /// nil when it could not be computed; then ``reason`` says why. A NaN is stored as nil.
    public var value: Double?
    public var reason: String?
    public var standardError: Double?
    /// Numbers of points used.
    public var sampleSizes: [Int]
    /// `lower`, `higher` or `target`.
    public var direction: String
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
    public var loss: Double
    public var validationLoss: Double?
    public var gradientNorm: Double
    public var learningRate: Double
    public var effectiveSampleSize: Double
    public var likelihoodEvaluations: Int
    public var nonfiniteBatches: Int
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
    public var name: String
    public var dtype: String
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
    public var bytes: [UInt8]
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
    public var metrics: [MetricRecord]
    public var history: [HistoryRecord]
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
    public var id: String
    /// The newest revision's sweep that contains it when asked by revision; else any; nil when no sweep does.
    public var sweepName: String?
    /// Place in the expansion; 0 without a sweep.
    public var position: Int
    public var configurationJSON: String
    /// Axes of the sweep, `{}` without one.
    public var axesJSON: String
    /// As displayed: a dead attempt's run is interrupted.
    public var state: RunState
    public var failureCode: String?
    public var failureMessage: String?
    /// Number of attempts so far.
    public var attempts: Int
    /// Sorted by name, parameters and version.
    public var metrics: [MetricRecord]
    public var summaryJSON: String?
    public var timingsJSON: String?
    public var integrity: RecordIntegrity
}

/// A published file.
public struct ArtefactRecord: Sendable, Equatable {
    public var name: String
    /// Relative to the store's directory.
    public var path: String
    public var size: Int
    /// 64 lower-case hexadecimal digits.
    public var sha256: String
    public var tensors: [ArtefactTensor]
}

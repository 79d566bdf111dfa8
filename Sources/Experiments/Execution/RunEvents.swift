import Catalog
import Metrics

/// Where a run is.
public enum RunPhase: String, Sendable, Equatable {
    case pool, training, evaluation, published
}

/// How far a run is; sent often, never stored as history.
public struct RunProgress: Sendable, Equatable {
    /// Where the run is.
    public var phase: RunPhase
    /// Optimiser steps done.
    public var step: Int
    /// Optimiser steps in all.
    public var totalSteps: Int
    /// The latest training loss, nats; nil before the first.
    public var loss: Double?

    /// Creates a progress report.
    public init(phase: RunPhase, step: Int, totalSteps: Int, loss: Double? = nil) {
        self.phase = phase
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
    }
}

/// One row of a run's training history.
public struct HistoryRow: Sendable, Equatable {
    /// Optimiser steps done.
    public var step: Int
    /// Mean training loss since the previous row, nats.
    public var loss: Double
    /// Loss on the validation set, nats; nil without one.
    public var validationLoss: Double?
    /// Global gradient norm before clipping at this step.
    public var gradientNorm: Double
    /// Learning rate of the flow at this step.
    public var learningRate: Double
    /// Effective sample size of the pool in use (its number of draws for equal weights).
    public var effectiveSampleSize: Double
    /// Likelihood evaluations (or exact samples) spent so far.
    public var likelihoodEvaluations: Int
    /// Batches skipped so far because a loss or gradient was not finite.
    public var nonfiniteBatches: Int
    /// Training time so far, seconds: a timing column, not part of any digest.
    public var seconds: Double

    /// Creates a row.
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

/// The trainer's whole state at a step, ready to be written to a file.
public struct RunCheckpoint: Sendable, Equatable {
    /// Where the run is.
    public var phase: RunPhase
    /// Optimiser steps done.
    public var step: Int
    /// A safetensors file; its metadata carries everything that is not a tensor, history included.
    public var bytes: [UInt8]
    /// The whole history up to `step`.
    public var history: [HistoryRow]

    /// Creates a checkpoint.
    public init(phase: RunPhase, step: Int, bytes: [UInt8], history: [HistoryRow]) {
        self.phase = phase
        self.step = step
        self.bytes = bytes
        self.history = history
    }
}

/// What a run tells its caller while it goes on.
public enum RunEvent: Sendable {
    case progress(RunProgress)
    /// The caller makes it durable before it returns; an error it throws ends the run with that error.
    case checkpoint(RunCheckpoint)
    /// Something a person should read in the run's log.
    case note(String)
}

/// What the caller wants of a run; asked at step boundaries.
public enum RunDirective: Sendable, Equatable {
    case proceed
    /// Send a checkpoint event, then go on.
    case checkpoint
    /// Send a checkpoint event, then return `.interrupted`.
    case stop
    /// Send a checkpoint event, then return `.failed` with code `timeout`.
    case timeout
}

/// One tensor of an artefact, for the digest.
public struct TensorRecord: Sendable, Equatable {
    /// The name.
    public var name: String
    /// safetensors' name, for example `F32`.
    public var dtype: String
    /// Its shape.
    public var shape: [Int]
    /// SHA-256 of the tensor's little-endian bytes, lower-case hexadecimal.
    public var sha256: String

    /// Creates a record.
    public init(name: String, dtype: String, shape: [Int], sha256: String) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.sha256 = sha256
    }
}

/// A file a finished run leaves.
public struct RunArtefact: Sendable, Equatable {
    /// File name without a directory, for example `parameters.safetensors`.
    public var name: String
    /// The file's bytes.
    public var bytes: [UInt8]
    /// The tensors inside, sorted by name; empty for other kinds of file.
    public var tensors: [TensorRecord]

    /// Creates an artefact.
    public init(name: String, bytes: [UInt8], tensors: [TensorRecord] = []) {
        self.name = name
        self.bytes = bytes
        self.tensors = tensors
    }
}

/// Everything a completed run publishes.
public struct RunResult: Sendable, Equatable {
    /// Metrics.
    public var metrics: [MetricValue]
    /// The training history.
    public var history: [HistoryRow]
    /// Files to keep.
    public var artefacts: [RunArtefact]
    /// Numbers about the run by name (likelihoodEvaluations, effectiveSampleSize, componentsUsed, nonfiniteBatches,
    /// parameterCount, stepsDone, bestStep, …), all deterministic.
    public var summary: [String: JSONValue]
    /// Timings in seconds by name (training, evaluation): never part of a digest.
    public var timings: [String: Double]

    /// Creates a result.
    public init(
        metrics: [MetricValue], history: [HistoryRow], artefacts: [RunArtefact], summary: [String: JSONValue],
        timings: [String: Double]
    ) {
        self.metrics = metrics
        self.history = history
        self.artefacts = artefacts
        self.summary = summary
        self.timings = timings
    }
}

/// How an execution of a run ended.
public enum RunOutcome: Sendable {
    case completed(RunResult)
    /// `code` is a stable reason (`diverged`, `error`, `timeout`); `message` is for people. History is kept.
    case failed(code: String, message: String, history: [HistoryRow])
    /// A checkpoint was sent first; the same run continues from it.
    case interrupted
}

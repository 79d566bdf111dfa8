/// How far an attempt is; kept for `status`, never history.
public struct AttemptProgress: Sendable, Equatable {
    /// `pool`, `training`, `evaluation` or `published`.
    public var phase: String
    /// Optimiser steps done.
    public var step: Int
    /// Optimiser steps in all.
    public var totalSteps: Int
    /// The latest training loss, nats; nil before the first.
    public var loss: Double?

    /// Creates a progress report; see the properties.
    public init(phase: String, step: Int, totalSteps: Int, loss: Double? = nil) {
        self.phase = phase
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
    }
}

/// Which process makes, or made, an attempt.
public struct AttemptProcess: Sendable, Equatable {
    /// The machine's name.
    public var host: String
    /// The kernel's boot id, empty where there is none.
    public var bootID: String
    /// The process id on that machine.
    public var pid: Int
    /// The process's start in clock ticks since boot, so that a reused pid is told apart; 0 where unknown.
    public var startTicks: Int64
}

/// One execution of a run.
public struct AttemptRecord: Sendable, Equatable {
    /// The run it works on.
    public var runID: String
    /// 1 for a run's first attempt.
    public var fence: Int
    /// Who makes it.
    public var process: AttemptProcess
    /// Seconds since 1970 by the wall clock, for people.
    public var startedAt: Double
    /// Seconds since 1970 by the wall clock, nil before its end was recorded.
    public var endedAt: Double?
    /// `completed`, `failed`, `interrupted` or `crashed` (an attributed death); nil while it runs (or since its process died and nobody recorded it).
    public var outcome: String?
    /// Seconds worked so far by a clock that never jumps.
    public var elapsed: Double
    /// The latest progress, nil before the first.
    public var progress: AttemptProgress?
}

/// A sentence from an attempt for the run's log.
public struct NoteRecord: Sendable, Equatable {
    /// The attempt that wrote it.
    public var fence: Int
    /// Seconds since 1970 by the wall clock, for people.
    public var at: Double
    /// The sentence.
    public var text: String
}

/// A checkpoint whose digest was verified.
public struct LoadedCheckpoint: Sendable, Equatable {
    /// The file, as it was saved.
    public var bytes: [UInt8]
    /// The phase the run was in, as it was saved.
    public var phase: String
    /// Optimiser steps done.
    public var step: Int

    /// Creates a checkpoint; see the properties.
    public init(bytes: [UInt8], phase: String, step: Int) {
        self.bytes = bytes
        self.phase = phase
        self.step = step
    }
}

/// What ``RunStore/tryBegin(runID:)`` found.
public enum BeginResult: Sendable {
    /// The run is ours until the claim is released.
    case claimed(RunClaim)
    /// Another process, or another handle of this one, works on it; described where known.
    case heldElsewhere(holder: String?)
    case alreadyCompleted
    case alreadyFailed(code: String, message: String)
}

import CProcessSupport
import Experiments
import Foundation
import RunStorage

/// One execution of a claimed run: loads its checkpoint, drives the run function, keeps checkpoints and progress, and
/// records the outcome. It returns nothing and throws nothing: what happened is in the store and the tally.
struct RunAttempt {
    let item: SweepItem
    let claim: RunClaim
    let worker: Int
    let evaluation: EvaluationPlan
    let cache: StoreReferenceCache
    let options: SweepOptions
    let runFunction: RunFunction
    let tally: SweepTally
    let stop: StopRequest

    /// An error of the store while the run went on; told apart from the run's own errors.
    private struct StoreFailure: Error {
        var underlying: any Error
    }

    func execute() {
        tally.began(item.id, worker: worker, step: 0, totalSteps: item.totalSteps)
        let note = claim.openDeathNote()
        death_note_begin(note.descriptor, note.prefix)
        defer {
            // In this order: a descriptor that was closed may be another file's at once.
            death_note_end()
            if note.descriptor >= 0 { close(note.descriptor) }
        }
        do {
            let loaded = try inStore { try claim.loadCheckpoint() }
            for note in loaded.notes { tally.emit(.note(runID: item.id, note)) }
            let end = try executeAndRecord(from: loaded.checkpoint)
            tally.ended(item.id, worker: worker, end)
        } catch {
            claim.release()
            tally.dropped(item.id, worker: worker)
            let cause = (error as? StoreFailure)?.underlying ?? error
            if let storeError = cause as? RunStoreError, storeError.kind == .fenced {
                // Another process took the run over; it publishes it.
                tally.emit(.note(runID: item.id, "another process took this run over"))
                return
            }
            tally.end(with: cause)
        }
    }

    private func executeAndRecord(from checkpoint: LoadedCheckpoint?) throws -> RunEnd {
        if let checkpoint {
            tally.emit(
                .started(
                    runID: item.id, worker: worker, step: checkpoint.step,
                    totalSteps: max(item.totalSteps, checkpoint.step)))
        }
        let observation = RunObservation(attempt: self)
        let outcome: RunOutcome
        do {
            outcome = try run(from: checkpoint?.bytes, observation)
        } catch let failure as StoreFailure {
            throw failure
        } catch  where checkpoint != nil && !observation.hasBegun {
            // The contract of `executeRun`: it throws before its first event when the checkpoint is not usable, for
            // example because it is of another numerics variant.
            let reason = "checkpoint at step \(checkpoint?.step ?? 0) not usable, starting from 0: \(error)"
            tally.emit(.note(runID: item.id, reason))
            try inStore { try claim.discardCheckpoints(reason: reason) }
            return try executeAndRecord(from: nil)
        } catch {
            outcome = .failed(code: "error", message: "\(error)", history: observation.history)
        }
        return try record(outcome)
    }

    private func run(from checkpoint: [UInt8]?, _ observation: RunObservation) throws -> RunOutcome {
        let request = RunRequest(
            configuration: item.configuration, evaluation: evaluation, checkpoint: checkpoint, cache: cache)
        let function = FaultInjection.requested.map { $0.applied(to: runFunction) } ?? runFunction
        return try function(request, { observation.directive() }, { try observation.take($0) })
    }

    private func record(_ outcome: RunOutcome) throws -> RunEnd {
        switch outcome {
        case .completed(let result):
            try inStore { try claim.publish(StoreConversion.published(result)) }
            return .completed
        case .failed(let code, let message, let history):
            try inStore {
                try claim.fail(code: code, message: message, history: history.map(StoreConversion.history))
            }
            return .failed(code: code, message: message)
        case .interrupted:
            try inStore { try claim.interrupted() }
            return .interrupted
        }
    }

    func inStore<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw StoreFailure(underlying: error) }
    }
}

/// What one execution has shown so far; lives on the worker's thread.
private final class RunObservation {
    private let attempt: RunAttempt
    private let beganAt = monotonicSeconds()
    private var lastCheckpoint: Double
    private var lastProgress = -Double.infinity
    private var lastPhase: RunPhase?
    private(set) var hasBegun = false
    private(set) var history: [HistoryRow] = []

    init(attempt: RunAttempt) {
        self.attempt = attempt
        lastCheckpoint = beganAt
    }

    func directive() -> RunDirective {
        // Asked at the boundaries of training steps only; the first progress of training comes some steps later.
        if lastPhase != .training { death_note_at(RunPhase.training.rawValue, 0) }
        if attempt.stop.isRequested || attempt.tally.hasFatalError { return .stop }
        let now = monotonicSeconds()
        if let timeout = attempt.options.timeout, attempt.claim.elapsedBefore + now - beganAt > timeout {
            return .timeout
        }
        return now - lastCheckpoint >= attempt.options.checkpointInterval ? .checkpoint : .proceed
    }

    func take(_ event: RunEvent) throws {
        hasBegun = true
        switch event {
        case .progress(let progress):
            death_note_at(progress.phase.rawValue, Int64(progress.step))
            attempt.tally.emit(.progress(worker: attempt.worker, progress))
            let now = monotonicSeconds()
            guard now - lastProgress >= 1 || progress.phase != lastPhase else { return }
            lastProgress = now
            lastPhase = progress.phase
            try attempt.inStore { try attempt.claim.recordProgress(StoreConversion.progress(progress)) }
        case .checkpoint(let checkpoint):
            history = checkpoint.history
            try attempt.inStore {
                try attempt.claim.saveCheckpoint(
                    bytes: checkpoint.bytes, phase: checkpoint.phase.rawValue, step: checkpoint.step,
                    history: checkpoint.history.map(StoreConversion.history))
            }
            lastCheckpoint = monotonicSeconds()
        case .note(let text):
            attempt.claim.note(text)
            attempt.tally.emit(.note(runID: attempt.item.id, text))
        }
    }
}

import Synchronization

/// What has happened in a sweep so far, shared by its workers; passes events on to the observer.
final class SweepTally: Sendable {
    private struct State {
        var result = SweepResult()
        var running = 0
        var evaluating = 0
    }

    private let state = Mutex(State())
    private let maximumFailures: Int?
    private let observer: @Sendable (SweepEvent) -> Void

    init(maximumFailures: Int?, observer: @escaping @Sendable (SweepEvent) -> Void) {
        self.maximumFailures = maximumFailures
        self.observer = observer
    }

    func emit(_ event: SweepEvent) { observer(event) }

    /// Whether no further run should be started.
    var isEnding: Bool {
        state.withLock { $0.result.fatalError != nil || $0.result.reachedMaximumFailures }
    }

    /// Whether an error ended the sweep, so that running work should stop too.
    var hasFatalError: Bool { state.withLock { $0.result.fatalError != nil } }

    /// Runs being executed now.
    var running: Int { state.withLock { $0.running } }

    /// Completed runs being evaluated now.
    var evaluating: Int { state.withLock { $0.evaluating } }

    var result: SweepResult { state.withLock { $0.result } }

    /// The first error that ends the sweep wins; those that follow are its echoes.
    func end(with error: any Error) {
        state.withLock { $0.result.fatalError = $0.result.fatalError ?? error }
    }

    func began(_ runID: String, worker: Int, step: Int, totalSteps: Int) {
        state.withLock { $0.running += 1 }
        emit(.started(runID: runID, worker: worker, step: step, totalSteps: totalSteps))
    }

    func ended(_ runID: String, worker: Int, _ end: RunEnd) {
        state.withLock { state in
            state.running -= 1
            switch end {
            case .completed:
                state.result.completedHere += 1
            case .failed(let code, let message):
                state.result.failures.append((runID, code, message))
                if let maximumFailures, state.result.failures.count >= maximumFailures {
                    state.result.reachedMaximumFailures = true
                }
            case .interrupted:
                state.result.checkpointed += 1
            }
        }
        emit(.ended(runID: runID, worker: worker, end))
    }

    /// An execution ended without an outcome: its run was taken over, or an error ended the sweep.
    func dropped(_ runID: String, worker: Int) {
        state.withLock { $0.running -= 1 }
    }

    /// An execution ended because its process died; the run is tried again or left unfinished.
    func died(_ runID: String, worker: Int, hadBegun: Bool, cause: String) {
        if hadBegun { state.withLock { $0.running -= 1 } }
        emit(.died(runID: runID, worker: worker, cause: cause))
    }

    /// A run is left as it is for this sweep.
    func leftUnfinished(_ runID: String, cause: String) {
        state.withLock { $0.result.unfinished.append((runID, cause)) }
    }

    func endedElsewhere(_ runID: String, failed: Bool) {
        emit(.endedElsewhere(runID: runID, failed: failed))
    }

    /// A run whose record or files do not verify; the others go on.
    func foundDamage(_ runs: [DamagedRun]) {
        let new = state.withLock { state in
            let known = Set(state.result.damaged.map(\.runID))
            let new = runs.filter { !known.contains($0.runID) }
            state.result.damaged += new
            return new
        }
        for run in new { emit(.note(runID: run.runID, "damaged: \(run.reason)")) }
    }

    func beganEvaluation() { state.withLock { $0.evaluating += 1 } }

    /// How an evaluation of a completed run ended.
    enum EvaluationEnd {
        case evaluated
        /// The run's own metrics failed; the others go on.
        case failed(String)
        /// An error that ends the sweep.
        case dropped
    }

    func endedEvaluation(_ runID: String, _ end: EvaluationEnd) {
        state.withLock { state in
            state.evaluating -= 1
            switch end {
            case .evaluated: state.result.evaluated += 1
            case .failed(let message): state.result.unevaluated.append((runID, message))
            case .dropped: break
            }
        }
        if case .failed(let message) = end {
            emit(.note(runID: runID, "metrics could not be computed: \(message)"))
        }
    }
}

import Experiments
import RunStorage

/// One execution of a run in a worker process; records what the process could not record itself.
struct IsolatedAttempt {
    let item: SweepItem
    let worker: Int
    let workers: IsolatedWorkers
    let store: RunStore
    let options: SweepOptions
    let tally: SweepTally
    let queue: RunQueue

    func execute() {
        var hasBegun = false
        var claimedAt: (seconds: Double, elapsedBefore: Double)?
        do {
            let death = try workers.perform(.run(id: item.id), worker: worker) {
                guard let timeout = options.timeout, let claimedAt else { return nil }
                return claimedAt.seconds + max(0, timeout - claimedAt.elapsedBefore) + IsolatedWorkers.timeoutGrace
            } handle: { report, _ in
                switch report {
                case .claimed(let elapsed): claimedAt = (monotonicSeconds(), elapsed)
                case .started(let step, let total):
                    if hasBegun {
                        tally.emit(.started(runID: item.id, worker: worker, step: step, totalSteps: total))
                    } else {
                        tally.began(item.id, worker: worker, step: step, totalSteps: total)
                    }
                    hasBegun = true
                case .progress(let progress): tally.emit(.progress(worker: worker, progress))
                case .note(let text): tally.emit(.note(runID: item.id, text))
                case .ended(let end):
                    tally.ended(item.id, worker: worker, end)
                    return false
                case .elsewhere:
                    queue.setAside(item)
                    return false
                case .over(let failed):
                    tally.endedElsewhere(item.id, failed: failed)
                    return false
                case .dropped:
                    if hasBegun { tally.dropped(item.id, worker: worker) }
                    return false
                case .fatal(let message, let code):
                    if hasBegun { tally.dropped(item.id, worker: worker) }
                    tally.end(with: WorkerFatalError(description: message, exitCode: code))
                    return false
                case .evaluated, .unevaluated: return false
                }
                return true
            }
            if let death { try record(death, hasBegun: hasBegun, claimedAt: claimedAt?.seconds) }
        } catch {
            if hasBegun { tally.dropped(item.id, worker: worker) }
            tally.end(with: error)
        }
    }

    private func record(_ death: IsolatedWorkers.Death, hasBegun: Bool, claimedAt: Double?) throws {
        let elapsed = claimedAt.map { monotonicSeconds() - $0 } ?? 0
        let end: RunStore.ProcessEnd
        if death.wasOutOfTime {
            end = .ranOutOfTime("the run used up its time and reached no step boundary; its process was ended")
        } else if death.isAttributed, let signal = death.signal {
            end = .died(AttributedDeath(signal: signal, detail: death.lastWords))
        } else {
            end = .died(nil)
        }
        let recorded = try store.recordProcessEnd(ofRun: item.id, pid: death.pid, elapsed: elapsed, end)
        switch recorded {
        case .failed(let code, let message):
            if !hasBegun { tally.began(item.id, worker: worker, step: 0, totalSteps: item.totalSteps) }
            tally.ended(item.id, worker: worker, .failed(code: code, message: message))
        case .interrupted, .notItsOwn:
            let name =
                death.signal.map(AttributedDeath.name) ?? death.exitCode.map { "exit status \($0)" }
                ?? "an unknown cause"
            let cause = death.lastWords.isEmpty ? name : "\(name): \(death.lastWords)"
            tally.died(item.id, worker: worker, hadBegun: hasBegun, cause: cause)
            // What the store did not count is bounded by the queue.
            let counted = death.isAttributed && recorded == .interrupted
            if !queue.giveBack(item, counted: counted) { tally.leftUnfinished(item.id, cause: cause) }
        }
    }
}

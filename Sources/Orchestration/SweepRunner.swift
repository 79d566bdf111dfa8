import Dispatch
import Experiments
import Metrics
import RunStorage
import Synchronization

/// Runs a recorded sweep against a store: claims runs, executes them on the executor's workers, records every outcome,
/// then computes metrics that completed runs lack.
///
/// One run's failure stays that run's: it is recorded and the sweep goes on. An error of the store ends the sweep:
/// running work is asked to stop and the error is in the result. Results do not depend on the executor, on the order
/// of runs or on how often the sweep was stopped.
public struct SweepRunner: Sendable {
    private let store: RunStore
    private let executor: any Executor
    private let options: SweepOptions
    private let runFunction: RunFunction
    private let evaluateFunction: EvaluateFunction
    private let observer: @Sendable (SweepEvent) -> Void

    /// `observer` is told everything that happens, from any thread.
    public init(
        store: RunStore, executor: any Executor, options: SweepOptions, runFunction: @escaping RunFunction,
        evaluateFunction: @escaping EvaluateFunction,
        observer: @escaping @Sendable (SweepEvent) -> Void
    ) {
        self.store = store
        self.executor = executor
        self.options = options
        self.runFunction = runFunction
        self.evaluateFunction = evaluateFunction
        self.observer = observer
    }

    /// Runs the plan until all is done or `stop` is requested.
    ///
    /// With a stop request it returns at the latest ``SweepOptions/stopGrace`` seconds after it, even if a run has not
    /// reached a step boundary by then; the caller should then end the process.
    public func run(_ plan: SweepPlan, stop: StopRequest) -> SweepResult {
        let tally = SweepTally(maximumFailures: options.maximumFailures, observer: observer)
        tally.foundDamage(plan.damaged)
        observer(.planned(plan.overview(workers: executor.workers)))
        do {
            if options.retriesFailed { _ = try store.resetFailed(runIDs: plan.toRetry) }
        } catch {
            tally.end(with: error)
        }
        let cache = StoreReferenceCache(store: store)
        let queue = RunQueue(
            items: plan.toRun, store: store, options: options, tally: tally, stop: stop,
            claims: options.isolation == nil)
        let workers = isolatedWorkers(plan, tally: tally, stop: stop)
        // `self` is copied into each attempt; nothing is shared but the tally, the queue, the store and the cache.
        let runner = self
        supervise(stop: stop, tally: tally) {
            runner.executor.execute { worker in
                guard let claimed = queue.next() else { return nil }
                guard let claim = claimed.claim else {
                    guard let workers else { return nil }
                    let attempt = IsolatedAttempt(
                        item: claimed.item, worker: worker, workers: workers, store: runner.store,
                        options: runner.options, tally: tally, queue: queue)
                    return { attempt.execute() }
                }
                let attempt = RunAttempt(
                    item: claimed.item, claim: claim, worker: worker, evaluation: plan.evaluation,
                    cache: cache, options: runner.options, runFunction: runner.runFunction, tally: tally, stop: stop)
                return { attempt.execute() }
            }
        }
        if !stop.isRequested, !tally.isEnding {
            evaluateMissing(plan, workers: workers, cache: cache, tally: tally, stop: stop)
        }
        // After a stop request some may still be at work.
        if !stop.isRequested { workers?.finish() }
        let result = finish(plan, queue: queue, tally: tally, stop: stop)
        if stop.isRequested { workers?.giveUp() }
        return result
    }

    /// Computes the metrics of the plan that completed runs lack, from their final parameters; nothing is trained.
    public func evaluate(_ plan: SweepPlan, stop: StopRequest) -> SweepResult {
        let tally = SweepTally(maximumFailures: nil, observer: observer)
        evaluateMissing(plan, workers: nil, cache: StoreReferenceCache(store: store), tally: tally, stop: stop)
        let queue = RunQueue(items: [], store: store, options: options, tally: tally, stop: stop)
        return finish(plan, queue: queue, tally: tally, stop: stop)
    }

    /// Waits for `work` on another thread; after a stop request only for the grace time.
    private func supervise(stop: StopRequest, tally: SweepTally, _ work: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "flowexp.sweep").async {
            work()
            done.signal()
        }
        while done.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
            guard let requestedAt = stop.requestedAt else { continue }
            if monotonicSeconds() - requestedAt > options.stopGrace { return }
        }
    }

    private func isolatedWorkers(_ plan: SweepPlan, tally: SweepTally, stop: StopRequest) -> IsolatedWorkers? {
        options.isolation.map { launch in
            IsolatedWorkers(
                launch: launch, store: store, revisionID: plan.revisionID, options: options, tally: tally, stop: stop)
        }
    }

    private func evaluateMissing(
        _ plan: SweepPlan, workers: IsolatedWorkers?, cache: StoreReferenceCache, tally: SweepTally, stop: StopRequest
    ) {
        let missing: [MissingMetrics]
        do {
            let examined = try plan.examine(in: store)
            let ids = Set(plan.items.map(\.id))
            tally.foundDamage(examined.damaged.filter { ids.contains($0.runID) })
            missing = plan.missingMetrics(examined)
        } catch {
            tally.end(with: error)
            return
        }
        guard !missing.isEmpty else { return }
        tally.emit(.evaluating(remaining: missing.count))
        let countdown = Countdown(count: missing.count)
        let runner = self
        supervise(stop: stop, tally: tally) {
            runner.executor.execute { worker in
                guard !stop.isRequested, !tally.isEnding, let index = countdown.take() else { return nil }
                return {
                    if let workers {
                        runner.evaluateIsolated(missing[index], worker: worker, workers: workers, tally: tally)
                    } else {
                        runner.evaluateOne(missing[index], cache: cache, tally: tally)
                    }
                    tally.emit(.evaluating(remaining: countdown.finish()))
                }
            }
        }
    }

    private func evaluateOne(_ missing: MissingMetrics, cache: StoreReferenceCache, tally: SweepTally) {
        tally.beganEvaluation()
        do {
            let parameters = try store.loadArtefact(ofRun: missing.item.id, name: RunArtefactNames.parameters)
            let values: [MetricValue]
            do {
                values = try evaluateFunction(missing.item.configuration, missing.evaluation, parameters, cache)
            } catch {
                tally.endedEvaluation(missing.item.id, .failed("\(error)"))
                return
            }
            try store.saveMetrics(runID: missing.item.id, metrics: values.map(StoreConversion.metric))
            tally.endedEvaluation(missing.item.id, .evaluated)
        } catch let error as RunStoreError where error.kind == .corrupt {
            // One run's damage stays that run's.
            tally.endedEvaluation(missing.item.id, .dropped)
            tally.foundDamage([DamagedRun(runID: missing.item.id, reason: error.what)])
        } catch {
            tally.endedEvaluation(missing.item.id, .dropped)
            tally.end(with: error)
        }
    }

    private func evaluateIsolated(
        _ missing: MissingMetrics, worker: Int, workers: IsolatedWorkers, tally: SweepTally
    ) {
        let id = missing.item.id
        tally.beganEvaluation()
        do {
            let order = WorkerOrder.evaluate(id: id, plan: missing.evaluation.canonicalJSON)
            let death = try workers.perform(order, worker: worker, deadline: { nil }) { report, _ in
                switch report {
                case .evaluated: tally.endedEvaluation(id, .evaluated)
                case .unevaluated(let message): tally.endedEvaluation(id, .failed(message))
                case .fatal(let message, let code):
                    tally.endedEvaluation(id, .dropped)
                    tally.end(with: WorkerFatalError(description: message, exitCode: code))
                default: return true
                }
                return false
            }
            if let death {
                let cause = death.signal.map(AttributedDeath.name) ?? "an unknown cause"
                tally.endedEvaluation(id, .failed("the process died of \(cause) \(death.lastWords)"))
            }
        } catch {
            tally.endedEvaluation(id, .dropped)
            tally.end(with: error)
        }
    }

    /// Counts what is done now, whoever did it.
    private func finish(_ plan: SweepPlan, queue: RunQueue, tally: SweepTally, stop: StopRequest) -> SweepResult {
        var result = tally.result
        result.abandoned = tally.running
        result.abandonedEvaluations = tally.evaluating
        // In an order that does not depend on the workers.
        result.unevaluated.sort { $0.runID < $1.runID }
        result.damaged.sort { $0.runID < $1.runID }
        result.elsewhere = queue.elsewhere
        result.wasStopped = stop.isRequested
        if let requestedAt = stop.requestedAt { result.stopSeconds = monotonicSeconds() - requestedAt }
        let ids = Set(plan.items.map(\.id)).subtracting(result.damaged.map(\.runID))
        do {
            for (id, state) in try store.runStates(ofRevision: plan.revisionID) where ids.contains(id) {
                switch state {
                case .completed: result.completed += 1
                case .failed: result.failed += 1
                case .planned, .interrupted: result.remaining += 1
                case .running: break
                }
            }
        } catch {
            result.fatalError = result.fatalError ?? error
        }
        return result
    }
}

/// Hands out 0 ..< count once each and counts down as they are finished.
private final class Countdown: Sendable {
    private let count: Int
    private let state = Mutex((next: 0, finished: 0))

    init(count: Int) { self.count = count }

    func take() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// Marks one as finished and returns how many are not.
    func finish() -> Int {
        state.withLock { state in
            state.finished += 1
            return count - state.finished
        }
    }
}

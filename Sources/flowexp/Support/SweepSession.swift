import ArgumentParser
import Catalog
import Experiments
import Foundation
import Orchestration
import RunStorage

/// One sweep from spec to last word: records the revision, prints the plan, runs it with a live display, says how it
/// ended and what to do next. `sweep` and `resume` share it.
struct SweepSession {
    var options: SweepOptions
    var workers: Int?
    var stop: StopRequest

    /// Watches for signals from here on; call before anything starts a thread.
    static func watchedStop() throws -> StopRequest {
        let stop = StopRequest()
        try StopSignals.watch(
            stop: stop,
            onFirst: { _ in },
            onSecond: { _ in
                // The screen may hold half a drawing; the store needs nothing.
                if Terminal().isInteractive { writeAll("\u{1B}[?7h\r\n", to: STDERR_FILENO) }
            },
            onOverdue: {
                if Terminal().isInteractive { writeAll("\u{1B}[?7h\r\n", to: STDERR_FILENO) }
                Talk.say("Stopped; what was under way goes on from its last checkpoint. Resume with the same command.")
                return ExitStatus.interrupted.rawValue
            })
        // Opening the store needs threads, too.
        try DispatchExecutor(workers: 1).checkThreads()
        return stop
    }

    /// Runs a spec; returns the exit status of its end.
    func run(_ spec: ExperimentSpec, in store: RunStore) throws -> ExitStatus {
        try store.recordDeadAttempts()
        let items = spec.items
        let change = try store.recordRevision(
            sweepName: spec.name, specBytes: spec.plan.source, resolvedSpecJSON: spec.plan.resolvedSpec,
            evaluationJSON: spec.plan.evaluation.canonicalJSON,
            runs: items.map(\.planned))
        let plan = try SweepPlan(
            name: spec.name, revisionID: change.revisionID, revision: change.number, evaluation: spec.plan.evaluation,
            items: items,
            examined: ExaminedRuns(
                ofRevision: change.revisionID, items: items, evaluation: spec.plan.evaluation, in: store),
            options: options)
        let executor = DispatchExecutor(workers: workers)
        let overview = plan.overview(workers: min(executor.workers, max(1, plan.toRun.count, plan.toEvaluate)))
        Talk.say(SweepText.plan(spec.plan, overview: overview, change: change))
        if plan.isDone {
            Talk.say(SweepText.nothingToDo(overview, plan.evaluation))
            if !plan.damaged.isEmpty { Talk.warn(DamageText.runs(plan.damaged)) }
            return overview.damaged > 0 ? .badData : overview.failed > 0 ? .failedRuns : .success
        }
        try DispatchExecutor(workers: overview.workers).checkThreads(isolated: options.isolation != nil)
        let labels = RunLabels.labels(spec.plan)
        let display = ProgressDisplay(name: spec.name, labels: labels, stop: stop)
        let runner = SweepRunner(
            store: store, executor: DispatchExecutor(workers: overview.workers), options: options,
            runFunction: Engine.run, evaluateFunction: Engine.evaluate, observer: { display.take($0) })
        display.take(.planned(overview))
        display.start()
        let result = runner.run(plan, stop: stop)
        display.finish()
        return try conclude(result, plan: plan, labels: labels)
    }

    private func conclude(_ result: SweepResult, plan: SweepPlan, labels: [String: [String]]) throws -> ExitStatus {
        if let error = result.fatalError {
            Talk.warn(SweepText.stoppedByError(result, isOfStore: error is RunStoreError))
            throw error
        }
        Talk.say(SweepText.end(result, plan: plan, options: options))
        if result.wasStopped {
            // Work that did not stop in time still runs on other threads: end without waiting for it.
            if result.hasAbandonedWork { _exit(ExitStatus.interrupted.rawValue) }
            return .interrupted
        }
        if !result.damaged.isEmpty {
            Talk.warn(DamageText.runs(result.damaged))
            return .badData
        }
        if !result.unfinished.isEmpty { return .interrupted }
        if result.failed > 0 || !result.unevaluated.isEmpty { return .failedRuns }
        // Left to others by --no-wait: the same command goes on.
        return result.elsewhere > 0 ? .interrupted : .success
    }
}

/// The engine behind the runner's two functions.
enum Engine {
    static let run: RunFunction = { request, directive, onEvent in
        try executeRun(
            configuration: request.configuration, evaluation: request.evaluation, checkpoint: request.checkpoint,
            cache: request.cache, directive: directive, onEvent: onEvent)
    }

    static let evaluate: EvaluateFunction = { configuration, evaluation, parameters, cache in
        try evaluateRun(configuration: configuration, evaluation: evaluation, parameters: parameters, cache: cache)
    }
}

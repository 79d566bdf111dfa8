import Catalog
import Dispatch
import Experiments
import Foundation
import RunStorage
import Synchronization

/// A worker process of `sweep --isolate`: takes orders on standard input, executes runs with the same code as a sweep
/// without it, and reports on standard output.
///
/// It ends when standard input does, so it never outlives its sweep, and ignores SIGINT, SIGTERM and SIGHUP: the sweep,
/// which gets a Ctrl-C too, tells it when to checkpoint.
public struct WorkerProgram: Sendable {
    private let runFunction: RunFunction
    private let evaluateFunction: EvaluateFunction
    private let stop = StopRequest()
    private let inbox = Inbox()
    private let exitCode: @Sendable (any Error) -> Int32?

    /// `exitCode`: the exit code for an error that ends the sweep; nil for those of the store, which bring their own.
    public init(
        runFunction: @escaping RunFunction, evaluateFunction: @escaping EvaluateFunction,
        exitCode: @escaping @Sendable (any Error) -> Int32?
    ) {
        self.runFunction = runFunction
        self.evaluateFunction = evaluateFunction
        self.exitCode = exitCode
    }

    /// Serves until standard input ends. Returns false at once when what comes first is no order of a sweep.
    public func serve() -> Bool {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { _ = signal(number, SIG_IGN) }
        preferAsVictim()
        let channel = LineChannel(descriptor: STDIN_FILENO)
        guard case .line(let first) = channel.receive(milliseconds: -1),
            case .begin(let path, let revisionID, let timeout, let interval)? = WorkerOrder(line: first)
        else { return false }
        do {
            try watchOrders(channel)
            let store = try RunStore.open(at: path, mode: .readWrite)
            let revision = try store.revision(withID: revisionID)
            var options = SweepOptions()
            options.timeout = timeout
            options.checkpointInterval = interval
            let work = WorkerRuns(
                store: store, evaluation: try EvaluationPlan(canonicalJSON: revision.evaluationJSON), options: options,
                runFunction: runFunction, evaluateFunction: evaluateFunction, stop: stop, report: Self.report)
            while let order = inbox.next() {
                switch order {
                case .run(let id): try work.execute(id)
                case .evaluate(let id, let plan): try work.evaluate(id, plan: plan)
                case .begin, .stop: break
                }
            }
        } catch {
            let code = (error as? RunStoreError)?.exitCode ?? exitCode(error) ?? 70
            Self.report(.fatal(message: "\(error)", exitCode: code))
            // The sweep closes standard input when it has read that.
            while inbox.next() != nil {}
        }
        return true
    }

    /// Takes orders on a thread of its own, so that a stop is heard while a run goes on. The end of the input ends the
    /// process, whatever it is doing: nobody would hear of the result, and the store needs no farewell.
    private func watchOrders(_ channel: LineChannel) throws {
        // The channel is used by that thread only from here on.
        nonisolated(unsafe) let channel = channel
        let (stop, inbox) = (stop, inbox)
        try SystemThread.start("flowexp.orders") {
            while case .line(let line) = channel.receive(milliseconds: -1) {
                guard let order = WorkerOrder(line: line) else { continue }
                if case .stop = order { stop.request() } else { inbox.append(order) }
            }
            _exit(0)
        }
    }

    private static func report(_ report: WorkerReport) { LineChannel.send(report.line, to: STDOUT_FILENO) }

    /// Asks the kernel to choose this process before its sweep when memory runs out; where it may not, nothing is lost.
    private func preferAsVictim() {
        let descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "500", 3)
        close(descriptor)
    }
}

/// Orders that wait for the thread that executes them.
private final class Inbox: Sendable {
    private let orders = Mutex<[WorkerOrder]>([])
    private let count = DispatchSemaphore(value: 0)

    func append(_ order: WorkerOrder) {
        orders.withLock { $0.append(order) }
        count.signal()
    }

    /// Waits for the next order.
    func next() -> WorkerOrder? {
        count.wait()
        return orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

/// What a worker process does for each order.
private struct WorkerRuns {
    let store: RunStore
    let evaluation: EvaluationPlan
    let options: SweepOptions
    let runFunction: RunFunction
    let evaluateFunction: EvaluateFunction
    let stop: StopRequest
    let report: @Sendable (WorkerReport) -> Void
    let cache: StoreReferenceCache

    init(
        store: RunStore, evaluation: EvaluationPlan, options: SweepOptions, runFunction: @escaping RunFunction,
        evaluateFunction: @escaping EvaluateFunction, stop: StopRequest,
        report: @escaping @Sendable (WorkerReport) -> Void
    ) {
        self.store = store
        self.evaluation = evaluation
        self.options = options
        self.runFunction = runFunction
        self.evaluateFunction = evaluateFunction
        self.stop = stop
        self.report = report
        cache = StoreReferenceCache(store: store)
    }

    /// Claims and executes a run as a sweep's own worker does. Throws what ends the sweep.
    func execute(_ id: String) throws {
        let record = try store.record(idPrefix: id)
        let configuration = try RunConfiguration(canonicalJSON: record.configurationJSON)
        switch try store.tryBegin(runID: id) {
        case .heldElsewhere: report(.elsewhere)
        case .alreadyCompleted: report(.over(failed: false))
        case .alreadyFailed: report(.over(failed: true))
        case .claimed(let claim):
            report(.claimed(elapsedBefore: claim.elapsedBefore))
            let json = (try? JSONValue(parsing: record.configurationJSON)) ?? .null
            let item = SweepItem(
                id: id, configuration: configuration, configurationJSON: record.configurationJSON, axesJSON: "{}",
                cost: RunCost(configuration: json), totalSteps: RunCost.steps(of: json),
                attributes: RunAttributes(configuration: [:], facts: [:]))
            let progress = ProgressThrottle()
            let wasReported = Mutex(false)
            let tally = SweepTally(maximumFailures: nil) { event in
                switch event {
                case .started(_, _, let step, let total): report(.started(step: step, totalSteps: total))
                case .progress(_, let now): if progress.isDue(now) { report(.progress(now)) }
                case .note(_, let text): report(.note(text))
                case .ended(_, _, let end):
                    wasReported.withLock { $0 = true }
                    report(.ended(end))
                default: break
                }
            }
            RunAttempt(
                item: item, claim: claim, worker: 0, evaluation: evaluation, cache: cache, options: options,
                runFunction: runFunction, tally: tally, stop: stop
            ).execute()
            if let error = tally.result.fatalError { throw error }
            if !wasReported.withLock({ $0 }) { report(.dropped) }
        }
    }

    /// Computes and saves metrics of a completed run. Throws what ends the sweep.
    func evaluate(_ id: String, plan text: String) throws {
        let parameters = try store.loadArtefact(ofRun: id, name: RunArtefactNames.parameters)
        let configuration = try RunConfiguration(canonicalJSON: store.record(idPrefix: id).configurationJSON)
        let plan = try EvaluationPlan(canonicalJSON: text)
        do {
            let values = try evaluateFunction(configuration, plan, parameters, cache)
            try store.saveMetrics(runID: id, metrics: values.map(StoreConversion.metric))
        } catch let error as RunStoreError {
            throw error
        } catch {
            return report(.unevaluated("\(error)"))
        }
        report(.evaluated)
    }
}

/// Lets through progress at a rate that a display can show.
private final class ProgressThrottle: Sendable {
    private let last = Mutex<(at: Double, phase: RunPhase?)>((-1, nil))

    func isDue(_ progress: RunProgress) -> Bool {
        let now = monotonicSeconds()
        return last.withLock { last in
            guard now - last.at >= 0.1 || last.phase != progress.phase else { return false }
            last = (now, progress.phase)
            return true
        }
    }
}

import Catalog
import Experiments
import Foundation
import Metrics
import Orchestration
import RunStorage
import Synchronization

/// A small sweep on a store in a directory of its own, and a record of what the runner did with it.
final class SweepFixture: Sendable {
    let directory: String
    let store: RunStore
    let spec: ExperimentSpec

    /// Two bases × `seeds` seeds of two-moons with one cheap metric.
    init(seeds: Int = 2) throws {
        directory = NSTemporaryDirectory() + "flowexp-orchestration-\(UUID().uuidString)"
        store = try RunStore.open(at: directory, mode: .createIfMissing)
        let text = """
            {"name": "fixture", "training": {"steps": 100}, "evaluation": {"metrics": ["kl"]},
             "task": "two-moons", "sweep": {"base": ["gaussian", "gmm"], "seeds": \(seeds)}}
            """
        spec = try ExperimentSpec.read(bytes: Array(text.utf8), fileName: "fixture.json")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var items: [SweepItem] { spec.items }

    /// Records the sweep and plans it against the store as it is now.
    func plan(_ options: SweepOptions = SweepOptions(), metrics: [String]? = nil) throws -> SweepPlan {
        let change = try store.recordRevision(
            sweepName: spec.name, specBytes: spec.plan.source, resolvedSpecJSON: spec.plan.resolvedSpec,
            evaluationJSON: spec.plan.evaluation.canonicalJSON,
            runs: items.map {
                RunStorage.PlannedRun(id: $0.id, configurationJSON: $0.configurationJSON, axesJSON: $0.axesJSON)
            })
        var evaluation = spec.plan.evaluation
        if let metrics { evaluation.parameters["metrics"] = .array(metrics.map { .string($0) }) }
        let states = try store.runStates(ofRevision: change.revisionID).map { ($0.id, $0.state) }
        return try SweepPlan(
            name: spec.name, revisionID: change.revisionID, revision: change.number, evaluation: evaluation,
            items: items, states: Dictionary(states) { first, _ in first }, options: options)
    }

    /// Plans and runs with a fake run function.
    func run(
        _ options: SweepOptions = SweepOptions(), executor: any Executor = SerialExecutor(),
        stop: StopRequest = StopRequest(), metrics: [String]? = nil, events: EventLog = EventLog(),
        evaluate: @escaping EvaluateFunction = { _, evaluation, _, _ in try FakeRun.metrics(evaluation) },
        _ runFunction: @escaping RunFunction
    ) throws -> SweepResult {
        let runner = SweepRunner(
            store: store, executor: executor, options: options, runFunction: runFunction, evaluateFunction: evaluate,
            observer: { events.append($0) })
        return runner.run(try plan(options, metrics: metrics), stop: stop)
    }

    /// States in the order of the expansion.
    func states() throws -> [RunState] {
        let states = try store.runStates(ofRevision: store.newestRevision(ofSweep: spec.name).id)
        let byID = Dictionary(states.map { ($0.id, $0.state) }) { first, _ in first }
        return items.compactMap { byID[$0.id] }
    }
}

/// Outcomes of runs that nothing was trained for.
enum FakeRun {
    /// The rows an evaluation plan asks for, all zero.
    static func metrics(_ evaluation: EvaluationPlan) throws -> [MetricValue] {
        try MetricCatalog.plannedValues(evaluation.parameters).map {
            MetricValue(
                name: $0.name, parameters: $0.parameters, version: $0.version, value: 0, sampleSizes: [1, 1],
                direction: .lower)
        }
    }

    static func completed(_ request: RunRequest) throws -> RunOutcome {
        .completed(
            RunResult(
                metrics: try metrics(request.evaluation), history: [row(100)],
                artefacts: [RunArtefact(name: RunArtefactNames.parameters, bytes: [1, 2, 3])], summary: [:],
                timings: ["training": 1]))
    }

    static func row(_ step: Int) -> HistoryRow {
        HistoryRow(
            step: step, loss: 1, validationLoss: nil, gradientNorm: 1, learningRate: 1, effectiveSampleSize: 1,
            likelihoodEvaluations: step, nonfiniteBatches: 0, seconds: 0)
    }

    /// The same function; the `count`-th run that it begins asks for a stop first.
    static func stopping(_ stop: StopRequest, atRun count: Int, _ inner: @escaping RunFunction) -> RunFunction {
        let begun = Counter()
        return { request, directive, onEvent in
            begun.increment()
            if begun.count >= count { stop.request() }
            return try inner(request, directive, onEvent)
        }
    }

    /// Takes steps until the directive or `steps` ends it; its state is the step as text. Pauses at each step.
    static func stepping(_ steps: Int, pause: Double = 0.001) -> RunFunction {
        { request, directive, onEvent in
            var step = request.checkpoint.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            func checkpoint() throws {
                try onEvent(
                    .checkpoint(
                        RunCheckpoint(phase: .training, step: step, bytes: Array("\(step)".utf8), history: [])))
            }
            while step < steps {
                step += 1
                Thread.sleep(forTimeInterval: pause)
                try onEvent(.progress(RunProgress(phase: .training, step: step, totalSteps: steps, loss: 1)))
                switch directive() {
                case .proceed: break
                case .checkpoint: try checkpoint()
                case .stop:
                    try checkpoint()
                    return .interrupted
                case .timeout: return .failed(code: "timeout", message: "took too long", history: [])
                }
            }
            return try completed(request)
        }
    }
}

/// Everything an observer was told, from all threads.
final class EventLog: Sendable {
    private let events = Mutex<[SweepEvent]>([])

    func append(_ event: SweepEvent) { events.withLock { $0.append(event) } }

    var all: [SweepEvent] { events.withLock { $0 } }

    /// Run ids in the order in which they were started, without repetitions.
    var started: [String] {
        var ids: [String] = []
        for case .started(let id, _, _, _) in all where ids.last != id { ids.append(id) }
        return ids
    }

    var notes: [String] {
        all.compactMap { event in
            if case .note(_, let text) = event { return text }
            return nil
        }
    }
}

/// A value that several threads change.
final class Counter: Sendable {
    private let value = Mutex(0)

    @discardableResult
    func increment() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }

    var count: Int { value.withLock { $0 } }
}

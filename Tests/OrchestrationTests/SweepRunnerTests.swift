import Catalog
import Dispatch
import Experiments
import Foundation
import Orchestration
import RunStorage
import Testing

/// What the runner promises, tried with runs that train nothing, on a real store.
struct SweepRunnerTests {
    @Test("runs begin in the order of the expansion, and a second sweep starts nothing")
    func order() throws {
        let fixture = try SweepFixture()
        let events = EventLog()
        let result = try fixture.run(events: events) { request, _, _ in try FakeRun.completed(request) }
        #expect(events.started == fixture.items.map(\.id))
        #expect(result.completed == 4 && result.completedHere == 4 && result.failed == 0)
        #expect(try fixture.states() == Array(repeating: .completed, count: 4))

        let calls = Counter()
        let second = try fixture.run { request, _, _ in
            calls.increment()
            return try FakeRun.completed(request)
        }
        #expect(calls.count == 0)
        #expect(second.completed == 4 && second.completedHere == 0)
        #expect(try fixture.plan().isDone)
    }

    @Test("many workers do every run exactly once", arguments: [2, 5])
    func workers(count: Int) throws {
        let fixture = try SweepFixture(seeds: 10)
        let calls = Counter()
        let result = try fixture.run(executor: DispatchExecutor(workers: count)) { request, _, _ in
            calls.increment()
            return try FakeRun.completed(request)
        }
        #expect(calls.count == 20)
        #expect(result.completed == 20)
    }

    @Test("a run that throws is recorded as failed(error) and the others go on")
    func failure() throws {
        struct Broken: Error, CustomStringConvertible {
            let description = "the flow is upside down"
        }
        let fixture = try SweepFixture()
        let bad = fixture.items[1].configuration
        let run: RunFunction = { request, _, _ in
            if request.configuration == bad { throw Broken() }
            return try FakeRun.completed(request)
        }
        let result = try fixture.run(SweepOptions(), run)
        #expect(result.completed == 3 && result.failed == 1)
        #expect(result.failures.map(\.code) == ["error"])
        #expect(try fixture.states() == [.completed, .failed, .completed, .completed])
        let record = try fixture.store.record(idPrefix: fixture.items[1].id)
        #expect(record.failureMessage?.contains("upside down") == true)

        // It stays failed, and is counted, until it is asked for again.
        let calls = Counter()
        let again = try fixture.run { request, _, _ in
            calls.increment()
            return try FakeRun.completed(request)
        }
        #expect(calls.count == 0 && again.failed == 1)
        var retry = SweepOptions()
        retry.retriesFailed = true
        let mended = try fixture.run(retry) { request, _, _ in try FakeRun.completed(request) }
        #expect(mended.failed == 0 && mended.completed == 4 && mended.completedHere == 1)
    }

    @Test("a failed outcome keeps its code")
    func diverged() throws {
        let fixture = try SweepFixture(seeds: 1)
        let result = try fixture.run { _, _, _ in .failed(code: "diverged", message: "loss is NaN", history: []) }
        #expect(result.failures.map(\.code) == ["diverged", "diverged"])
        #expect(try fixture.store.record(idPrefix: fixture.items[0].id).failureCode == "diverged")
    }

    @Test("--max-failures stops starting runs")
    func maximumFailures() throws {
        let fixture = try SweepFixture(seeds: 5)
        var options = SweepOptions()
        options.maximumFailures = 3
        let result = try fixture.run(options) { _, _, _ in .failed(code: "diverged", message: "", history: []) }
        #expect(result.failed == 3 && result.remaining == 7 && result.reachedMaximumFailures)
    }

    @Test("--limit and --where select runs")
    func selection() throws {
        let fixture = try SweepFixture(seeds: 3)
        var options = SweepOptions()
        options.limit = 2
        options.filter = try RunFilter("base=gmm and seed>=1")
        let plan = try fixture.plan(options)
        #expect(plan.items.count == 2 && plan.toRun.count == 2)
        options.limit = 1
        let events = EventLog()
        let result = try fixture.run(options, events: events) { request, _, _ in try FakeRun.completed(request) }
        #expect(events.started == [fixture.items[4].id])
        #expect(result.completed == 1 && result.remaining == 1)
        #expect(try fixture.plan(options).beyondLimit == 0)
        options.filter = try RunFilter("layers=4")
        #expect(throws: RunFilterError.self) { try fixture.plan(options) }
    }

    @Test("a run over its time fails with timeout; time of earlier attempts counts")
    func timeout() throws {
        let fixture = try SweepFixture(seeds: 1)
        var options = SweepOptions()
        options.timeout = 0.05
        let result = try fixture.run(options, FakeRun.stepping(100_000))
        #expect(result.failures.map(\.code) == ["timeout", "timeout"])
    }

    @Test("an error of the store ends the sweep and leaves the other runs for later")
    func storeError() throws {
        let fixture = try SweepFixture()
        let result = try fixture.run { request, _, _ in
            .completed(
                RunResult(
                    metrics: [], history: [], artefacts: [RunArtefact(name: "../outside", bytes: [1])], summary: [:],
                    timings: [:]))
        }
        #expect((result.fatalError as? RunStoreError)?.kind == .invalidName)
        #expect(result.completed == 0 && result.failed == 0)
    }

    @Test("completed runs that lack metrics are evaluated, not trained")
    func missingMetrics() throws {
        let fixture = try SweepFixture()
        _ = try fixture.run { request, _, _ in try FakeRun.completed(request) }
        let trained = Counter()
        let evaluated = Counter()
        let result = try fixture.run(
            metrics: ["kl", "mmd"],
            evaluate: { _, evaluation, parameters, _ in
                evaluated.increment()
                #expect(parameters == [1, 2, 3])
                #expect(evaluation.parameters["metrics"] == .array([.string("mmd")]))
                return try FakeRun.metrics(evaluation)
            }
        ) { request, _, _ in
            trained.increment()
            return try FakeRun.completed(request)
        }
        #expect(trained.count == 0 && evaluated.count == 4 && result.evaluated == 4)
        let names = try fixture.store.record(idPrefix: fixture.items[0].id).metrics.map(\.name)
        #expect(names == ["kl", "mmd"])
    }

    @Test("an amortised run lacks its conditional rows too, and only an amortised one")
    func missingConditionalMetrics() throws {
        let fixture = try SweepFixture()
        _ = try fixture.run { request, _, _ in try FakeRun.completed(request) }
        let plan = try fixture.plan(metrics: ["kl", "sbc"])
        #expect(plan.missingMetrics(try plan.examine(in: fixture.store)).isEmpty)
        var items = fixture.items
        items[1].configuration.training["objective"] = .string("amortised")
        let amortised = try SweepPlan(
            name: plan.name, revisionID: plan.revisionID, revision: plan.revision, evaluation: plan.evaluation,
            items: items, states: [:], options: SweepOptions())
        let missing = amortised.missingMetrics(try amortised.examine(in: fixture.store))
        #expect(missing.map(\.item.id) == [items[1].id])
        #expect(missing.first?.evaluation.parameters["metrics"] == .array([.string("kl"), .string("sbc")]))
    }

    @Test("a run whose missing metrics fail is named and counted, and the others go on")
    func failedEvaluation() throws {
        struct Broken: Error, CustomStringConvertible {
            let description = "no density"
        }
        let fixture = try SweepFixture()
        _ = try fixture.run { request, _, _ in try FakeRun.completed(request) }
        let bad = fixture.items[2]
        let events = EventLog()
        let evaluate: EvaluateFunction = { configuration, evaluation, _, _ in
            if configuration == bad.configuration { throw Broken() }
            return try FakeRun.metrics(evaluation)
        }
        let result = try fixture.run(metrics: ["kl", "mmd"], events: events, evaluate: evaluate) { request, _, _ in
            try FakeRun.completed(request)
        }
        #expect(result.evaluated == 3 && result.failed == 0)
        #expect(result.unevaluated.map(\.runID) == [bad.id] && result.unevaluated.map(\.message) == ["no density"])
        #expect(events.notes.contains { $0.contains("no density") })
        let again = try fixture.run(metrics: ["kl", "mmd"]) { request, _, _ in try FakeRun.completed(request) }
        #expect(again.evaluated == 1 && again.unevaluated.isEmpty)
    }

    @Test("an evaluation that outlasts the grace time after a stop is counted as abandoned")
    func abandonedEvaluation() throws {
        let fixture = try SweepFixture()
        _ = try fixture.run { request, _, _ in try FakeRun.completed(request) }
        var options = SweepOptions()
        options.stopGrace = 0.1
        let stop = StopRequest()
        let release = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        let result = try fixture.run(
            options, stop: stop, metrics: ["kl", "mmd"],
            evaluate: { _, evaluation, _, _ in
                stop.request()
                release.wait()
                defer { ended.signal() }
                return try FakeRun.metrics(evaluation)
            }
        ) { request, _, _ in try FakeRun.completed(request) }
        #expect(result.wasStopped && result.abandonedEvaluations == 1 && result.abandoned == 0)
        #expect(result.hasAbandonedWork && result.evaluated == 0)
        release.signal()
        ended.wait()
    }
}

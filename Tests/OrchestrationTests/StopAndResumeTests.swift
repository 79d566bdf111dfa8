import Experiments
import Foundation
import Orchestration
import RunStorage
import Testing

/// Stopping, going on, and sharing a store.
struct StopAndResumeTests {
    @Test("a stop checkpoints every running run, and the next sweep goes on from there")
    func stopAndResume() throws {
        let fixture = try SweepFixture(seeds: 1)
        let stop = StopRequest()
        let result = try fixture.run(
            executor: DispatchExecutor(workers: 2), stop: stop,
            FakeRun.stopping(stop, atRun: 2, FakeRun.stepping(1_000_000)))
        #expect(result.wasStopped && result.checkpointed == 2 && result.abandoned == 0)
        #expect(result.stopSeconds < 3)
        #expect(try fixture.states() == [.interrupted, .interrupted])

        let resumedAt = Counter()
        let events = EventLog()
        let second = try fixture.run(events: events) { request, _, _ in
            let step = request.checkpoint.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            if step > 0 { resumedAt.increment() }
            return try FakeRun.completed(request)
        }
        #expect(resumedAt.count == 2)
        #expect(second.completed == 2)
        let steps = events.all.compactMap { event -> Int? in
            if case .started(_, _, let step, _) = event, step > 0 { return step }
            return nil
        }
        #expect(steps.count == 2)
    }

    @Test("work that ignores the stop is abandoned after the grace time")
    func abandoned() throws {
        let fixture = try SweepFixture(seeds: 1)
        let stop = StopRequest()
        var options = SweepOptions()
        options.stopGrace = 0.3
        let began = Date()
        let sleeping = FakeRun.stopping(stop, atRun: 1) { request, _, _ in
            Thread.sleep(forTimeInterval: 20)
            return try FakeRun.completed(request)
        }
        let result = try fixture.run(options, stop: stop, sleeping)
        #expect(result.abandoned == 1)
        #expect(Date().timeIntervalSince(began) < 15)
    }

    @Test("checkpoints are taken at the interval")
    func interval() throws {
        let fixture = try SweepFixture(seeds: 1)
        var options = SweepOptions()
        options.checkpointInterval = 0.02
        let checkpoints = Counter()
        let inner = FakeRun.stepping(100)
        _ = try fixture.run(options) { request, directive, onEvent in
            try inner(request, directive) { event in
                if case .checkpoint = event { checkpoints.increment() }
                try onEvent(event)
            }
        }
        // 100 steps of at least a millisecond for each of two runs.
        #expect(checkpoints.count >= 4)
        #expect(checkpoints.count <= 200)
    }

    @Test("a checkpoint that the engine refuses is discarded and the run starts from 0")
    func unusableCheckpoint() throws {
        struct OtherVariant: Error, CustomStringConvertible {
            let description = "written by another numerics variant"
        }
        let fixture = try SweepFixture(seeds: 1)
        let stop = StopRequest()
        _ = try fixture.run(stop: stop, FakeRun.stopping(stop, atRun: 1, FakeRun.stepping(1_000_000)))
        let events = EventLog()
        let result = try fixture.run(events: events) { request, _, _ in
            if request.checkpoint != nil { throw OtherVariant() }
            return try FakeRun.completed(request)
        }
        #expect(result.completed == 2 && result.failed == 0)
        #expect(events.notes.contains { $0.contains("another numerics variant") })
    }

    @Test("a run held by another process is left alone with --no-wait, and taken over when its lock frees")
    func elsewhere() throws {
        let fixture = try SweepFixture(seeds: 1)
        _ = try fixture.plan()
        let other = try RunStore.open(at: fixture.directory, mode: .readWrite)
        guard case .claimed(let claim) = try other.tryBegin(runID: fixture.items[0].id) else {
            Issue.record("the first claim was refused")
            return
        }
        var options = SweepOptions()
        options.waitsForOthers = false
        options.pollInterval = 0.05
        let left = try fixture.run(options) { request, _, _ in try FakeRun.completed(request) }
        #expect(left.elsewhere == 1 && left.completed == 1)

        options.waitsForOthers = true
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { claim.release() }
        let events = EventLog()
        let began = Date()
        let taken = try fixture.run(options, events: events) { request, _, _ in try FakeRun.completed(request) }
        #expect(taken.completed == 2)
        #expect(events.started == [fixture.items[0].id])
        #expect(Date().timeIntervalSince(began) >= 0.25)
    }

    @Test("a run that another process finishes meanwhile is counted, not repeated")
    func finishedElsewhere() throws {
        let fixture = try SweepFixture(seeds: 1)
        let plan = try fixture.plan()
        let other = try RunStore.open(at: fixture.directory, mode: .readWrite)
        guard case .claimed(let claim) = try other.tryBegin(runID: fixture.items[0].id) else {
            Issue.record("the first claim was refused")
            return
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) {
            try? claim.fail(code: "diverged", message: "elsewhere", history: [])
        }
        var options = SweepOptions()
        options.pollInterval = 0.05
        let events = EventLog()
        let runner = SweepRunner(
            store: fixture.store, executor: DispatchExecutor(workers: 2), options: options,
            runFunction: { request, _, _ in try FakeRun.completed(request) },
            evaluateFunction: { _, evaluation, _, _ in try FakeRun.metrics(evaluation) },
            observer: { events.append($0) })
        let result = runner.run(plan, stop: StopRequest())
        #expect(result.completed == 1 && result.failed == 1 && result.completedHere == 1)
        #expect(events.started == [fixture.items[1].id])
    }
}

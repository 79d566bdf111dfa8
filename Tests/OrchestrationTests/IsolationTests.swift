import Experiments
import Foundation
import Orchestration
import RunStorage
import Testing

/// The parts of `--isolate` that need no process.
struct IsolationTests {
    @Test("orders and reports survive their way, whatever text is in them")
    func messages() throws {
        let hostile = "a\n\"b\"\\ \u{0}\u{1F600}"
        for order in [
            WorkerOrder.begin(store: hostile, revision: 3, timeout: 1.5, checkpointInterval: 30),
            .begin(store: "/s", revision: 1, timeout: nil, checkpointInterval: 0.1), .run(id: "abc"),
            .evaluate(id: "abc", plan: hostile), .stop,
        ] {
            #expect(!order.line.contains("\n"))
            let read = try #require(WorkerOrder(line: order.line))
            #expect("\(read)" == "\(order)")
        }
        let progress = RunProgress(phase: .training, step: 16, totalSteps: 100, loss: 0.25)
        for report in [
            WorkerReport.claimed(elapsedBefore: 2.5), .started(step: 1, totalSteps: 2), .progress(progress),
            .note(hostile), .ended(.completed), .ended(.interrupted), .ended(.failed(code: "error", message: hostile)),
            .elsewhere, .over(failed: true), .dropped, .evaluated, .unevaluated(hostile),
            .fatal(message: hostile, exitCode: 74),
        ] {
            #expect(!report.line.contains("\n"))
            let read = try #require(WorkerReport(line: report.line))
            #expect("\(read)" == "\(report)")
        }
        for line in ["", "{}", "[1]", "nonsense", #"{"order":"begin"}"#, #"{"report":"progress","phase":"x"}"#] {
            #expect(WorkerOrder(line: line) == nil)
            #expect(WorkerReport(line: line) == nil)
        }
    }

    @Test("each end for want of memory accounts for one SIGKILL, and no more")
    func memory() throws {
        let path = NSTemporaryDirectory() + "flowexp-oom-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ count: Int) throws {
            try Data("low 0\nhigh 4\noom 9\noom_kill \(count)\n".utf8).write(to: URL(fileURLWithPath: path))
        }
        try write(5)
        let watch = OutOfMemoryWatch(path: path)
        #expect(!watch.takeOne())
        try write(7)
        #expect(watch.takeOne() && watch.takeOne() && !watch.takeOne())
        try FileManager.default.removeItem(atPath: path)
        #expect(!watch.takeOne())
    }

    @Test("the end of a worker process is told: exit status, signal, last words")
    func processEnds() throws {
        func end(_ script: String) throws -> (WorkerProcess.End, String) {
            let process = try WorkerProcess(WorkerLaunch(path: "/bin/sh", arguments: ["-c", script]))
            while case .line = process.channel.receive(milliseconds: 5000) {}
            return (process.end(killing: false), process.lastWords())
        }
        #expect(try end("exit 3").0 == .exited(3))
        let aborted = try end("echo 'x: Fatal error: index' >&2; echo later >&2; kill -ABRT $$")
        #expect(aborted == (.signalled(SIGABRT), "x: Fatal error: index"))
        #expect(throws: UnavailableError.self) {
            _ = try WorkerProcess(WorkerLaunch(path: "/nonexistent/program", arguments: []))
        }
    }

    @Test("faults are read from one variable")
    func faults() throws {
        let fault = try #require(FaultInjection("segfault:seed=3,step=50"))
        #expect(fault.kind == .segfault && fault.seed == 3 && fault.step == 50 && fault.phase == .training)
        #expect(FaultInjection("hang:phase=evaluation")?.phase == .evaluation)
        for text in ["", "nonsense", "trap:when=now", "trap:seed"] { #expect(FaultInjection(text) == nil) }
    }

    @Test("an injected error fails the run that it hits and no other")
    func thrown() throws {
        let fixture = try SweepFixture(seeds: 2)
        let fault = try #require(FaultInjection("throw:seed=1,step=10"))
        let result = try fixture.run(SweepOptions(), fault.applied(to: FakeRun.stepping(20, pause: 0)))
        #expect(result.completed == 2 && result.failed == 2)
        #expect(result.failures.allSatisfy { $0.code == "error" && $0.message.contains("FLOWEXP_FAULT") })
    }
}

import Experiments
import Orchestration
import Testing

/// Counting and the time left.
struct SweepProgressTests {
    /// Runs whose training is that much work, with an evaluation that costs nothing.
    static func overview(_ work: [(String, Double)], completed: Int = 0, workers: Int = 1) -> SweepOverview {
        SweepOverview(
            name: "s", revision: 1, total: work.count + completed, completed: completed, failed: 0, interrupted: 0,
            elsewhere: 0, new: work.count, toEvaluate: 0, beyondLimit: 0, workers: workers,
            work: work.map {
                PlannedWork(runID: $0, cost: RunCost(training: $1, evaluation: 0, firstEvaluation: 0, settings: [$0]))
            }, knownTasks: [""])
    }

    static func evaluating(_ steps: Int) -> RunProgress {
        RunProgress(phase: .evaluation, step: steps, totalSteps: steps)
    }

    @Test("the time left follows the work that is left at the speed so far")
    func timeLeft() throws {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview([("a", 1), ("b", 3), ("c", 4)], completed: 2)), now: 0)
        #expect(progress.secondsLeft(now: 0) == nil)
        progress.apply(.started(runID: "a", worker: 0, step: 0, totalSteps: 10), now: 10)
        progress.apply(.progress(worker: 0, Self.evaluating(10)), now: 12)
        progress.apply(.ended(runID: "a", worker: 0, .completed), now: 12)
        // One unit took 2 seconds, 7 are left.
        #expect(abs(try #require(progress.secondsLeft(now: 12)) - 14) < 1e-9)
        #expect(progress.completed == 3 && progress.total == 5)
        progress.apply(.started(runID: "b", worker: 0, step: 0, totalSteps: 10), now: 12)
        progress.apply(.progress(worker: 0, RunProgress(phase: .training, step: 5, totalSteps: 10)), now: 15)
        #expect(abs(try #require(progress.secondsLeft(now: 15)) - 11) < 1e-9)
    }

    @Test("the last runs of several workers end when the longest ends")
    func lastRuns() throws {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview([("a", 1), ("b", 1), ("c", 1), ("d", 9)], workers: 2)), now: 0)
        for (worker, run) in ["a", "b"].enumerated() {
            progress.apply(.started(runID: run, worker: worker, step: 0, totalSteps: 10), now: 0)
            progress.apply(.progress(worker: worker, Self.evaluating(10)), now: 2)
            progress.apply(.ended(runID: run, worker: worker, .completed), now: 2)
        }
        // 2 s and 18 s beside each other.
        #expect(abs(try #require(progress.secondsLeft(now: 2)) - 18) < 1e-9)
    }

    @Test("evaluation has a speed of its own, and the first of a task another")
    func evaluation() throws {
        func cost(_ task: String) -> RunCost {
            RunCost(training: 1, evaluation: 1, firstEvaluation: 10, task: task, settings: [task])
        }
        var overview = Self.overview([])
        overview.total = 4
        overview.work = [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y")].map { PlannedWork(runID: $0, cost: cost($1)) }
        overview.knownTasks = []
        var progress = SweepProgress()
        progress.apply(.planned(overview), now: 0)
        for (run, began, evaluated, ended) in [("a", 0.0, 2.0, 32.0), ("b", 32, 34, 39)] {
            progress.apply(.started(runID: run, worker: 0, step: 0, totalSteps: 10), now: began)
            progress.apply(.progress(worker: 0, Self.evaluating(10)), now: evaluated)
            progress.apply(.ended(runID: run, worker: 0, .completed), now: ended)
        }
        // c as b: 2 + 5; d as a: 2 + 30.
        #expect(abs(try #require(progress.secondsLeft(now: 39)) - 39) < 1e-9)
    }

    @Test("a run's own cell counts most, then those that resemble it")
    func similarity() throws {
        func cost(_ settings: [String]) -> RunCost {
            RunCost(training: 1, evaluation: 1, firstEvaluation: 1, settings: settings)
        }
        var speed = WorkSpeed()
        #expect(speed.seconds(cost(["a"]), .training) == nil)
        speed.add(cost(["task=x", "depth=4"]), .training, seconds: 1)
        speed.add(cost(["task=y", "depth=8"]), .training, seconds: 100)
        #expect(abs(try #require(speed.seconds(cost(["task=x", "depth=4"]), .training)) - 1) < 2)
        #expect(try #require(speed.seconds(cost(["task=y", "depth=8"]), .training)) > 95)
        #expect(try #require(speed.seconds(cost(["task=z", "depth=4"]), .training)) < 12)
        // Of a part of which nothing is known the other's speed is better than none.
        #expect(speed.seconds(cost(["task=x", "depth=4"]), .evaluation) != nil)
    }

    @Test("a continued run costs only what is left of it")
    func continued() throws {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview([("a", 10)])), now: 0)
        progress.apply(.started(runID: "a", worker: 0, step: 80, totalSteps: 100), now: 0)
        progress.apply(.progress(worker: 0, RunProgress(phase: .training, step: 90, totalSteps: 100)), now: 3)
        #expect(abs(try #require(progress.secondsLeft(now: 3)) - 3) < 1e-9)
    }

    @Test("what earlier runs took is known before the first run ends")
    func earlier() throws {
        let cost = RunCost(training: 1, evaluation: 1, firstEvaluation: 5, settings: ["a"])
        var overview = Self.overview([("c", 1)])
        overview.work = [PlannedWork(runID: "c", cost: cost)]
        let json = #"{"training":2,"evaluation":3}"#
        overview.speed = WorkSpeed(
            earlier: [
                EarlierWork(cost: cost, timingsJSON: #"{"training":2,"evaluation":50}"#),
                EarlierWork(cost: cost, timingsJSON: json), EarlierWork(cost: cost, timingsJSON: "damaged"),
            ], workers: 1)
        var progress = SweepProgress()
        progress.apply(.planned(overview), now: 0)
        #expect(abs(try #require(progress.secondsLeft(now: 0)) - 5) < 1e-6)
    }

    @Test("what other processes finish is counted but says nothing about the speed here")
    func elsewhere() {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview([("a", 1), ("b", 1)])), now: 0)
        progress.apply(.elsewhere(1), now: 0)
        progress.apply(.endedElsewhere(runID: "b", failed: true), now: 1)
        #expect(progress.elsewhere == 1 && progress.failed == 1)
        #expect(progress.secondsLeft(now: 1) == nil)
        #expect(progress.fraction == 0.5)
    }

    @Test("evaluation of completed runs is counted, too")
    func evaluationOnly() {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview([], completed: 4)), now: 0)
        progress.apply(.evaluating(remaining: 4), now: 10)
        #expect(progress.secondsLeft(now: 11) == nil)
        progress.apply(.evaluating(remaining: 3), now: 12)
        #expect(progress.evaluated == 1 && progress.secondsLeft(now: 12) == 6)
    }
}

import Experiments
import Orchestration
import Testing

/// Counting and the time left.
struct SweepProgressTests {
    static func overview(_ costs: [String: Double], completed: Int = 0) -> SweepOverview {
        SweepOverview(
            name: "s", revision: 1, total: costs.count + completed, completed: completed, failed: 0, interrupted: 0,
            elsewhere: 0, new: costs.count, toEvaluate: 0, beyondLimit: 0, workers: 2, costs: costs)
    }

    @Test("the time left follows the cost that is left at the speed so far")
    func timeLeft() {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview(["a": 1, "b": 3, "c": 4], completed: 2)), now: 0)
        #expect(progress.secondsLeft(now: 0) == nil)
        progress.apply(.started(runID: "a", worker: 0, step: 0, totalSteps: 10), now: 10)
        progress.apply(.ended(runID: "a", worker: 0, .completed), now: 12)
        // One unit took 2 seconds, 7 are left.
        #expect(progress.secondsLeft(now: 12) == 14)
        progress.apply(.started(runID: "b", worker: 1, step: 0, totalSteps: 10), now: 12)
        progress.apply(.progress(worker: 1, RunProgress(phase: .training, step: 5, totalSteps: 10)), now: 15)
        // 2.5 units in 5 seconds, 5.5 left.
        #expect(progress.secondsLeft(now: 15) == 11)
        #expect(progress.completed == 3 && progress.total == 5)
    }

    @Test("a continued run costs only what is left of it")
    func continued() {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview(["a": 10])), now: 0)
        progress.apply(.started(runID: "a", worker: 0, step: 80, totalSteps: 100), now: 0)
        progress.apply(.progress(worker: 0, RunProgress(phase: .training, step: 90, totalSteps: 100)), now: 3)
        #expect(abs((progress.secondsLeft(now: 3) ?? 0) - 3) < 1e-9)
    }

    @Test("what other processes finish is counted but says nothing about the speed here")
    func elsewhere() {
        var progress = SweepProgress()
        progress.apply(.planned(Self.overview(["a": 1, "b": 1])), now: 0)
        progress.apply(.elsewhere(1), now: 0)
        progress.apply(.endedElsewhere(runID: "b", failed: true), now: 1)
        #expect(progress.elsewhere == 1 && progress.failed == 1)
        #expect(progress.secondsLeft(now: 1) == nil)
        #expect(progress.fraction == 0.5)
    }
}

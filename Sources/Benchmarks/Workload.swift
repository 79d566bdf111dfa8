import Dispatch
import Synchronization

/// What a workload measured.
public struct WorkloadResult: Sendable, Equatable {
    /// What one second is spent on.
    public enum Unit: String, Sendable, Equatable {
        case stepsPerSecond, pointsPerSecond, seconds
    }

    /// The workload's name.
    public var workload: String
    /// Threads that worked at once.
    public var threads: Int
    /// Median over the repetitions.
    public var value: Double
    /// What `value` counts.
    public var unit: Unit
    /// Single-precision operations per second, where the workload is dense arithmetic (10⁹/s): a training step counts
    /// as three forward passes' multiplications and additions.
    public var gigaflopsPerSecond: Double?
    /// That as a share of this core's measured multiply-add peak.
    public var shareOfPeak: Double?
}

/// Something to time; see docs/performance.md for the definitions.
public struct Workload: Sendable {
    /// The name after `--workload`.
    public var name: String
    /// One line.
    public var summary: String
    /// What the result counts.
    var unit: WorkloadResult.Unit
    /// Steps, points or 1 (seconds) that one repetition does.
    var amount: Double
    /// 10⁹ single-precision operations of one repetition; nil when it is not dense arithmetic.
    var gigaflops: Double?
    /// Makes the repeated part: everything that is set-up happens here, once.
    var prepare: @Sendable () throws -> () -> Void

    /// Runs repetitions for about `seconds` (at least three, after a warm-up) on each of `threads` threads at once, and
    /// takes each thread's median. Rates are summed over the threads; times are the slowest thread's.
    public func measure(threads: Int = 1, seconds: Double = 3) throws -> WorkloadResult {
        let medians = Mutex<[Result<Double, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let median = Result { try medianTime(seconds: seconds) }
            medians.withLock { $0.append(median) }
        }
        let times = try medians.withLock { $0 }.map { try $0.get() }
        let rate = gigaflops.map { work in times.reduce(0) { $0 + work / $1 } }
        let value = unit == .seconds ? times.max() ?? .nan : times.reduce(0) { $0 + amount / $1 }
        return WorkloadResult(
            workload: name, threads: threads, value: value, unit: unit, gigaflopsPerSecond: rate,
            shareOfPeak: rate.map { $0 / (MultiplyAddPeak.measured * Double(threads)) })
    }

    private func medianTime(seconds: Double) throws -> Double {
        let body = try prepare()
        body()
        let clock = ContinuousClock()
        let began = clock.now
        var times: [Double] = []
        while times.count < 3 || (clock.now - began) / .seconds(1) < seconds {
            let start = clock.now
            body()
            times.append((clock.now - start) / .seconds(1))
        }
        return times.sorted()[times.count / 2]
    }
}

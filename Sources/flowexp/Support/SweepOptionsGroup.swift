import ArgumentParser
import Foundation
import Orchestration

/// The options of `sweep` and `resume`; parsed here, handed on as ``SweepOptions``.
struct SweepRunOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("Workers; one per core without it.", valueName: "n"), transform: WholeNumber.parse)
    var jobs: Int?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Only runs that satisfy the condition, e.g. 'task=two-moons'.", valueName: "expr"))
    var condition: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Start at most this many runs.", valueName: "n"),
        transform: WholeNumber.parse)
    var limit: Int?

    @Flag(help: "Start runs again that failed earlier.")
    var retryFailed = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Start no further run once this many have failed.", valueName: "n"),
        transform: WholeNumber.parse)
    var maxFailures: Int?

    @Option(help: ArgumentHelp("Longest time for one run over all its attempts, e.g. 90s, 15m, 2h.", valueName: "time"))
    var timeout: TimeSpan?

    @Flag(help: "Execute runs in processes of their own: one that crashes or hangs ends one run, not the sweep.")
    var isolate = false

    @Flag(help: "Do not wait for runs that other processes are doing.")
    var noWait = false

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) {
            throw ValidationError("-j \(jobs): expected a number of workers from 1 to 1024.")
        }
        if let limit, limit < 0 { throw ValidationError("--limit \(limit): expected a number from 0.") }
        if let maxFailures, maxFailures < 1 {
            throw ValidationError("--max-failures \(maxFailures): expected a number from 1.")
        }
    }

    /// The options for the runner; throws ``RunFilterError``, and exit 64 for a bad environment variable.
    func sweepOptions() throws -> SweepOptions {
        var options = SweepOptions()
        options.filter = try condition.map { try RunFilter($0) }
        options.limit = limit
        options.retriesFailed = retryFailed
        options.maximumFailures = maxFailures
        options.timeout = timeout?.seconds
        options.waitsForOthers = !noWait
        if isolate { options.isolation = .thisProgram([WorkerCommand.name]) }
        if let seconds = try Self.checkpointSeconds() { options.checkpointInterval = seconds }
        return options
    }

    /// `$FLOWEXP_CHECKPOINT_SECONDS`: seconds between two checkpoints of a run; throws exit 64 for anything else.
    private static func checkpointSeconds() throws -> Double? {
        guard let text = ProcessInfo.processInfo.environment["FLOWEXP_CHECKPOINT_SECONDS"] else { return nil }
        guard let seconds = Double(text), seconds > 0, seconds.isFinite else {
            throw CommandFailure(
                .usage, "FLOWEXP_CHECKPOINT_SECONDS is '\(text)': expected a positive number of seconds",
                remedy: "Unset it for a checkpoint every 30 s, or give for example 5.")
        }
        return seconds
    }
}

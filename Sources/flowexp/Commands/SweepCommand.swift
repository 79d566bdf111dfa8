import ArgumentParser
import Experiments
import Orchestration
import RunStorage

/// `flowexp sweep SPEC`.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Run an experiment; the same command resumes it.",
        discussion: """
            Examples:
              flowexp sweep experiments/gmm_vs_gauss.json
              flowexp sweep spec.json --dry-run       only print the plan
              flowexp sweep spec.json --where 'task=two-moons' -j 1
              flowexp sweep spec.json --retry-failed --timeout 15m
              flowexp sweep spec.json --isolate       a crash ends one run, not the sweep

            What is completed is not run again; what was interrupted goes on from its checkpoint. Ctrl-C \
            checkpoints every running run and ends with exit code 75; a second Ctrl-C ends at once, still safely.
            """)

    @Argument(help: ArgumentHelp("The experiment's file.", valueName: "spec"))
    var specPath: String

    @Flag(help: "Print the plan and start nothing; the store is not touched.")
    var dryRun = false

    @OptionGroup var runOptions: SweepRunOptions
    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let options = try runOptions.sweepOptions()
        let spec = try SpecFile.read(specPath)
        SpecFile.sayWarnings(spec)
        if dryRun { return try DryRun(spec: spec, options: options, workers: runOptions.jobs, store: store).print() }
        let stop = try SweepSession.watchedStop()
        let store = try StoreLocation.open(store, mode: .createIfMissing)
        let status = try SweepSession(options: options, workers: runOptions.jobs, stop: stop).run(spec, in: store)
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

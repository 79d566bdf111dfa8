import ArgumentParser
import Experiments
import Orchestration
import RunStorage

/// `flowexp resume [SWEEP]`.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue interrupted sweeps from the specs kept in the store.",
        usage: "flowexp resume [<sweep>] [<options>]",
        discussion: """
            Examples:
              flowexp resume                   every sweep of the store that is not done
              flowexp resume gmm_vs_gauss -j 2
            """)

    @Argument(help: "The sweep; every unfinished one without it.")
    var sweep: String?

    @OptionGroup var runOptions: SweepRunOptions
    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let options = try runOptions.sweepOptions()
        let stop = try SweepSession.watchedStop()
        let store = try StoreLocation.open(store, mode: .readWrite)
        let damage = StoreDamage(store)
        let names = try sweep.map { [$0] } ?? unfinished(in: store, options, damage)
        if names.isEmpty, damage.isEmpty {
            Talk.say("Nothing to resume: every sweep of \(store.path) is done.")
            if let last = try store.mostRecentSweep() {
                Talk.say("  Compare: \(MetricNames.reportCommand(last, in: store))")
            }
            return
        }
        var worst = ExitStatus.success
        for name in names {
            guard let revision = try damage.readingSweep(name, { try store.revision(ofNamedSweep: name) }) else {
                continue
            }
            let spec = try ExperimentSpec.read(bytes: revision.specBytes, fileName: "the stored spec of \(name)")
            let session = SweepSession(options: options, workers: runOptions.jobs, stop: stop)
            let status = try session.run(spec, in: store)
            if status == .interrupted { throw ExitCode(status.rawValue) }
            worst = Self.worse(worst, status)
        }
        try damage.refuse()
        if worst != .success { throw ExitCode(worst.rawValue) }
    }

    /// Damage is worse than failed runs, and those worse than runs left to others.
    private static func worse(_ first: ExitStatus, _ second: ExitStatus) -> ExitStatus {
        [.badData, .failedRuns].first { $0 == first || $0 == second } ?? (first == .success ? second : first)
    }

    /// Oldest first, so that the sweep that ran last stays the most recent one.
    private func unfinished(
        in store: RunStore, _ options: SweepOptions, _ damage: StoreDamage
    ) throws -> [String] {
        try store.newestRevisions().reversed().filter { sweep in
            guard let counts = try damage.readingSweep(sweep.name, { try store.counts(ofRevision: sweep.revisionID) })
            else { return false }
            let open = counts.planned + counts.running + counts.interrupted
            return open > 0 || (options.retriesFailed && counts.failed > 0)
        }.map(\.name)
    }
}

import ArgumentParser
import Orchestration
import Reports
import RunStorage

/// `flowexp ls`: the runs of a store.
struct ListRunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List runs.",
        usage: "flowexp ls [<sweeps> ...] [<options>]",
        discussion: """
            Examples:
              flowexp ls                                    every run of the store
              flowexp ls gmm_vs_gauss --metric mmd,kl       one sweep, with two metrics
              flowexp ls --where 'task=two-moons and couplingLayers>=8'
              flowexp ls --where 'state=failed' --json
            """)

    @Argument(help: "Sweeps to list; all runs of the store without any.")
    var sweeps: [String] = []

    @Option(name: .customLong("where"), help: ArgumentHelp("Only runs that satisfy the condition.", valueName: "expr"))
    var condition: String?

    @Option(help: ArgumentHelp("Metrics to show, separated by commas.", valueName: "m[,m]"))
    var metric: String?

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let filter = try condition.map { try RunFilter($0) }
        let store = try StoreLocation.open(store, mode: .readOnly)
        let damage = StoreDamage(store)
        let records = try records(in: store, damage, metrics(filter))
        let reader = RunReader(store, damage)
        var runs = try reader.facts(records)
        if let filter {
            let all = runs
            runs = try filter.matching(all, damage)
            if runs.isEmpty, let hint = filter.hint(among: all) { Talk.warn(hint) }
        }
        runs.forEach(damage.note)
        let listings = ParallelMap.parts(of: runs) { $0.map(\.listing) }
        UntilExit.keep((records, runs, listings))
        if output.json {
            try Output.data(RunListRenderer.json(listings))
        } else {
            let known = Set(runs.flatMap { $0.record.metrics.map(\.name) })
            try damage.refuse(metrics: MetricNames.split(metric ?? ""), known: known, of: runs)
            let metrics = try MetricNames.parse(
                metric, known: known.sorted(), of: runs, sweeps: sweeps, store: self.store)
            try Output.data(RunListRenderer.table(listings, shownMetrics: metrics, width: OutputWidth.columns))
            if !runs.isEmpty { Talk.say("\(CountText.of(runs.count, "run")). One whole: flowexp show RUN") }
        }
        try damage.refuse()
    }

    private func records(
        in store: RunStore, _ damage: StoreDamage, _ metrics: MetricChoice
    ) throws -> [RunRecord] {
        if sweeps.isEmpty { return try store.allRecords(metrics: metrics) }
        return try sweeps.flatMap { name in
            try damage.readingSweep(name) {
                try store.records(ofRevision: store.revision(ofNamedSweep: name).id, metrics: metrics)
            } ?? []
        }
    }

    /// Which metrics are read, and so verified: those that are printed or asked for.
    private func metrics(_ filter: RunFilter?) -> MetricChoice {
        output.json || filter != nil || metric != nil ? .all : .none
    }
}

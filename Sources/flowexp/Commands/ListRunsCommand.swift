import ArgumentParser
import Orchestration
import Reports
import RunStorage

/// `flowexp ls`: the runs of a store.
struct ListRunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List runs.",
        discussion: """
            Examples:
              flowexp ls                                          every run of the store
              flowexp ls gmm_vs_gauss --metric mmd,kl             one sweep, with two metrics
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
        var records: [RunRecord] = []
        if sweeps.isEmpty {
            records = try store.allRecords()
        } else {
            for name in sweeps { records += try store.records(ofRevision: store.newestRevision(ofSweep: name).id) }
        }
        let selections = SweepSelections(store)
        var runs = try records.map { try RunFacts($0, selections.selection($0.sweepName)) }
        if let filter {
            let attributes = runs.map(\.attributes)
            try filter.check(against: attributes)
            runs = zip(runs, attributes).filter { filter.matches($1) }.map(\.0)
        }
        try RecordCheck.requireIntact(runs.map(\.record), in: store)
        let listings = runs.map(\.listing)
        if output.json { return try Output.data(RunListRenderer.json(listings)) }
        let metrics = try MetricNames.parse(metric, known: runs.flatMap { $0.record.metrics.map(\.name) })
        try Output.data(RunListRenderer.table(listings, shownMetrics: metrics, width: OutputWidth.columns))
        if !runs.isEmpty { Talk.say("\(CountText.of(runs.count, "run")). One whole: flowexp show RUN") }
    }
}

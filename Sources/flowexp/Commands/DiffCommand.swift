import ArgumentParser
import Reports
import RunStorage

/// `flowexp diff RUN RUN`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two runs: configuration, metrics, results, curves.",
        discussion: """
            Examples:
              flowexp diff a91f 07c2
              flowexp diff a91f 07c2 --json
            """)

    @Argument(help: ArgumentHelp("The first run's id, or its beginning.", valueName: "run"))
    var first: String

    @Argument(help: ArgumentHelp("The second run's.", valueName: "run"))
    var second: String

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let damage = StoreDamage(store)
        let reader = RunReader(store, damage)
        let details = try [first, second].map { prefix in
            let facts = try reader.facts(store.record(idPrefix: prefix))
            damage.note(facts)
            let details = try RunDetails(facts, in: store, damage)
            // A difference to something damaged says nothing.
            try damage.refuse()
            return details
        }
        let runs = RunComparison(details[0], details[1])
        if output.json { return try Output.data(RunComparisonRenderer.json(runs)) }
        try Output.data(RunComparisonRenderer.text(runs, width: OutputWidth.columns))
        if runs.first.id == runs.second.id { Talk.say("Both are the same run.") }
    }
}

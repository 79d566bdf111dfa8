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
        let condition = RunCondition(expression: nil)
        let runs = RunComparison(
            try RunDetails(condition.facts(first, in: store), in: store),
            try RunDetails(condition.facts(second, in: store), in: store))
        if output.json { return try Output.data(RunComparisonRenderer.json(runs)) }
        try Output.data(RunComparisonRenderer.text(runs, width: OutputWidth.columns))
        if runs.first.id == runs.second.id { Talk.say("Both are the same run.") }
    }
}

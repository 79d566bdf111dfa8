import ArgumentParser
import Catalog
import RunStorage

/// `flowexp store merge OTHER…`.
struct StoreMergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Take over what other stores have and this one lacks.",
        usage: "flowexp store merge <other> ... [--dry-run] [<options>]",
        discussion: """
            Examples:
              flowexp store merge /mnt/runs               into the store in use here
              flowexp store merge node1/runs node2/runs --store runs
              flowexp store merge /mnt/runs --dry-run     only say what would come

            The others are read, never written. Everything is checked first: damaged data, or two different results of one \
            run, are named and nothing is merged. Completed beats failed beats interrupted beats planned; metrics of \
            equal results are united. The same merge twice changes nothing more.
            """)

    @Argument(help: ArgumentHelp("Directories of the stores to merge in.", valueName: "other"))
    var others: [String]

    @Flag(help: "Say what would come and merge nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: dryRun ? .readOnly : .readWrite)
        let others = try self.others.map { path in
            guard !path.isEmpty else { throw CommandFailure(.usage, "a store to merge in is empty; name a directory") }
            let other = try StoreLocation.open(at: path, mode: .readOnly)
            guard !other.isSameStore(as: store) else {
                throw CommandFailure(
                    .usage, "'\(path)' is the store itself: a store cannot be merged into itself",
                    remedy: "Name another with --store, or another to merge in.")
            }
            return other
        }
        let summaries = try store.merge(others, dryRun: dryRun)
        if output.json {
            return try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.merge/1"), "store": .string(store.path), "dryRun": .bool(dryRun),
                    "merged": .array(summaries.map { StoreChangeText.json($0) }),
                ]))
        }
        for summary in summaries {
            let lines = StoreChangeText.merge(summary)
            let text = ([head(summary, into: store.path)] + lines).joined(separator: "\n")
            if dryRun { try Output.data(text) } else { Talk.say(text) }
        }
        if dryRun { return Talk.say("Nothing was merged (--dry-run).") }
        if let sweep = try store.mostRecentSweep() {
            Talk.say(
                "  Look: flowexp status\(self.store.suffix)    "
                    + "Compare: \(MetricNames.reportCommand(sweep, in: store))\(self.store.suffix)")
        }
    }

    private func head(_ summary: MergeSummary, into target: String) -> String {
        if summary.changesNothing { return "\(summary.source): everything of it is in \(target) already" }
        return "\(summary.source) \(dryRun ? "would be merged" : "merged") into \(target):"
    }
}

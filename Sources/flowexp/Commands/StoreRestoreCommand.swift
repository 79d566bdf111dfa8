import ArgumentParser
import Catalog
import RunStorage

/// `flowexp store restore ENTRY`.
struct StoreRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring an entry of the trash back.",
        usage: "flowexp store restore <entry> [<options>]",
        discussion: """
            Examples:
              flowexp store trash                            the entries there are
              flowexp store restore 20260131T080500Z-1

            What is not in the store comes back exactly as it was. Where the store has a result of its own by now, the \
            rules of `store merge` hold: two different results of one run are named and nothing is restored.
            """)

    @Argument(help: ArgumentHelp("The entry's name, or its unambiguous beginning.", valueName: "entry"))
    var entry: String

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readWrite)
        let name = try store.trashEntry(entry).name
        let summary = try store.restore(name)
        if output.json {
            return try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.restore/1"), "entry": .string(name),
                    "restored": StoreChangeText.json(summary.merge), "looseFiles": .integer(summary.looseFiles),
                    "keptLooseFiles": .array(summary.keptLooseFiles.map { .string($0) }),
                ]))
        }
        var lines = StoreChangeText.merge(summary.merge)
        if summary.looseFiles > 0 {
            lines.append("  \(CountText.of(summary.looseFiles, "file")) that no run names")
        }
        Talk.say(
            ([lines.isEmpty ? "\(name): the store has all of it." : "Restored \(name):"] + lines).joined(
                separator: "\n"))
        if !summary.keptLooseFiles.isEmpty {
            Talk.warn(
                "warning: \(CountText.of(summary.keptLooseFiles.count, "file")) stayed in the trash, because the store "
                    + "has another of that name: \(summary.keptLooseFiles[0])")
        }
        Talk.say("  Look: flowexp status\(self.store.suffix)    flowexp ls\(self.store.suffix)")
    }
}

import ArgumentParser
import Catalog
import RunStorage

/// `flowexp store trash`.
struct StoreTrashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trash", abstract: "List what was removed, or delete it for good.",
        usage: "flowexp store trash [--empty [--older-than <time>]] [<options>]",
        discussion: """
            Examples:
              flowexp store trash                            what rm and gc moved there
              flowexp store trash --empty --older-than 30d   delete what is a month old
              flowexp store trash --empty                    delete all of it
              flowexp store restore ENTRY                    bring an entry back
            """)

    @Flag(help: "Delete entries for good. This cannot be undone.")
    var empty = false

    @Option(
        help: ArgumentHelp("With --empty: only what was removed at least so long ago: 12h, 30d.", valueName: "time"))
    var olderThan: TimeSpan?

    @Flag(help: "With --empty: say what would be deleted and delete nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        if !empty && (olderThan != nil || dryRun) {
            throw ValidationError("\(olderThan != nil ? "--older-than" : "--dry-run") goes with --empty.")
        }
    }

    func run() throws {
        talk.apply()
        let isDeleting = empty && !dryRun
        let store = try StoreLocation.open(store, mode: isDeleting ? .readWrite : .readOnly)
        let entries =
            isDeleting
            ? try store.emptyTrash(olderThan: olderThan?.seconds)
            : empty ? store.entriesToDelete(olderThan: olderThan?.seconds) : store.trash()
        let bytes = entries.reduce(0) { $0 + $1.bytes }
        if output.json {
            return try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.trash/1"), "deleted": .bool(isDeleting),
                    "entries": .array(entries.map { StoreChangeText.json($0) }), "bytes": .integer(bytes),
                ]))
        }
        let total =
            "\(CountText.grouped(entries.count)) \(entries.count == 1 ? "entry" : "entries"), \(StoreChangeText.bytes(bytes))"
        if entries.isEmpty {
            return Talk.say(
                empty
                    ? "Nothing to delete: the trash has no entry\(olderThan == nil ? "" : " of that age")."
                    : "The trash of \(store.path) is empty.")
        }
        if isDeleting { return Talk.say("Deleted for good: \(total).") }
        try Output.data(StoreChangeText.table(entries, width: OutputWidth.columns))
        Talk.say(
            empty
                ? "\(total) would be deleted. Nothing was (--dry-run)."
                : "\(total). Bring one back: flowexp store restore \(entries.last?.name ?? "ENTRY")\(self.store.suffix)"
        )
    }
}

import ArgumentParser
import Catalog
import RunStorage

/// `flowexp store gc`.
struct StoreCollectGarbageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Move to the trash what nobody can need.",
        usage: "flowexp store gc [--superseded] [--dry-run] [<options>]",
        discussion: """
            Examples:
              flowexp store gc --dry-run       what there is
              flowexp store gc                 files that no run names, stale lock files
              flowexp store gc --superseded    also results that no newest revision lists

            No report and no digest changes, except by --superseded, which takes runs out of the digest. The store must be \
            nobody else's meanwhile (75). Undo: flowexp store restore ENTRY.
            """)

    @Flag(help: "Also the results of runs that no sweep's newest revision lists.")
    var superseded = false

    @Flag(help: "Say what there is and move nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        // Soon told when somebody has the store open: a sweep may go on for days.
        let store = try StoreLocation.open(store, mode: dryRun ? .readOnly : .exclusive, busyTimeout: 3)
        let (garbage, entry) =
            dryRun
            ? (try store.garbage(superseded: superseded), nil) : try store.collectGarbage(superseded: superseded)
        let superseded = dryRun ? store.bytes(ofRuns: garbage.supersededRuns) : (files: 0, bytes: 0)
        let bytes = entry?.bytes ?? garbage.looseBytes + superseded.bytes
        if output.json { return try JSONOutput.print(json(garbage, entry: entry, bytes: bytes)) }
        let lines = lines(garbage)
        if dryRun {
            try Output.data(
                (lines.isEmpty ? ["nothing"] : lines + [StoreChangeText.bytes(bytes)]).joined(separator: "\n"))
            return Talk.say("Nothing was moved (--dry-run).")
        }
        if lines.isEmpty { return Talk.say("No garbage in \(store.path).") }
        Talk.say(lines.joined(separator: "\n"))
        if let entry {
            Talk.say(
                """
                Moved to the trash as \(entry.name), \(StoreChangeText.bytes(entry.bytes)).
                  Undo: flowexp store restore \(entry.name)\(self.store.suffix)
                  Free the space: flowexp store trash --empty\(self.store.suffix)
                """)
        }
    }

    private func lines(_ garbage: Garbage) -> [String] {
        var lines: [String] = []
        func add(_ names: [String], _ noun: String, _ words: String) {
            guard let first = names.first else { return }
            lines.append("\(CountText.of(names.count, noun)) \(words): \(first)\(names.count > 1 ? ", …" : "")")
        }
        add(garbage.looseFiles, "file", "that no run names")
        add(
            garbage.supersededRuns, "run",
            "that no newest revision lists, \(garbage.supersededRuns.count == 1 ? "its result" : "their results")")
        add(garbage.locks, "lock file", "of runs that are gone")
        add(garbage.brokenEntries, "piece", "of the trash that a crash left unfinished")
        return lines
    }

    private func json(_ garbage: Garbage, entry: TrashEntry?, bytes: Int) -> JSONValue {
        func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        return .object([
            "schema": .string("flowexp.gc/1"), "dryRun": .bool(dryRun),
            "entry": entry.map { .string($0.name) } ?? .null,
            "looseFiles": list(garbage.looseFiles), "supersededRuns": list(garbage.supersededRuns),
            "locks": list(garbage.locks), "bytes": .integer(bytes),
        ])
    }
}

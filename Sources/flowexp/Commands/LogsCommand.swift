import ArgumentParser
import Catalog
import RunStorage

/// `flowexp logs RUN`: what an attempt wanted a person to read.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print a run's notes, oldest first.",
        usage: """
            flowexp logs <run> [<options>]
            flowexp logs --where <expr> [<options>]
            """,
        discussion: """
            Examples:
              flowexp logs a91f
              flowexp logs a91f --json
              flowexp logs --where 'base=gmm and seed=0'
            """)

    @OptionGroup var choice: RunChoice
    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let record = try choice.record(in: store)
        let notes = try store.notes(ofRun: record.id)
        if output.json {
            let rows = notes.map { note in
                JSONValue.object([
                    "attempt": .integer(note.fence), "time": .string(WallClock.text(note.at)),
                    "text": .string(note.text),
                ])
            }
            return try JSONOutput.print(
                .object(["schema": .string("flowexp.logs/1"), "id": .string(record.id), "notes": .array(rows)]))
        }
        for note in notes {
            try Output.data(
                "\(WallClock.text(note.at))  attempt \(note.fence)  \(DisplayWidth.cut(note.text, to: 4000))")
        }
        if let code = record.failureCode {
            let message = DisplayWidth.cut(record.failureMessage ?? "", to: 4000)
            try Output.data("failed: \(code): \(message)")
        }
        if notes.isEmpty && record.failureCode == nil {
            Talk.say(
                "Run \(record.id.prefix(12)) left no notes. Everything about it: flowexp show \(record.id.prefix(12))")
        }
    }
}

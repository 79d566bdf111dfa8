import ArgumentParser
import Catalog
import RunStorage

/// `flowexp rm SWEEP|RUN…`.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Move sweeps or results of runs to the trash.",
        usage: """
            flowexp rm <sweep|run> ... [<options>]
            flowexp rm --where <expr> [<options>]
            """,
        discussion: """
            Examples:
              flowexp rm gmm_vs_gauss         a sweep, and the runs that only it contains
              flowexp rm a91f 77c0            two results: the next sweep trains them anew
              flowexp rm --where 'state=failed' --dry-run
              flowexp store restore ENTRY     undo it: rm prints the entry's name

            Nothing is deleted before `flowexp store trash --empty`. A run that somebody works on is not removed (75).
            """)

    @OptionGroup var choice: RemovalChoice

    @Flag(help: "Say what would go and remove nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: dryRun ? .readOnly : .readWrite)
        let removal = try choice.removal(in: store)
        let plan = try store.planRemoval(removal)
        if dryRun {
            let size = store.bytes(ofRuns: plan.changedRuns)
            if output.json { return try JSONOutput.print(json(plan, entry: nil, size: size)) }
            try Output.data(lines(plan, size: size).joined(separator: "\n"))
            return Talk.say("Nothing was removed (--dry-run).")
        }
        let (done, entry) = try store.moveToTrash(removal, what: what(removal))
        let size = (files: entry?.files ?? 0, bytes: entry?.bytes ?? 0)
        if output.json { try JSONOutput.print(json(done, entry: entry, size: size)) }
        guard let entry else {
            return Talk.say(
                "Nothing to remove: \(CountText.of(done.emptyRuns.count, "run")) without results. "
                    + "Train: flowexp resume\(self.store.suffix)")
        }
        Talk.say(lines(done, size: size).joined(separator: "\n"))
        Talk.say(
            """
            Moved to the trash as \(entry.name).
              Undo: flowexp store restore \(entry.name)\(self.store.suffix)
            """)
        if !done.resetRuns.isEmpty { Talk.say("  Train anew: flowexp resume\(self.store.suffix)") }
    }

    private func what(_ removal: Removal) -> String {
        var words = ["rm"] + choice.names + choice.sweeps.map { "--sweep \($0)" }
        if let condition = choice.condition { words.append("--where '\(condition)'") }
        return DisplayWidth.cut(words.joined(separator: " "), to: 200)
    }

    private func lines(_ plan: RemovalPlan, size: (files: Int, bytes: Int)) -> [String] {
        var lines = plan.sweeps.map {
            "sweep \(DisplayWidth.cut($0.name, to: 60)), \(CountText.of($0.revisions, "revision"))"
        }
        func add(_ ids: [String], _ words: String) {
            guard !ids.isEmpty else { return }
            let shown = ids.prefix(4).map { String($0.prefix(12)) }.joined(separator: ", ")
            lines.append(
                "\(CountText.of(ids.count, "run")) \(words): \(shown)\(ids.count > 4 ? ", …" : "")")
        }
        add(plan.removedRuns, "with everything recorded of \(plan.removedRuns.count == 1 ? "it" : "them")")
        add(plan.resetRuns, "losing \(plan.resetRuns.count == 1 ? "its result" : "their results"), to be trained anew")
        add(plan.keptRuns, "kept, because another sweep contains \(plan.keptRuns.count == 1 ? "it" : "them")")
        add(plan.emptyRuns, "without results, left as planned")
        lines.append("\(CountText.of(size.files, "file")), \(StoreChangeText.bytes(size.bytes))")
        return lines
    }

    private func json(_ plan: RemovalPlan, entry: TrashEntry?, size: (files: Int, bytes: Int)) -> JSONValue {
        func list(_ ids: [String]) -> JSONValue { .array(ids.map { .string($0) }) }
        return .object([
            "schema": .string("flowexp.removal/1"), "dryRun": .bool(dryRun),
            "entry": entry.map { .string($0.name) } ?? .null, "sweeps": list(plan.sweeps.map(\.name)),
            "removedRuns": list(plan.removedRuns), "resetRuns": list(plan.resetRuns), "keptRuns": list(plan.keptRuns),
            "emptyRuns": list(plan.emptyRuns), "files": .integer(size.files), "bytes": .integer(size.bytes),
        ])
    }
}

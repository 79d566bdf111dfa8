import ArgumentParser
import Catalog
import Foundation
import Pictures
import Reports
import RunStorage

/// `flowexp plot SWEEP|RUN`.
struct PlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Write pictures as SVG, each with the numbers behind it as CSV.",
        usage: "flowexp plot [<sweep|run>] --output <dir> [<options>]",
        discussion: """
            Examples:
              flowexp plot gmm_vs_gauss --output figures    densities, metrics, curves
              flowexp plot gmm_vs_gauss --metric kl --output figures
              flowexp plot a91f --output figures            one run: density, training

            One run: its density beside the truth and its training. The pictures are those of flowexp report --html.
            """)

    @Argument(
        help: ArgumentHelp(
            "A sweep, or the beginning of a run's id; the sweep that ran last without it.", valueName: "sweep|run"))
    var subject: String?

    @Option(help: ArgumentHelp("Metrics, separated by commas; the usual ones without it.", valueName: "m[,m]"))
    var metric: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder for the files; made where missing.", valueName: "dir"))
    var output: String

    @OptionGroup var store: StoreOption
    @OptionGroup var json: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let damage = StoreDamage(store)
        let builder = try builder(in: store, damage)
        let figures = try builder.content(command: nil).figures.flatMap(\.figures)
        guard !figures.isEmpty else {
            throw CommandFailure(
                .noInput, "nothing to draw yet: no run of it is completed", remedy: "Finish it with: flowexp resume")
        }
        let names = figures.map(\.name)
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure.file(error, doing: "make the folder", output, creating: true)
        }
        for (figure, name) in zip(figures, names) {
            for (text, ending) in [(figure.document, "svg"), (figure.csv, "csv")] {
                let file = try OutputFile(path: "\(output)/\(name).\(ending)", force: true)
                try file.write(Array(text.utf8))
                try file.finish()
            }
        }
        if json.json {
            let rows = zip(figures, names).map { figure, name in
                JSONValue.object([
                    "name": .string(name), "title": .string(figure.title), "caption": .string(figure.caption),
                    "svg": .string("\(output)/\(name).svg"), "csv": .string("\(output)/\(name).csv"),
                ])
            }
            try JSONOutput.print(.object(["schema": .string("flowexp.plot/1"), "figures": .array(rows)]))
            return try damage.refuse()
        }
        for name in names { try Output.data("\(output)/\(name).svg") }
        Talk.say("\(CountText.of(figures.count, "picture")), each with its numbers in a .csv beside it.")
        try damage.refuse()
    }

    /// What is drawn: a sweep's newest revision, or one run alone.
    private func builder(in store: RunStore, _ damage: StoreDamage) throws -> PageBuilder {
        let sweeps = try store.newestRevisions().map(\.name)
        guard let name = try subject ?? store.mostRecentSweep() else {
            throw CommandFailure(
                .noInput, "the store \(store.path) has no sweep yet", remedy: "Run one with: flowexp sweep SPEC")
        }
        if sweeps.contains(name) {
            return try PageBuilder.sweeps([name], metric: metric, in: store, at: self.store, damage)
        }
        let record: RunRecord
        do {
            record = try store.record(idPrefix: name)
        } catch let error as RunStoreError where error.kind == .invalidName || error.kind == .noSuchRun {
            throw CommandFailure(
                .noInput,
                "no sweep and no run of \(store.path) is named '\(DisplayWidth.cut(name, to: 80))'"
                    + NearestName.hint(name, among: sweeps),
                remedy: "There are: flowexp status (sweeps), flowexp ls (runs)")
        }
        let facts = try RunReader(store, damage).facts(record)
        damage.note(facts)
        try damage.refuse()
        return try PageBuilder(store: store, at: self.store, sweeps: [], facts: [facts], metric: metric)
    }
}

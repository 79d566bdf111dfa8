import ArgumentParser
import Catalog
import Foundation
import Orchestration
import Reports
import RunStorage

/// `flowexp report`: the comparison.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Compare: mean and 95 % interval over seeds, paired differences, floors.",
        discussion: """
            Examples:
              flowexp report --metric kl,bridge-mass             the sweep that ran last
              flowexp report gmm_vs_gauss --metric bridge-mass,d-plus
              flowexp report --metric kl --by base,couplingLayers --baseline base=gaussian
              flowexp report --metric kl --format markdown > table.md
              flowexp report --metric kl,bridge-mass --html report.html   with pictures
              flowexp report --metric kl --interval bootstrap --test wilcoxon
              flowexp report --metric kl --summary iqm --improvement
            """)

    @Argument(help: "Sweeps to report together; the most recently run one without any.")
    var sweeps: [String] = []

    @Flag(help: "Report all sweeps of the store together.")
    var all = false

    @Option(help: ArgumentHelp("Metrics, separated by commas (flowexp list metrics).", valueName: "m[,m]"))
    var metric: String

    @Option(
        help: ArgumentHelp(
            "Axes to show as columns, separated by commas; every axis that varies without it.",
            valueName: "axes"))
    var by: String?

    @Option(help: ArgumentHelp("What to compare with; base=gaussian where there is one.", valueName: "axis=value"))
    var baseline: String?

    @OptionGroup var statistics: StatisticsOptions

    @Option(help: "How to write it.")
    var format: ReportFormatArgument?

    @Option(
        help: ArgumentHelp(
            "Also write one HTML file with the tables, pictures of posteriors, curves, and where it all comes from.",
            valueName: "file"))
    var html: String?

    @OptionGroup var noOutput: NoOutputOption
    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        if all && !sweeps.isEmpty { throw ValidationError("Give sweeps or --all, not both.") }
        if output.json, let format, format.format != .json {
            throw ValidationError(
                "--json and --format \(format.format.rawValue) contradict each other; give one of them.")
        }
    }

    func run() throws {
        talk.apply()
        let statistics = try statistics.chosen()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let names = try sweepNames(in: store)
        let damage = StoreDamage(store)
        let asked = Set(MetricNames.split(metric))
        // A page also shows what other metrics' details hold: calibration, the mass between modes.
        let needed = html == nil ? MetricChoice.named(asked.union(Report.companions(of: asked))) : .all
        var chosen = try SweepRuns(of: names, in: store, damage, needed)
        // An unknown name is answered with those that there are.
        if !asked.isSubset(of: chosen.metricNames) { chosen = try SweepRuns(of: names, in: store, damage, .all) }
        let (runs, axes) = (chosen.runs, chosen.axes)
        runs.forEach(damage.note)
        try damage.refuse(metrics: asked, known: chosen.metricNames, of: runs)
        let metrics = try MetricNames.parse(
            metric, known: chosen.metricNames.sorted(), of: runs, sweeps: names, store: self.store)
        let options = ReportOptions(
            metrics: metrics, by: by.map { MetricNames.split($0) }, baseline: baseline, sweeps: names,
            declaredAxes: axes, statistics: statistics,
            damagedWithoutCell: runs.count { $0.damage != nil && $0.knownSeed == nil })
        let reported = ParallelMap.parts(of: runs.filter { $0.damage == nil || $0.knownSeed != nil }) {
            ReportRun.all($0)
        }
        let report = try Report(runs: reported, options: options)
        UntilExit.keep((chosen, reported, report))
        let format = output.json ? .json : format?.format ?? .table
        try Output.data(format.render(report, width: OutputWidth.columns))
        if let html {
            let builder = PageBuilder(
                store: store, sweeps: names, facts: runs.filter { $0.damage == nil }, report: report, options: options)
            let file = try OutputFile(path: html, force: true)
            let content = try builder.content(command: pageCommand(html, sweeps: names, store: store))
            try file.write(Array(HTMLPage(content).text.utf8))
            try file.finish()
            Talk.say("Page with pictures: \(html)")
        }
        let unfinished = runs.count { $0.damage == nil && !$0.record.state.isTerminal }
        if unfinished > 0 {
            Talk.say(
                "\(CountText.of(unfinished, "run")) not done yet. Continue with: flowexp resume"
                    + (names.count == 1 ? " \(names[0])" : ""))
        }
        try damage.refuse()
    }

    /// What makes the page again, from any folder that has one of that name: the sweeps and the store are named even where
    /// they were not.
    private func pageCommand(_ html: String, sweeps: [String], store: RunStore) -> String {
        var words = ["flowexp", "report"] + sweeps
        func add(_ option: String, _ value: String?) {
            // With a sign in front the value would be read as an option.
            guard let value else { return }
            words += value.hasPrefix("-") ? ["\(option)=\(value)"] : [option, value]
        }
        add("--metric", metric)
        add("--by", by)
        add("--baseline", baseline)
        words += statistics.words
        add("--store", URL(fileURLWithPath: store.path).standardizedFileURL.path)
        add("--html", html)
        return ShellText.command(words)
    }

    private func sweepNames(in store: RunStore) throws -> [String] {
        if !sweeps.isEmpty { return sweeps }
        if all { return try store.newestRevisions().map(\.name) }
        guard let name = try store.mostRecentSweep() else {
            throw CommandFailure(
                .noInput, "the store \(store.path) has no sweep yet", remedy: "Run one with: flowexp sweep SPEC")
        }
        return [name]
    }
}

/// Other statistics than the usual ones.
struct StatisticsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("95 % intervals: t, or a seeded bootstrap (BCa).", valueName: "t|bootstrap"))
    var interval: String?

    @Option(
        help: ArgumentHelp("Test of paired differences, exact for few seeds.", valueName: "sign-flip|wilcoxon"))
    var test: String?

    @Option(help: ArgumentHelp("What stands for a cell: mean, or the interquartile mean.", valueName: "mean|iqm"))
    var summary: String?

    @Flag(help: "Add how probable it is that a run is better than one of the baseline.")
    var improvement = false

    /// What was asked for; throws exit 64 with the nearest name for a value that does not exist.
    func chosen() throws -> ReportStatistics {
        ReportStatistics(
            summary: try Self.choice(summary, "--summary") ?? .mean,
            interval: try Self.choice(interval, "--interval") ?? .t,
            test: try Self.choice(test, "--test") ?? .signFlip, showsImprovement: improvement)
    }

    /// As they were given.
    var words: [String] {
        [("--interval", interval), ("--test", test), ("--summary", summary)].flatMap { option, value in
            value.map { [option, $0] } ?? []
        } + (improvement ? ["--improvement"] : [])
    }

    private static func choice<Choice>(_ text: String?, _ option: String) throws -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        throw CommandFailure(
            .usage,
            "\(option) cannot be '\(DisplayWidth.cut(text, to: 80))'\(NearestName.hint(text, among: names))",
            remedy: "There are: \(names.joined(separator: ", "))")
    }
}

/// `--format`.
struct ReportFormatArgument: ExpressibleByArgument {
    var format: ReportFormat

    init?(argument: String) {
        guard let format = ReportFormat(rawValue: argument) else { return nil }
        self.format = format
    }

    static var allValueStrings: [String] { ReportFormat.allCases.map(\.rawValue) }
}

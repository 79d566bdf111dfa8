import ArgumentParser
import Catalog
import FlowMath
import Metrics
import PointFiles

/// `flowexp metric NAME A B`: any metric of two samples on two files.
struct MetricCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metric", abstract: "Compute a two-sample metric on two files of points.",
        usage: "flowexp metric <name> <a> <b> [<options>]",
        discussion: """
            Examples:
              flowexp metric mmd reference.csv q.npy
              flowexp metric mmd a.csv b.csv --bandwidth 0.5 --permutations 999
              flowexp metric w2 a.npy b.npy --limit 2000 --json
              flowexp sample a91f | flowexp metric energy reference.csv -

            Metrics: \(sampleMetricNames.joined(separator: ", ")). A is the reference: the median bandwidth is its own.

            Files: csv or npy, one point per row, all rows used. mmd and energy take time with n·m; w1 and w2, exact \
            transport, memory with n² and up to \(MetricCommand.largestTransport) points.
            """)

    /// Points on a side that exact transport takes: its cost matrix then has 800 MB.
    static let largestTransport = 10_000

    @Argument(help: ArgumentHelp("The metric's name.", valueName: "name"))
    var metric: String

    @Argument(help: ArgumentHelp("The reference sample: csv or npy, - for standard input.", valueName: "a"))
    var fileA: String

    @Argument(help: ArgumentHelp("The other sample.", valueName: "b"))
    var fileB: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Use the first n points of each file; all without it.", valueName: "n"),
        transform: WholeNumber.parse)
    var limit: Int?

    @Option(help: ArgumentHelp("mmd: the largest bandwidth; the median distance in A without it.", valueName: "h"))
    var bandwidth: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("A p value from m random relabellings.", valueName: "m"),
        transform: WholeNumber.parse)
    var permutations: Int?

    @Option(
        help: ArgumentHelp(
            "Another parameter of the metric (flowexp describe NAME); may be repeated.", valueName: "name=value"))
    var set: [String] = []

    @Option(help: ArgumentHelp("For metrics that draw random numbers.", valueName: "s"))
    var seed: UInt64 = 0

    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        if let bandwidth, !(bandwidth > 0 && bandwidth.isFinite) {
            throw ValidationError("--bandwidth \(bandwidth): expected a finite number above 0.")
        }
        if let permutations, !(1...1_000_000).contains(permutations) {
            throw ValidationError("--permutations \(permutations): expected a number from 1 to 1 000 000.")
        }
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): expected a number from 1.") }
        if fileA == "-" && fileB == "-" { throw ValidationError("Only one of the files can be standard input.") }
        _ = try parameters()
    }

    func run() throws {
        talk.apply()
        guard sampleMetricNames.contains(metric) else {
            throw CommandFailure(
                .usage,
                "no two-sample metric '\(DisplayWidth.cut(metric, to: 80))'"
                    + NearestName.hint(metric, among: sampleMetricNames),
                remedy: "There are \(sampleMetricNames.joined(separator: ", ")).")
        }
        let (a, b) = try points()
        try checkSizes(a, b)
        let found: [Measurement]
        do {
            found = try sampleMetric(named: metric, a, b, parameters: parameters(), seed: seed)
        } catch let error as ParameterError {
            throw CommandFailure(.usage, "\(error)", remedy: "Its parameters: flowexp describe \(metric)")
        }
        let text = MetricText(name: metric, measurements: found)
        if output.json { try JSONOutput.print(text.json) } else { try Output.data(text.lines) }
        if let reason = text.failure {
            throw CommandFailure(.badData, "\(metric) of \(fileA) and \(fileB) has no value: \(reason)")
        }
    }

    /// The points of both files, their columns in the same order.
    private func points() throws -> (Points, Points) {
        let pair: SamplePair
        do {
            pair = try SamplePair(
                PointInput.read(fileA), PointInput.read(fileB), files: (PointInput.name(fileA), PointInput.name(fileB)))
        } catch let error as PointFileError {
            throw CommandFailure(.badData, "\(error)", remedy: error.remedy)
        }
        for note in pair.notes { Talk.say(DisplayWidth.cut(note, to: 200)) }
        func limited(_ points: Points) -> Points { limit.map { points.prefix(min($0, points.count)) } ?? points }
        return (limited(pair.first), limited(pair.second))
    }

    /// Refuses what would not fit the memory and says what takes long. The estimates are rough, from one core of 2024.
    private func checkSizes(_ a: Points, _ b: Points) throws {
        var smaller = min(a.count, b.count)
        if let asked = try parameters()["transportSamples"]?.integerValue { smaller = min(smaller, asked) }
        var seconds = 0.0
        if ["w1", "w2"].contains(metric) {
            guard smaller <= Self.largestTransport else {
                throw CommandFailure(
                    .usage,
                    "\(metric) is exact transport and takes at most \(Self.largestTransport) points, found \(smaller)",
                    remedy: "Add --limit 2000 (the first rows of each), or use sliced-w2, which takes any number.")
            }
            if a.count != b.count {
                Talk.say("\(metric) pairs points one to one: the first \(smaller) of each file are used.")
            }
            seconds = 5e-11 * Double(smaller) * Double(smaller) * Double(smaller)
        } else if ["mmd", "mmd-median", "energy"].contains(metric) {
            let total = Double(a.count) + Double(b.count)
            seconds = 2e-9 * total * total
        }
        if seconds > 10 {
            Talk.say(
                "\(metric) of \(a.count) and \(b.count) points takes about \(Int(seconds)) s; --limit N uses fewer.")
        }
    }

    private func parameters() throws -> ParameterValues {
        var values = ParameterValues()
        for text in set {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex,
                let value = Self.value(String(text[text.index(after: equals)...]))
            else {
                throw ValidationError("--set '\(DisplayWidth.cut(text, to: 80))': expected name=value.")
            }
            values[String(text[..<equals])] = value
        }
        if let bandwidth { values["bandwidth"] = .number(bandwidth) }
        if let permutations { values["permutations"] = .integer(permutations) }
        return values
    }

    /// JSON, or a word.
    private static func value(_ text: String) -> JSONValue? {
        if text.isEmpty { return nil }
        return (try? JSONValue(parsing: text)) ?? .string(text)
    }
}

/// A two-sample metric's values for people and for scripts.
struct MetricText {
    let name: String
    let measurements: [Measurement]

    private var main: Measurement? { measurements.first { $0.column == name } ?? measurements.first }

    /// Why there is no value; nil when there is.
    var failure: String? { main.map { $0.value == nil ? $0.reason ?? "unknown" : nil } ?? "nothing was computed" }

    var json: JSONValue {
        var members = main.map { Self.members($0) } ?? [:]
        members["metric"] = .string(name)
        // The p value of a permutation test, where a script looks for it first.
        if let p = measurements.first(where: { $0.column == name + "-p" })?.value { members["p"] = .number(p) }
        let others = measurements.filter { $0.column != main?.column }
        if !others.isEmpty {
            members["columns"] = .object(
                Dictionary(others.map { ($0.column, JSONValue.object(Self.members($0))) }) { $1 })
        }
        return .object(members)
    }

    private static func members(_ measurement: Measurement) -> [String: JSONValue] {
        var members = measurement.details.mapValues(JSONValue.number)
        members["value"] = measurement.value.map(JSONValue.number) ?? .null
        members["n"] = .array(measurement.sampleSizes.map(JSONValue.integer))
        if let error = measurement.standardError { members["standardError"] = .number(error) }
        if let reason = measurement.reason { members["reason"] = .string(reason) }
        return members
    }

    var lines: String {
        measurements.map { measurement in
            let value = measurement.value.map { "\($0)" } ?? "no value: \(measurement.reason ?? "unknown")"
            var parts = ["\(measurement.column)  \(value)"]
            if let error = measurement.standardError { parts.append("standard error \(error)") }
            parts.append("n = \(measurement.sampleSizes.map(String.init).joined(separator: ", "))")
            for (key, value) in measurement.details.sorted(by: { $0.key < $1.key }) { parts.append("\(key) \(value)") }
            return parts.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

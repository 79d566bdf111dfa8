import Catalog

/// Two runs side by side: what differs in their configurations, their metrics, their histories.
public struct RunComparison: Sendable, Equatable {
    /// A value that each of the two has, or lacks.
    public struct Pair<Value: Sendable & Equatable>: Sendable, Equatable {
        /// What it is: a path, a metric, a name.
        public var name: String
        /// The first run's.
        public var first: Value?
        /// The second run's.
        public var second: Value?
    }

    /// The one run.
    public var first: RunDetails
    /// The other one.
    public var second: RunDetails

    /// Creates a comparison.
    public init(_ first: RunDetails, _ second: RunDetails) {
        self.first = first
        self.second = second
    }

    /// Settings, the seed included, in which they differ.
    public var settings: [Pair<JSONValue>] {
        func value(_ run: RunDetails, _ path: String) -> JSONValue? {
            path == "seed" ? run.seed.map { .integer($0) } : run.configuration.first { $0.path == path }?.value
        }
        let paths = PageLabels.distinct((first.configuration + second.configuration).map(\.path) + ["seed"])
        return paths.map { Pair(name: $0, first: value(first, $0), second: value(second, $0)) }
            .filter { $0.first != $0.second }
    }

    /// Metrics of either; only those with equal parameters and version are comparable.
    public var metrics: [Pair<ReportMetric>] {
        func metric(_ run: RunDetails, _ name: String) -> ReportMetric? {
            run.metrics.first { $0.name == name }?.metric
        }
        return PageLabels.distinct((first.metrics + second.metrics).map(\.name))
            .map { Pair(name: $0, first: metric(first, $0), second: metric(second, $0)) }
    }

    /// Results besides metrics in which they differ.
    public var results: [Pair<JSONValue>] {
        Set(first.summary.keys).union(second.summary.keys).sorted()
            .map { Pair(name: $0, first: first.summary[$0], second: second.summary[$0]) }
            .filter { $0.first != $0.second }
    }

    /// The last step up to which both histories are equal; nil when they differ from the start or one is empty.
    public var equalThrough: Int? {
        zip(first.history, second.history).prefix { $0 == $1 }.last?.0.step
    }
}

/// Draws ``RunComparison``.
public enum RunComparisonRenderer {
    /// For people; `width` in terminal columns, nil for any.
    public static func text(_ runs: RunComparison, width: Int? = nil) -> String {
        var blocks = [heading(runs)]
        blocks.append(
            section(
                "settings that differ", runs.settings, width, none: "none: the runs have one configuration",
                text: value))
        let metrics = runs.metrics.map { pair in
            [
                pair.name, number(pair.first?.value), number(pair.second?.value), difference(pair),
                (pair.first?.floor ?? pair.second?.floor).map(NumberText.floor) ?? "",
            ]
        }
        if !metrics.isEmpty {
            blocks.append(
                RunDetailsRenderer.section(
                    "metrics",
                    [
                        .init("metric"), .init("first", .right), .init("second", .right),
                        .init("second − first", .right), .init("floor", dropOrder: 1),
                    ], metrics, width))
        }
        blocks.append(section("results that differ", runs.results, width, none: "none", text: value))
        blocks.append(history(runs, width))
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func heading(_ runs: RunComparison) -> String {
        zip(["first ", "second"], [runs.first, runs.second]).map { word, run in
            let base = RunText.base(
                value(run.configuration.first { $0.path == "base" }?.value),
                run.configuration.first { $0.path == "base.components" }?.value ?? .null)
            let task = value(run.configuration.first { $0.path == "task" }?.value)
            return
                "\(word)  \(run.id.prefix(12))  \(run.state.rawValue)  \(task)  \(base)  seed \(run.seed.map(String.init) ?? "?")"
        }.joined(separator: "\n")
    }

    private static func section<Value>(
        _ title: String, _ pairs: [RunComparison.Pair<Value>], _ width: Int?, none: String,
        text: (Value?) -> String
    ) -> String {
        guard !pairs.isEmpty else { return "\(title)\n  \(none)" }
        return RunDetailsRenderer.section(
            title, [.init("", minimumWidth: 10), .init("first", minimumWidth: 8), .init("second", minimumWidth: 8)],
            pairs.map { [$0.name, text($0.first), text($0.second)] }, width)
    }

    private static func history(_ runs: RunComparison, _ width: Int?) -> String {
        guard !runs.first.history.isEmpty || !runs.second.history.isEmpty else { return "history\n  none yet" }
        let columns = min(60, max(10, (width ?? 80) - 22))
        let lines = zip(["first ", "second"], [runs.first, runs.second]).map { word, run in
            let last =
                run.history.last.map { "step \(RunText.grouped($0.step)), loss \(number($0.loss))" } ?? "none yet"
            return "  \(word)  \(last)\n          \(Sparkline.text(run.history.map(\.loss), width: columns))"
        }
        let through: String
        if runs.first.history == runs.second.history {
            through = "  equal in every row"
        } else {
            through =
                runs.equalThrough.map { "  equal through step \(RunText.grouped($0))" } ?? "  different from the start"
        }
        return (["history"] + lines + [through]).joined(separator: "\n")
    }

    private static func value(_ value: JSONValue?) -> String { value.map(DisplayText.value) ?? "—" }

    private static func number(_ value: Double?) -> String {
        value.map { NumberText.plain($0, significant: 4) } ?? "—"
    }

    private static func difference(_ pair: RunComparison.Pair<ReportMetric>) -> String {
        guard let first = pair.first, let second = pair.second, let a = first.value, let b = second.value else {
            return ""
        }
        guard first.parameters == second.parameters, first.version == second.version else { return "other settings" }
        return NumberText.plain(b - a)
    }

    /// Schema `flowexp.diff/1`.
    public static func json(_ runs: RunComparison) -> String {
        func pairs(_ pairs: [RunComparison.Pair<JSONValue>]) -> JSONNode {
            .array(
                pairs.map {
                    .object([
                        ("name", .text($0.name)), ("first", $0.first.map { .value($0) } ?? .null),
                        ("second", $0.second.map { .value($0) } ?? .null),
                    ])
                })
        }
        let metrics = runs.metrics.map { pair -> JSONNode in
            let isComparable =
                pair.first?.parameters == pair.second?.parameters && pair.first?.version == pair.second?.version
            let values = [pair.first?.value, pair.second?.value]
            let both = values.compactMap { $0 }
            return .object([
                ("name", .text(pair.name)), ("first", .number(values[0])), ("second", .number(values[1])),
                ("comparable", .flag(isComparable)),
                ("difference", .number(isComparable && both.count == 2 ? both[1] - both[0] : nil)),
            ])
        }
        return JSONNode.object([
            ("schema", .text("flowexp.diff/1")),
            ("runs", .array([.text(runs.first.id), .text(runs.second.id)])),
            ("settings", pairs(runs.settings)), ("metrics", .array(metrics)), ("results", pairs(runs.results)),
            ("historyEqualThrough", .integer(runs.equalThrough)),
            ("historyEqual", .flag(runs.first.history == runs.second.history)),
        ]).document
    }
}

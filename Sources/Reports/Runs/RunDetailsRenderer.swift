import Catalog

/// One run as text or JSON.
public enum RunDetailsRenderer {
    /// The text of `show`: state, configuration, attempts, metrics beside their floors, the loss and its last rows.
    public static func text(_ run: RunDetails, width: Int? = nil) -> String {
        var blocks: [String] = []
        var head = "run \(DisplayText.visible(run.id))\nstate  \(run.state.rawValue)"
        if let code = run.failureCode { head += ": \(DisplayText.visible(code))" }
        if let message = run.failureMessage { head += "\n       \(DisplayText.visible(message))" }
        for reason in run.damage { head += "\ndamaged  \(DisplayText.visible(reason)); what it concerns is left out" }
        if !run.sweeps.isEmpty { head += "\nsweep  " + run.sweeps.map(DisplayText.visible).joined(separator: ", ") }
        blocks.append(head)
        blocks.append(
            section(
                "configuration", [.init("path"), .init("value", minimumWidth: 10)],
                run.configuration.map { [$0.path, $0.value == .null ? "null" : DisplayText.value($0.value)] }
                    + (run.seed.map { [["seed", "\($0)"]] } ?? []), width))
        if !run.attempts.isEmpty {
            blocks.append(
                section(
                    "attempts",
                    [
                        .init("#", .right), .init("started"), .init("ended"), .init("outcome"),
                        .init("where", dropOrder: 1),
                    ],
                    run.attempts.map { ["\($0.number)", $0.started, $0.ended ?? "", $0.outcome, $0.place ?? ""] }, width
                ))
        }
        if !run.metrics.isEmpty { blocks.append(metrics(run, width)) }
        if !run.summary.isEmpty || !run.timings.isEmpty {
            let rows =
                run.summary.keys.sorted().filter { $0 != selectionKey }.map {
                    [$0, run.summary[$0].map(DisplayText.value) ?? ""]
                }
                + run.timings.keys.sorted().map { ["\($0) time", RunText.duration(run.timings[$0] ?? 0)] }
            blocks.append(section("results", [.init("name"), .init("value", minimumWidth: 10)], rows, width))
        }
        if let table = componentSelection(run.summary, width) { blocks.append(table) }
        if !run.history.isEmpty { blocks.append(history(run.history, width)) }
        if !run.artefacts.isEmpty {
            blocks.append("files\n" + run.artefacts.map { "  " + DisplayText.visible($0) }.joined(separator: "\n"))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    static func section(
        _ title: String, _ columns: [TextTable.Column], _ rows: [[String]], _ width: Int?
    ) -> String {
        let table = TextTable(columns: columns, rows: rows).render(width: width.map { max(10, $0 - 2) }).text
        // Two-column lists explain themselves; their title line goes.
        let lines = table.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(columns.count == 2 ? 1 : 0)
        return title + "\n" + lines.map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")
    }

    private static func metrics(_ run: RunDetails, _ width: Int?) -> String {
        let rows = run.metrics.map { name, metric -> [String] in
            var value = "null: \(metric.reason ?? "no reason given")"
            if let number = metric.value {
                value = NumberText.plain(number, significant: 4)
                if let error = metric.standardError { value += " ± " + NumberText.plain(error, significant: 2) }
                if let floor = metric.floor,
                    CellMetric.isNoise(
                        mean: number, errorVariances: [metric.errorVariance(name)], floor: floor,
                        direction: metric.direction)
                {
                    value += " ≈"
                }
                if metric.warning != nil { value += " !" }
            }
            return [
                name, value, metric.floor.map(NumberText.floor) ?? "", metric.direction.rawValue,
                metric.sampleSizes.map(RunText.grouped).joined(separator: " / "),
            ]
        }
        // Each warning once, below the table, with the metrics that it is about.
        var warnings: [(text: String, names: [String])] = []
        for (name, metric) in run.metrics {
            guard metric.value != nil, let warning = metric.warning else { continue }
            if let known = warnings.firstIndex(where: { $0.text == warning }) {
                warnings[known].names.append(name)
            } else {
                warnings.append((warning, [name]))
            }
        }
        let footnotes = warnings.map { "\n  ! \($0.names.joined(separator: ", ")): \($0.text)" }.joined()
        return section(
            "metrics",
            [
                .init("metric"), .init("value", minimumWidth: 10), .init("floor", dropOrder: 1),
                .init("better", dropOrder: 2), .init("n", dropOrder: 3),
            ], rows, width) + footnotes
    }

    private static func history(_ history: [HistoryPoint], _ width: Int?) -> String {
        // Not a number: there was none, because every batch since the row before was skipped.
        func number(_ value: Double, significant: Int = 3) -> String {
            value.isNaN ? "—" : NumberText.plain(value, significant: significant)
        }
        let tail = history.suffix(5).map { point in
            [
                RunText.grouped(point.step), number(point.loss, significant: 4),
                point.validationLoss.map { number($0, significant: 4) } ?? "", number(point.gradientNorm),
                number(point.effectiveSampleSize), RunText.grouped(point.likelihoodEvaluations),
            ]
        }
        let curve = Sparkline.text(history.map(\.loss), width: min(60, max(10, (width ?? 80) - 12)))
        let table = section(
            "history",
            [
                .init("step", .right), .init("loss", .right), .init("validation", .right),
                .init("gradient", .right, dropOrder: 3), .init("ESS", .right, dropOrder: 2),
                .init("likelihoods", .right, dropOrder: 1),
            ], tail, width)
        return table + "\n  loss  \(curve)"
    }

    /// The JSON of `show --json`, schema `flowexp.run/1`; history whole.
    public static func json(_ run: RunDetails) -> String {
        func pairs(_ values: [String: JSONNode]) -> JSONNode {
            .object(values.keys.sorted().map { ($0, values[$0] ?? .null) })
        }
        return JSONNode.object([
            ("schema", .text("flowexp.run/1")), ("id", .text(run.id)), ("state", .text(run.state.rawValue)),
            ("failureCode", .text(run.failureCode)), ("failureMessage", .text(run.failureMessage)),
            ("damage", .array(run.damage.map { .text($0) })),
            ("sweeps", .array(run.sweeps.map { .text($0) })), ("seed", .integer(run.seed)),
            ("configuration", .object(run.configuration.map { ($0.path, .value($0.value)) })),
            (
                "attempts",
                .array(
                    run.attempts.map {
                        .object([
                            ("number", .integer($0.number)), ("started", .text($0.started)), ("ended", .text($0.ended)),
                            ("outcome", .text($0.outcome)), ("where", .text($0.place)),
                        ])
                    })
            ),
            ("metrics", .object(run.metrics.map { ($0.name, metricNode($0.metric)) })),
            ("summary", pairs(run.summary.mapValues { .value($0) })),
            ("timings", pairs(run.timings.mapValues { .number($0) })),
            ("artefacts", .array(run.artefacts.map { .text($0) })),
            (
                "history",
                .array(
                    run.history.map {
                        .object([
                            ("step", .integer($0.step)), ("loss", .number($0.loss)),
                            ("validationLoss", .number($0.validationLoss)), ("gradientNorm", .number($0.gradientNorm)),
                            ("effectiveSampleSize", .number($0.effectiveSampleSize)),
                            ("likelihoodEvaluations", .integer($0.likelihoodEvaluations)),
                        ])
                    })
            ),
        ]).document
    }

    private static func metricNode(_ metric: ReportMetric) -> JSONNode {
        .object([
            ("value", .number(metric.value)), ("reason", .text(metric.reason)),
            ("standardError", .number(metric.standardError)), ("direction", .text(metric.direction.rawValue)),
            (
                "floor",
                metric.floor.map {
                    .object([
                        ("mean", .number($0.mean)), ("sd", .number($0.standardDeviation)),
                        ("reps", .integer($0.repetitions)),
                    ])
                } ?? .null
            ),
            ("sampleSizes", .array(metric.sampleSizes.map { .integer($0) })), ("version", .integer(metric.version)),
            ("parameters", .text(metric.parameters)), ("warning", .text(metric.warning)),
            ("details", detailsNode(metric.details)),
        ])
    }

    /// The further numbers of a metric, by name.
    private static func detailsNode(_ text: String) -> JSONNode {
        let members = (try? JSONValue(parsing: text))?.objectValue ?? [:]
        return .object(members.keys.sorted().map { ($0, .number(members[$0]?.doubleValue)) })
    }
}

/// A curve in one line of text.
package enum Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// Values averaged into at most `width` characters; those that are not finite show as a space.
    package static func text(_ values: [Double], width: Int) -> String {
        guard !values.isEmpty, width > 0 else { return "" }
        let count = min(width, values.count)
        let means = (0..<count).map { index -> Double? in
            let part = values[(index * values.count / count)..<((index + 1) * values.count / count)].filter(\.isFinite)
            return part.isEmpty ? nil : part.reduce(0) { $0 + $1 / Double(part.count) }
        }
        guard let low = means.compactMap({ $0 }).min(), let high = means.compactMap({ $0 }).max() else { return "" }
        return String(
            means.map { mean -> Character in
                guard let mean else { return " " }
                guard high > low else { return levels[0] }
                let level = (mean / 2 - low / 2) / (high / 2 - low / 2) * 7
                return levels[min(7, max(0, Int(level.rounded())))]
            })
    }
}

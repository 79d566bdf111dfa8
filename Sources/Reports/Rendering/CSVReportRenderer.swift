import Catalog

/// The report as RFC 4180 csv: one record a row, full-precision numbers, the same text as the JSON report's.
struct CSVReportRenderer {
    func render(_ report: Report) -> String {
        let axisColumns = report.axes
        let isUsual = report.statistics == ReportStatistics()
        let head =
            ["metric", "direction", "task", "base", "components", "couplingLayers"]
            + axisColumns.map(\.path).filter { !Self.fixed.contains($0) }
            + [
                "n", "mean", "sd", "ciLower", "ciUpper", "floorMean", "floorSD", "floorReps", "poolLimit",
                "withinNoise", "isBaseline", "delta", "deltaCILower", "deltaCIUpper", "p", "pHolm", "minimumP",
                "pairs", "rankTest", "holmFamily", "runs", "failed", "failures", "nulls", "notEvaluated", "unfinished",
                "likelihoodEvaluations", "effectiveSampleSize", "metricVersion", "metricParameters",
                "damaged",
            ] + (isUsual ? [] : Self.onRequest)
        var lines = [head.map(CSVText.field).joined(separator: ",")]
        for section in report.sections {
            for row in section.rows {
                let fields =
                    record(row, section, axisColumns.map(\.path)) + (isUsual ? [] : requested(row, report.statistics))
                lines.append(fields.map(CSVText.field).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Paths whose values have columns of their own.
    private static let fixed = [ReportPaths.task, ReportPaths.base, ReportPaths.components, ReportPaths.couplingLayers]

    private func record(_ row: ReportRow, _ section: ReportSection, _ axes: [String]) -> [String] {
        let others = axes.filter { !Self.fixed.contains($0) }.map { path in
            row.axes.first { $0.path == path }.map { text($0.value) } ?? ""
        }
        let comparison = row.comparison
        func reasons(_ counts: [ReasonCount]) -> String {
            counts.map { "\($0.count) \($0.reason)" }.joined(separator: "; ")
        }
        return [row.metric, row.direction.rawValue, row.task, row.base, text(row.components), text(row.couplingLayers)]
            + others
            + [
                "\(row.n)", number(row.mean), number(row.standardDeviation), number(row.interval?.lower),
                number(row.interval?.upper), number(row.floor?.mean), number(row.floor?.standardDeviation),
                row.floor.map { "\($0.repetitions)" } ?? "", number(row.poolLimit), "\(row.isNoise)",
                "\(row.isBaseline)", number(comparison?.difference), number(comparison?.interval?.lower),
                number(comparison?.interval?.upper), number(comparison?.p), number(comparison?.adjustedP),
                number(comparison?.minimumP), comparison.map { "\($0.pairs)" } ?? "",
                comparison.map { "\($0.isRankTest)" } ?? "", "\(section.familySize)", "\(row.runs)",
                "\(row.failed)", reasons(row.failures), reasons(row.nulls), "\(row.notEvaluated)",
                "\(row.unfinished)", number(row.likelihoodEvaluations), number(row.effectiveSampleSize),
                "\(row.version)", row.parameters, "\(row.damaged)",
            ]
    }

    /// Columns that appear when other statistics than the usual are asked for.
    private static let onRequest = [
        "interval", "test", "iqm", "iqmCILower", "iqmCIUpper", "deltaIQM", "deltaIQMCILower", "deltaIQMCIUpper",
    ]

    private func requested(_ row: ReportRow, _ statistics: ReportStatistics) -> [String] {
        let numbers = [row.interquartileMean, row.comparison?.interquartileDifference].flatMap { estimate in
            [estimate?.value, estimate?.interval?.lower, estimate?.interval?.upper]
        }
        return [statistics.interval.rawValue, statistics.test.rawValue] + numbers.map(number)
    }

    private func number(_ value: Double?) -> String {
        value.flatMap { $0.isFinite ? JSONText.number($0) : nil } ?? ""
    }

    private func text(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return text
        default: return JSONText.canonical(value)
        }
    }
}

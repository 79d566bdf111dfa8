import Catalog

/// The report as JSON, schema `flowexp.report/1`. Fields may be added, never renamed.
struct JSONReportRenderer {
    func render(_ report: Report) -> String {
        let fields: [(String, JSONNode)] = [
            ("schema", .text("flowexp.report/1")),
            ("sweeps", .raw("[" + report.sweeps.map(JSONText.string).joined(separator: ",") + "]")),
            ("baseline", .text(report.baseline)),
            ("runs", .object(runCounts(report))),
            ("rows", .array(report.sections.flatMap { section in section.rows.map { row($0, section) } })),
            (
                "headlines",
                .array(report.sections.flatMap { section in section.headlines.map { headline($0, section) } })
            ),
            ("verdicts", .array(report.verdicts.map(verdict))),
            ("notes", .array((report.notes + report.sections.flatMap(\.notes)).map { .text($0) })),
        ]
        return JSONNode.object(fields + statistics(report.statistics)).document
    }

    /// Said only where something else than the usual was asked for.
    private func statistics(_ statistics: ReportStatistics) -> [(String, JSONNode)] {
        guard statistics != ReportStatistics() else { return [] }
        let fields: [(String, JSONNode)] = [
            ("summary", .text(statistics.summary.rawValue)), ("interval", .text(statistics.interval.rawValue)),
            ("test", .text(statistics.test.rawValue)), ("improvement", .flag(statistics.showsImprovement)),
        ]
        return [("statistics", .object(fields))]
    }

    /// A number and its interval under two keys; nothing for nil.
    private func estimate(_ name: String, _ estimate: Estimate?) -> [(String, JSONNode)] {
        estimate.map { [(name, .number($0.value)), (name + "CI95", .interval($0.interval))] } ?? []
    }

    private func runCounts(_ report: Report) -> [(String, JSONNode)] {
        [("total", .integer(report.runs))]
            + ReportRunState.allCases.map { ($0.rawValue, .integer(report.stateCounts[$0] ?? 0)) }
            + [("failures", reasons(report.failures))]
    }

    private func row(_ row: ReportRow, _ section: ReportSection) -> JSONNode {
        let comparison = row.comparison
        let used = row.componentsUsed
        let fields: [(String, JSONNode)] = [
            ("task", .text(row.task)),
            ("base", .text(row.base)),
            ("components", .value(row.components)),
            ("componentsUsed", .integer(used.flatMap { $0.lowerBound == $0.upperBound ? $0.lowerBound : nil })),
            (
                "componentsUsedRange",
                used.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) } ?? .null
            ),
            ("couplingLayers", .value(row.couplingLayers)),
            ("axes", .object(row.axes.map { ($0.path, .value($0.value)) })),
            ("metric", .text(row.metric)),
            ("direction", .text(row.direction.rawValue)),
            ("n", .integer(row.n)),
            ("mean", .number(row.mean)),
            ("sd", .number(row.standardDeviation)),
            ("ci95", .interval(row.interval)),
            ("floor", row.floor.map(floor) ?? .null),
            ("withinNoise", .flag(row.isNoise)),
            ("poolLimit", .number(row.poolLimit)),
            ("isBaseline", .flag(row.isBaseline)),
            ("delta", .number(comparison?.difference)),
            ("deltaCI95", .interval(comparison?.interval)),
            ("p", .number(comparison?.p)),
            ("pHolm", .number(comparison?.adjustedP)),
            ("minimumP", .number(comparison?.minimumP)),
            ("holmFamily", .integer(section.familySize)),
            ("pairs", .integer(comparison?.pairs)),
            ("rankTest", comparison.map { .flag($0.isRankTest) } ?? .null),
            ("runs", .integer(row.runs)),
            ("failed", .integer(row.failed)),
            ("failures", reasons(row.failures)),
            ("nulls", reasons(row.nulls)),
            ("notEvaluated", .integer(row.notEvaluated)),
            ("unfinished", .integer(row.unfinished)),
            ("damaged", .integer(row.damaged)),
            ("likelihoodEvaluations", .number(row.likelihoodEvaluations)),
            ("effectiveSampleSize", .number(row.effectiveSampleSize)),
            ("seeds", .array(row.seeds.map { .integer($0) })),
            ("values", .array(row.values.map { .number($0) })),
            ("sampleSizes", .array(row.sampleSizes.map { .integer($0) })),
            ("metricVersion", .integer(row.version)),
            ("metricParameters", .text(row.parameters)),
        ]
        return .object(
            fields + estimate("iqm", row.interquartileMean) + estimate("deltaIQM", comparison?.interquartileDifference))
    }

    private func floor(_ floor: ReportFloor) -> JSONNode {
        .object([
            ("mean", .number(floor.mean)), ("sd", .number(floor.standardDeviation)),
            ("reps", .integer(floor.repetitions)),
        ])
    }

    private func reasons(_ counts: [ReasonCount]) -> JSONNode {
        .array(counts.map { .object([("reason", .text($0.reason)), ("count", .integer($0.count))]) })
    }

    private func headline(_ headline: Headline, _ section: ReportSection) -> JSONNode {
        let fields: [(String, JSONNode)] = [
            ("metric", .text(section.metric)), ("variant", .text(headline.variant)),
            ("baseline", .text(headline.baseline)), ("scope", .text(headline.scope)),
            ("below", .integer(headline.below)), ("equal", .integer(headline.equal)),
            ("above", .integer(headline.above)), ("pairs", .integer(headline.pairs)),
            ("lostByFailure", .integer(headline.againstVariant)),
            ("wonByFailure", .integer(headline.againstBaseline)),
            ("delta", .number(headline.difference)), ("deltaCI95", .interval(headline.interval)),
            ("units", .integer(headline.units)), ("p", .number(headline.p)), ("pHolm", .number(headline.adjustedP)),
            ("minimumP", .number(headline.minimumP)), ("rankTest", .flag(headline.isRankTest)),
        ]
        return .object(
            fields + estimate("deltaIQM", headline.interquartileDifference)
                + estimate("improvement", headline.improvement))
    }

    private func verdict(_ verdict: Verdict) -> JSONNode {
        .object([
            ("variant", .text(verdict.variant)), ("baseline", .text(verdict.baseline)), ("wins", .flag(verdict.wins)),
            ("verdict", .text(verdict.word.rawValue)),
            ("outcomes", .object(verdict.outcomes.map { ($0.metric, .text($0.outcome.rawValue)) })),
            ("deltas", .object(verdict.outcomes.map { ($0.metric, .number($0.difference?.value)) })),
            ("pHolm", .object(verdict.outcomes.map { ($0.metric, .number($0.adjustedP)) })),
        ])
    }
}

import Catalog

/// The sentences that the table and markdown share.
struct ReportWording {
    let report: Report

    var isInterquartile: Bool { report.statistics.summary == .interquartileMean }
    var isBootstrap: Bool { report.statistics.interval == .bootstrap }
    var isWilcoxon: Bool { report.statistics.test == .wilcoxon }

    /// `mmd (lower is better) · mean [95 % CI] over seeds · …`
    func heading(_ section: ReportSection) -> String {
        var parts = [
            DisplayText.visible(section.metric) + " (\(better(section.direction)))",
            (isInterquartile ? "interquartile mean" : "mean")
                + " [95 %\(isBootstrap ? " bootstrap" : "") CI] over seeds",
        ]
        if section.rows.contains(where: { $0.comparison != nil }), let baseline = report.baseline {
            let what = isInterquartile ? "Δ interquartile mean of differences" : "Δ"
            parts.append("\(what) paired by seed against \(DisplayText.visible(baseline))")
            parts.append("Holm-adjusted \(isWilcoxon ? "Wilcoxon " : "")p (family of \(section.familySize))")
        }
        parts.append(counts)
        return parts.joined(separator: " · ")
    }

    /// `80 of 80 runs`, and what became of the others.
    var counts: String {
        let completed = report.stateCounts[.completed] ?? 0
        var text = "\(completed) of \(report.runs) runs"
        if !report.failures.isEmpty {
            let total = report.failures.reduce(0) { $0 + $1.count }
            text += ", \(total) failed (\(Self.reasons(report.failures)))"
        }
        let damaged = report.stateCounts[.damaged] ?? 0
        if damaged > 0 { text += ", \(damaged) damaged" }
        let unfinished = report.runs - completed - damaged - (report.stateCounts[.failed] ?? 0)
        if unfinished > 0 { text += ", \(unfinished) unfinished" }
        return text
    }

    func better(_ direction: ReportDirection) -> String {
        switch direction {
        case .lower: return "lower is better"
        case .higher: return "higher is better"
        case .target: return "best at its target"
        }
    }

    /// `3 diverged, 1 timeout`.
    static func reasons(_ reasons: [ReasonCount]) -> String {
        reasons.map { "\($0.count) \(DisplayText.visible($0.reason))" }.joined(separator: ", ")
    }

    /// What a row lacks, empty when it lacks nothing.
    static func missing(_ row: ReportRow) -> String {
        var parts: [String] = []
        if row.failed > 0 {
            parts.append("\(row.failed) failed: " + row.failures.map(\.reason).joined(separator: ", "))
        }
        if let first = row.nulls.first {
            let count = row.nulls.reduce(0) { $0 + $1.count }
            let others = row.nulls.count > 1 ? " and \(row.nulls.count - 1) like it" : ""
            parts.append("\(count) null: \(first.reason)\(others)")
        }
        if row.notEvaluated > 0 { parts.append("\(row.notEvaluated) not evaluated") }
        if row.damaged > 0 { parts.append("\(row.damaged) damaged") }
        if row.unfinished > 0 { parts.append("\(row.unfinished) unfinished") }
        return DisplayText.visible(parts.joined(separator: "; "))
    }

    /// `all 4 tasks × 2 depths: gmm below gaussian in 40 of 40 pairs, pooled Δ −0.03 [−.04, −.02], p < 0.0001 (…)`.
    func headline(_ headline: Headline, _ section: ReportSection) -> String {
        let isBelow = section.direction != .higher
        let count = isBelow ? headline.below : headline.above
        var text = headline.scope.isEmpty ? "" : "\(headline.scope): "
        text += "\(headline.variant) \(isBelow ? "below" : "above") \(headline.baseline)"
        text += " in \(count) of \(headline.pairs) pairs"
        if headline.equal > 0 { text += ", \(headline.equal) equal" }
        if headline.againstVariant > 0 { text += ", \(headline.againstVariant) lost by failure" }
        if headline.againstBaseline > 0 { text += ", \(headline.againstBaseline) won by failure" }
        text += difference(headline)
        if let p = headline.p {
            text += ", " + Self.equation(p)
            let test = isWilcoxon ? "Wilcoxon" : headline.isRankTest ? "sign-flip of signed ranks" : "sign-flip"
            text += " (\(test), stratified, \(headline.units) units"
            if let least = headline.minimumP, least >= 0.01 { text += ", least possible \(NumberText.plain(least))" }
            text += ")"
        } else {
            text += ", not testable"
        }
        return DisplayText.visible(text)
    }

    /// `p = 0.03`, `p < 0.0001`.
    private static func equation(_ p: Double) -> String {
        let shown = NumberText.p(p)
        return "p " + (shown.hasPrefix("<") ? "< " + shown.dropFirst() : "= " + shown)
    }

    /// `, pooled Δ −0.03 [−.04, −.02]`, with what is unusual about it.
    private func difference(_ headline: Headline) -> String {
        let usual = headline.difference.map { Estimate($0, headline.interval) }
        guard let estimate = headline.interquartileDifference ?? usual else { return "" }
        let (mean, interval) = NumberText.estimate(estimate)
        var text = ", pooled \(isInterquartile ? "interquartile " : "")Δ"
        text += "\(headline.isOfSurvivors ? " of survivors" : "") \(mean)"
        if !interval.isEmpty {
            text += " \(interval)" + (isBootstrap || isInterquartile ? " by stratified bootstrap" : "")
        }
        return text
    }

    /// `all 4 tasks × 2 depths: a gmm run is better than a gaussian run with probability 0.97 [.90, 1.00]`.
    func improvements(_ section: ReportSection) -> [String] {
        section.headlines.compactMap { headline in
            guard let improvement = headline.improvement else { return nil }
            let (value, interval) = NumberText.estimate(improvement)
            let text =
                (headline.scope.isEmpty ? "" : "\(headline.scope): ")
                + "\(headline.variant) better than \(headline.baseline) with probability \(value)"
                + (interval.isEmpty ? "" : " \(interval)")
            return DisplayText.visible(text)
        }
    }

    /// Headlines worth a line: those that pool rows, or a section's only one.
    func shownHeadlines(_ section: ReportSection) -> [Headline] {
        let compared = section.rows.filter { $0.comparison != nil }.count
        return section.headlines.count < compared || section.headlines.count == 1 ? section.headlines : []
    }

    /// `verdict: gmm against gaussian: wins (d-plus better, Δ −0.02, p = 0.002; kl better, …; mode-tv tied, …)`.
    func verdict(_ verdict: Verdict) -> String {
        let reasons = verdict.outcomes.map { reason in
            var text = "\(reason.metric) \(reason.outcome.rawValue)"
            if let difference = reason.difference { text += ", Δ \(NumberText.estimate(difference).mean)" }
            if let p = reason.adjustedP { text += ", " + Self.equation(p) }
            return text
        }
        var text = "verdict: \(verdict.variant) against \(verdict.baseline): \(verdict.word.rawValue)"
        if verdict.word == .undecided { text += ", too few pairs" }
        return DisplayText.visible(text + " (\(reasons.joined(separator: "; ")))")
    }
}

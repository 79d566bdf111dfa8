import Catalog

/// The sentences that the table and markdown share.
struct ReportWording {
    let report: Report

    /// `mmd (lower is better) · mean [95 % CI] over seeds · …`
    func heading(_ section: ReportSection) -> String {
        var parts = [
            DisplayText.visible(section.metric) + " (\(better(section.direction)))", "mean [95 % CI] over seeds",
        ]
        if section.rows.contains(where: { $0.comparison != nil }), let baseline = report.baseline {
            parts.append("Δ paired by seed against \(DisplayText.visible(baseline))")
            parts.append("Holm-adjusted p (family of \(section.familySize))")
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
        let unfinished = report.runs - completed - (report.stateCounts[.failed] ?? 0)
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
        if headline.difference != nil {
            let (mean, interval) = NumberText.estimate(headline.difference, headline.interval)
            text += ", pooled Δ\(headline.isRankTest ? " of survivors" : "") \(mean)"
            if !interval.isEmpty { text += " \(interval)" }
        }
        if let p = headline.p {
            let shown = NumberText.p(p)
            text += ", p " + (shown.hasPrefix("<") ? "< " + shown.dropFirst() : "= " + shown)
            text += " (sign-flip\(headline.isRankTest ? " of signed ranks" : ""), stratified, \(headline.units) units"
            if let least = headline.minimumP, least >= 0.01 { text += ", least possible \(NumberText.plain(least))" }
            text += ")"
        } else {
            text += ", not testable"
        }
        return DisplayText.visible(text)
    }

    /// Headlines worth a line: those that pool rows, or a section's only one.
    func shownHeadlines(_ section: ReportSection) -> [Headline] {
        let compared = section.rows.filter { $0.comparison != nil }.count
        return section.headlines.count < compared || section.headlines.count == 1 ? section.headlines : []
    }

    /// Marks and notes below a section.
    func footnotes(_ section: ReportSection) -> [String] {
        var notes: [String] = []
        if section.rows.contains(where: \.isNoise) { notes.append("≈ within the noise floor.") }
        if section.rows.contains(where: { $0.comparison?.isRankTest == true }) {
            notes.append(
                "† a run of a pair failed: p is of signed ranks in which the failed side loses; means are survivors' only."
            )
        }
        if let note = leastP(section) { notes.append(note) }
        if section.rows.contains(where: { $0.poolLimit != nil }) {
            notes.append(
                "pool limit: what a perfect fit to a static pool of this effective size reaches on average; single pools "
                    + "scatter about it.")
        }
        let evaluations = section.rows.compactMap(\.likelihoodEvaluations)
        if let range = Self.range(evaluations) {
            var text = "Likelihood evaluations a run: \(range)"
            if let sizes = Self.range(section.rows.compactMap(\.effectiveSampleSize)) {
                text += "; effective sample size of the pool: \(sizes)"
            }
            notes.append(text + ".")
        }
        return notes + section.notes.map { DisplayText.visible($0) + "." }
    }

    /// `60`, or `60 to 707`; nil for none.
    private static func range(_ values: [Double]) -> String? {
        guard let low = values.min(), let high = values.max(), abs(low) < 1e15, abs(high) < 1e15 else { return nil }
        let texts = [low, high].map { RunText.grouped(Int($0.rounded())) }
        return texts[0] == texts[1] ? texts[0] : texts[0] + " to " + texts[1]
    }

    /// What the number of pairs alone forbids; nil when it forbids nothing of interest.
    private func leastP(_ section: ReportSection) -> String? {
        let comparisons = section.rows.compactMap(\.comparison)
        let least = comparisons.compactMap(\.minimumP)
        guard let low = least.min(), let high = least.max(), high >= 0.01 else { return nil }
        if low == 1 { return "One pair tests nothing: p is 1 whatever the difference; more seeds are needed." }
        let counts = comparisons.map(\.pairs)
        let few = counts.min() ?? 0
        let many = counts.max() ?? 0
        if low == high {
            return "With \(many) pairs a row's p cannot be below \(NumberText.plain(low)) (2/2ⁿ), before adjustment."
        }
        return "With \(few) to \(many) pairs a row's p cannot be below \(NumberText.plain(high)) to "
            + "\(NumberText.plain(low)) (2/2ⁿ), before adjustment."
    }

    /// `verdict: gmm against gaussian: wins (d-plus better, kl better, mode-tv tied)`.
    func verdict(_ verdict: Verdict) -> String {
        let outcomes = verdict.outcomes.map { "\($0.metric) \($0.outcome.rawValue)" }.joined(separator: ", ")
        let word: String
        if verdict.wins {
            word = "wins"
        } else if verdict.outcomes.contains(where: { $0.outcome == .undecided }) {
            word = "undecided, too few pairs"
        } else {
            word = verdict.outcomes.allSatisfy { $0.outcome == .tied } ? "tied" : "does not win"
        }
        return DisplayText.visible("verdict: \(verdict.variant) against \(verdict.baseline): \(word) (\(outcomes))")
    }
}

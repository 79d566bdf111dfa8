/// d-plus alone can be gamed by dropping modes, so these three are read together.
enum VerdictBuilder {
    static let metrics = ["d-plus", "kl", "mode-tv"]

    /// A verdict for each variant with a headline in all three sections; none unless all three are reported.
    static func verdicts(_ sections: [ReportSection]) -> [Verdict] {
        let chosen = metrics.compactMap { name in sections.first { $0.metric == name } }
        guard chosen.count == metrics.count else { return [] }
        return chosen[0].headlines.compactMap { first in
            let headlines = chosen.compactMap { section in
                section.headlines.first { $0.variant == first.variant }.map { (section, $0) }
            }
            guard headlines.count == metrics.count else { return nil }
            return Verdict(
                variant: first.variant, baseline: first.baseline,
                outcomes: headlines.map { section, headline in
                    VerdictReason(
                        metric: section.metric, outcome: outcome(headline, direction: section.direction),
                        difference: headline.difference.map { Estimate($0, headline.interval) },
                        adjustedP: headline.adjustedP)
                })
        }
    }

    private static func outcome(_ headline: Headline, direction: ReportDirection) -> Verdict.Outcome {
        // All scores 0: the two are the same wherever they were compared.
        if headline.sign == 0, headline.p == 1 { return .tied }
        guard let p = headline.adjustedP, let least = headline.minimumP, least < 0.05 else { return .undecided }
        guard p < 0.05 else { return .tied }
        return (headline.sign < 0) == (direction == .lower) ? .better : .worse
    }
}

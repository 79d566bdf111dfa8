import Catalog

extension ReportWording {
    /// The footnotes of each section, a note that several have under the first of them alone.
    var footnotesOnce: [[String]] {
        var seen: Set<String> = []
        return report.sections.map { section in
            section.rows.isEmpty ? [] : footnotes(section).filter { seen.insert($0).inserted }
        }
    }

    /// Marks and notes below a section.
    func footnotes(_ section: ReportSection) -> [String] {
        var notes: [String] = []
        if section.rows.contains(where: \.isNoise) {
            notes.append("≈ within the noise floor\(isInterquartile ? ", by the mean" : "").")
        }
        if let note = survivors(section) { notes.append(note) }
        if let note = leastP(section) { notes.append(note) }
        if section.headlines.contains(where: { $0.improvement != nil }) {
            notes.append(
                "Probability of improvement: a run of the one, drawn at random, is better than a run of the other in the "
                    + "same setting (½ if equal; a failed run loses); mean over tasks, stratified bootstrap over seeds."
            )
        }
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

    /// What failed runs did to the numbers; nil where none failed.
    private func survivors(_ section: ReportSection) -> String? {
        if section.rows.contains(where: { $0.comparison?.isOfSurvivors == true }) {
            return
                "† a run of a pair failed: p is of signed ranks in which the failed side loses; means are survivors' only."
        }
        let isAffected = section.rows.contains { $0.n > 0 && ($0.failed > 0 || !$0.nulls.isEmpty) }
        return isAffected ? "Means are survivors' only where runs failed or values are null." : nil
    }

    /// What the number of pairs alone forbids; nil without comparisons, and where it forbids next to nothing.
    private func leastP(_ section: ReportSection) -> String? {
        let comparisons = section.rows.compactMap(\.comparison)
        let least = comparisons.compactMap(\.minimumP)
        guard let low = least.min(), let high = least.max(), high >= 1e-6 else { return nil }
        if low == 1 { return "One pair tests nothing: p is 1 whatever the difference; more seeds are needed." }
        let family = max(1, section.familySize)
        // Holm multiplies the least p of a family by the family's size.
        let adjusted = min(1, Double(family) * low)
        let (shownLow, shownHigh) = (NumberText.plain(low), NumberText.plain(high))
        var text = "With \(comparisons.map(\.pairs).max() ?? 0) pairs a row's p cannot be below \(shownLow)"
        let isRandom = low == SignFlip.minimumP(count: SignFlip.exactLimit + 1)
        text += isRandom ? " (\(RunText.grouped(SignFlip.randomFlips)) random flips)" : " (2/2ⁿ)"
        if low != high { text += ", with the fewest not below \(shownHigh)" }
        if comparisons.contains(where: { $0.equal > 0 }) { text += ", as equal pairs do not count" }
        guard adjusted >= 0.05 else { return text + ", before adjustment." }
        if family > 1 {
            text += ", and no adjusted p below \(NumberText.plain(adjusted)) (\(family) comparisons)"
        }
        return text + ": no single row can be significant at 0.05. " + advice(section)
    }

    /// What to read where no row can be significant.
    private func advice(_ section: ReportSection) -> String {
        let pooled = shownHeadlines(section).filter { ($0.minimumP ?? 1) < 0.05 }
        return pooled.isEmpty
            ? "More seeds are needed."
            : "Read the pooled line\(pooled.count == 1 ? "" : "s") and the intervals of Δ, or run more seeds."
    }

    /// `60`, or `60 to 707`; nil for none.
    private static func range(_ values: [Double]) -> String? {
        guard let low = values.min(), let high = values.max(), abs(low) < 1e15, abs(high) < 1e15 else { return nil }
        let texts = [low, high].map { RunText.grouped(Int($0.rounded())) }
        return texts[0] == texts[1] ? texts[0] : texts[0] + " to " + texts[1]
    }
}

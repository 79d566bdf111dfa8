import Catalog

extension ReportWording {
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
        let counts = comparisons.map(\.pairs)
        let few = counts.min() ?? 0
        let many = counts.max() ?? 0
        let isRandom = low == SignFlip.minimumP(count: SignFlip.exactLimit + 1)
        let why = isRandom ? "\(RunText.grouped(SignFlip.randomFlips)) random flips" : "2/2ⁿ"
        if low == high {
            return "With \(many) pairs a row's p cannot be below \(NumberText.plain(low)) (\(why)), before adjustment."
        }
        let pairs = few == many ? "\(many)" : "\(few) to \(many)"
        let equal = comparisons.contains { $0.equal > 0 } ? ", equal pairs not counted" : ""
        return "With \(pairs) pairs a row's p cannot be below \(NumberText.plain(high)) to \(NumberText.plain(low)) "
            + "(\(why)\(equal)), before adjustment."
    }

    /// `60`, or `60 to 707`; nil for none.
    private static func range(_ values: [Double]) -> String? {
        guard let low = values.min(), let high = values.max(), abs(low) < 1e15, abs(high) < 1e15 else { return nil }
        let texts = [low, high].map { RunText.grouped(Int($0.rounded())) }
        return texts[0] == texts[1] ? texts[0] : texts[0] + " to " + texts[1]
    }
}

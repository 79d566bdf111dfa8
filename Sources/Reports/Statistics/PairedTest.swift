/// One pair of a comparison, by what its two sides have.
package enum PairOutcome: Sendable, Equatable {
    /// Both values are there: cell − baseline.
    case difference(Double)
    /// Only the baseline has a value: the pair counts against the cell.
    case cellFailed
    /// Only the cell has a value: the pair counts against the baseline.
    case baselineFailed
    /// Neither has one: a tie.
    case bothFailed

    package var difference: Double? {
        if case .difference(let value) = self { return value }
        return nil
    }
}

/// Turns pairs into the scores whose signs are flipped.
package enum PairedScores {
    /// The differences themselves when every pair is complete; otherwise signed midranks of |difference|, a failed side
    /// ranking beyond every difference and ties at 0 dropped to 0, as in Wilcoxon's (1945) test.
    ///
    /// Nil when a side failed and the metric has no better direction (`target`): then nothing says against whom.
    package static func scores(
        _ pairs: [PairOutcome], direction: ReportDirection
    ) -> (scores: [Double], isRankTest: Bool)? {
        let differences = pairs.compactMap(\.difference)
        if differences.count == pairs.count { return (differences, false) }
        guard direction != .target else { return nil }
        let worse: Double = direction == .lower ? 1 : -1
        let signedMagnitudes = pairs.map { pair -> Double in
            switch pair {
            case .difference(let value): return value
            case .cellFailed: return worse * .infinity
            case .baselineFailed: return -worse * .infinity
            case .bothFailed: return 0
            }
        }
        return (signedMidranks(signedMagnitudes), true)
    }

    /// sign(v) times twice the midrank of |v| among the values that are not 0 (a whole number, hence exact); 0 for 0.
    package static func signedMidranks(_ values: [Double]) -> [Double] {
        let order = values.indices.filter { values[$0] != 0 }.sorted { abs(values[$0]) < abs(values[$1]) }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, abs(values[order[end]]) == abs(values[order[start]]) { end += 1 }
            for index in order[start..<end] {
                ranks[index] = (values[index] < 0 ? -1 : 1) * Double(start + 1 + end)
            }
            start = end
        }
        return ranks
    }
}

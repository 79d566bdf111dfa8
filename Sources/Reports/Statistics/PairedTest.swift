/// One seed's runs of a cell and of its baseline cell, both finished; nil for a failed run or a null metric.
package struct SeedPair: Sendable, Equatable {
    package var seed: Int
    package var value: Double?
    package var baseline: Double?

    package init(seed: Int, value: Double?, baseline: Double?) {
        self.seed = seed
        self.value = value
        self.baseline = baseline
    }

    package var outcome: PairOutcome {
        switch (value, baseline) {
        case (let value?, let baseline?): return .difference(value - baseline)
        case (nil, _?): return .cellFailed
        case (_?, nil): return .baselineFailed
        case (nil, nil): return .bothFailed
        }
    }
}

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

/// Turns pairs into ranks.
package enum PairedScores {
    /// Signed midranks of |difference|, doubled; a failed side ranks beyond every difference, two failed sides are a tie.
    ///
    /// Nil when a side failed and the metric has no better direction (`target`): then nothing says against whom.
    package static func doubledRanks(_ pairs: [PairOutcome], direction: ReportDirection) -> [Double]? {
        guard direction != .target || pairs.allSatisfy({ $0.difference != nil }) else { return nil }
        let worse: Double = direction == .lower ? 1 : -1
        let signedMagnitudes = pairs.map { pair -> Double in
            switch pair {
            case .difference(let value): return value
            case .cellFailed: return worse * .infinity
            case .baselineFailed: return -worse * .infinity
            case .bothFailed: return 0
            }
        }
        return signedMidranks(signedMagnitudes)
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

/// A test's result.
package struct PairedTest: Sendable, Equatable {
    package var p: Double?
    /// The least p that so many pairs can give.
    package var minimumP: Double?
    /// p is of ranks: asked for, or because a side failed.
    package var isRankTest: Bool

    /// Tests pairs; p is nil where nothing can be tested.
    package init(_ pairs: [PairOutcome], direction: ReportDirection, test: ReportTest) {
        isRankTest = test == .wilcoxon || pairs.contains { $0.difference == nil }
        if isRankTest {
            let ranks = PairedScores.doubledRanks(pairs, direction: direction)
            p = ranks.flatMap(Wilcoxon.p)
            minimumP = ranks.flatMap { Wilcoxon.minimumP(count: $0.filter { $0 != 0 }.count) }
        } else {
            let differences = pairs.compactMap(\.difference)
            p = SignFlip.p(differences)
            minimumP = SignFlip.minimumP(count: differences.filter { $0 != 0 }.count)
        }
    }
}

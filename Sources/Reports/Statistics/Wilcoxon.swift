import FlowMath

/// The two-sided signed-rank test (Wilcoxon 1945) from signed midranks, as ``PairedScores/signedMidranks(_:)`` makes them:
/// zeros are dropped before ranking (SciPy's `zero_method="wilcox"`), ties share their mean rank.
package enum Wilcoxon {
    /// Up to this many ranks the null distribution is exact.
    package static let exactLimit = 200

    /// P(|T − E T| ≥ |t − E T|) under random signs, T being the sum of the positive ranks; nil for no ranks, 1 if all are 0.
    ///
    /// `doubledRanks` are whole: sign times twice the rank. Exact up to 200 that are not 0: given the ranks, ties
    /// included, every choice of signs is counted (SciPy's `method="exact"` without ties, its exhaustive
    /// `PermutationMethod` with them). Beyond, normal with the variance Σ r²/4, which corrects for ties, and no
    /// continuity correction (SciPy's `method="asymptotic"`).
    package static func p(doubledRanks: [Double]) -> Double? {
        guard !doubledRanks.isEmpty else { return nil }
        let magnitudes = doubledRanks.filter { $0 != 0 }.map { Int(abs($0)) }
        guard !magnitudes.isEmpty else { return 1 }
        let total = magnitudes.reduce(0, +)
        let positive = doubledRanks.reduce(0) { $1 > 0 ? $0 + Int($1) : $0 }
        let lesser = min(positive, total - positive)
        guard 2 * lesser < total else { return 1 }
        guard magnitudes.count <= exactLimit else {
            let variance = magnitudes.reduce(0.0) { $0 + 0.25 * Double($1) * Double($1) }
            let z = (0.5 * Double(total) - Double(lesser)) / variance.squareRoot()
            return Elementary.complementaryErrorFunction(z * 0.7071067811865476)
        }
        return min(1, 2 * lowerTail(magnitudes, upTo: lesser))
    }

    /// The least p that `count` ranks can give: all signs equal.
    package static func minimumP(count: Int) -> Double? {
        count > 0 ? min(1, Double(sign: .plus, exponent: 1 - count, significand: 1)) : nil
    }

    /// P(T ≤ limit) by adding one rank at a time: p(t) ← ½ p(t) + ½ p(t − rank). Nothing above the limit flows down.
    private static func lowerTail(_ ranks: [Int], upTo limit: Int) -> Double {
        var probability = [Double](repeating: 0, count: limit + 1)
        probability[0] = 1
        for rank in ranks {
            for t in stride(from: limit, through: 0, by: -1) {
                probability[t] = 0.5 * (probability[t] + (t >= rank ? probability[t - rank] : 0))
            }
        }
        return compensatedSum(probability)
    }
}

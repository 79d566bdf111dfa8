import FlowMath

/// How often each rank 0 … 99 of a true value among 99 draws occurred: uniform for an exact posterior.
///
/// Deviations are kept as whole numbers, so that equal ones compare equal.
package struct RankHistogram: Sendable, Equatable {
    /// Draws from q(θ|x) per x.
    package static let draws = 99
    /// Bins of the pictures and of the χ² statistic, five ranks each.
    package static let bins = 20
    private static let ranks = draws + 1

    /// Occurrences of each rank.
    private(set) var counts = [Int](repeating: 0, count: RankHistogram.ranks)
    /// The number of ranks, n.
    private(set) var total = 0

    /// Counts ranks, each from 0 to 99.
    package init(_ ranks: [Int]) {
        for rank in ranks { counts[rank] += 1 }
        total = ranks.count
    }

    /// Of ranks taken from uniform numbers in [0, 1).
    init(uniforms: [Double]) {
        let ranks = Double(Self.ranks)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in uniforms { counts[Int(value * ranks)] &+= 1 }
        }
        total = uniforms.count
    }

    /// For each level k = 1 … 99 the excess 100 · #{rank < k} − k · n, an integer: (empirical − nominal) · 100 n of the
    /// region that holds the k lowest ranks.
    package var excesses: [Int] {
        var below = 0
        return (1..<Self.ranks).map { k in
            below += counts[k - 1]
            return Self.ranks * below - k * total
        }
    }

    /// Excesses in units of probability.
    private func share(_ excess: Int) -> Double { Double(excess) / Double(Self.ranks * total) }

    /// The largest |excess|.
    var largestExcess: Int { excesses.reduce(0) { max($0, abs($1)) } }

    /// The Kolmogorov–Smirnov distance to the uniform distribution on 0 … 99, between 0 and 1.
    package var distance: Double { share(largestExcess) }

    /// The binomial standard error of the empirical share at the level of the largest deviation.
    var distanceError: Double {
        let excesses = excesses
        guard let index = excesses.indices.max(by: { abs(excesses[$0]) < abs(excesses[$1]) }) else { return .nan }
        return proportionError(share(excesses[index]) + Double(index + 1) / Double(Self.ranks), total)
    }

    /// Mean over the 99 levels of |empirical − nominal|, with its standard error (delta method, signs held fixed).
    package var meanDeviation: (value: Double, standardError: Double) {
        let excesses = excesses
        let signs = excesses.map { $0 < 0 ? -1.0 : 1.0 }
        return (share(excesses.reduce(0) { $0 + abs($1) }) / Double(Self.draws), meanError(signs))
    }

    /// Mean over the 99 levels of empirical − nominal, with its standard error: negative when the regions cover too
    /// little (over-confidence).
    package var meanExcess: (value: Double, standardError: Double) {
        let ones = [Double](repeating: 1, count: Self.draws)
        return (share(excesses.reduce(0, +)) / Double(Self.draws), meanError(ones))
    }

    /// Standard error of the mean over ranks of (1/99) Σ_k signs_k 1[rank < k].
    private func meanError(_ signs: [Double]) -> Double {
        // The score of rank r adds up the levels above it.
        var scores = [Double](repeating: 0, count: Self.ranks)
        var sum = 0.0
        for rank in (0..<Self.draws).reversed() {
            sum += signs[rank]
            scores[rank] = sum / Double(Self.draws)
        }
        var mean = 0.0
        for (score, count) in zip(scores, counts) { mean += score * Double(count) }
        mean /= Double(total)
        var squares = 0.0
        for (score, count) in zip(scores, counts) { squares += (score - mean) * (score - mean) * Double(count) }
        return (squares / Double(total - 1) / Double(total)).squareRoot()
    }

    /// Occurrences in each of the 20 bins.
    package var binCounts: [Int] {
        let width = Self.ranks / Self.bins
        return (0..<Self.bins).map { bin in counts[(bin * width)..<((bin + 1) * width)].reduce(0, +) }
    }

    /// Pearson's χ² of the bins against equal expectations, 19 degrees of freedom.
    package var chiSquare: Double {
        let expected = Double(total) / Double(Self.bins)
        return binCounts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    /// P(χ²₁₉ ≥ chiSquare).
    package var chiSquareTail: Double { Self.chiSquareTail(chiSquare, degreesOfFreedom: Self.bins - 1) }

    /// The empirical share at the nominal level percent/100 (1 … 99).
    package func coverage(percent: Int) -> Double { Double(counts[..<percent].reduce(0, +)) / Double(total) }

    /// P(χ²_ν ≥ x) for odd ν: 2Φ(−√x) + 2φ(√x) Σ_{r=1}^{(ν−1)/2} x^{r−1/2} / (1·3·…·(2r−1)) (Abramowitz & Stegun 1964,
    /// 26.4.4).
    package static func chiSquareTail(_ x: Double, degreesOfFreedom: Int) -> Double {
        guard x > 0 else { return 1 }
        let root = x.squareRoot()
        var term = root
        var sum = degreesOfFreedom >= 3 ? root : 0
        var divisor = 3
        while divisor <= degreesOfFreedom - 2 {
            term *= x / Double(divisor)
            sum += term
            divisor += 2
        }
        let density = Elementary.exp(-0.5 * x) / Elementary.squareRootOfTwoPi
        return min(1, 2 * Elementary.normalCumulative(-root) + 2 * density * sum)
    }
}

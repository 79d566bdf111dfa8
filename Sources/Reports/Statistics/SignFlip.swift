import FlowMath

/// The two-sided sign-flip (one-sample permutation) test of differences symmetric about 0 (Fisher 1935).
package enum SignFlip {
    /// Up to this many differences all 2ⁿ flips are counted.
    package static let exactLimit = 20
    /// Random flips beyond it.
    package static let randomFlips = 100_000
    /// The fixed key of the random flips: the same differences always give the same p.
    private static let seed: UInt64 = 0x666C_6F77_6578_7031

    /// #{s : |Σ sᵢdᵢ| ≥ |Σ dᵢ|(1 − 1e−12)} / 2ⁿ for n ≤ 20, else (b + 1)/(m + 1) over m = 100 000 seeded flips.
    ///
    /// Nil for no differences or one that is not finite.
    package static func p(_ differences: [Double]) -> Double? {
        guard !differences.isEmpty, differences.allSatisfy(\.isFinite) else { return nil }
        // Scaled by a power of two, so that sums can neither overflow nor go subnormal.
        let largest = differences.map { abs($0) }.max() ?? 0
        guard largest > 0 else { return 1 }
        let scale = largest.binade
        let scaled = differences.map { $0 / scale }
        return scaled.count <= exactLimit ? exact(scaled) : random(scaled)
    }

    /// The least p that `count` differences can give.
    package static func minimumP(count: Int) -> Double? {
        guard count > 0 else { return nil }
        if count > exactLimit { return 1 / Double(randomFlips + 1) }
        return 2 / Double(1 << count)
    }

    /// Every sum is one of the left half's plus one of the right half's, so that no rounding error builds up on the
    /// way through 2ⁿ flips. The first sign stays +: the other half of the flips mirrors this one.
    private static func exact(_ differences: [Double]) -> Double {
        let middle = (differences.count + 1) / 2
        var left = signedSums(differences[1..<max(middle, 1)]).map { $0 + differences[0] }
        var right = signedSums(differences[max(middle, 1)...])
        let threshold = abs(left[0] + right[0]) * (1 - 1e-12)
        guard threshold > 0 else { return 1 }
        // Sorted, what reaches the threshold is an end of `right`, and grows as the left sum does.
        left.sort()
        right.sort()
        var above = right.count
        var below = right.count
        var count = 0
        for first in left {
            while above > 0, first + right[above - 1] >= threshold { above -= 1 }
            while below > 0, first + right[below - 1] > -threshold { below -= 1 }
            count += right.count - above + below
        }
        return Double(count) / Double(left.count * right.count)
    }

    /// All 2ᵏ signed sums; the first has every sign +.
    private static func signedSums(_ values: ArraySlice<Double>) -> [Double] {
        var sums = [0.0]
        for value in values {
            sums = sums.map { $0 + value } + sums.map { $0 - value }
        }
        return sums
    }

    /// Eight differences at a time: a byte of random bits picks one of their 256 signed sums.
    private static func random(_ differences: [Double]) -> Double {
        var stream = RandomStream(seed: seed, purpose: .permutation)
        let groups = (differences.count + 7) / 8
        var sums: [Double] = []
        for start in stride(from: 0, to: differences.count, by: 8) {
            var group = Array(differences[start..<min(start + 8, differences.count)])
            // Zeros fill the last group: their signs change nothing.
            group += [Double](repeating: 0, count: 8 - group.count)
            sums += signedSums(group[...])
        }
        var total = 0.0
        for group in 0..<groups { total += sums[group << 8] }
        let threshold = abs(total) * (1 - 1e-12)
        var count = 0
        for _ in 0..<randomFlips {
            var sum = 0.0
            var bits: UInt64 = 0
            for group in 0..<groups {
                if group & 7 == 0 { bits = stream.nextBits() }
                sum += sums[group << 8 | Int(bits & 0xFF)]
                bits >>= 8
            }
            if abs(sum) >= threshold { count += 1 }
        }
        return Double(count + 1) / Double(randomFlips + 1)
    }
}

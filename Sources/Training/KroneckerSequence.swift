import FlowMath

/// A low-discrepancy sequence in a box: point i has coordinate d at the fractional part of u_d + i α_d, with
/// α_d = g^−(d+1) and g the real root > 1 of g^(D+1) = g + 1, the generalised golden ratio (Kronecker sequences: Niederreiter
/// 1992, Random Number Generation and Quasi-Monte Carlo Methods, chapter 3; the choice of α: Roberts 2018).
///
/// The shift u is uniform, so every point is uniform in the box and every average over the points is unbiased; only
/// their joint distribution is more even than independent draws.
package enum KroneckerSequence {
    /// Points `range` in `box`, shifted by the stream's first D numbers. A point's fraction is exact in 64 bits.
    package static func points(_ range: Range<Int>, box: [ClosedRange<Double>], stream: RandomStream) -> Points {
        var stream = stream
        let dimension = box.count
        let count = range.count
        let steps = increments(dimension: dimension)
        let shifts = box.map { _ in stream.nextBits() }
        var values = [Double](repeating: 0, count: count * dimension)
        values.withUnsafeMutableBufferPointer { values in
            for d in 0..<dimension {
                let (lower, width) = (box[d].lowerBound, box[d].upperBound - box[d].lowerBound)
                let increment = steps[d]
                var position = shifts[d] &+ UInt64(truncatingIfNeeded: range.lowerBound) &* increment
                for i in 0..<count {
                    values[i &* dimension &+ d] = lower + width * (Double(position >> 11) * 0x1p-53)
                    position &+= increment
                }
            }
        }
        return Points(dimension: dimension, values: values)
    }

    /// α_d in units of 2⁻⁶⁴.
    static func increments(dimension: Int) -> [UInt64] {
        // Fixed-point iteration g ← (1 + g)^(1/(D+1)); it contracts by less than 1/(D+1) a round.
        var root = 1.5
        for _ in 0..<64 { root = Elementary.exp(Elementary.log(1 + root) / Double(dimension + 1)) }
        var power = 1.0
        return (0..<dimension).map { _ in
            power /= root
            // Odd, so that no coordinate has a short period.
            return UInt64(power * 0x1p64) | 1
        }
    }
}

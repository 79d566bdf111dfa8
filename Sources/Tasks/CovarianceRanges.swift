import FlowMath

/// Where p = 1/√A, q = 1/√B and the correlation r of `slcp` lie on a cell of |θ₃|, |θ₄|, θ₅.
///
/// tr(Σ⁻¹T) = (T₁₁p² + T₂₂q² − 2 r T₁₂ p q)/(1−r²) = tr(R⁻¹ Y Yᵀ), Y linear in (p, q) and R in r, is jointly convex in
/// (p, q, r) (the matrix fractional function; Boyd & Vandenberghe 2004, example 3.4). So its tangent plane at the middle
/// bounds it from below.
struct CovarianceRanges {
    let lowP: Double
    let highP: Double
    let lowQ: Double
    let highQ: Double
    let lowR: Double
    let highR: Double

    /// The middle of each range.
    let p: Double
    let q: Double
    let r: Double

    init(_ cell: CovarianceCell) {
        let x = Self.extremes(cell.third)
        let y = Self.extremes(cell.fourth)
        let lowTanh = Elementary.tanh(cell.fifth.lowerBound)
        let highTanh = Elementary.tanh(cell.fifth.upperBound)
        // s/√(s² + jitter) rises with s.
        let least = x.leastShare * y.leastShare
        let most = x.mostShare * y.mostShare
        lowR = lowTanh * (lowTanh < 0 ? most : least)
        highR = highTanh * (highTanh > 0 ? most : least)
        (lowP, highP) = (x.low, x.high)
        (lowQ, highQ) = (y.low, y.high)
        p = 0.5 * (lowP + highP)
        q = 0.5 * (lowQ + highQ)
        r = 0.5 * (lowR + highR)
    }

    /// An upper bound of 3 log p + 3 log q − (3/2) log(1−r²) − ½ Q on the cell, without a margin for rounding: the
    /// smaller of two.
    ///
    /// Q is convex in (p, q, r), at the middle it and its slopes are those of tr(Σ⁻¹T) with T = `middle`. Its tangent plane
    /// bounds it from below, as the tangent of the concave logarithms bounds them from above; what remains of r is convex
    /// and largest at an end. That is exact but for terms of second order in the cell's size, and useless for large cells.
    /// For those: Q ≥ `leastX` p² and Q ≥ `leastY` q², every other term at its largest.
    func logBound(_ middle: (xx: Double, yy: Double, xy: Double), leastX: Double, leastY: Double) -> Double {
        let w = 1 - r * r
        let numerator = middle.xx * p * p + middle.yy * q * q - 2 * r * middle.xy * p * q
        let slopeP = 3 / p - (middle.xx * p - r * middle.xy * q) / w
        let slopeQ = 3 / q - (middle.yy * q - r * middle.xy * p) / w
        let slopeR = (middle.xy * p * q - numerator * r / w) / w
        let logAtLow = -1.5 * Elementary.log(1 - lowR * lowR)
        let logAtHigh = -1.5 * Elementary.log(1 - highR * highR)
        let alongR = max(slopeR * (lowR - r) + logAtLow, slopeR * (highR - r) + logAtHigh)
        let tangent =
            3 * Elementary.log(p * q) - 0.5 * numerator / w + 0.5 * abs(slopeP) * (highP - lowP)
            + 0.5 * abs(slopeQ) * (highQ - lowQ) + alongR
        let coarse =
            3 * Elementary.log(highP * highQ) + max(logAtLow, logAtHigh)
            - 0.5 * max(leastX * lowP * lowP, leastY * lowQ * lowQ)
        return min(tangent, coarse)
    }

    /// A lower bound, with a margin for rounding, of a convex function of (p, q, r) that at the middle has the value and
    /// the slopes of tr(Σ⁻¹T).
    func leastForm(_ middle: (xx: Double, yy: Double, xy: Double)) -> Double {
        let w = 1 - r * r
        let value = (middle.xx * p * p + middle.yy * q * q - 2 * r * middle.xy * p * q) / w
        let slopeP = 2 * (middle.xx * p - r * middle.xy * q) / w
        let slopeQ = 2 * (middle.yy * q - r * middle.xy * p) / w
        let slopeR = 2 * (value * r - middle.xy * p * q) / w
        let fall = 0.5 * (abs(slopeP) * (highP - lowP) + abs(slopeQ) * (highQ - lowQ) + abs(slopeR) * (highR - lowR))
        return value - fall - 1e-9 * (value + fall)
    }

    /// The ends of 1/√A and of s/√A on a range of |θ|.
    private static func extremes(
        _ range: ClosedRange<Double>
    ) -> (low: Double, high: Double, leastShare: Double, mostShare: Double) {
        let low = range.lowerBound * range.lowerBound
        let high = range.upperBound * range.upperBound
        let largest = 1 / (low * low + PlanarNormalSample.jitter).squareRoot()
        let smallest = 1 / (high * high + PlanarNormalSample.jitter).squareRoot()
        return (smallest, largest, low * largest, high * smallest)
    }
}

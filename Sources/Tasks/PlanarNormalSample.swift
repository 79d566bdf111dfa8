import FlowMath

/// Four points of the plane as seen by the likelihood of `slcp`: their mean and scatter.
///
/// Σ(θ₃, θ₄, θ₅) has the variances A = θ₃⁴ + 10⁻⁶ and B = θ₄⁴ + 10⁻⁶ and the covariance tanh(θ₅) θ₃² θ₄², that is the
/// correlation r = tanh(θ₅) θ₃² θ₄² / √(AB); |Σ| = AB(1 − r²).
struct PlanarNormalSample: Sendable {
    /// Added to both variances.
    static let jitter = 1e-6
    /// The prior is U(−3, 3)⁵.
    static let halfWidth = 3.0

    let meanX: Double
    let meanY: Double
    /// Σ (x − x̄)², Σ (y − ȳ)², Σ (x − x̄)(y − ȳ).
    let scatterX: Double
    let scatterY: Double
    let scatterXY: Double

    /// Eight numbers: x and y of each point.
    init(_ observation: [Double]) {
        precondition(observation.count == 8, "an observation has eight numbers")
        var (x, y) = (0.0, 0.0)
        for k in 0..<4 {
            x += observation[2 * k]
            y += observation[2 * k + 1]
        }
        (x, y) = (0.25 * x, 0.25 * y)
        (meanX, meanY) = (x, y)
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for k in 0..<4 {
            let (dx, dy) = (observation[2 * k] - x, observation[2 * k + 1] - y)
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }
        (scatterX, scatterY, scatterXY) = (xx, yy, xy)
    }

    /// Σ at one (θ₃, θ₄, θ₅).
    struct Covariance {
        /// 1/√A and 1/√B.
        let precisionX: Double
        let precisionY: Double
        /// r.
        let correlation: Double
        /// 1 − r².
        let remainder: Double

        @inline(__always)
        init(_ third: Double, _ fourth: Double, _ fifth: Double) {
            let (deviationX, deviationY) = (third * third, fourth * fourth)
            precisionX = 1 / (deviationX * deviationX + PlanarNormalSample.jitter).squareRoot()
            precisionY = 1 / (deviationY * deviationY + PlanarNormalSample.jitter).squareRoot()
            correlation = Elementary.tanh(fifth) * (deviationX * precisionX) * (deviationY * precisionY)
            remainder = 1 - correlation * correlation
        }

        /// (dx, dy) Σ⁻¹ (dx, dy)ᵀ, or tr(Σ⁻¹ S) from the three entries of S.
        @inline(__always)
        func form(_ xx: Double, _ yy: Double, _ xy: Double) -> Double {
            let square = xx * precisionX * precisionX + yy * precisionY * precisionY
            return (square - 2 * correlation * xy * precisionX * precisionY) / remainder
        }

        /// log |Σ|.
        @inline(__always)
        var logDeterminant: Double {
            let product = precisionX * precisionY
            return Elementary.log(remainder / (product * product))
        }
    }

    /// log of what is left of the likelihood when (θ₁, θ₂) is integrated over the whole plane, but for the constant
    /// ``logMarginalConstant``: −(3/2) log |Σ| − ½ tr(Σ⁻¹ S).
    @inline(__always)
    func logMarginal(_ third: Double, _ fourth: Double, _ fifth: Double) -> Double {
        let covariance = Covariance(third, fourth, fifth)
        return -1.5 * covariance.logDeterminant - 0.5 * covariance.form(scatterX, scatterY, scatterXY)
    }

    /// −4 log 2π.
    static let logConstant = -7.351508265637381
    /// −4 log 2π + log(π/2): exp(−2 (x̄−m)ᵀΣ⁻¹(x̄−m)) integrates to (π/2) |Σ|^½ over the plane.
    static let logMarginalConstant = -6.899925560347927

    /// The largest log-likelihood on {θ₃ = 0} ∪ {θ₄ = 0}.
    var logSaddle: Double {
        func offset(_ mean: Double) -> Double { max(0, abs(mean) - Self.halfWidth) }
        let squareX = scatterX + 4 * offset(meanX) * offset(meanX)
        let squareY = scatterY + 4 * offset(meanY) * offset(meanY)
        let greatest = 81 + Self.jitter
        // −2 log v − ½ square/v is largest at v = square/4.
        func best(_ square: Double) -> Double {
            let variance = min(max(0.25 * square, Self.jitter), greatest)
            return -2 * Elementary.log(variance) - 0.5 * square / variance
        }
        func atZero(_ square: Double) -> Double { -2 * Elementary.log(Self.jitter) - 0.5 * square / Self.jitter }
        return Self.logConstant + max(atZero(squareX) + best(squareY), atZero(squareY) + best(squareX))
    }

    /// An upper bound of ``logMarginal(_:_:_:)`` on a cell of |θ₃|, |θ₄|, θ₅: the smaller of two.
    ///
    /// In p = 1/√A, q = 1/√B and r the marginal is 3 log p + 3 log q − (3/2) log(1−r²) − ½ Q with
    /// Q = (S₁₁p² + S₂₂q² − 2 r S₁₂ p q)/(1−r²) = tr(R⁻¹ Y Yᵀ), Y linear in (p, q) and R in r: Q is jointly convex (the
    /// matrix fractional function; Boyd & Vandenberghe 2004, example 3.4), so its tangent plane at the cell's middle
    /// bounds it from below, as the tangent of the concave logarithms bounds them from above; what remains of r is convex
    /// and largest at an end. That is exact but for terms of second order in the cell's size, and useless for large cells.
    /// For those: Q ≥ S₁₁p² and Q ≥ S₂₂q², every other term at its largest. There is a margin for rounding.
    func logBound(_ cell: CovarianceCell) -> Double {
        let x = Self.extremes(cell.third)
        let y = Self.extremes(cell.fourth)
        let lowTanh = Elementary.tanh(cell.fifth.lowerBound)
        let highTanh = Elementary.tanh(cell.fifth.upperBound)
        // s/√(s² + jitter) rises with s.
        let least = x.leastShare * y.leastShare
        let most = x.mostShare * y.mostShare
        let lowR = lowTanh * (lowTanh < 0 ? most : least)
        let highR = highTanh * (highTanh > 0 ? most : least)

        let p = 0.5 * (x.low + x.high)
        let q = 0.5 * (y.low + y.high)
        let r = 0.5 * (lowR + highR)
        let w = 1 - r * r
        let numerator = scatterX * p * p + scatterY * q * q - 2 * r * scatterXY * p * q
        let slopeP = 3 / p - (scatterX * p - r * scatterXY * q) / w
        let slopeQ = 3 / q - (scatterY * q - r * scatterXY * p) / w
        let slopeR = (scatterXY * p * q - numerator * r / w) / w
        let logAtLow = -1.5 * Elementary.log(1 - lowR * lowR)
        let logAtHigh = -1.5 * Elementary.log(1 - highR * highR)
        let alongR = max(slopeR * (lowR - r) + logAtLow, slopeR * (highR - r) + logAtHigh)
        let tangent =
            3 * Elementary.log(p * q) - 0.5 * numerator / w + 0.5 * abs(slopeP) * (x.high - x.low)
            + 0.5 * abs(slopeQ) * (y.high - y.low) + alongR
        let coarse =
            3 * Elementary.log(x.high * y.high) + max(logAtLow, logAtHigh)
            - 0.5 * max(scatterX * x.low * x.low, scatterY * y.low * y.low)
        let bound = min(tangent, coarse)
        return bound + 1e-9 * (1 + abs(bound))
    }

    /// The ends of 1/√A and of s/√A on a range of |θ|.
    private static func extremes(
        _ range: ClosedRange<Double>
    ) -> (low: Double, high: Double, leastShare: Double, mostShare: Double) {
        let low = range.lowerBound * range.lowerBound
        let high = range.upperBound * range.upperBound
        let largest = 1 / (low * low + jitter).squareRoot()
        let smallest = 1 / (high * high + jitter).squareRoot()
        return (smallest, largest, low * largest, high * smallest)
    }
}

/// A box of (|θ₃|, |θ₄|, θ₅).
struct CovarianceCell: Sendable {
    var third: ClosedRange<Double>
    var fourth: ClosedRange<Double>
    var fifth: ClosedRange<Double>

    var volume: Double { Self.length(third) * Self.length(fourth) * Self.length(fifth) }

    static func length(_ range: ClosedRange<Double>) -> Double { range.upperBound - range.lowerBound }

    static func middle(_ range: ClosedRange<Double>) -> Double { 0.5 * (range.lowerBound + range.upperBound) }

    /// The halves along coordinate 0, 1 or 2.
    func halves(along coordinate: Int) -> [CovarianceCell] {
        let path: WritableKeyPath<CovarianceCell, ClosedRange<Double>> =
            coordinate == 0 ? \.third : coordinate == 1 ? \.fourth : \.fifth
        let range = self[keyPath: path]
        let middle = Self.middle(range)
        var (lower, upper) = (self, self)
        lower[keyPath: path] = range.lowerBound...middle
        upper[keyPath: path] = middle...range.upperBound
        return [lower, upper]
    }
}

import FlowMath

/// Four points of the plane as seen by the likelihood of `slcp`: their mean and scatter.
///
/// Σ(θ₃, θ₄, θ₅) has the variances A = θ₃⁴ + 10⁻⁶ and B = θ₄⁴ + 10⁻⁶ and the covariance tanh(θ₅) θ₃² θ₄², that is the
/// correlation r = tanh(θ₅) θ₃² θ₄² / √(AB); |Σ| = AB(1 − r²).
package struct PlanarNormalSample: CovarianceDensity {
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
    package init(_ observation: [Double]) {
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

    /// Whether (θ₁, θ₂) could be the mean itself.
    var hasMeanInBox: Bool { abs(meanX) <= Self.halfWidth && abs(meanY) <= Self.halfWidth }

    /// Σ at one (θ₃, θ₄, θ₅).
    package struct Covariance: Sendable {
        /// 1/√A and 1/√B.
        let precisionX: Double
        let precisionY: Double
        /// r.
        let correlation: Double
        /// 1 − r².
        let remainder: Double

        @inline(__always)
        package init(_ third: Double, _ fourth: Double, _ fifth: Double) {
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
    package func logDensity(_ third: Double, _ fourth: Double, _ fifth: Double) -> Double {
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

    /// An upper bound of ``logDensity(_:_:_:)`` on a cell.
    package func logBound(_ cell: CovarianceCell) -> Double {
        let bound = CovarianceRanges(cell).logBound(
            (scatterX, scatterY, scatterXY), leastX: scatterX, leastY: scatterY)
        return bound + 1e-9 * (1 + abs(bound))
    }
}

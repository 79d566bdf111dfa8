import FlowMath

/// Student's t distribution with real degrees of freedom ν > 0.
///
/// Built on FlowMath's exp and log, so that an interval is the same on every machine. Relative error of tails and
/// quantiles: 1e−12 up to ν = 10⁴, growing like 1e−16 ν beyond.
package struct StudentT {
    package let degreesOfFreedom: Double

    package init(degreesOfFreedom: Double) {
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// P(|T| > t) for t ≥ 0: the regularised incomplete beta function I_x(ν/2, 1/2) at x = ν/(ν + t²)
    /// (Abramowitz and Stegun 1964, 26.5.27 with 26.7.1).
    package func twoSidedTail(_ t: Double) -> Double {
        let nu = degreesOfFreedom
        if t == 0 { return 1 }
        if t == .infinity { return 0 }
        let square = t * t
        let x = nu / (nu + square)
        let complement = square / (nu + square)
        // x^a (1 − x)^b / B(a, b), with 1/B(ν/2, 1/2) = Γ(ν/2 + 1/2) / (Γ(ν/2) √π).
        let front =
            Elementary.exp(-0.5 * nu * Elementary.logOnePlus(square / nu)) * complement.squareRoot()
            * gammaRatioByHalf(0.5 * nu) * 0.5641895835477563
        if x < (nu + 2) / (nu + 5) {
            return front * betaFraction(x, 0.5 * nu, 0.5) / (0.5 * nu)
        }
        return 1 - front * betaFraction(complement, 0.5, 0.5 * nu) / 0.5
    }

    /// P(T ≤ t).
    package func cumulative(_ t: Double) -> Double {
        let half = 0.5 * twoSidedTail(abs(t))
        return t < 0 ? half : 1 - half
    }

    /// The density at t.
    package func density(_ t: Double) -> Double {
        let nu = degreesOfFreedom
        return gammaRatioByHalf(0.5 * nu) / (nu.squareRoot() * 1.772453850905516)
            * Elementary.exp(-0.5 * (nu + 1) * Elementary.logOnePlus(t * t / nu))
    }

    /// The half-width of a 95 % interval in standard errors, of a mean of `count` ≥ 2 values. The same few counts come up in
    /// each of thousands of rows, so those up to 32 are kept.
    package static func halfWidth95(count: Int) -> Double {
        guard count - 2 < halfWidths.count else {
            return StudentT(degreesOfFreedom: Double(count - 1)).criticalValue(twoSidedTail: 0.05)
        }
        return halfWidths[count - 2]
    }

    private static let halfWidths = (1...31).map { freedom in
        StudentT(degreesOfFreedom: Double(freedom)).criticalValue(twoSidedTail: 0.05)
    }

    /// The t with P(|T| > t) = tail, 0 < tail < 1: the half-width of a (1 − tail) interval in standard errors.
    package func criticalValue(twoSidedTail tail: Double) -> Double {
        var upper = 1.0
        while twoSidedTail(upper) > tail, upper < 1e150 { upper *= 2 }
        var lower = upper == 1 ? 0 : upper / 2
        var t = 0.5 * (lower + upper)
        // Newton's step, replaced by bisection whenever it leaves the bracket.
        for _ in 0..<200 {
            let excess = twoSidedTail(t) - tail
            if excess > 0 { lower = t } else { upper = t }
            var next = t + excess / (2 * density(t))
            if !(next > lower && next < upper) { next = 0.5 * (lower + upper) }
            if abs(next - t) <= 1e-15 * t { return next }
            t = next
        }
        return t
    }
}

/// Γ(x + 1/2) / Γ(x) for x > 0: the recurrence up to x ≥ 40, then the asymptotic series of the ratio
/// (Graham, Knuth and Patashnik 1994, exercise 9.60).
func gammaRatioByHalf(_ value: Double) -> Double {
    var x = value
    var factor = 1.0
    while x < 40 {
        factor *= x / (x + 0.5)
        x += 1
    }
    let y = 1 / x
    var series = 39325.0 / 33554432
    series = series * y + 869.0 / 4194304
    series = series * y - 399.0 / 262144
    series = series * y - 21.0 / 32768
    series = series * y + 5.0 / 1024
    series = series * y + 1.0 / 128
    series = series * y - 1.0 / 8
    return factor * x.squareRoot() * (1 + y * series)
}

/// The continued fraction of I_x(a, b)·a·B(a, b)/(x^a (1−x)^b) (Abramowitz and Stegun 26.5.8), evaluated by the modified
/// Lentz method; meant for x < (a + 1)/(a + b + 2).
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / guarded(1 - (a + b) * x / (a + 1))
    var value = d
    for step in 1...200_000 {
        let m = Double(step)
        let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / guarded(1 + even * d)
        c = guarded(1 + even / c)
        value *= d * c
        let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / guarded(1 + odd * d)
        c = guarded(1 + odd / c)
        let change = d * c
        value *= change
        if abs(change - 1) < 1e-16 { break }
    }
    return value
}

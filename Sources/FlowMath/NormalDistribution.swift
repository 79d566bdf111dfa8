// The error function and the standard normal distribution, from the elementary functions only (no libm), for the
// closed forms of truncated Gaussian mixtures. Meant for set-up work: a call costs up to a few hundred operations.

extension Elementary {
    /// √π.
    static let squareRootOfPi = 1.7724538509055160
    /// √(2π).
    public static let squareRootOfTwoPi = 2.5066282746310005
    /// ½ log 2π.
    public static let halfLogTwoPi = 0.9189385332046727
    /// log π.
    public static let logPi = 1.1447298858494002

    /// erf x = 2/√π ∫₀ˣ e^(−t²) dt.
    ///
    /// For |x| < 2 the series 2/√π e^(−x²) Σ 2ⁿ x^(2n+1)/(2n+1)!! (Abramowitz & Stegun 1964, 7.1.6), whose terms all
    /// have one sign; beyond, 1 − erfc x.
    public static func errorFunction(_ x: Double) -> Double {
        if x.isNaN { return x }
        if abs(x) >= 2 {
            let value = 1 - complementaryErrorFunction(abs(x))
            return x < 0 ? -value : value
        }
        let z = x * x
        var term = x
        var sum = x
        var n = 0.0
        while abs(term) > 1e-18 * abs(sum) {
            n += 1
            term *= 2 * z / (2 * n + 1)
            sum += term
        }
        return 2 / squareRootOfPi * exp(-z) * sum
    }

    /// erfc x = 1 − erf x, with full relative accuracy in the upper tail (0 above 27.3).
    ///
    /// For x ≥ 1 the continued fraction √π e^(x²) erfc x = 1/(x + ½/(x + 1/(x + (3/2)/(x + …)))) (Abramowitz & Stegun
    /// 1964, 7.1.14), evaluated from the back.
    public static func complementaryErrorFunction(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x < 1 { return 1 - errorFunction(x) }
        if x > 27.5 { return 0 }
        // The number of terms needed falls like 1/x²; 400 is ample at 1, 120 at 2.
        var tail = x
        var k = x < 2 ? 400.0 : 120.0
        while k > 0 {
            tail = x + 0.5 * k / tail
            k -= 1
        }
        // x² is split so that its rounding error does not grow into the exponential.
        let high = Double(bitPattern: x.bitPattern & 0xFFFF_FFFF_F800_0000)
        let low = (x - high) * (x + high)
        return exp(-high * high) * exp(-low) / (squareRootOfPi * tail)
    }

    /// Φ(x), the standard normal distribution function, with relative accuracy (x²·2^−52) in the lower tail.
    public static func normalCumulative(_ x: Double) -> Double {
        let t = x * 0.7071067811865476
        return t < -1 ? 0.5 * complementaryErrorFunction(-t) : 0.5 * (1 + errorFunction(t))
    }

    /// P(lower < Z < upper) of a standard normal Z, without cancellation when both ends lie in one tail.
    public static func normalMass(between lower: Double, and upper: Double) -> Double {
        if lower > 0 { return normalCumulative(-lower) - normalCumulative(-upper) }
        if upper < 0 { return normalCumulative(upper) - normalCumulative(lower) }
        return 1 - normalCumulative(lower) - normalCumulative(-upper)
    }
}

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

    /// Φ⁻¹(p), the standard normal quantile: −infinity at 0, infinity at 1, NaN outside [0, 1]. Rational approximations
    /// of Wichura 1988 (algorithm AS 241), relative error about 1e-16.
    public static func normalQuantile(_ p: Double) -> Double {
        let q = p - 0.5
        if abs(q) <= 0.425 {
            let r = 0.180625 - q * q
            return q * ratio(centralNumerator, centralDenominator, r)
        }
        let tail = q < 0 ? p : 1 - p
        guard tail > 0 else { return tail == 0 ? (q < 0 ? -.infinity : .infinity) : .nan }
        let r = (-log(tail)).squareRoot()
        let value =
            r <= 5
            ? ratio(middleNumerator, middleDenominator, r - 1.6) : ratio(farNumerator, farDenominator, r - 5)
        return q < 0 ? -value : value
    }

    /// Quotient of two polynomials of degree 7, coefficients from the constant up.
    private static func ratio(_ numerator: [Double], _ denominator: [Double], _ r: Double) -> Double {
        var (above, below) = (0.0, 0.0)
        for k in stride(from: 7, through: 0, by: -1) {
            above = above * r + numerator[k]
            below = below * r + denominator[k]
        }
        return above / below
    }

    private static let centralNumerator = [
        3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ]
    private static let centralDenominator = [
        1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
        3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ]
    private static let middleNumerator = [
        1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
        1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ]
    private static let middleDenominator = [
        1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
        1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ]
    private static let farNumerator = [
        6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ]
    private static let farDenominator = [
        1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ]
}

/// Elementary functions in double precision, built from +, −, ×, ÷ and square root only.
///
/// IEEE 754 fixes those operations to the bit and Swift never fuses them, so results are the same on every machine and
/// C library; libm gives no such promise. Errors are below 2 ulp (4 for `logOnePlus` and `tanh`), which tests measure
/// against libm.
public enum Elementary {
    static let ln2High = 0x1.62e42fefa0000p-1
    static let ln2Low = 0x1.cf79abc9e3b3ap-40

    /// e^x. Overflows to +infinity above 709.78, underflows through subnormals to 0; NaN gives NaN.
    public static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.79 { return .infinity }
        if x < -745.2 { return 0 }
        let k = nearestInteger(x * 1.4426950408889634)
        let r = (x - k * ln2High) - k * ln2Low
        let value = 1 + (r + r * r * exponentialTail(r))
        // Two factors keep the scale representable for results near the ends of the range.
        let exponent = Int(k)
        let half = exponent >> 1
        return value * powerOfTwo(half) * powerOfTwo(exponent - half)
    }

    /// Natural logarithm. −infinity at 0, NaN below.
    public static func log(_ x: Double) -> Double {
        if x.isNaN || x < 0 { return .nan }
        if x == 0 { return -.infinity }
        if x == .infinity { return x }
        var bits = x.bitPattern
        var exponent = 0
        if x < 0x1p-1022 {
            bits = (x * 0x1p54).bitPattern
            exponent = -54
        }
        exponent += Int(bits >> 52) - 1023
        var mantissa = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
        if mantissa > 1.4142135623730951 {
            mantissa *= 0.5
            exponent += 1
        }
        let f = mantissa - 1
        let s = f / (2 + f)
        let z = s * s
        // log((1+s)/(1−s)) = 2 s (1 + z/3 + z²/5 + …), |s| ≤ 0.1716.
        var p = 1.0 / 23
        p = p * z + 1.0 / 21
        p = p * z + 1.0 / 19
        p = p * z + 1.0 / 17
        p = p * z + 1.0 / 15
        p = p * z + 1.0 / 13
        p = p * z + 1.0 / 11
        p = p * z + 1.0 / 9
        p = p * z + 1.0 / 7
        p = p * z + 1.0 / 5
        p = p * z + 1.0 / 3
        // f − s·(f − 2·z·p) keeps the leading term exact.
        let k = Double(exponent)
        let halfSquare = 0.5 * f * f
        let tail = s * (halfSquare + 2 * z * p)
        return k * ln2High - ((halfSquare - (tail + k * ln2Low)) - f)
    }

    /// log(1 + x) without loss for small |x|; −infinity at −1.
    public static func logOnePlus(_ x: Double) -> Double {
        let u = 1 + x
        if u == 1 { return x }
        if !u.isFinite { return log(u) }
        return log(u) * (x / (u - 1))
    }

    /// e^x − 1 without loss for small |x|.
    public static func expMinusOne(_ x: Double) -> Double {
        // Beyond 56 ln 2 the 1 no longer changes the last bit; the comparison also passes NaN on.
        if !(x < 39) { return exp(x) }
        if x < -39 { return -1 }
        let k = nearestInteger(x * 1.4426950408889634)
        let r = (x - k * ln2High) - k * ln2Low
        let value = r + r * r * exponentialTail(r)
        let scale = powerOfTwo(Int(k))
        return scale * value + (scale - 1)
    }

    /// (e^r − 1 − r) / r² for |r| ≤ ln 2 / 2: Taylor to degree 13 leaves a remainder below 2^−57.
    @inline(__always)
    private static func exponentialTail(_ r: Double) -> Double {
        var p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        return p * r + 0.5
    }

    /// tanh x; ±1 beyond |x| = 22.
    public static func tanh(_ x: Double) -> Double {
        if abs(x) < 0.0625 {
            let z = x * x
            var p = -1382.0 / 155925
            p = p * z + 62.0 / 2835
            p = p * z - 17.0 / 315
            p = p * z + 2.0 / 15
            p = p * z - 1.0 / 3
            return x + x * z * p
        }
        if abs(x) > 22 { return x < 0 ? -1 : 1 }
        // tanh x = (e^2x − 1)/(e^2x + 1) without the cancellation that 1 − 2/(e^2x + 1) has near 0.
        let e = expMinusOne(2 * abs(x))
        let value = e / (e + 2)
        return x < 0 ? -value : value
    }

    /// (sin 2πt, cos 2πt) of an angle in turns; NaN for an infinite angle.
    public static func sineCosineOfTurns(_ t: Double) -> (sine: Double, cosine: Double) {
        guard t.isFinite else { return (.nan, .nan) }
        // Whole turns, then quarter turns, are subtracted exactly; the rest is at most an eighth of a turn.
        let fraction: Double
        if abs(t) < 0x1p51 {
            fraction = t - nearestInteger(t)
        } else {
            // Doubles from 2^52 on are whole numbers.
            fraction = abs(t) < 0x1p52 ? t - Double(Int64(t)) : 0
        }
        let quarters = nearestInteger(4 * fraction)
        return sineCosine(reduced: (fraction - 0.25 * quarters) * 6.283185307179586, quarters: quarters)
    }

    /// (sin x, cos x) of an angle in radians. π/2 is subtracted in three parts of 33 bits (Cody & Waite 1980), exact for
    /// |x| below 10^6; beyond that the error grows like |x|·2^−53. NaN for an infinite angle.
    public static func sineCosine(_ x: Double) -> (sine: Double, cosine: Double) {
        guard abs(x) < 1e6 else { return sineCosineOfTurns(x * 0.15915494309189535) }
        let quarters = nearestInteger(x * 0x1.45f306dc9c883p-1)
        let high = x - quarters * 0x1.921fb54400000p+0
        let middle = quarters * 0x1.0b4611a600000p-34
        let reduced = high - middle
        // What the subtraction above rounded away, and the third part.
        let lost = (high - reduced) - middle
        return sineCosine(reduced: reduced + (lost - quarters * 0x1.3198a2e037073p-69), quarters: quarters)
    }

    /// Taylor series of an angle of at most π/4 (a little more after rounding), then the quadrant's symmetry.
    @inline(__always)
    private static func sineCosine(reduced x: Double, quarters: Double) -> (sine: Double, cosine: Double) {
        let z = x * x
        var s = 1.0 / 355687428096000.0
        s = s * z - 1.0 / 1307674368000.0
        s = s * z + 1.0 / 6227020800.0
        s = s * z - 1.0 / 39916800.0
        s = s * z + 1.0 / 362880.0
        s = s * z - 1.0 / 5040.0
        s = s * z + 1.0 / 120.0
        s = s * z - 1.0 / 6.0
        let sine = x + x * z * s
        var c = 1.0 / 20922789888000.0
        c = c * z - 1.0 / 87178291200.0
        c = c * z + 1.0 / 479001600.0
        c = c * z - 1.0 / 3628800.0
        c = c * z + 1.0 / 40320.0
        c = c * z - 1.0 / 720.0
        c = c * z + 1.0 / 24.0
        let cosine = 1 - (0.5 * z - z * z * c)
        switch Int64(quarters) & 3 {
        case 0: return (sine, cosine)
        case 1: return (cosine, -sine)
        case 2: return (-sine, -cosine)
        default: return (-cosine, sine)
        }
    }

    /// The nearest whole number (ties to even) for |x| < 2^51; NaN gives NaN. Two additions, where `rounded()` is a call
    /// into the C library on processors without a rounding instruction in their baseline.
    @inlinable @inline(__always)
    public static func nearestInteger(_ x: Double) -> Double {
        (x + 0x1.8p52) - 0x1.8p52
    }

    /// 2^n for n in the normal exponent range −1022 … 1023.
    @inline(__always)
    static func powerOfTwo(_ n: Int) -> Double {
        Double(bitPattern: UInt64(bitPattern: Int64(n + 1023)) << 52)
    }
}

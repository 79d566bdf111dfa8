// log Γ and its derivative, from the elementary functions only (no libm): for the constants of heavy-tailed densities.

extension Elementary {
    /// log Γ(x) for x > 0 (NaN at other x except +infinity, which gives +infinity). Error below 1e−14 · max(1, |log Γ|).
    ///
    /// Stirling's series at an argument of at least 10, reached by Γ(x + 1) = x Γ(x) (Abramowitz & Stegun 1964, 6.1.15
    /// and 6.1.40).
    public static func logGamma(_ x: Double) -> Double {
        guard x > 0 else { return .nan }
        if x == .infinity { return x }
        var argument = x
        var product = 1.0
        while argument < 10 {
            product *= argument
            argument += 1
        }
        let inverse = 1 / argument
        let square = inverse * inverse
        // B_2k / (2k (2k − 1)); the first term left out is below 2e−17.
        var series = 1.0 / 156
        series = -691.0 / 360_360 + series * square
        series = 1.0 / 1188 + series * square
        series = -1.0 / 1680 + series * square
        series = 1.0 / 1260 + series * square
        series = -1.0 / 360 + series * square
        series = 1.0 / 12 + series * square
        return (argument - 0.5) * log(argument) - argument + halfLogTwoPi + series * inverse - log(product)
    }

    /// ψ(x) = d log Γ(x) / dx for x > 0 (NaN at other x except +infinity). Error below 1e−14 · max(1, |ψ|).
    ///
    /// The asymptotic series at an argument of at least 10, reached by ψ(x + 1) = ψ(x) + 1/x (Abramowitz & Stegun 1964,
    /// 6.3.5 and 6.3.18).
    public static func digamma(_ x: Double) -> Double {
        guard x > 0 else { return .nan }
        if x == .infinity { return x }
        var argument = x
        var shift = 0.0
        while argument < 10 {
            shift += 1 / argument
            argument += 1
        }
        let inverse = 1 / argument
        let square = inverse * inverse
        // B_2k / 2k; the first term left out is below 5e−17.
        var series = 1.0 / 12
        series = -691.0 / 32_760 + series * square
        series = 1.0 / 132 + series * square
        series = -1.0 / 240 + series * square
        series = 1.0 / 252 + series * square
        series = -1.0 / 120 + series * square
        series = 1.0 / 12 + series * square
        return log(argument) - 0.5 * inverse - series * square - shift
    }
}

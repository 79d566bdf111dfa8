import FlowMath

/// Maps values to a length of an axis and says where its ticks are.
package struct PictureScale {
    /// The values at both ends.
    let domain: ClosedRange<Double>
    package let isLogarithmic: Bool
    /// The labelled values, ascending.
    package let ticks: [Double]

    /// A scale that holds all finite `values`.
    ///
    /// Logarithmic where `prefersLogarithm` and the positive values span more than a factor of twenty; linear otherwise.
    /// Values that are zero or, beside the greatest, as good as zero (an estimate that scatters about it) have no place
    /// on a logarithmic scale: they are below its end. Without values 0 to 1.
    package init(_ values: [Double], prefersLogarithm: Bool = false, includesZero: Bool = false) {
        let finite = values.filter(\.isFinite)
        guard var low = finite.min(), var high = finite.max() else {
            self.init(linear: 0...1)
            return
        }
        if prefersLogarithm, low > -1e-3 * high, high < 1e300,
            let least = finite.lazy.filter({ $0 > 1e-300 && $0 > -low }).min(), high / least > 20
        {
            // Six decades below the greatest, unless all values are positive: noise about zero has any magnitude.
            self.init(logarithmic: low > 1e-300 ? low : max(least, 1e-6 * high), high)
            return
        }
        if includesZero {
            low = min(low, 0)
            high = max(high, 0)
        }
        // The range of doubles, and equal ends, would give steps that are not finite or zero.
        low = max(low, -1e300)
        high = min(high, 1e300)
        if high <= low {
            let half = low == 0 ? 1 : abs(low) / 2
            (low, high) = (low - half, low + half)
        }
        self.init(linear: low...high)
    }

    /// A scale for means and seeds with their intervals and floors, logarithmic where the means and seeds welcome it.
    init(estimates: [Double], intervals: [ClosedRange<Double>], floors: [Double]) {
        let plain = PictureScale(estimates, prefersLogarithm: true)
        let ends = intervals.flatMap { [$0.lowerBound, $0.upperBound] } + floors
        guard plain.isLogarithmic else {
            self.init(estimates + ends)
            return
        }
        // What reaches below the axis is cut off there; it must neither change the scale nor add decades to it.
        self.init(
            estimates + ends.filter { $0 > plain.domain.lowerBound }, prefersLogarithm: true)
    }

    /// A linear scale with exactly these ends, its few round ticks inside.
    init(exactly range: ClosedRange<Double>) {
        let round = PictureScale([range.lowerBound, range.upperBound])
        let inside = round.ticks.filter(range.contains)
        isLogarithmic = false
        domain = range.upperBound > range.lowerBound ? range : round.domain
        // At most four: the panels are small.
        ticks = inside.count > 4 ? Swift.stride(from: 0, to: inside.count, by: 2).map { inside[$0] } : inside
    }

    /// Round steps of 1, 2 or 5 times a power of ten, about five of them; the ends are ticks.
    private init(linear range: ClosedRange<Double>) {
        let raw = (range.upperBound - range.lowerBound) / 4
        let power = Self.power(of: raw)
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? 10 * power
        // What is less than a fiftieth of a step below zero is zero to the eye; a whole step for it would be empty.
        let isZero = range.lowerBound < 0 && range.lowerBound > -step / 50
        let first = isZero ? 0 : (range.lowerBound / step).rounded(.down)
        let last = (range.upperBound / step).rounded(.up)
        isLogarithmic = false
        guard first.isFinite, last.isFinite, last > first, last - first < 50 else {
            domain = range
            ticks = [range.lowerBound, range.upperBound]
            return
        }
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
        domain = first * step...last * step
    }

    /// Whole decades, thinned to at most seven labels.
    private init(logarithmic low: Double, _ high: Double) {
        let first = Self.exponent(of: low)
        var last = Self.exponent(of: high)
        if Self.tenToThe(last) < high { last += 1 }
        let stride = (last - first + 6) / 7
        isLogarithmic = true
        domain = Self.tenToThe(first)...Self.tenToThe(max(last, first + 1))
        ticks = Swift.stride(from: first, through: max(last, first + 1), by: max(1, stride)).map(Self.tenToThe)
    }

    /// 0 at the low end, 1 at the high one; values outside are outside. Not finite for a value that the scale lacks.
    package func fraction(_ value: Double) -> Double {
        if isLogarithmic {
            guard value > 0 else { return -1 }
            let (a, b) = (Self.logarithm(domain.lowerBound), Self.logarithm(domain.upperBound))
            return (Self.logarithm(value) - a) / (b - a)
        }
        return (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    }

    /// `fraction`, kept a little within reach of the axis.
    func clamped(_ value: Double) -> Double { min(max(fraction(value), -0.03), 1.03) }

    /// A tick's label.
    package func label(_ tick: Double) -> String {
        if isLogarithmic { return Self.superscript(Self.exponent(of: tick * 1.0000001)) }
        let step = ticks.count > 1 ? abs(ticks[1] - ticks[0]) : abs(tick)
        return Self.decimal(tick, step: step)
    }

    // MARK: Digits

    /// 10¹ for 1, 10⁻³ for −3; 1 for 0.
    static func superscript(_ exponent: Int) -> String {
        if exponent == 0 { return "1" }
        let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        let text = String(abs(exponent)).compactMap { $0.wholeNumberValue.map { digits[$0] } }
        return "10" + (exponent < 0 ? "⁻" : "") + String(text)
    }

    /// As many decimals as the step has; with an exponent when very large or small.
    static func decimal(_ value: Double, step: Double) -> String {
        guard value.isFinite, step.isFinite, step > 0 else { return "?" }
        if value == 0 || abs(value) < step * 1e-6 { return "0" }
        let size = exponent(of: max(abs(value), step))
        if size >= 6 || exponent(of: step) < -5 {
            let decimals = min(9, max(0, size - exponent(of: step * 1.0000001) + 1))
            return trimmed(value / tenToThe(size), decimals: decimals) + "·" + superscript(size)
        }
        return trimmed(value, decimals: max(0, -exponent(of: step * 1.0000001) + 1))
    }

    private static func trimmed(_ value: Double, decimals: Int) -> String {
        let scale = tenToThe(decimals)
        let whole = Int((abs(value) * scale).rounded())
        let unit = Int(scale)
        var fraction = String(whole % unit)
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (value < 0 ? "−" : "") + String(whole / unit) + (decimals == 0 || fraction.isEmpty ? "" : "." + fraction)
    }

    /// The greatest whole e with 10ᵉ ≤ `value`, for a positive normal `value`.
    private static func exponent(of value: Double) -> Int {
        var e = Int((logarithm(value) / 2.302_585_092_994_046).rounded(.down))
        if tenToThe(e) > value { e -= 1 }
        if tenToThe(e + 1) <= value { e += 1 }
        return e
    }

    private static func power(of value: Double) -> Double { value > 0 ? tenToThe(exponent(of: value)) : 1 }

    private static func tenToThe(_ exponent: Int) -> Double {
        Double("1e\(exponent)") ?? (exponent < 0 ? 0 : .infinity)
    }

    private static func logarithm(_ value: Double) -> Double { Elementary.log(value) }
}

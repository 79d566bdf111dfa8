/// Numbers for people: as many digits as the uncertainty leaves meaning. Deterministic, independent of any locale.
package enum NumberText {
    /// `value` with a fixed number of decimals, correctly rounded from the shortest decimal form (half away from 0).
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "−∞" : "∞" }
        let (digits, exponent) = decimalDigits(abs(value))
        // The digits before the cut: value = 0.d₁d₂… · 10^exponent.
        let keep = exponent + decimals
        var kept = keep > 0 ? Array(digits.prefix(keep)) : []
        kept += [Int](repeating: 0, count: max(0, keep - kept.count))
        if keep >= 0, keep < digits.count, digits[keep] >= 5 {
            var index = keep - 1
            while index >= 0, kept[index] == 9 {
                kept[index] = 0
                index -= 1
            }
            if index >= 0 { kept[index] += 1 } else { kept.insert(1, at: 0) }
        }
        let padded = [Int](repeating: 0, count: max(0, decimals + 1 - kept.count)) + kept
        let text = padded.map(String.init).joined()
        let whole = text.prefix(padded.count - decimals)
        let fraction = text.suffix(decimals)
        let magnitude = decimals > 0 ? whole + "." + fraction : whole
        let isZero = padded.allSatisfy { $0 == 0 }
        return (value < 0 && !isZero ? "−" : "") + magnitude
    }

    /// Numbers with more digits than these before the point are scientific.
    private static let largestExponent = 7

    /// Three significant digits or so, for a value without an uncertainty; scientific when very small or large.
    package static func plain(_ value: Double, significant: Int = 3) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, decimals: 0) }
        let exponent = decimalDigits(abs(value)).exponent
        if exponent > largestExponent || exponent < -4 { return scientific(value, significant: significant) }
        return fixed(value, decimals: max(0, significant - exponent)).droppingTrailingZeros
    }

    /// For example `1.2e−9`.
    package static func scientific(_ value: Double, significant: Int) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, decimals: 0) }
        let (digits, exponent) = decimalDigits(abs(value))
        var kept = Array(digits.prefix(significant))
        var power = exponent - 1
        if digits.count > significant, digits[significant] >= 5 {
            var index = kept.count - 1
            while index >= 0, kept[index] == 9 {
                kept[index] = 0
                index -= 1
            }
            if index >= 0 {
                kept[index] += 1
            } else {
                kept = [1]
                power += 1
            }
        }
        while kept.count > 1, kept.last == 0 { kept.removeLast() }
        let head = kept.prefix(1).map(String.init).joined()
        let tail = kept.dropFirst().map(String.init).joined()
        let sign = value < 0 ? "−" : ""
        return sign + head + (tail.isEmpty ? "" : "." + tail) + "e" + (power < 0 ? "−" : "") + "\(abs(power))"
    }

    /// A mean and its interval, `0.0412 [.038, .044]`: the interval to one digit of its half-width (two when that starts
    /// with 1), the mean to two. An end that this would round to 0 has one digit of its own; very large numbers are
    /// scientific.
    package static func estimate(_ mean: Double?, _ interval: Interval?) -> (mean: String, interval: String) {
        guard let mean else { return ("—", "") }
        guard let interval, interval.lower.isFinite, interval.upper.isFinite else { return (plain(mean), "") }
        let half = 0.5 * (interval.upper - interval.lower)
        guard half > 0 else {
            let text = plain(mean, significant: 4)
            return (text, "[\(short(text)), \(short(text))]")
        }
        let decimals = self.decimals(for: half)
        if decimals > 7 {
            let significant = max(2, decimals + decimalDigits(abs(mean)).exponent)
            return (
                scientific(mean, significant: min(6, significant + 1)),
                "[\(scientific(interval.lower, significant: min(6, significant))), "
                    + "\(scientific(interval.upper, significant: min(6, significant)))]"
            )
        }
        let meanDecimals = decimals + (leadingDigit(half).digit == 1 ? 0 : 1)
        let ends = [interval.lower, interval.upper]
        if decimals < 0, ends.contains(where: { decimalDigits(abs($0)).exponent > largestExponent }) {
            let texts = [(mean, meanDecimals), (ends[0], decimals), (ends[1], decimals)].map { value, decimals in
                plain(value, significant: max(1, decimals + decimalDigits(abs(value)).exponent))
            }
            return (texts[0], "[\(texts[1]), \(texts[2])]")
        }
        let bounds = ends.map { end(short(fixed($0, decimals: max(0, decimals))), of: $0) }
        return (fixed(mean, decimals: max(0, meanDecimals)), "[\(bounds[0]), \(bounds[1])]")
    }

    /// An interval's end as it was rounded, unless that hides its sign: whether 0 is inside must be seen.
    private static func end(_ rounded: String, of value: Double) -> String {
        guard value != 0, rounded.allSatisfy({ "0.−".contains($0) }) else { return rounded }
        return short(plain(value, significant: 1))
    }

    /// The same for an estimate; `—` for none.
    package static func estimate(_ estimate: Estimate?) -> (mean: String, interval: String) {
        self.estimate(estimate?.value, estimate?.interval)
    }

    /// A floor, `0 ± .0002`.
    package static func floor(_ floor: ReportFloor) -> String {
        let deviation = floor.standardDeviation
        guard deviation > 0, deviation.isFinite else { return plain(floor.mean) }
        let decimals = self.decimals(for: deviation)
        if decimals > 7 {
            return scientific(floor.mean, significant: 2) + " ± " + scientific(deviation, significant: 1)
        }
        let mean = fixed(floor.mean, decimals: max(0, decimals))
        let isZero = mean.allSatisfy { "0.−".contains($0) }
        return (isZero ? "0" : mean) + " ± " + short(fixed(deviation, decimals: max(0, decimals)))
    }

    /// A p value; never rounded to 0.
    package static func p(_ value: Double?) -> String {
        guard let value else { return "—" }
        if value < 0.0001 { return "<0.0001" }
        if value < 0.001 { return fixed(value, decimals: 4) }
        if value < 0.1 { return fixed(value, decimals: 3) }
        return fixed(value, decimals: 2)
    }

    /// Decimals at which `halfWidth` keeps one digit, two when it starts with 1.
    private static func decimals(for halfWidth: Double) -> Int {
        let (digit, exponent) = leadingDigit(halfWidth)
        return 1 - exponent + (digit == 1 ? 1 : 0)
    }

    /// The first digit of a value > 0 after rounding to two, so that 0.00099 counts as 0.0010; exponent as in
    /// ``decimalDigits(_:)``.
    private static func leadingDigit(_ value: Double) -> (digit: Int, exponent: Int) {
        let (digits, exponent) = decimalDigits(value)
        let isNearly10 = digits[0] == 9 && digits.count > 1 && digits[1] >= 5
        return isNearly10 ? (1, exponent + 1) : (digits[0], exponent)
    }

    /// `.038` for `0.038`, as intervals are printed.
    private static func short(_ text: String) -> String {
        if text.hasPrefix("0.") { return String(text.dropFirst()) }
        if text.hasPrefix("−0.") { return "−" + text.dropFirst(2) }
        return text
    }

    /// The digits of a value ≥ 0 and the exponent with value = 0.d₁d₂… · 10^exponent, from Swift's shortest text.
    static func decimalDigits(_ value: Double) -> (digits: [Int], exponent: Int) {
        guard value > 0, value.isFinite else { return ([0], 0) }
        let text = value.description.utf8
        let mark = text.firstIndex(of: UInt8(ascii: "e"))
        var exponent = mark.flatMap { Int(String(text[text.index(after: $0)...]) ?? "") } ?? 0
        var digits: [Int] = []
        digits.reserveCapacity(20)
        var seenPoint = false
        for byte in text[..<(mark ?? text.endIndex)] {
            if byte == UInt8(ascii: ".") {
                seenPoint = true
                continue
            }
            // Zeros before the first digit are none: each behind the point makes the value ten times as small.
            if digits.isEmpty && byte == UInt8(ascii: "0") {
                if seenPoint { exponent -= 1 }
                continue
            }
            digits.append(Int(byte &- UInt8(ascii: "0")))
            if !seenPoint { exponent += 1 }
        }
        while digits.count > 1, digits.last == 0 { digits.removeLast() }
        return (digits, exponent)
    }
}

extension String {
    /// `1.50` → `1.5`, `2.000` → `2`; text without a point stays.
    var droppingTrailingZeros: String {
        guard contains("."), !contains("e") else { return self }
        var result = self
        while result.last == "0" { result.removeLast() }
        if result.last == "." { result.removeLast() }
        return result
    }
}

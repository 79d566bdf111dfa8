/// The mean of the middle half: ⌊n/4⌋ values are cut at each end, as `scipy.stats.trim_mean(values, 0.25)` does.
package struct InterquartileMean: Sendable, Equatable {
    package var value: Double
    /// 95 % interval of Yuen (1974): t with h − 1 degrees of freedom over the h = n − 2⌊n/4⌋ values kept,
    /// standard error √(SS_W / (h (h − 1))) with SS_W the squared deviations of the winsorized values from their mean.
    /// Nil below two values; with fewer than four it is that of the mean.
    package var interval: Interval?

    /// Nil when there are no values.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let cut = sorted.count / 4
        let kept = sorted[cut..<(sorted.count - cut)]
        let h = Double(kept.count)
        value = compensatedSum(kept) / h
        guard kept.count > 1, let first = kept.first, let last = kept.last else { return }
        let winsorized = sorted.map { min(max($0, first), last) }
        let center = compensatedSum(winsorized) / Double(sorted.count)
        let squares = compensatedSum(winsorized.map { ($0 - center) * ($0 - center) })
        let half =
            StudentT(degreesOfFreedom: h - 1).criticalValue(twoSidedTail: 0.05) * (squares / (h * (h - 1))).squareRoot()
        interval = Interval(value - half, value + half)
    }
}

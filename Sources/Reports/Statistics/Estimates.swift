/// Σ values with Neumaier's (1974) compensation, so that the order of magnitudes does not matter.
package func compensatedSum(_ values: some Sequence<Double>) -> Double {
    var sum = 0.0
    var correction = 0.0
    for value in values {
        let next = sum + value
        correction += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
        sum = next
    }
    return sum + correction
}

/// A mean with its 95 % t interval.
package struct MeanEstimate: Sendable, Equatable {
    package var count: Int
    package var mean: Double
    /// n − 1 in the denominator; nil below two values.
    package var standardDeviation: Double?
    /// mean ± t₀.₉₇₅(n − 1) · sd/√n; nil below two values.
    package var interval: Interval?

    /// Nil when there are no values.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        count = values.count
        let n = Double(values.count)
        let mean = compensatedSum(values) / n
        self.mean = mean
        guard values.count > 1 else { return }
        let variance = compensatedSum(values.map { ($0 - mean) * ($0 - mean) }) / (n - 1)
        standardDeviation = variance.squareRoot()
        let half =
            StudentT.halfWidth95(count: values.count) * (variance / n).squareRoot()
        interval = Interval(mean - half, mean + half)
    }
}

/// A mean over strata of equal weight: strata are fixed, values inside a stratum are a sample.
package struct StratifiedEstimate: Sendable, Equatable {
    package var mean: Double
    /// 95 % interval with the degrees of freedom of Satterthwaite (1946); nil unless each stratum has two values.
    package var interval: Interval?

    /// Empty strata are left out; nil when none remains.
    package init?(_ strata: [[Double]]) {
        let estimates = strata.compactMap(MeanEstimate.init)
        guard !estimates.isEmpty else { return nil }
        let count = Double(estimates.count)
        mean = compensatedSum(estimates.map(\.mean)) / count
        var variance = 0.0
        var denominator = 0.0
        for estimate in estimates {
            guard let deviation = estimate.standardDeviation else { return }
            let share = deviation * deviation / Double(estimate.count) / (count * count)
            variance += share
            denominator += share * share / Double(estimate.count - 1)
        }
        guard variance > 0, denominator > 0 else {
            interval = Interval(mean, mean)
            return
        }
        let degrees = variance * variance / denominator
        let half = StudentT(degreesOfFreedom: degrees).criticalValue(twoSidedTail: 0.05) * variance.squareRoot()
        interval = Interval(mean - half, mean + half)
    }
}

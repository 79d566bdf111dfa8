/// Mean and variance of numbers, summed in order.
struct SampleMoments {
    var count: Int
    var mean: Double
    /// With divisor n − 1; NaN for fewer than two numbers.
    var variance: Double

    init(_ values: [Double]) {
        count = values.count
        var sum = 0.0
        for value in values { sum += value }
        let mean = sum / Double(values.count)
        var squares = 0.0
        for value in values { squares += (value - mean) * (value - mean) }
        self.mean = mean
        variance = values.count > 1 ? squares / Double(values.count - 1) : .nan
    }

    /// Standard error of the mean.
    var standardError: Double { (variance / Double(count)).squareRoot() }
}

/// Standard error of a proportion.
func proportionError(_ proportion: Double, _ count: Int) -> Double {
    max(0, proportion * (1 - proportion) / Double(count)).squareRoot()
}

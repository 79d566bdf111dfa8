/// log Σ exp(values) in double precision, stable for any magnitude; −infinity for none or all −infinity.
public func logSumExp(_ values: some Sequence<Double>) -> Double {
    var maximum = -Double.infinity
    for value in values where value > maximum || value.isNaN { maximum = value }
    if !maximum.isFinite { return maximum }
    var sum = 0.0
    for value in values { sum += Elementary.exp(value - maximum) }
    return maximum + Elementary.log(sum)
}

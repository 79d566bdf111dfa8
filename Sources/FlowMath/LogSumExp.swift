/// log Σ exp(values) in double precision, stable for any magnitude; −infinity for none or all −infinity, NaN when one is.
public func logSumExp(_ values: [Double]) -> Double {
    // A concrete array: a generic sequence would go through its iterator's witness table for every element.
    values.withUnsafeBufferPointer { values in
        var maximum = -Double.infinity
        for value in values where value > maximum || value.isNaN { maximum = value }
        if !maximum.isFinite { return maximum }
        var sum = 0.0
        // Terms below e^−60 of the largest are beyond the last bit of the sum, however many there are.
        for value in values where value - maximum > -60 { sum += Elementary.exp(value - maximum) }
        return maximum + Elementary.log(sum)
    }
}

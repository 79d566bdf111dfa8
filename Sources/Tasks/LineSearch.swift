/// The largest value of `f` on [lower, upper]: a scan of 512 steps, then a golden-section search (Kiefer 1953) about
/// the best of them. Exact to rounding when `f` has no bump narrower than a step.
func maximum(of f: (Double) -> Double, from lower: Double, to upper: Double) -> (position: Double, value: Double) {
    let steps = 512
    let width = (upper - lower) / Double(steps)
    var best = lower
    var bestValue = f(lower)
    for k in 1...steps {
        let position = lower + width * Double(k)
        let value = f(position)
        if value > bestValue { (best, bestValue) = (position, value) }
    }
    let golden = 0.6180339887498949
    var low = max(lower, best - width)
    var high = min(upper, best + width)
    var left = high - golden * (high - low)
    var right = low + golden * (high - low)
    var leftValue = f(left)
    var rightValue = f(right)
    for _ in 0..<80 {
        if leftValue > rightValue {
            high = right
            (right, rightValue) = (left, leftValue)
            left = high - golden * (high - low)
            leftValue = f(left)
        } else {
            low = left
            (left, leftValue) = (right, rightValue)
            right = low + golden * (high - low)
            rightValue = f(right)
        }
        for (position, value) in [(left, leftValue), (right, rightValue)] where value > bestValue {
            (best, bestValue) = (position, value)
        }
    }
    return (best, bestValue)
}

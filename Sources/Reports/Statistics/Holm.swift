/// Holm's (1979) step-down adjustment: the i-th smallest of m values times m − i + 1, made monotone, at most 1.
package func holmAdjusted(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    var adjusted = pValues
    var running = 0.0
    for (rank, index) in order.enumerated() {
        running = max(running, min(1, pValues[index] * Double(pValues.count - rank)))
        adjusted[index] = running
    }
    return adjusted
}

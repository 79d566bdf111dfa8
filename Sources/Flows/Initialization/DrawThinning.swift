import FlowMath

extension ActiveDraws {
    /// About `count` of the draws, those of little weight thinned: a draw of weight w ≥ τ stays as it is, any other stays
    /// with probability w/τ and then weighs τ, where Σ min(1, w/τ) = `count`. Every weighted sum keeps its expectation, and
    /// no other choice of that size adds less variance (Fearnhead and Clifford 2003, section 3.2).
    ///
    /// Systematic, in the draws' order: one uniform number decides all of them. All draws when there are no more than
    /// `count`.
    package func thinned(to count: Int, stream: RandomStream) -> ActiveDraws {
        guard self.count > count else { return self }
        let threshold = thinningThreshold(count: count)
        var stream = stream
        var remaining = stream.nextUniform()
        var kept: [Int] = []
        var keptWeights: [Double] = []
        for (i, weight) in weights.enumerated() {
            if weight >= threshold {
                kept.append(i)
                keptWeights.append(weight)
            } else {
                remaining -= weight / threshold
                guard remaining < 0 else { continue }
                remaining += 1
                kept.append(i)
                keptWeights.append(threshold)
            }
        }
        return ActiveDraws(
            dimension: dimension, values: kept.flatMap { values[($0 * dimension)..<(($0 + 1) * dimension)] },
            weights: keptWeights)
    }

    /// τ with Σ min(1, w/τ) = `count`, `count` below the number of draws.
    private func thinningThreshold(count: Int) -> Double {
        let sorted = weights.sorted(by: >)
        var rest = sorted.reduce(0, +)
        // With the m heaviest draws kept, τ = (weight of the rest) / (count − m); right as soon as the next is below it.
        for (m, weight) in sorted.enumerated() {
            let threshold = rest / Double(count - m)
            if weight < threshold || m == count - 1 { return threshold }
            rest -= weight
        }
        return 0
    }

    /// 1 / Σ w²: the number of equally weighted draws that would be as good.
    var effectiveSampleSize: Double { 1 / weights.reduce(0) { $0 + $1 * $1 } }
}

import FlowMath

/// Importance weights of a tempered posterior, w_i ∝ L(θ_i)^β p(θ_i) / m(θ_i), as a function of β.
///
/// m is the density that the draws come from: with several proposals the balance heuristic's mixture Σ_r (n_r/n) r_r
/// (Veach and Guibas 1995), whichever of them a draw came from.
package struct TemperedWeights: Sendable {
    /// log L(θ_i), none +∞ or NaN.
    let logLikelihoods: [Double]
    /// log p(θ_i) − log m(θ_i).
    let logRatios: [Double]

    /// As many log-likelihoods as log ratios.
    package init(logLikelihoods: [Double], logRatios: [Double]) {
        self.logLikelihoods = logLikelihoods
        self.logRatios = logRatios
    }

    /// The smallest β that is looked at.
    private static let smallest = 0x1p-40

    /// log w_i up to a constant.
    package func logWeights(at inverseTemperature: Double) -> [Double] {
        var result = logRatios
        for i in result.indices { result[i] += inverseTemperature * logLikelihoods[i] }
        return result
    }

    /// (Σw)²/Σw² at β.
    package func effectiveSampleSize(at inverseTemperature: Double) -> Double {
        Self.effectiveSampleSize(logWeights(at: inverseTemperature))
    }

    /// The largest β ≤ 1 found with an effective sample size of at least `size`: 1 if it has that; else by bisection of
    /// log β to one part in 10⁶ above `previous` where that suffices, or above the first of previous/2, previous/4, …
    /// that does (2^−40 if none).
    package func inverseTemperature(reaching size: Double, from previous: Double) -> Double {
        if effectiveSampleSize(at: 1) >= size { return 1 }
        var lower = min(previous, 1)
        var upper = 1.0
        while effectiveSampleSize(at: lower) < size {
            guard lower > Self.smallest else { return lower }
            upper = lower
            lower *= 0.5
        }
        while upper > lower * (1 + 1e-6) {
            let middle = (lower * upper).squareRoot()
            if effectiveSampleSize(at: middle) >= size { lower = middle } else { upper = middle }
        }
        return lower
    }

    /// (Σw)²/Σw² of weights given as logarithms; 0 when none has weight.
    static func effectiveSampleSize(_ logWeights: [Double]) -> Double {
        guard let largest = logWeights.max(), largest > -.infinity else { return 0 }
        var (sum, squares) = (0.0, 0.0)
        // Draws below e^−40 of the largest weight cannot move either sum.
        for logWeight in logWeights where logWeight > largest - 40 {
            let weight = Elementary.exp(logWeight - largest)
            sum += weight
            squares += weight * weight
        }
        return sum * sum / squares
    }
}

import FlowMath

/// What speaks for and against one number of components.
public struct ComponentEvidence: Sendable, Equatable {
    /// K.
    public var components: Int
    /// −2·ESS·Σ w_i log g_K(z_i) + k·ln ESS, nats; k = K − 1 weights, K means and K covariances. Less is better.
    public var bayesianCriterion: Double
    /// What the criterion leaves out when components rest on few draws, nats: Σ_k 2 p (c + 1)/(n_k − c − 1) with p numbers
    /// in a mean and covariance, c = D + 1 (2 for diagonal covariances). It is the small-sample term of AICc (Bedrick and
    /// Tsai 1994, with a mean alone), n_k as in ``MixtureFit/componentSizes(_:isFull:)``. Infinite when some
    /// component has too few draws for a covariance; such a K is never chosen.
    public var correction: Double

    /// Creates evidence.
    public init(components: Int, bayesianCriterion: Double, correction: Double) {
        self.components = components
        self.bayesianCriterion = bayesianCriterion
        self.correction = correction
    }

    /// The sum, which is compared.
    public var criterion: Double { bayesianCriterion + correction }

    /// Evidence of a fit to `draws`.
    package init(_ fit: MixtureFit, _ draws: ActiveDraws, isFull: Bool) {
        let dimension = draws.dimension
        components = fit.components
        bayesianCriterion = fit.bayesianCriterion(effectiveSampleSize: draws.effectiveSampleSize, isFull: isFull)
        let needed = Double(isFull ? dimension + 2 : 3)
        let numbers = Double(MixtureFit.numbersPerComponent(dimension: dimension, isFull: isFull))
        correction = 0
        for size in fit.componentSizes(draws, isFull: isFull) {
            let isSupported = size.draws > needed - 1 && size.score > needed
            correction += isSupported ? 2 * numbers * needed / (size.score - needed) : .infinity
        }
    }
}

extension MixtureFit {
    /// Numbers in a mean and a covariance.
    static func numbersPerComponent(dimension: Int, isFull: Bool) -> Int {
        dimension + (isFull ? dimension * (dimension + 1) / 2 : dimension)
    }

    /// Schwarz 1978 with the effective sample size in the place of the number of draws; see ``ComponentEvidence``.
    public func bayesianCriterion(effectiveSampleSize: Double, isFull: Bool) -> Double {
        let numbers =
            components * Self.numbersPerComponent(dimension: means[0].count, isFull: isFull) + components - 1
        return -2 * effectiveSampleSize * meanLogDensity + Double(numbers) * Elementary.log(effectiveSampleSize)
    }

    /// How many draws each component rests on, with u_i = w_i · responsibility: as draws (Σu)²/Σu², and as numbers of
    /// independent draws that would leave its mean and covariance as uncertain, p (Σu)²/Σ u_i² ‖s_i‖². ‖s_i‖² is the score's
    /// norm in the Fisher metric, ½(q² + D) with q = ‖v‖² of the whitened draw v (½ Σ(v_d⁴ + 1) for diagonal covariances),
    /// p its expectation: the information-matrix ratio of Takeuchi 1976 for importance weights. A prior's even draws
    /// support a covariance better than their Kish size says, a few heavy draws worse.
    package func componentSizes(_ draws: ActiveDraws, isFull: Bool) -> [(draws: Double, score: Double)] {
        let dimension = draws.dimension
        let whitenings = means.indices.map { TriangularWhitening(mean: means[$0], covariance: covariances[$0]) }
        let constants = weights.map { Elementary.log($0) }
        var sums = [(mass: Double, squares: Double, scores: Double)](repeating: (0, 0, 0), count: components)
        var logs = [Double](repeating: 0, count: components)
        var scores = logs
        draws.values.withUnsafeBufferPointer { values in
            for i in 0..<draws.count {
                let point = values.baseAddress! + i &* dimension
                for k in 0..<components {
                    let (squared, fourth) = whitenings[k].powers(point)
                    logs[k] = constants[k] + whitenings[k].logNormalizer - 0.5 * squared
                    scores[k] = 0.5 * ((isFull ? squared * squared : fourth) + Double(dimension))
                }
                let total = logSumExp(logs)
                for k in 0..<components where logs[k] > total - 40 {
                    let share = draws.weights[i] * Elementary.exp(logs[k] - total)
                    sums[k].mass += share
                    sums[k].squares += share * share
                    sums[k].scores += share * share * scores[k]
                }
            }
        }
        let numbers = Double(Self.numbersPerComponent(dimension: dimension, isFull: isFull))
        return sums.map { sum in
            guard sum.squares > 0 else { return (0, 0) }
            let mass = sum.mass * sum.mass
            return (mass / sum.squares, numbers * mass / sum.scores)
        }
    }
}

extension TriangularWhitening {
    /// Σ v_d² and Σ v_d⁴ of v = A (point − μ).
    fileprivate func powers(_ point: UnsafePointer<Double>) -> (squared: Double, fourth: Double) {
        let dimension = mean.count
        var (squared, fourth) = (0.0, 0.0)
        for r in 0..<dimension {
            var v = 0.0
            for c in 0...r { v += factor[r &* dimension &+ c] * (point[c] - mean[c]) }
            squared += v * v
            fourth += v * v * v * v
        }
        return (squared, fourth)
    }
}

import FlowMath

/// Weighted expectation–maximisation for Gaussian mixtures (Dempster, Laird and Rubin 1977), started by greedy
/// k-means++ (Arthur and Vassilvitskii 2007) with several restarts.
///
/// Draws enter with their importance weights, not as resampled duplicates, so nothing is counted twice.
public struct WeightedExpectationMaximization: Sendable {
    /// K.
    public var components: Int
    /// Full covariances, else diagonal.
    public var isFull: Bool
    /// EM steps at the most.
    public var maximumIterations = 100
    /// EM stops when the mean log density rises by less than this, nats.
    public var tolerance = 1e-6
    /// Independent k-means++ starts; the one with the least weighted inertia goes on.
    public var restarts = 8

    /// Fits of K = `components` ≥ 1.
    public init(components: Int, isFull: Bool) {
        self.components = components
        self.isFull = isFull
    }

    /// Fits to `points` (n ≥ 1) with `weights` (non-negative, not all zero). A pure function of its arguments.
    public func fit(_ points: Points, weights: [Double], stream: RandomStream) -> MixtureFit {
        fit(ActiveDraws(points, weights: weights), stream: stream)
    }

    /// The same for draws that have been chosen already.
    func fit(_ draws: ActiveDraws, stream: RandomStream) -> MixtureFit {
        var best: (centres: [Double], inertia: Double)?
        for restart in 0..<restarts {
            var substream = stream.substream(UInt32(restart))
            let start = KMeans(components: components).run(draws, stream: &substream)
            if best == nil || start.inertia < best!.inertia { best = start }
        }
        return iterate(draws, centres: best!.centres)
    }

    private func iterate(_ draws: ActiveDraws, centres: [Double]) -> MixtureFit {
        let dimension = draws.dimension
        let spread = draws.meanVariance
        // 1e-6 of the mean variance keeps every component wider than rounding, also on duplicated draws.
        let ridge = max(1e-6 * spread, 1e-300)
        var fit = MixtureFit(
            weights: [Double](repeating: 1 / Double(components), count: components),
            means: (0..<components).map { Array(centres[($0 * dimension)..<(($0 + 1) * dimension)]) },
            covariances: [], meanLogDensity: -.infinity)
        var shares = KMeans(components: components).assignmentShares(draws, centres: centres)
        var previous = -Double.infinity
        for _ in 0..<maximumIterations {
            maximize(draws, shares: shares, ridge: ridge, spread: spread, fit: &fit)
            let mean = expectation(draws, fit: fit, shares: &shares)
            fit.meanLogDensity = mean
            if mean - previous < tolerance { break }
            previous = mean
        }
        return fit
    }

    /// M step. shares[i * K + k] = responsibility of component k for draw i.
    private func maximize(
        _ draws: ActiveDraws, shares: [Double], ridge: Double, spread: Double, fit: inout MixtureFit
    ) {
        let dimension = draws.dimension
        fit.covariances = []
        var total = 0.0
        for k in 0..<components {
            var mean = [Double](repeating: 0, count: dimension)
            var covariance = [Double](repeating: 0, count: dimension * dimension)
            let mass = moments(draws, shares: shares, component: k, mean: &mean, covariance: &covariance)
            if mass > 1e-12 {
                for r in 0..<dimension {
                    for c in 0...r {
                        covariance[r * dimension + c] /= mass
                        covariance[c * dimension + r] = covariance[r * dimension + c]
                    }
                }
                fit.means[k] = mean
            } else {
                // A component without draws keeps its place and becomes as wide as the data.
                for d in 0..<dimension { covariance[d * dimension + d] = spread }
            }
            for d in 0..<dimension { covariance[d * dimension + d] += ridge }
            fit.covariances.append(covariance)
            fit.weights[k] = max(mass, 1e-12)
            total += fit.weights[k]
        }
        for k in 0..<components { fit.weights[k] /= total }
    }

    /// Weighted mass of a component, its mean and the sums of its scatter about that mean (lower triangle).
    private func moments(
        _ draws: ActiveDraws, shares: [Double], component: Int, mean: inout [Double], covariance: inout [Double]
    ) -> Double {
        let dimension = draws.dimension
        return draws.values.withUnsafeBufferPointer { values in
            draws.weights.withUnsafeBufferPointer { weights in
                shares.withUnsafeBufferPointer { shares in
                    var mass = 0.0
                    for i in 0..<weights.count {
                        let w = weights[i] * shares[i &* components &+ component]
                        if w == 0 { continue }
                        mass += w
                        for d in 0..<dimension { mean[d] += w * values[i &* dimension &+ d] }
                    }
                    guard mass > 1e-12 else { return mass }
                    for d in 0..<dimension { mean[d] /= mass }
                    for i in 0..<weights.count {
                        let w = weights[i] * shares[i &* components &+ component]
                        if w == 0 { continue }
                        for r in 0..<dimension {
                            let scaled = w * (values[i &* dimension &+ r] - mean[r])
                            for c in (isFull ? 0 : r)...r {
                                covariance[r &* dimension &+ c] += scaled * (values[i &* dimension &+ c] - mean[c])
                            }
                        }
                    }
                    return mass
                }
            }
        }
    }

    /// E step; returns the weighted mean log density.
    private func expectation(_ draws: ActiveDraws, fit: MixtureFit, shares: inout [Double]) -> Double {
        let dimension = draws.dimension
        let whitenings = (0..<components).map {
            TriangularWhitening(mean: fit.means[$0], covariance: fit.covariances[$0])
        }
        // Flat copies: the inner loop below runs draws × components × D² times.
        let factors = whitenings.flatMap(\.factor)
        let means = whitenings.flatMap(\.mean)
        let constants = (0..<components).map { Elementary.log(fit.weights[$0]) + whitenings[$0].logNormalizer }
        var mean = 0.0
        draws.values.withUnsafeBufferPointer { values in
            factors.withUnsafeBufferPointer { factors in
                means.withUnsafeBufferPointer { means in
                    shares.withUnsafeMutableBufferPointer { shares in
                        for i in 0..<draws.count {
                            let row = shares.baseAddress! + i &* components
                            var maximum = -Double.infinity
                            for k in 0..<components {
                                var sum = 0.0
                                for r in 0..<dimension {
                                    var v = 0.0
                                    let factor = (k &* dimension &+ r) &* dimension
                                    // Diagonal components have zeros below the diagonal.
                                    for c in (isFull ? 0 : r)...r {
                                        v +=
                                            factors[factor &+ c]
                                            * (values[i &* dimension &+ c] - means[k &* dimension &+ c])
                                    }
                                    sum += v * v
                                }
                                row[k] = constants[k] - 0.5 * sum
                                maximum = max(maximum, row[k])
                            }
                            var sum = 0.0
                            for k in 0..<components {
                                // Shares below e^−40 cannot move a fit; skipping them skips the exponential.
                                row[k] = row[k] - maximum < -40 ? 0 : Elementary.exp(row[k] - maximum)
                                sum += row[k]
                            }
                            for k in 0..<components { row[k] /= sum }
                            mean += draws.weights[i] * (maximum + Elementary.log(sum))
                        }
                    }
                }
            }
        }
        return mean
    }
}

/// The draws that carry weight, with weights normalised to 1.
package struct ActiveDraws: Sendable {
    let dimension: Int
    /// Point-major.
    package let values: [Double]
    package let weights: [Double]
    package var count: Int { weights.count }

    /// Keeps draws with more than 10⁻⁵ of the largest weight: together the rest carry less than n·10⁻⁵ of it, and they
    /// are most of a pool.
    package init(_ points: Points, weights: [Double]) {
        dimension = points.dimension
        let threshold = (weights.max() ?? 0) * 1e-5
        var values: [Double] = []
        var kept: [Double] = []
        for i in 0..<points.count where weights[i] > threshold {
            kept.append(weights[i])
            for d in 0..<points.dimension { values.append(points[i, d]) }
        }
        let total = kept.reduce(0, +)
        self.values = values
        self.weights = kept.map { $0 / total }
    }

    /// Draws as they are, their weights normalised.
    init(dimension: Int, values: [Double], weights: [Double]) {
        self.dimension = dimension
        self.values = values
        let total = weights.reduce(0, +)
        self.weights = weights.map { $0 / total }
    }

    /// Weighted variance averaged over the coordinates.
    var meanVariance: Double {
        var sum = 0.0
        for d in 0..<dimension {
            var mean = 0.0
            for i in 0..<count { mean += weights[i] * values[i &* dimension &+ d] }
            for i in 0..<count {
                let difference = values[i &* dimension &+ d] - mean
                sum += weights[i] * difference * difference
            }
        }
        return sum / Double(dimension)
    }
}

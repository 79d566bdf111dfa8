import FlowMath

/// A mixture of isotropic Gaussians truncated by a box: density, evidence, exact sampler and modes of `ring` and
/// `unequal`.
struct BoxedGaussianMixture: Sendable {
    let dimension: Int
    let box: [ClosedRange<Double>]
    let weights: [Double]
    /// K × D, row-major.
    let means: [Double]
    let standardDeviations: [Double]

    /// log w_k − D log(s_k √2π).
    private let logConstants: [Double]
    /// 1 / (2 s_k²).
    private let halfPrecisions: [Double]
    private let cumulativeWeights: [Double]
    /// The mixture's mass inside the box.
    let massInside: Double

    /// Weights must be positive and sum to 1; `means` holds K rows of D.
    init(box: [ClosedRange<Double>], weights: [Double], means: [[Double]], standardDeviations: [Double]) {
        let dimension = box.count
        self.dimension = dimension
        self.box = box
        self.weights = weights
        self.means = means.flatMap { $0 }
        self.standardDeviations = standardDeviations
        logConstants = zip(weights, standardDeviations).map { weight, s in
            Elementary.log(weight) - Double(dimension) * Elementary.log(s * Elementary.squareRootOfTwoPi)
        }
        halfPrecisions = standardDeviations.map { 0.5 / ($0 * $0) }
        var sum = 0.0
        cumulativeWeights = weights.map {
            sum += $0
            return sum
        }
        var mass = 0.0
        for k in weights.indices {
            var inside = weights[k]
            for d in 0..<dimension {
                let s = standardDeviations[k]
                inside *= Elementary.normalMass(
                    between: (box[d].lowerBound - means[k][d]) / s, and: (box[d].upperBound - means[k][d]) / s)
            }
            mass += inside
        }
        massInside = mass
    }

    /// log Σ w_k N(θ; μ_k, s_k² I) for each point, not truncated.
    func logDensity(of points: Points) -> [Double] {
        let count = weights.count
        var exponents = [Double](repeating: 0, count: count)
        var result = [Double](repeating: 0, count: points.count)
        for i in 0..<points.count {
            var largest = -Double.infinity
            for k in 0..<count {
                var square = 0.0
                for d in 0..<dimension {
                    let difference = points.values[i &* dimension &+ d] - means[k &* dimension &+ d]
                    square += difference * difference
                }
                let exponent = logConstants[k] - halfPrecisions[k] * square
                exponents[k] = exponent
                if exponent > largest { largest = exponent }
            }
            var sum = 0.0
            // Below e^−45 of the largest term, a term cannot change the sum's last bit.
            for exponent in exponents where exponent > largest - 45 { sum += Elementary.exp(exponent - largest) }
            result[i] = largest + Elementary.log(sum)
        }
        return result
    }

    /// Exact draws from the truncated mixture: draws from the whole mixture, rejected outside the box.
    func sample(count: Int, stream: RandomStream) -> Points {
        var stream = stream
        let last = weights.count - 1
        var values = [Double](repeating: 0, count: count * dimension)
        for i in 0..<count {
            var inside = false
            while !inside {
                let u = stream.nextUniform()
                var k = 0
                while k < last && cumulativeWeights[k] <= u { k &+= 1 }
                inside = true
                for d in 0..<dimension {
                    let x = means[k &* dimension &+ d] + standardDeviations[k] * stream.nextNormal()
                    values[i &* dimension &+ d] = x
                    if !box[d].contains(x) { inside = false }
                }
            }
        }
        return Points(dimension: dimension, values: values)
    }

    /// The local maximum that the fixed-point iteration θ ← Σ r_k μ_k/s_k² / Σ r_k/s_k² (mean shift; Carreira-Perpiñán
    /// 2000) reaches from the mean of component `start`.
    func localMaximum(fromComponent start: Int) -> [Double] {
        var theta = Array(means[start * dimension..<(start + 1) * dimension])
        for _ in 0..<500 {
            var largest = -Double.infinity
            var exponents = [Double](repeating: 0, count: weights.count)
            for k in weights.indices {
                var square = 0.0
                for d in 0..<dimension {
                    let difference = theta[d] - means[k * dimension + d]
                    square += difference * difference
                }
                exponents[k] = logConstants[k] - halfPrecisions[k] * square
                largest = max(largest, exponents[k])
            }
            var total = 0.0
            var next = [Double](repeating: 0, count: dimension)
            for k in weights.indices {
                let share = Elementary.exp(exponents[k] - largest) * halfPrecisions[k]
                total += share
                for d in 0..<dimension { next[d] += share * means[k * dimension + d] }
            }
            for d in 0..<dimension { next[d] /= total }
            if next == theta { break }
            theta = next
        }
        return theta
    }
}

import FlowMath

/// A Gaussian mixture in plain double-precision values, as EM leaves it.
public struct MixtureFit: Sendable, Equatable {
    /// K weights, positive, summing to 1.
    public var weights: [Double]
    /// K means of D coordinates.
    public var means: [[Double]]
    /// K covariances, D × D row-major (diagonal ones have zeros off the diagonal).
    public var covariances: [[Double]]
    /// Weighted mean log density of the draws under the fit, nats.
    public var meanLogDensity: Double

    /// Creates a fit of K ≥ 1 components.
    public init(weights: [Double], means: [[Double]], covariances: [[Double]], meanLogDensity: Double) {
        self.weights = weights
        self.means = means
        self.covariances = covariances
        self.meanLogDensity = meanLogDensity
    }

    /// Number of components K.
    public var components: Int { weights.count }

    /// Log density of one point.
    public func logDensity(of point: [Double]) -> Double {
        logSumExp(
            (0..<components).map { k in
                Elementary.log(weights[k])
                    + (TriangularWhitening(mean: means[k], covariance: covariances[k]).logDensity(point))
            })
    }
}

/// v = A (z − μ) with A the inverse of the lower Cholesky factor of a covariance: turns a Gaussian into N(0, I).
public struct TriangularWhitening: Sendable, Equatable {
    /// μ.
    public let mean: [Double]
    /// A, D × D row-major, lower triangular with positive diagonal.
    public let factor: [Double]
    /// −Σ log L_dd − (D/2) log 2π.
    public let logNormalizer: Double

    /// Factors a covariance (D × D row-major); a matrix that is not positive definite is mended by adding to its
    /// diagonal.
    public init(mean: [Double], covariance: [Double]) {
        let dimension = mean.count
        var jitter = 0.0
        var cholesky: [Double]?
        while cholesky == nil {
            cholesky = Self.cholesky(covariance, dimension: dimension, jitter: jitter)
            jitter = jitter == 0 ? 1e-12 : jitter * 10
            if jitter > 1e12 { cholesky = Self.identity(dimension) }
        }
        let lower = cholesky!
        var inverse = [Double](repeating: 0, count: dimension * dimension)
        for c in 0..<dimension {
            inverse[c * dimension + c] = 1 / lower[c * dimension + c]
            for r in (c + 1)..<max(dimension, c + 1) {
                var sum = 0.0
                for k in c..<r { sum += lower[r * dimension + k] * inverse[k * dimension + c] }
                inverse[r * dimension + c] = -sum / lower[r * dimension + r]
            }
        }
        self.mean = mean
        factor = inverse
        var normalizer = -Double(dimension) * Elementary.halfLogTwoPi
        for d in 0..<dimension { normalizer -= Elementary.log(lower[d * dimension + d]) }
        logNormalizer = normalizer
    }

    /// log N(point; μ, Σ).
    public func logDensity(_ point: [Double]) -> Double {
        point.withUnsafeBufferPointer { logDensity($0.baseAddress!) }
    }

    func logDensity(_ point: UnsafePointer<Double>) -> Double {
        let dimension = mean.count
        var sum = 0.0
        mean.withUnsafeBufferPointer { mean in
            factor.withUnsafeBufferPointer { factor in
                for r in 0..<dimension {
                    var v = 0.0
                    for c in 0...r { v += factor[r &* dimension &+ c] * (point[c] - mean[c]) }
                    sum += v * v
                }
            }
        }
        return logNormalizer - 0.5 * sum
    }

    private static func identity(_ dimension: Int) -> [Double] {
        (0..<(dimension * dimension)).map { $0 / dimension == $0 % dimension ? 1 : 0 }
    }

    private static func cholesky(_ matrix: [Double], dimension: Int, jitter: Double) -> [Double]? {
        var lower = [Double](repeating: 0, count: dimension * dimension)
        for r in 0..<dimension {
            for c in 0...r {
                var sum = matrix[r * dimension + c] + (r == c ? jitter : 0)
                for k in 0..<c { sum -= lower[r * dimension + k] * lower[c * dimension + k] }
                if r == c {
                    guard sum > 0, sum.isFinite else { return nil }
                    lower[r * dimension + r] = sum.squareRoot()
                } else {
                    lower[r * dimension + c] = sum / lower[c * dimension + c]
                }
            }
        }
        return lower
    }
}

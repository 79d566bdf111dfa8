/// Pareto-smoothed importance sampling: the largest importance weights are replaced by order statistics of a generalised
/// Pareto distribution fitted to them, whose shape k̂ tells how far the weights can be trusted (Vehtari, Simpson,
/// Gelman, Yao & Gabry 2024, Pareto smoothed importance sampling, JMLR 25(72)).
public struct ParetoSmoothing: Sendable, Equatable {
    /// The smoothed log weights, in the order and on the scale of those given (not normalised); none exceeds the largest
    /// one given.
    public var logWeights: [Double]
    /// The shape k̂ of the tail: the weights have about 1/k̂ finite moments. +infinity when there are too few distinct
    /// large weights to fit a tail (5 are needed) or the fit fails, NaN when a log weight is NaN or +infinity; the
    /// weights are then as given.
    public var khat: Double
    /// The number of weights that were smoothed; 0 when none was.
    public var tailCount: Int

    /// min(1 − 1/log₁₀ S, 0.7): with a larger k̂ from S weights the estimates are unreliable (Vehtari et al. 2024, eq. 13).
    public static func threshold(count: Int) -> Double {
        guard count > 1 else { return -.infinity }
        return min(1 - 2.302585092994046 / Elementary.log(Double(count)), 0.7)
    }
}

/// Smooths the largest ⌈min(S/5, 3√S)⌉ of S importance weights, given as logarithms up to a constant.
///
/// −infinity is a weight of 0. A pure function of the numbers; O(S log S).
public func paretoSmoothed(_ logWeights: [Double]) -> ParetoSmoothing {
    let count = logWeights.count
    var untouched = ParetoSmoothing(logWeights: logWeights, khat: .infinity, tailCount: 0)
    var largest = -Double.infinity
    for value in logWeights {
        if value.isNaN || value == .infinity {
            untouched.khat = .nan
            return untouched
        }
        if value > largest { largest = value }
    }
    let asked = Int(min(Double(count) / 5, 3 * Double(count).squareRoot()).rounded(.up))
    guard largest > -.infinity, asked > 4, asked < count else { return untouched }

    // The cut lies at the largest weight below the tail; weights that equal it stay outside. The tail is not looked for
    // below the least normal double.
    let sorted = PairwiseKernels.current.sorted(logWeights)
    let leastLogarithm = -708.3964185322641
    let cut = max(sorted[count - asked - 1] - largest, leastLogarithm)
    var tail: [Int] = []
    for (index, value) in logWeights.enumerated() where value - largest > cut { tail.append(index) }
    guard tail.count > 4 else { return untouched }
    tail.sort { (logWeights[$0], $0) < (logWeights[$1], $1) }
    let origin = Elementary.exp(cut)
    let excesses = tail.map { Elementary.exp(logWeights[$0] - largest) - origin }
    guard let fit = GeneralizedPareto(fittedTo: excesses) else { return untouched }

    var smoothed = logWeights
    for (rank, index) in tail.enumerated() {
        let quantile = fit.quantile((Double(rank) + 0.5) / Double(tail.count))
        smoothed[index] = largest + min(0, Elementary.log(quantile + origin))
    }
    return ParetoSmoothing(logWeights: smoothed, khat: fit.shape, tailCount: tail.count)
}

/// The generalised Pareto distribution of excesses x > 0: F(x) = 1 − (1 + shape·x/scale)^(−1/shape).
public struct GeneralizedPareto: Sendable, Equatable {
    /// k; moments of order ≥ 1/k do not exist.
    public var shape: Double
    /// σ > 0.
    public var scale: Double

    /// Creates a distribution.
    public init(shape: Double, scale: Double) {
        self.shape = shape
        self.scale = scale
    }

    /// The empirical Bayes estimate of Zhang & Stephens 2009 (A new and efficient estimation method for the generalized
    /// Pareto distribution, Technometrics 51(3)) from excesses in ascending order, its shape drawn to ½ with the weight
    /// of 10 observations (Vehtari et al. 2024, appendix C). Nil when the excesses do not determine a finite fit.
    public init?(fittedTo excesses: [Double]) {
        let count = excesses.count
        guard count > 1, let last = excesses.last, last > 0, last.isFinite else { return nil }
        let n = Double(count)
        // In the parameter b = −k/σ: a grid of m values about 1/x_max, spread by the lower quartile.
        let quartile = excesses[max(0, Int(n / 4 + 0.5) - 1)]
        guard quartile > 0 else { return nil }
        let candidates = 30 + Int(n.squareRoot())
        var terms = [Double](repeating: 0, count: count)
        /// The mean of log(1 − b·x): the shape that maximises the likelihood at b.
        func profileShape(at b: Double) -> Double {
            for i in excesses.indices { terms[i] = -b * excesses[i] }
            Elementary.logOnePlus(&terms)
            var sum = 0.0
            for term in terms { sum += term }
            return sum / n
        }
        var grid: [Double] = []
        var profile: [Double] = []
        for j in 1...candidates {
            let b =
                1 / last + (1 - (Double(candidates) / (Double(j) - 0.5)).squareRoot()) / (3 * quartile)
            let k = profileShape(at: b)
            grid.append(b)
            profile.append(n * (Elementary.log(-b / k) - k - 1))
        }
        let total = logSumExp(profile)
        guard total.isFinite else { return nil }
        var kept = 0.0
        var mean = 0.0
        for (b, value) in zip(grid, profile) {
            let weight = Elementary.exp(value - total)
            // Candidates of no weight only add rounding noise.
            guard weight >= 10 * 0x1p-52 else { continue }
            kept += weight
            mean += weight * b
        }
        let b = mean / kept
        let k = profileShape(at: b)
        scale = -k / b
        self.shape = (n * k + 10 * 0.5) / (n + 10)
        guard shape.isFinite, scale > 0, scale.isFinite else { return nil }
    }

    /// The p-quantile, 0 < p < 1.
    public func quantile(_ p: Double) -> Double {
        let logTail = Elementary.logOnePlus(-p)
        if abs(shape) < 0x1p-52 { return -scale * logTail }
        return scale * Elementary.expMinusOne(-shape * logTail) / shape
    }
}

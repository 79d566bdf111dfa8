import FlowMath

extension MixtureFit {
    /// The number of modes of the mixture's density: components between which a path leads without a dip below `dip` times
    /// the lower peak are one mode.
    ///
    /// Peaks are the components' means and what is higher on the paths between them; paths are the ridgelines of the pairs,
    /// which hold every critical point of the pair's own mixture (Ray and Lindsay 2005, theorem 1), and lead on through
    /// other components. A peak that meets a higher one at a level of `dip` times its height or more is no mode of its own:
    /// persistence as in Chazal, Guibas, Oudot and Skraba 2013. A broad component across two modes thus joins neither
    /// with the other.
    public func modeCount(dip: Double = 0.5) -> Int {
        let density = MixtureDensity(self)
        var edges: [(low: Double, high: Double, pair: (Int, Int))] = []
        for i in 0..<components {
            for j in 0..<i {
                let (low, high) = density.extremes(alongRidgelineFrom: i, to: j)
                edges.append((low, high, (i, j)))
            }
        }
        // Stable: equal levels stay in the order of the pairs.
        let order = edges.indices.sorted { (edges[$0].low, -$0) > (edges[$1].low, -$1) }
        var parent = Array(0..<components)
        var peaks = (0..<components).map { density.logDensity(at: means[$0]) }
        func root(_ i: Int) -> Int {
            var i = i
            while parent[i] != i { i = parent[i] }
            return i
        }
        let logDip = Elementary.log(dip)
        var modes = 1
        for index in order {
            let edge = edges[index]
            let (a, b) = (root(edge.pair.0), root(edge.pair.1))
            if a == b { continue }
            parent[b] = a
            if edge.low < min(peaks[a], peaks[b]) + logDip {
                modes += 1
                peaks[a] = max(peaks[a], peaks[b])
            } else {
                peaks[a] = max(peaks[a], peaks[b], edge.high)
            }
        }
        return modes
    }
}

/// A mixture prepared for many evaluations of its density.
struct MixtureDensity {
    private let fit: MixtureFit
    private let whitenings: [TriangularWhitening]
    private let constants: [Double]
    private let precisions: [[Double]]
    private let precisionMeans: [[Double]]

    init(_ fit: MixtureFit) {
        self.fit = fit
        whitenings = (0..<fit.components).map {
            TriangularWhitening(mean: fit.means[$0], covariance: fit.covariances[$0])
        }
        constants = fit.weights.map { Elementary.log($0) }
        let dimension = fit.means[0].count
        // Σ⁻¹ = Aᵀ A.
        let precisions = whitenings.map { whitening in
            (0..<(dimension * dimension)).map { entry in
                (0..<dimension).reduce(0.0) { sum, k in
                    sum + whitening.factor[k * dimension + entry / dimension]
                        * whitening.factor[k * dimension + entry % dimension]
                }
            }
        }
        self.precisions = precisions
        precisionMeans = precisions.indices.map { k in
            (0..<dimension).map { r in
                (0..<dimension).reduce(0.0) { $0 + precisions[k][r * dimension + $1] * fit.means[k][$1] }
            }
        }
    }

    /// log Σ_k π_k N(x; μ_k, Σ_k).
    func logDensity(at point: [Double]) -> Double {
        logSumExp(whitenings.indices.map { constants[$0] + whitenings[$0].logDensity(point) })
    }

    /// Steps of the log odds log α/(1 − α) from −16 to 16: wide enough for standard deviations 3 000 times apart.
    private static let logOdds = (-32...32).map { 0.5 * Double($0) }

    /// Least and greatest log density on the ridgeline of two components, ends included:
    /// x(α) = [(1 − α) Σ_i⁻¹ + α Σ_j⁻¹]⁻¹ [(1 − α) Σ_i⁻¹ μ_i + α Σ_j⁻¹ μ_j].
    func extremes(alongRidgelineFrom i: Int, to j: Int) -> (low: Double, high: Double) {
        let ends = (logDensity(at: fit.means[i]), logDensity(at: fit.means[j]))
        var (low, high) = (min(ends.0, ends.1), max(ends.0, ends.1))
        for logOdds in Self.logOdds {
            let share = 1 / (1 + Elementary.exp(-logOdds))
            let precision = zip(precisions[i], precisions[j]).map { (1 - share) * $0 + share * $1 }
            let target = zip(precisionMeans[i], precisionMeans[j]).map { (1 - share) * $0 + share * $1 }
            let value = logDensity(at: solve(precision, target))
            low = min(low, value)
            high = max(high, value)
        }
        return (low, high)
    }

    /// x with P x = b for symmetric positive definite P.
    private func solve(_ matrix: [Double], _ target: [Double]) -> [Double] {
        let dimension = target.count
        let factor = TriangularWhitening(mean: target, covariance: matrix).factor
        // P⁻¹ = Aᵀ A.
        let half = (0..<dimension).map { r in (0...r).reduce(0.0) { $0 + factor[r * dimension + $1] * target[$1] } }
        return (0..<dimension).map { c in
            (c..<dimension).reduce(0.0) { $0 + factor[$1 * dimension + c] * half[$1] }
        }
    }
}

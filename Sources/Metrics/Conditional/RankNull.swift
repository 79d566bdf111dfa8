import FlowMath
import Synchronization

/// What the statistics of a ``RankHistogram`` read when q is the exact posterior: 9 999 histograms of n independent
/// uniform ranks, drawn once per n and process from a stream of their own. Exact up to that simulation for every n,
/// where the Kolmogorov distribution is only a limit and ignores that ranks are whole numbers.
package struct RankNull: Sendable {
    /// Simulated histograms; the least p value is 1/(replicates + 1).
    package static let replicates = 9_999

    /// The largest |excess| of each histogram, in the order drawn.
    private let excesses: [Int]
    /// The same, ascending.
    private let sorted: [Int]
    /// Of the mean over levels of |empirical − nominal|.
    let meanDeviation: MetricFloor
    private let count: Int

    private static let known = Mutex<[Int: RankNull]>([:])

    /// The null distribution for n = `count` ≥ 1 ranks. n · 10⁴ random numbers at the first call, then kept.
    package static func of(count: Int) -> RankNull {
        known.withLock { known in
            if let null = known[count] { return null }
            let null = RankNull(count: count)
            known[count] = null
            return null
        }
    }

    private init(count: Int) {
        self.count = count
        var excesses: [Int] = []
        var deviations: [Double] = []
        var stream = RandomStream(
            seed: ReferenceKey.hash("rank-null"), purpose: .reference, step: UInt32(truncatingIfNeeded: count))
        for _ in 0..<Self.replicates {
            let histogram = RankHistogram(uniforms: stream.uniforms(count))
            excesses.append(histogram.largestExcess)
            deviations.append(histogram.meanDeviation.value)
        }
        self.excesses = excesses
        sorted = excesses.sorted()
        let moments = SampleMoments(deviations)
        meanDeviation = MetricFloor(
            mean: moments.mean, standardDeviation: moments.variance.squareRoot(), repetitions: Self.replicates)
    }

    /// P(distance ≥ that of the histogram), from 1/(replicates + 1) on: (1 + #{simulated ≥ observed})/(replicates + 1).
    package func tail(_ histogram: RankHistogram) -> Double {
        let observed = histogram.largestExcess
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < observed { low = middle + 1 } else { high = middle }
        }
        return Double(1 + sorted.count - low) / Double(Self.replicates + 1)
    }

    /// The floor of the largest of `statistics` distances, taken as independent (they nearly are).
    package func largestDistance(of statistics: Int) -> MetricFloor {
        let groups = Self.replicates / statistics
        let unit = 1 / Double((RankHistogram.draws + 1) * count)
        let moments = SampleMoments(
            (0..<groups).map { group in
                Double(excesses[(group * statistics)..<((group + 1) * statistics)].max() ?? 0) * unit
            })
        return MetricFloor(
            mean: moments.mean, standardDeviation: moments.variance.squareRoot(), repetitions: groups)
    }

    /// The floor of the mean over levels of empirical − nominal: with one rank r it is (99 − r)/99 − ½, whose variance
    /// for r uniform on 0 … 99 is (100² − 1)/(12 · 99²).
    package var meanExcess: MetricFloor {
        let variance = 9_999.0 / (12 * 99 * 99)
        return MetricFloor(
            mean: 0, standardDeviation: (variance / Double(count)).squareRoot(), repetitions: 0)
    }
}

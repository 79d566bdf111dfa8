import FlowMath

/// An estimate with its first-order standard error.
struct Estimate: Sendable, Equatable {
    var value: Double
    var standardError: Double
}

/// The unbiased squared MMD for the five-bandwidth mixture and for its largest bandwidth alone.
struct KernelStatistics: Sendable, Equatable {
    var mixture: Estimate
    var single: Estimate
    var bandwidth: Double
}

/// E k(X,X′) + E k(Y,Y′) − 2 E k(X,Y) as a U-statistic from sums over pairs, times `factor`.
///
/// Its standard error is that of its Hájek projection: 4 var(a)/n + 4 var(b)/m with a_i the part of the statistic in
/// which point i takes part (Hoeffding 1948). At equality the projection vanishes and the error is understated: the
/// floor's standard deviation is the noise there.
func twoSampleStatistic(
    first: PairwiseKernels.Sums, second: PairwiseKernels.Sums, cross: PairwiseKernels.Sums, factor: Double
) -> Estimate {
    let n = Double(first.rows.count)
    let m = Double(second.rows.count)
    var within = 0.0
    for row in first.rows { within += row }
    var withinOther = 0.0
    for row in second.rows { withinOther += row }
    var between = 0.0
    for row in cross.rows { between += row }
    let value = 2 * within / (n * (n - 1)) + 2 * withinOther / (m * (m - 1)) - 2 * between / (n * m)
    let a = first.rows.indices.map { (first.rows[$0] + first.columns[$0]) / (n - 1) - cross.rows[$0] / m }
    let b = second.rows.indices.map { (second.rows[$0] + second.columns[$0]) / (m - 1) - cross.columns[$0] / n }
    let variance = 4 * SampleMoments(a).variance / n + 4 * SampleMoments(b).variance / m
    return Estimate(value: factor * value, standardError: abs(factor) * variance.squareRoot())
}

/// The unbiased squared MMD of two sets of finite points with Gaussian kernels exp(−‖a−b‖²/(2h²)): h = `bandwidth`
/// (`single`), and the average over h·{1/16, 1/8, 1/4, 1/2, 1} (`mixture`).
func gaussianKernelStatistics(
    _ a: Points, _ b: Points, bandwidth: Double
) -> Result<KernelStatistics, SampleProblem> {
    if let problem = kernelProblem(a, b, bandwidth: bandwidth) { return .failure(problem) }
    let first = FeatureMajorPoints(a)
    let second = FeatureMajorPoints(b)
    let kernels = PairwiseKernels.current
    let firstSums = kernels.gaussianSums(first, nil, bandwidth: bandwidth)
    let secondSums = kernels.gaussianSums(second, nil, bandwidth: bandwidth)
    let crossSums = kernels.gaussianSums(first, second, bandwidth: bandwidth)
    return .success(
        KernelStatistics(
            mixture: twoSampleStatistic(
                first: firstSums.mixture, second: secondSums.mixture, cross: crossSums.mixture, factor: 0.2),
            single: twoSampleStatistic(
                first: firstSums.single, second: secondSums.single, cross: crossSums.single, factor: 1),
            bandwidth: bandwidth))
}

/// The `single` part of ``gaussianKernelStatistics(_:_:bandwidth:)`` alone, bit for bit.
func singleKernelStatistic(_ a: Points, _ b: Points, bandwidth: Double) -> Result<Estimate, SampleProblem> {
    if let problem = kernelProblem(a, b, bandwidth: bandwidth) { return .failure(problem) }
    let first = FeatureMajorPoints(a)
    let second = FeatureMajorPoints(b)
    let kernels = PairwiseKernels.current
    return .success(
        twoSampleStatistic(
            first: kernels.gaussianSingleSums(first, nil, bandwidth: bandwidth),
            second: kernels.gaussianSingleSums(second, nil, bandwidth: bandwidth),
            cross: kernels.gaussianSingleSums(first, second, bandwidth: bandwidth), factor: 1))
}

/// Why kernels of this bandwidth cannot compare these points; nil when they can.
func kernelProblem(_ a: Points, _ b: Points, bandwidth: Double) -> SampleProblem? {
    guard a.count >= 2 && b.count >= 2 else {
        return SampleProblem("needs at least 2 points on each side, found \(a.count) and \(b.count)")
    }
    let largest = max(a.values.reduce(0) { max($0, abs($1)) }, b.values.reduce(0) { max($0, abs($1)) })
    guard bandwidth > 0 && bandwidth.isFinite && (largest / bandwidth).isFinite else {
        return SampleProblem("the bandwidth \(bandwidth) is not usable (identical or extreme points)")
    }
    return nil
}

/// The energy distance 2E‖X−Y‖ − E‖X−X′‖ − E‖Y−Y′‖ with U-statistics, not rooted.
func energyStatistic(_ a: Points, _ b: Points) -> Result<Estimate, SampleProblem> {
    guard a.count >= 2 && b.count >= 2 else {
        return .failure(SampleProblem("needs at least 2 points on each side, found \(a.count) and \(b.count)"))
    }
    let first = FeatureMajorPoints(a)
    let second = FeatureMajorPoints(b)
    let kernels = PairwiseKernels.current
    return .success(
        twoSampleStatistic(
            first: kernels.distanceSums(first, nil), second: kernels.distanceSums(second, nil),
            cross: kernels.distanceSums(first, second), factor: -1))
}

/// The median distance between the first `limit` points (mean of the two middle ones for an even number of pairs);
/// NaN for fewer than 2 points.
package func medianPairwiseDistance(_ points: Points, limit: Int = 2_000) -> Double {
    let set = FeatureMajorPoints(points, limit: limit)
    guard set.count >= 2 else { return .nan }
    let kernels = PairwiseKernels.current
    let matrix = kernels.squaredDistances(set, set)
    var squares: [Double] = []
    squares.reserveCapacity(set.count * (set.count - 1) / 2)
    for i in 0..<(set.count - 1) {
        for j in (i + 1)..<set.count { squares.append(matrix[i, j]) }
    }
    let sorted = kernels.sorted(squares)
    let middle = sorted.count / 2
    let upper = sorted[middle].squareRoot()
    return sorted.count % 2 == 1 ? upper : 0.5 * (sorted[middle - 1].squareRoot() + upper)
}

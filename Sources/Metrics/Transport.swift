import FlowMath

/// Exact optimal transport between two equal-weight samples of one size.
///
/// `value` is W₁ (mean cost ‖a−b‖) or W₂ (root of the mean cost ‖a−b‖²). The standard error comes from the variance of
/// the optimal dual potentials, var(u)/n + var(v)/n for the mean cost (del Barrio & Loubes 2019, central limit theorems
/// for empirical transportation cost); it is about the estimate's own mean, which lies above the distance of the
/// distributions.
func exactTransport(_ a: Points, _ b: Points, squared: Bool) -> Result<Estimate, SampleProblem> {
    let count = min(a.count, b.count)
    guard count >= 1 else { return .failure(SampleProblem("needs at least 1 point on each side")) }
    let squares = PairwiseKernels.current.squaredDistances(
        FeatureMajorPoints(a, limit: count), FeatureMajorPoints(b, limit: count))
    let matrix = squared ? squares : squares.squareRoots()
    guard let assignment = AssignmentSolver.solve(matrix) else {
        return .failure(SampleProblem("distances between the points overflow"))
    }
    var total = 0.0
    for (i, j) in assignment.columnOfRow.enumerated() { total += matrix[i, j] }
    let n = Double(count)
    let cost = total / n
    let error =
        ((SampleMoments(assignment.rowPrices).variance + SampleMoments(assignment.columnPrices).variance) / n)
        .squareRoot()
    if !squared { return .success(Estimate(value: cost, standardError: error)) }
    let root = cost.squareRoot()
    return .success(Estimate(value: root, standardError: root > 0 ? error / (2 * root) : .nan))
}

/// The directions of the sliced distance: in 2D the angles π(i+½)/n, in 1D the axis itself, above 2D normalised normal
/// vectors from Philox seed 0.
func projectionDirections(dimension: Int, count: Int) -> [[Double]] {
    if dimension == 1 { return [[1]] }
    if dimension == 2 {
        return (0..<count).map { index in
            let (sine, cosine) = Elementary.sineCosineOfTurns((Double(index) + 0.5) / Double(2 * count))
            return [cosine, sine]
        }
    }
    var stream = RandomStream(seed: 0, purpose: .projection)
    return (0..<count).map { _ in
        var direction = (0..<dimension).map { _ in stream.nextNormal() }
        var square = 0.0
        for component in direction { square += component * component }
        let norm = square.squareRoot()
        for d in direction.indices { direction[d] /= norm }
        return direction
    }
}

/// Sliced W₂: √ of the mean over directions of the squared W₂ between the one-dimensional projections (quantile
/// coupling, sizes may differ), without a √D factor (Bonneel et al. 2015).
func slicedTransport(_ a: Points, _ b: Points, projections: Int) -> Result<Double, SampleProblem> {
    guard a.count >= 1 && b.count >= 1 else { return .failure(SampleProblem("needs at least 1 point on each side")) }
    let first = FeatureMajorPoints(a)
    let second = FeatureMajorPoints(b)
    let kernels = PairwiseKernels.current
    var firstLine = [Double](repeating: 0, count: a.count + 7)
    var secondLine = [Double](repeating: 0, count: b.count + 7)
    var scratch = [Double](repeating: 0, count: max(a.count, b.count))
    let directions = projectionDirections(dimension: a.dimension, count: projections)
    var total = 0.0
    for direction in directions {
        kernels.project(first, onto: direction, into: &firstLine)
        kernels.project(second, onto: direction, into: &secondLine)
        kernels.sort(&firstLine, count: a.count, scratch: &scratch)
        kernels.sort(&secondLine, count: b.count, scratch: &scratch)
        total += quantileCost(firstLine, a.count, secondLine, b.count)
    }
    return .success((total / Double(directions.count)).squareRoot())
}

/// Mean squared difference of the quantile functions of two sorted equal-weight samples.
private func quantileCost(_ a: [Double], _ countA: Int, _ b: [Double], _ countB: Int) -> Double {
    var sum = 0.0
    if countA == countB {
        for i in 0..<countA {
            let difference = a[i] - b[i]
            sum += difference * difference
        }
        return sum / Double(countA)
    }
    // Mass is counted in units of 1/(n·m): point i of a ends at (i+1)·m, point j of b at (j+1)·n.
    var i = 0
    var j = 0
    var position = 0
    while i < countA && j < countB {
        let end = min((i + 1) * countB, (j + 1) * countA)
        let difference = a[i] - b[j]
        sum += Double(end - position) * difference * difference
        position = end
        if end == (i + 1) * countB { i += 1 }
        if end == (j + 1) * countA { j += 1 }
    }
    return sum / (Double(countA) * Double(countB))
}

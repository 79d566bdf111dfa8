import FlowMath

/// The stratified five-fold cross-validated accuracy of ``TwoSampleClassifier`` between two samples, of which the first
/// min(n, m) points are used: C2ST, ½ when they cannot be told apart.
///
/// Coordinates are standardised with the mean and standard deviation of `a`, as sbibm does. `stream`: its substreams
/// 0…4 train the folds, 5 divides the points into folds. The standard error is that of a proportion of 2 min(n, m)
/// independent trials; the folds share most of their training points, so it is slightly too small.
func classifierTest(_ a: Points, _ b: Points, stream: RandomStream) -> Result<Estimate, SampleProblem> {
    let folds = 5
    let count = min(a.count, b.count)
    let dimension = a.dimension
    guard count >= 2 * folds else {
        return .failure(SampleProblem("needs at least \(2 * folds) points on each side, found \(count)"))
    }
    guard let features = standardized(a, b, count: count) else {
        return .failure(SampleProblem("the points are too far apart to be standardised"))
    }
    var labels = [Bool](repeating: false, count: 2 * count)
    for i in count..<(2 * count) { labels[i] = true }

    // Each sample is divided by itself, so that every fold tests as many points of one as of the other.
    var dealing = stream.substream(UInt32(folds))
    let samples = [0, count].map { start in
        var rows = (0..<count).map { Int32(start + $0) }
        shuffle(&rows, &dealing)
        return rows
    }
    let classifier = TwoSampleClassifier(
        features: features, labels: labels, dimension: dimension, hidden: 10 * dimension)
    var accuracy = 0.0
    for fold in 0..<folds {
        let tested = (fold * count / folds)..<((fold + 1) * count / folds)
        let training = samples.flatMap { $0[..<tested.lowerBound] + $0[tested.upperBound...] }
        classifier.train(on: training, stream: stream.substream(UInt32(fold)))
        guard classifier.isFinite else { return .failure(SampleProblem("the classifier diverged in fold \(fold + 1)")) }
        let correct = classifier.correct(on: samples.flatMap { Array($0[tested]) })
        accuracy += Double(correct) / Double(2 * tested.count * folds)
    }
    return .success(Estimate(value: accuracy, standardError: proportionError(accuracy, 2 * count)))
}

/// The first `count` points of both, coordinates divided by a's standard deviation about a's mean (a constant
/// coordinate is only centred); nil when that overflows single precision.
private func standardized(_ a: Points, _ b: Points, count: Int) -> [Float]? {
    let dimension = a.dimension
    var features = [Float](repeating: 0, count: 2 * count * dimension)
    for d in 0..<dimension {
        let moments = SampleMoments((0..<count).map { a[$0, d] })
        guard moments.mean.isFinite, moments.variance.isFinite else { return nil }
        let scale = moments.variance > 0 ? 1 / moments.variance.squareRoot() : 1
        for i in 0..<count {
            let first = Float((a[i, d] - moments.mean) * scale)
            let second = Float((b[i, d] - moments.mean) * scale)
            guard abs(first) < 1e18, abs(second) < 1e18 else { return nil }
            features[i * dimension + d] = first
            features[(count + i) * dimension + d] = second
        }
    }
    return features
}

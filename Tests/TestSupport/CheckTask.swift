import FlowMath
import Tasks

/// Everything the contract of ``InferenceTask`` promises, checked for one task; a sentence per broken promise.
///
/// Deterministic: seeds are fixed and statistical thresholds are five standard deviations (about one false alarm in
/// three million). Runs in about a second in release builds.
public func checkTask(_ task: any InferenceTask) -> [String] {
    var failures = checkShape(of: task)
    if !failures.isEmpty { return failures }
    failures += checkDensityCalls(of: task)
    failures += checkSampler(of: task)
    failures += checkModes(of: task)
    failures += checkAgainstGrid(task)
    if let simulator = task as? any SimulatorTask { failures += checkSimulator(simulator) }
    return failures
}

/// Adds a sentence when a condition fails.
struct Findings {
    var failures: [String] = []
    mutating func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { failures.append(message()) }
    }
}

private func checkShape(of task: any InferenceTask) -> [String] {
    var findings = Findings()
    findings.require(task.dimension >= 1, "dimension \(task.dimension) < 1")
    findings.require(task.priorBox.count == task.dimension, "priorBox has \(task.priorBox.count) ranges")
    switch task.prior {
    case .uniform:
        for range in task.priorBox {
            findings.require(
                range.lowerBound.isFinite && range.upperBound.isFinite && range.upperBound > range.lowerBound,
                "prior range \(range) is empty or infinite")
        }
    case .normal(let means, let deviations):
        findings.require(
            means.count == task.dimension && deviations.count == task.dimension && deviations.allSatisfy { $0 > 0 },
            "the normal prior has \(means.count) means and \(deviations.count) deviations")
        findings.require(
            task.priorBox.allSatisfy { $0.lowerBound == -.infinity && $0.upperBound == .infinity },
            "a normal prior lives on all of R^D")
    }
    findings.require(task.logEvidence(observation: task.observation).isFinite, "logEvidence is not finite")
    return findings.failures
}

/// Values inside and outside the box, and independence of the points in a batch.
private func checkDensityCalls(of task: any InferenceTask) -> [String] {
    var findings = Findings()
    let dimension = task.dimension
    let x = task.observation
    let inside = task.samplePrior(count: 300, stream: RandomStream(seed: 1, purpose: .pool))
    findings.require((0..<300).allSatisfy { task.isInsidePrior(inside, $0) }, "a prior draw lies outside the box")
    findings.require(
        inside == task.samplePrior(count: 400, stream: RandomStream(seed: 1, purpose: .pool)).prefix(300),
        "prior draws depend on the count")

    let likelihood = task.logLikelihood(of: inside, observation: x)
    let posterior = task.logPosterior(of: inside, observation: x)
    findings.require(likelihood.count == 300 && posterior.count == 300, "a batch call returns another count")
    findings.require(
        likelihood.allSatisfy { !$0.isNaN && $0 < .infinity } && likelihood.contains { $0.isFinite },
        "logLikelihood is not a number inside the box")
    findings.require(
        task.logLikelihood(of: Points(dimension: dimension, values: []), observation: x).isEmpty,
        "an empty batch yields values")
    let prior = task.logPrior(of: inside)
    let evidence = task.logEvidence(observation: x)
    for i in 0..<300 {
        let one = Points(dimension: dimension, values: (0..<dimension).map { inside[i, $0] })
        findings.require(
            task.logLikelihood(of: one, observation: x)[0].bitPattern == likelihood[i].bitPattern
                && task.logPosterior(of: one, observation: x)[0].bitPattern == posterior[i].bitPattern,
            "point \(i) differs alone and in a batch")
        findings.require(
            likelihood[i] == -.infinity && posterior[i] == -.infinity
                || abs(likelihood[i] + prior[i] - evidence - posterior[i]) <= 1e-12 * max(1, abs(likelihood[i])),
            "logPosterior is not prior times likelihood over evidence at point \(i)")
    }

    for d in 0..<dimension {
        for outside in [task.priorBox[d].upperBound * 1.0001 + 1e-3, -1e300, .infinity, .nan] {
            var points = inside.prefix(3)
            points[1, d] = outside
            let values = task.logPosterior(of: points, observation: x)
            findings.require(values[1] == -.infinity, "logPosterior is \(values[1]) where θ_\(d) = \(outside)")
            findings.require(
                values[0] == posterior[0] && values[2] == posterior[2], "a point outside the box changes its neighbours"
            )
        }
    }
    if task.prior == .uniform {
        let edge = Points(dimension: dimension, values: task.priorBox.map(\.upperBound))
        let atEdge = (task.logPosterior(of: edge, observation: x)[0], task.logLikelihood(of: edge, observation: x)[0])
        findings.require(atEdge.0.isFinite == atEdge.1.isFinite, "the box's corner has no density")
    }
    return findings.failures
}

private func checkSampler(of task: any InferenceTask) -> [String] {
    var findings = Findings()
    let stream = RandomStream(seed: 5, purpose: .reference)
    let many = task.samplePosterior(count: 500, observation: task.observation, stream: stream)
    findings.require(many.count == 500, "asked for 500 samples, got \(many.count)")
    findings.require(
        many == task.samplePosterior(count: 500, observation: task.observation, stream: stream),
        "the same stream gives other samples")
    findings.require(
        many.prefix(123) == task.samplePosterior(count: 123, observation: task.observation, stream: stream),
        "samples depend on the count")
    findings.require(
        many
            != task.samplePosterior(
                count: 500, observation: task.observation, stream: RandomStream(seed: 6, purpose: .reference)),
        "another stream gives the same samples")
    findings.require(
        task.samplePosterior(count: 0, observation: task.observation, stream: stream).count == 0,
        "count 0 gives samples")
    for i in 0..<500 where !task.isInsidePrior(many, i) { findings.require(false, "sample \(i) lies outside the box") }
    findings.require(
        task.logPosterior(of: many, observation: task.observation).allSatisfy(\.isFinite),
        "a sample has no posterior density")
    return findings.failures
}

/// Modes are local maxima (along the radius only, for circles; within log 2 of one, for overlapping components),
/// distinct, inside the box and above the saddle.
private func checkModes(of task: any InferenceTask) -> [String] {
    var findings = Findings()
    let x = task.observation
    let modes = task.modes(observation: x)
    if let count = task.modeCount {
        findings.require(modes.count == count, "modeCount is \(count), modes lists \(modes.count)")
    }
    func logPosterior(_ theta: [Double]) -> Double {
        task.logPosterior(of: Points(dimension: task.dimension, values: theta), observation: x)[0]
    }
    let saddle = task.logSeparatingDensity(observation: x)
    findings.require(modes.count >= 2 || saddle == nil, "a saddle with fewer than two modes")
    for (k, mode) in modes.enumerated() {
        let height = logPosterior(mode.centre)
        findings.require(height.isFinite, "mode \(k) lies outside the box")
        if let saddle { findings.require(saddle < height + 1e-9, "the saddle is above mode \(k)") }
        for other in modes[..<k] { findings.require(other != mode, "mode \(k) is listed twice") }
        if task.modeGeometry == .components {
            let gain = logPosterior(climb(from: mode.centre, logPosterior)) - height
            findings.require(gain < 0.6931, "component \(k) lies \(gain) below the maximum next to it")
            continue
        }
        for d in 0..<task.dimension {
            for delta in [-0.02, -1e-3, 1e-3, 0.02] {
                var neighbour = mode.centre
                if case .radii = task.modeGeometry {
                    let length = neighbour.reduce(0) { $0 + $1 * $1 }.squareRoot()
                    neighbour = neighbour.map { $0 * (1 + delta / length) }
                } else {
                    neighbour[d] += delta
                }
                findings.require(
                    logPosterior(neighbour) <= height + 1e-8,
                    "mode \(k) is not a local maximum: \(delta) along dimension \(d) is higher")
            }
        }
    }
    return findings.failures
}

/// The local maximum that steps of halving length along the axes reach.
public func climb(from start: [Double], _ height: ([Double]) -> Double) -> [Double] {
    var best = start
    var value = height(start)
    var step = 0.5
    while step > 1e-7 {
        var improved = false
        for d in start.indices {
            for sign in [-1.0, 1] {
                var trial = best
                trial[d] += sign * step
                let trialValue = height(trial)
                if trialValue > value { (best, value, improved) = (trial, trialValue, true) }
            }
        }
        if !improved { step *= 0.5 }
    }
    return best
}

/// Normalisation, sampler and saddle against a grid of `logPosterior`.
private func checkAgainstGrid(_ task: any InferenceTask) -> [String] {
    guard task.dimension == 2 || task.dimension == 3, task.prior == .uniform else { return [] }
    var findings = Findings()
    let isPlane = task.dimension == 2
    // A likelihood that is 0 in part of the box jumps at that part's edge: a finer grid of random points, which errs by
    // about 3e-4 there.
    let prior = task.samplePrior(count: 500, stream: RandomStream(seed: 1, purpose: .pool))
    let jumps = isPlane && task.logLikelihood(of: prior, observation: task.observation).contains(-.infinity)
    let grid = TaskGrid(task: task, side: jumps ? 2400 : isPlane ? 800 : 108, scattered: jumps)
    let (mass, entropy) = grid.massAndEntropy
    // Where the density does not vanish at the box's faces, the midpoint rule errs by its step squared.
    findings.require(abs(mass - 1) < (jumps ? 2e-3 : isPlane ? 2e-5 : 2e-4), "the posterior integrates to \(mass)")

    let count = isPlane ? 100_000 : 40_000
    let samples = task.samplePosterior(
        count: count, observation: task.observation, stream: RandomStream(seed: 2, purpose: .reference))
    // Fine cells see the shape of a mode, coarse ones the masses of the modes.
    for cells in isPlane ? [50, 4] : [18, 4] {
        let (statistic, freedom) = grid.chiSquare(samples, cells: cells)
        findings.require(freedom >= 1, "the chi-square test has only \(freedom) degrees of freedom")
        // Five standard deviations of the cube-root normal approximation (Wilson & Hilferty 1931).
        let ninth = 2 / (9 * Double(max(freedom, 1)))
        let root = 1 - ninth + 5 * ninth.squareRoot()
        findings.require(
            statistic < Double(freedom) * root * root * root,
            "samples do not follow the density: chi-square \(statistic), \(freedom) degrees of freedom")
    }

    let logs = task.logPosterior(of: samples, observation: task.observation)
    let mean = -logs.reduce(0, +) / Double(count)
    let variance = logs.reduce(0) { $0 + ($1 + mean) * ($1 + mean) } / Double(count - 1)
    findings.require(
        abs(mean - entropy) < 5 * (variance / Double(count)).squareRoot() + (jumps ? 8e-3 : 1e-4),
        "mean −log p of samples is \(mean), the entropy \(entropy)")

    if isPlane, let saddle = task.logSeparatingDensity(observation: task.observation) {
        let found = TaskGrid(task: task, side: 401).highestSaddle
        // An odd side puts midpoints on the symmetry axes, where most saddles are. A step can still jump a narrow valley.
        // Both are −infinity where the density vanishes between the modes.
        let difference = found == saddle ? 0 : abs((found ?? .infinity) - saddle)
        let tolerance = 0.15 + 0.002 * (saddle.isFinite ? abs(saddle) : 0)
        let message = "logSeparatingDensity is \(saddle), a grid search finds \(String(describing: found))"
        findings.require(difference < tolerance, message)
    }
    return findings.failures
}

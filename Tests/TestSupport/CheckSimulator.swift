import FlowMath
import Tasks

/// What the contract of ``SimulatorTask`` promises beyond that of ``InferenceTask``.
func checkSimulator(_ task: any SimulatorTask) -> [String] {
    checkSimulatorCalls(task) + checkFixedObservations(task) + checkRanks(task)
}

/// Independence of the rows, and pairs against single observations.
private func checkSimulatorCalls(_ task: any SimulatorTask) -> [String] {
    var findings = Findings()
    let count = 60
    let stream = RandomStream(seed: 8, purpose: .pool)
    let points = task.samplePrior(count: count, stream: RandomStream(seed: 7, purpose: .pool))
    let simulated = task.simulate(at: points, stream: stream)
    findings.require(
        simulated.count == count && simulated.dimension == task.observation.count,
        "\(count) simulations have \(simulated.values.count) numbers")
    if !findings.failures.isEmpty { return findings.failures }
    findings.require(simulated == task.simulate(at: points, stream: stream), "the same stream simulates another x")
    findings.require(
        simulated.prefix(23) == task.simulate(at: points.prefix(23), stream: stream),
        "x depends on the rows that follow")
    findings.require(
        simulated != task.simulate(at: points, stream: RandomStream(seed: 9, purpose: .pool)),
        "another stream simulates the same x")
    var changed = points
    for d in 0..<task.dimension { changed[11, d] = points[12, d] }
    let after = task.simulate(at: changed, stream: stream)
    for i in 0..<count where i != 11 {
        findings.require(
            (0..<simulated.dimension).allSatisfy { after[i, $0] == simulated[i, $0] },
            "x of row \(i) depends on θ of another row")
    }

    let pairs = task.logLikelihood(of: points, observations: simulated)
    findings.require(pairs.count == count, "\(count) pairs give \(pairs.count) likelihoods")
    findings.require(pairs.allSatisfy(\.isFinite), "an x has no likelihood at the θ that simulated it")
    for i in 0..<count {
        let theta = Points(dimension: task.dimension, values: (0..<task.dimension).map { points[i, $0] })
        let x = (0..<simulated.dimension).map { simulated[i, $0] }
        let single = task.logLikelihood(of: theta, observation: x)[0]
        findings.require(single.bitPattern == pairs[i].bitPattern, "pair \(i) differs from its single observation")
    }
    // Also where θ did not simulate x.
    let shifted = Points(
        dimension: simulated.dimension,
        values: Array(simulated.values.dropFirst(simulated.dimension) + simulated.values.prefix(simulated.dimension)))
    let strangers = task.logLikelihood(of: points, observations: shifted)
    for i in 0..<count {
        let x = (0..<shifted.dimension).map { shifted[i, $0] }
        let single = task.logLikelihood(of: points, observation: x)[i]
        findings.require(single.bitPattern == strangers[i].bitPattern, "pair \(i) differs from its single observation")
    }
    return findings.failures
}

private func checkFixedObservations(_ task: any SimulatorTask) -> [String] {
    var findings = Findings()
    let observations = task.fixedObservations
    findings.require(observations.count == 10, "there are \(observations.count) fixed observations")
    findings.require(Set(observations).count == observations.count, "a fixed observation is listed twice")
    let prior = task.samplePrior(count: 300, stream: RandomStream(seed: 1, purpose: .pool))
    for (k, x) in observations.enumerated() {
        guard x.count == task.observation.count else {
            findings.require(false, "fixed observation \(k) has \(x.count) numbers")
            continue
        }
        findings.require(
            task.logLikelihood(of: prior, observation: x).contains(where: \.isFinite)
                && task.logEvidence(observation: x).isFinite,
            "fixed observation \(k) has no likelihood")
        let samples = task.samplePosterior(
            count: 50, observation: x, stream: RandomStream(seed: 5, purpose: .reference))
        let densities = task.logPosterior(of: samples, observation: x)
        findings.require(densities.allSatisfy(\.isFinite), "a sample at fixed observation \(k) has no density")
        let modes = task.modes(observation: x)
        let heights = task.logPosterior(
            of: Points(dimension: task.dimension, values: modes.flatMap(\.centre)), observation: x)
        findings.require(
            (heights.max() ?? -.infinity) >= (densities.max() ?? .infinity) - 1e-6,
            "a sample at fixed observation \(k) is above every mode")
    }
    return findings.failures
}

/// Rank statistics (Talts et al. 2018): with θ* from the prior and x simulated at it, θ* is one more exact posterior draw,
/// so its rank among such draws is uniform, in every coordinate and in the likelihood.
private func checkRanks(_ task: any SimulatorTask) -> [String] {
    var findings = Findings()
    let (trials, draws) = (240, 19)
    let truths = task.samplePrior(count: trials, stream: RandomStream(seed: 20, purpose: .pool))
    let simulated = task.simulate(at: truths, stream: RandomStream(seed: 21, purpose: .pool))
    var counts = [[Int]](repeating: [Int](repeating: 0, count: draws + 1), count: task.dimension + 1)
    for i in 0..<trials {
        let x = (0..<simulated.dimension).map { simulated[i, $0] }
        let truth = Points(dimension: task.dimension, values: (0..<task.dimension).map { truths[i, $0] })
        let samples = task.samplePosterior(
            count: draws, observation: x, stream: RandomStream(seed: 22, purpose: .reference, step: UInt32(i)))
        guard samples.values.allSatisfy(\.isFinite) else {
            findings.require(false, "no posterior samples at the simulated \(x)")
            continue
        }
        for d in 0..<task.dimension {
            counts[d][(0..<draws).count { samples[$0, d] < truth[0, d] }] += 1
        }
        let height = task.logLikelihood(of: truth, observation: x)[0]
        counts[task.dimension][task.logLikelihood(of: samples, observation: x).count { $0 < height }] += 1
    }
    let expected = Double(trials) / Double(draws + 1)
    // Five standard deviations of the cube-root normal approximation (Wilson & Hilferty 1931).
    let ninth = 2 / (9 * Double(draws))
    let root = 1 - ninth + 5 * ninth.squareRoot()
    for (d, bins) in counts.enumerated() {
        let statistic = bins.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        findings.require(
            statistic < Double(draws) * root * root * root,
            "posterior draws do not agree with the simulator: ranks of "
                + "\(d < task.dimension ? "coordinate \(d)" : "the likelihood") are not uniform, chi-square \(statistic)"
        )
    }
    return findings.failures
}

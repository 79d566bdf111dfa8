import Catalog
import FlowMath
import Tasks

/// Simulation-based calibration: ranks of true values among draws from q(θ|x) are uniform for an exact posterior.
struct SimulationBasedCalibration: ConditionalMetric {
    let description = ComponentDescription(
        name: "sbc", version: 1,
        summary:
            "Simulation-based calibration: the largest distance of a rank distribution from uniform; 0 is perfect.",
        definition: """
            for each of n pairs θ* ~ prior, x ~ p(x|θ*) the rank of f(θ*) among f of 99 draws from q(θ|x), ties at \
            random, f = each coordinate and log q(θ|x); value: the largest over f of the Kolmogorov–Smirnov distance of \
            the ranks to uniform. sbc-p: the smallest p value over f times their number (Bonferroni), p by 9 999 \
            simulated uniform rank sets. Details per f: histogram in 20 bins, distance, p, χ² of the bins and its p. \
            Passes for q = prior: read with posterior-gap
            """,
        source: """
            Talts et al. 2018, Validating Bayesian inference algorithms with simulation-based calibration; log q and \
            ties: Modrák et al. 2023, Simulation-based calibration checking
            """,
        parameters: conditionalParameters)
    let columns = [ConditionalColumn("sbc", .lower), ConditionalColumn("sbc-p", .higher)]

    func measure(_ evaluation: ConditionalEvaluation) -> [Measurement] {
        let sizes = [RankHistogram.draws * evaluation.count, evaluation.count]
        let ranks: ConditionalEvaluation.Ranks
        switch evaluation.ranks {
        case .failure(let problem): return missing(problem.description, sampleSizes: sizes)
        case .success(let found): ranks = found
        }
        let null = RankNull.of(count: evaluation.count)
        var statistics = ranks.coordinates.enumerated().map { ("theta\($0)", $1) }
        statistics.append(("logq", ranks.logDensity))
        var details: [String: Double] = [:]
        var pValues: [String: Double] = [:]
        var worst = statistics[0].1
        var least = 1.0
        for (name, histogram) in statistics {
            for (bin, count) in histogram.binCounts.enumerated() {
                details["\(name).bin\(twoDigits(bin))"] = Double(count)
            }
            let p = null.tail(histogram)
            details["\(name).distance"] = histogram.distance
            details["\(name).chiSquare"] = histogram.chiSquare
            pValues["\(name).p"] = p
            pValues["\(name).chiSquareP"] = histogram.chiSquareTail
            if histogram.largestExcess > worst.largestExcess { worst = histogram }
            least = min(least, p)
        }
        return [
            Measurement(
                "sbc", worst.distance, standardError: worst.distanceError, sampleSizes: sizes, details: details),
            Measurement("sbc-p", min(1, least * Double(statistics.count)), sampleSizes: sizes, details: pValues),
        ]
    }

    func floor(column: String, _ evaluation: ConditionalEvaluation) -> MetricFloor? {
        column == "sbc" ? RankNull.of(count: evaluation.count).largestDistance(of: evaluation.task.dimension + 1) : nil
    }
}

/// Expected coverage of the highest-density regions of q(θ|x).
struct ExpectedCoverage: ConditionalMetric {
    let description = ComponentDescription(
        name: "coverage", version: 1,
        summary:
            "Expected coverage of q's highest-density regions: mean distance from nominal over levels; 0 is perfect.",
        definition: """
            with r the number of 99 draws from q(θ|x) whose log q exceeds that of θ*, the region of level k/100 covers \
            θ* if r < k; value: mean over k = 1 … 99 of |share covered − k/100|. coverage-signed: the mean without the \
            modulus, negative for over-confidence. Details: share covered per level, p of the largest deviation. Passes \
            for q = prior: read with posterior-gap
            """,
        source: "Hermans et al. 2022, A crisis in simulation-based inference?, eq. 3",
        parameters: conditionalParameters)
    let columns = [ConditionalColumn("coverage", .lower), ConditionalColumn("coverage-signed", .target)]

    func measure(_ evaluation: ConditionalEvaluation) -> [Measurement] {
        let sizes = [RankHistogram.draws * evaluation.count, evaluation.count]
        switch evaluation.ranks {
        case .failure(let problem): return missing(problem.description, sampleSizes: sizes)
        case .success(let ranks):
            let (mean, signed) = (ranks.region.meanDeviation, ranks.region.meanExcess)
            return [
                Measurement(
                    "coverage", mean.value, standardError: mean.standardError, sampleSizes: sizes,
                    details: levelDetails(ranks.region)),
                Measurement("coverage-signed", signed.value, standardError: signed.standardError, sampleSizes: sizes),
            ]
        }
    }

    func floor(column: String, _ evaluation: ConditionalEvaluation) -> MetricFloor? {
        let null = RankNull.of(count: evaluation.count)
        return column == "coverage" ? null.meanDeviation : null.meanExcess
    }
}

/// Tests of accuracy with random points: coverage of balls around a reference point that depends on x.
struct RandomPointCoverage: ConditionalMetric {
    let description = ComponentDescription(
        name: "tarp", version: 1,
        summary: "TARP: coverage of balls around an informed reference point, largest deviation; 0 is perfect.",
        definition: """
            with r the number of 99 draws from q(θ|x) nearer to the reference point of x than θ* is, the ball of level \
            k/100 covers θ* if r < k; value: the largest |share covered − k/100| over k = 1 … 99. The reference point \
            is the likeliest at x of 1 024 fixed prior draws, distances are in units of the prior's extent. It depends \
            on x, so that q = prior fails too. Details: share covered per level, signed mean deviation, p
            """,
        source: "Lemos et al. 2023, Sampling-based accuracy testing of posterior estimators for general inference",
        parameters: conditionalParameters)
    let columns = [ConditionalColumn("tarp", .lower)]

    func measure(_ evaluation: ConditionalEvaluation) -> [Measurement] {
        let sizes = [RankHistogram.draws * evaluation.count, evaluation.count]
        switch evaluation.ranks {
        case .failure(let problem): return missing(problem.description, sampleSizes: sizes)
        case .success(let ranks):
            var details = levelDetails(ranks.distance)
            details["signed"] = ranks.distance.meanExcess.value
            return [
                Measurement(
                    name, ranks.distance.distance, standardError: ranks.distance.distanceError, sampleSizes: sizes,
                    details: details)
            ]
        }
    }

    func floor(column: String, _ evaluation: ConditionalEvaluation) -> MetricFloor? {
        RankNull.of(count: evaluation.count).largestDistance(of: 1)
    }
}

/// The curve of empirical against nominal levels, every 5 %, and the p value of its largest deviation.
private func levelDetails(_ histogram: RankHistogram) -> [String: Double] {
    var details = ["p": RankNull.of(count: histogram.total).tail(histogram)]
    for percent in stride(from: 5, through: 95, by: 5) {
        details["level0.\(twoDigits(percent))"] = histogram.coverage(percent: percent)
    }
    return details
}

/// 7 as `07`, so that names sort.
func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

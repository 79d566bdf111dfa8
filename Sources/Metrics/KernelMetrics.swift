import Catalog
import FlowMath

/// The squared maximum mean discrepancy.
struct MaximumMeanDiscrepancy: Metric {
    /// The mixture of five bandwidths, or the median heuristic's one.
    let mixture: Bool
    let description: ComponentDescription

    init(mixture: Bool) {
        self.mixture = mixture
        description =
            mixture
            ? ComponentDescription(
                name: "mmd", version: 1,
                summary: "Unbiased squared maximum mean discrepancy with five Gaussian kernels; may be negative.",
                definition: """
                    U-statistic of MMD² with k = average of exp(−‖a−b‖²/(2h²)) over h = m·{1/16, 1/8, 1/4, 1/2, 1}, m = \
                    median distance of the first 2 000 reference points, fixed per task (or `bandwidth`)
                    """,
                source: "Gretton et al. 2012, A kernel two-sample test, lemma 6", parameters: kernelParameters)
            : ComponentDescription(
                name: "mmd-median", version: 1,
                summary: "Unbiased squared MMD with the median bandwidth alone; hardly sees bridges.",
                definition: "`mmd` with the single bandwidth m",
                source: "Gretton et al. 2012, A kernel two-sample test, lemma 6", parameters: kernelParameters)
    }

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [evaluation.settings.kernelSamples, evaluation.settings.kernelSamples]
        switch evaluation.kernelStatistics {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let statistics):
            let estimate = mixture ? statistics.mixture : statistics.single
            return [
                Measurement(
                    name, estimate.value, standardError: estimate.standardError, sampleSizes: sizes,
                    details: ["bandwidth": statistics.bandwidth])
            ]
        }
    }
}

/// The energy distance.
struct EnergyDistance: Metric {
    let description = ComponentDescription(
        name: "energy", version: 1, summary: "Unbiased energy distance in units of θ, not rooted; may be negative.",
        definition: "2E‖X−Y‖ − E‖X−X′‖ − E‖Y−Y′‖ with U-statistics",
        source: "Székely & Rizzo 2013, Energy statistics: a class of statistics based on distances",
        parameters: MetricCatalog.evaluationParameters(["kernelSamples", "floorRepetitions"]))

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.kernelSamples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        switch energyStatistic(evaluation.referencePoints(count), evaluation.flowPoints(count)) {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let estimate):
            return [Measurement(name, estimate.value, standardError: estimate.standardError, sampleSizes: sizes)]
        }
    }
}

/// The permutation test of `mmd`.
struct PermutationMetric: Metric {
    let description = ComponentDescription(
        name: "mmd-p", version: 1,
        summary: "p-value of mmd by random permutations of the pooled points; uniform when q = p.",
        definition: """
            (b + 1)/(m + 1), b the number of m = `permutations` random divisions of the pooled points whose five-kernel \
            MMD² is at least the observed one
            """,
        source: "Gretton et al. 2012, A kernel two-sample test, section 5; Phipson & Smyth 2010",
        parameters: MetricCatalog.evaluationParameters(["kernelSamples", "bandwidth", "permutations"]))
    let direction = MetricDirection.higher

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let settings = evaluation.settings
        let count = settings.kernelSamples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let result = permutationTest(
            evaluation.referencePoints(count), evaluation.flowPoints(count),
            bandwidth: settings.bandwidth ?? evaluation.reference.medianDistance, permutations: settings.permutations,
            stream: evaluation.stream(.permutation))
        switch result {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let p):
            return [
                Measurement(name, p, sampleSizes: sizes, details: ["permutations": Double(settings.permutations)])
            ]
        }
    }

    /// Uniform on the multiples of 1/(m + 1).
    func floor(column: String, _ evaluation: Evaluation) -> FloorRule {
        let steps = Double(evaluation.settings.permutations + 1)
        return .known(
            MetricFloor(
                mean: (steps + 1) / (2 * steps),
                standardDeviation: ((steps * steps - 1) / 12).squareRoot() / steps, repetitions: 0))
    }
}

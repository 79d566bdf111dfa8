import Catalog
import FlowMath

/// How much q(θ|x) knows that the prior does not, and how much of p(θ|x) it lacks.
struct InformationGain: ConditionalMetric {
    let description = ComponentDescription(
        name: "information-gain", version: 1,
        summary:
            "Mean log q(θ*|x) − log prior(θ*) over the prior predictive, nats: what q knows that the prior does not.",
        definition: """
            over n pairs θ* ~ prior, x ~ p(x|θ*), the same for all runs of a task; floor and details: that of the exact \
            posterior on these pairs. posterior-gap: mean of log p(θ*|x) − log q(θ*|x), an estimate of E_x KL(p‖q), \
            nats, with its standard error; 0 is perfect, and no calibrated but uninformative q hides from it
            """,
        source: """
            Barber & Agakov 2003, The IM algorithm (the gain's bound by the mutual information); Lueckmann et al. 2021, \
            Benchmarking simulation-based inference (log q at true values)
            """,
        parameters: conditionalParameters)
    let columns = [ConditionalColumn("information-gain", .higher), ConditionalColumn("posterior-gap", .lower)]

    func measure(_ evaluation: ConditionalEvaluation) -> [Measurement] {
        let sizes = [0, evaluation.count]
        let logDensity: [Double]
        switch evaluation.logDensityAtTruths {
        case .failure(let problem): return missing(problem.description, sampleSizes: sizes)
        case .success(let values): logDensity = values
        }
        let zeros = logDensity.reduce(0) { $0 + ($1 == -.infinity ? 1 : 0) }
        if zeros > 0 {
            let reason = "infinite: the flow's density is 0 at \(zeros) of \(evaluation.count) true values"
            return missing(reason, sampleSizes: sizes)
        }
        let reference = evaluation.reference
        let gain = SampleMoments(zip(logDensity, reference.logPrior).map { $0 - $1 })
        let exact = exactGain(reference)
        let gap = SampleMoments(zip(reference.logPosterior, logDensity).map { $0 - $1 })
        return [
            Measurement(
                "information-gain", gain.mean, standardError: gain.standardError, sampleSizes: sizes,
                details: ["exact": exact.mean, "exactStandardError": exact.standardError]),
            Measurement("posterior-gap", gap.mean, standardError: gap.standardError, sampleSizes: sizes),
        ]
    }

    private func exactGain(_ reference: ConditionalReference) -> SampleMoments {
        SampleMoments(zip(reference.logPosterior, reference.logPrior).map { $0 - $1 })
    }

    func floor(column: String, _ evaluation: ConditionalEvaluation) -> MetricFloor? {
        let mean = column == "posterior-gap" ? 0 : exactGain(evaluation.reference).mean
        return mean.isFinite ? MetricFloor(mean: mean, standardDeviation: 0, repetitions: 0) : nil
    }
}

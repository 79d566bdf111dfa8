import Catalog
import FlowMath

/// How well the flow would serve as an importance sampler, judged on its own samples.
struct EffectiveSampleSize: Metric {
    let description = ComponentDescription(
        name: "ess", version: 1,
        summary: "Effective sample size of the flow as an importance sampler, per sample, between 0 and 1.",
        definition: "(Σw)² / (n Σw²), w = p/q at samples of q; blind to modes that q misses",
        source: "Kong 1992; Kish 1965", parameters: densityParameters)
    let direction = MetricDirection.higher

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let at = evaluation.atFlow
        let sizes = [evaluation.settings.samples, 0]
        if let problem = at.problem { return [Measurement(name, reason: problem, sampleSizes: sizes)] }
        let logWeights = zip(at.posterior, at.flow).map { $0 - $1 }
        guard let largest = logWeights.max(), largest > -.infinity else {
            return [Measurement(name, reason: "no flow sample lies where p > 0", sampleSizes: sizes)]
        }
        let weights = logWeights.map { Elementary.exp($0 - largest) }
        let n = Double(weights.count)
        var sum = 0.0
        var squares = 0.0
        for weight in weights {
            sum += weight
            squares += weight * weight
        }
        let value = sum * sum / (n * squares)
        // Delta method: the influence of one sample on (mean w)² / mean w².
        let first = sum / n
        let second = squares / n
        let influence = weights.map { 2 * first * $0 / second - first * first * $0 * $0 / (second * second) }
        return [
            Measurement(name, value, standardError: SampleMoments(influence).standardError, sampleSizes: sizes)
        ]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(1) }
}

/// The effective sample size judged on exact posterior samples.
struct ForwardEffectiveSampleSize: Metric {
    let description = ComponentDescription(
        name: "forward-ess", version: 1,
        summary: "Forward effective sample size, between 0 and 1: near 0 when q misses a part of p.",
        definition: "1 / mean of p/q over θ ~ p",
        source: "Midgley et al. 2023, Flow annealed importance sampling bootstrap, appendix",
        parameters: densityParameters)
    let direction = MetricDirection.higher

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let at = evaluation.atReference
        let sizes = [0, evaluation.settings.samples]
        if let problem = at.problem { return [Measurement(name, reason: problem, sampleSizes: sizes)] }
        let zeros = at.flow.reduce(0) { $0 + ($1 == -.infinity ? 1 : 0) }
        if zeros > 0 {
            return [
                Measurement(
                    name,
                    reason:
                        "p/q is infinite: the flow's density is 0 at \(zeros) of \(at.flow.count) reference samples",
                    sampleSizes: sizes)
            ]
        }
        let logWeights = zip(at.posterior, at.flow).map { $0 - $1 }
        let largest = logWeights.max() ?? 0
        let moments = SampleMoments(logWeights.map { Elementary.exp($0 - largest) })
        let value = Elementary.exp(-largest - Elementary.log(moments.mean))
        return [
            Measurement(
                name, value, standardError: value * moments.standardError / moments.mean, sampleSizes: sizes)
        ]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(1) }
}

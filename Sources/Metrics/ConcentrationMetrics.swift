import Catalog
import FlowMath

/// D⁺ and D⁻: the one-sided Kolmogorov–Smirnov statistics between log p at the flow's and at the posterior's samples.
struct Concentration: Metric {
    /// D⁺ (mass spread to low densities) or D⁻ (over-concentration).
    let spread: Bool
    let description: ComponentDescription

    init(spread: Bool) {
        self.spread = spread
        description = ComponentDescription(
            name: spread ? "d-plus" : "d-minus", version: 1,
            summary: spread
                ? "Largest excess of the flow's mass outside any HPD region, between 0 and TV: bridges and tails."
                : "Largest lack of the flow's mass outside any HPD region: over-concentration.",
            definition: spread
                ? "sup over a of B_a − (1 − a), B_a = Q(p(Y) < λ_a): sup of F_q − F_p, the distributions of log p"
                : "sup over a of (1 − a) − B_a: sup of F_p − F_q, the distributions of log p",
            source: "Smirnov 1939 (one-sided two-sample statistic)", parameters: densityFloorParameters)
    }

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        if evaluation.posteriorAtFlow.contains(where: \.isNaN)
            || evaluation.posteriorAtReference.contains(where: \.isNaN)
        {
            return [Measurement(name, reason: "the posterior's log density is not a number", sampleSizes: sizes)]
        }
        let kernels = PairwiseKernels.current
        let flow = kernels.sorted(evaluation.posteriorAtFlow)
        let reference = kernels.sorted(evaluation.posteriorAtReference)
        let (upper, lower) = spread ? (flow, reference) : (reference, flow)
        let supremum = largestExcess(of: upper, over: lower)
        let variance =
            supremum.upper * (1 - supremum.upper) / Double(upper.count)
            + supremum.lower * (1 - supremum.lower) / Double(lower.count)
        return [
            Measurement(
                name, supremum.upper - supremum.lower, standardError: variance.squareRoot(), sampleSizes: sizes,
                details: ["mass": 1 - (spread ? supremum.lower : supremum.upper)])
        ]
    }
}

/// sup of F_upper − F_lower for two sorted samples, with both distribution functions there; equal values count at once.
/// At least 0 (below both samples).
package func largestExcess(of upper: [Double], over lower: [Double]) -> (upper: Double, lower: Double) {
    var best = (upper: 0.0, lower: 0.0)
    var i = 0
    var j = 0
    while i < upper.count {
        let value = upper[i]
        while i < upper.count && upper[i] <= value { i += 1 }
        while j < lower.count && lower[j] <= value { j += 1 }
        let here = (upper: Double(i) / Double(upper.count), lower: Double(j) / Double(lower.count))
        if here.upper - here.lower > best.upper - best.lower { best = here }
    }
    return best
}

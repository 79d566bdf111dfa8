import Catalog
import FlowMath

/// The Pareto shape of the importance ratios.
struct ParetoShape: Metric {
    let description = ComponentDescription(
        name: "khat", version: 1,
        summary: "Pareto shape k̂ of the largest ratios p/q at the flow's samples: above 0.7 they cannot be trusted.",
        definition: """
            shape of the generalised Pareto distribution fitted to the largest min(S/5, 3√S) of S ratios p/q on samples \
            of q; about 1/k̂ moments of the ratios are finite. Above min(1 − 1/log₁₀ S, 0.7) estimates by importance \
            weights (`ess`, `log-evidence`, the corrected metrics) are unreliable; blind to modes that q misses
            """,
        source: "Vehtari et al. 2024, Pareto smoothed importance sampling; fit: Zhang & Stephens 2009",
        parameters: densityParameters)

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [evaluation.settings.samples, 0]
        switch evaluation.importanceSample {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let sample):
            let smoothing = sample.smoothing
            if sample.isUniform {
                return [Measurement(name, reason: "all ratios are equal: they have no tail", sampleSizes: sizes)]
            }
            guard smoothing.tailCount > 0 else {
                return [
                    Measurement(
                        name, reason: "no tail to fit: fewer than 5 different largest ratios", sampleSizes: sizes)
                ]
            }
            var details = sample.reliability
            details["tail"] = Double(smoothing.tailCount)
            return [Measurement(name, smoothing.khat, sampleSizes: sizes, details: details)]
        }
    }

    /// At equality the ratios are all 1 and have no tail.
    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .none }
}

/// The evidence estimated by importance sampling from the flow.
struct LogEvidence: Metric {
    let description = ComponentDescription(
        name: "log-evidence", version: 1,
        summary:
            "log Ẑ, the evidence by importance sampling from the flow; log-evidence-error: log Ẑ minus the exact one.",
        definition: """
            log of the mean of L(θ)p(θ)/q(θ) over `samples` draws of q; standard error by the delta method, \
            sd(w)/(mean(w)√n), with that of q's normaliser in quadrature; details: the exact log evidence and the \
            likelihood evaluations spent (draws inside the prior's box). A mode that q misses is missing from Ẑ
            """,
        source: "Closed form: the mean of importance weights; standard error by the delta method.",
        parameters: densityParameters)
    let columns = ["log-evidence", "log-evidence-error"]
    let direction = MetricDirection.target

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [evaluation.settings.samples, 0]
        switch evaluation.importanceSample {
        case .failure(let problem):
            return columns.map { Measurement($0, reason: problem.description, sampleSizes: sizes) }
        case .success(let sample):
            let exact = evaluation.logEvidence
            let moments = SampleMoments(sample.relativeWeights)
            // The weights are p/q with the normalised p: their mean is Ẑ/Z.
            let difference = sample.largest + Elementary.log(moments.mean)
            let error = combined(moments.standardError / moments.mean, evaluation.flow.logNormalizerStandardError)
            var details = sample.reliability
            details["exact"] = exact
            details["likelihoodEvaluations"] = Double(sample.likelihoodEvaluations)
            return [
                Measurement(
                    columns[0], exact + difference, standardError: error, sampleSizes: sizes, details: details),
                Measurement(columns[1], difference, standardError: error, sampleSizes: sizes, details: details),
            ]
        }
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule {
        .exactly(column == columns[0] ? evaluation.logEvidence : 0)
    }
}

/// What rejection sampling from the flow would keep.
struct AcceptanceRate: Metric {
    let description = ComponentDescription(
        name: "acceptance-rate", version: 1,
        summary: "Share of the flow's samples that rejection sampling keeps, between 0 and 1.",
        definition: """
            mean(w)/max(w), w = p/q on samples of q: the bound is the largest ratio observed, not the supremum, so the \
            rate is an overestimate and the kept sample is not exact where larger ratios were not drawn
            """,
        source: "von Neumann 1951 (rejection); bound: empirical supremum, Caffo, Booth & Davis 2002",
        parameters: densityParameters)
    let direction = MetricDirection.higher

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [evaluation.settings.samples, 0]
        switch evaluation.importanceSample {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let sample):
            let moments = SampleMoments(sample.relativeWeights)
            return [
                Measurement(
                    name, moments.mean, standardError: moments.standardError, sampleSizes: sizes,
                    details: [
                        "logBound": sample.largest, "likelihoodEvaluations": Double(sample.likelihoodEvaluations),
                    ])
            ]
        }
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(1) }
}

import Catalog
import FlowMath

/// KL(p‖q): mean of log p − log q over exact posterior samples.
struct ForwardKL: Metric {
    let description = ComponentDescription(
        name: "kl", version: 1,
        summary: "Forward Kullback–Leibler divergence KL(p‖q) in nats: what q misses of p.",
        definition: """
            mean over θ ~ p of log p(θ) − log q(θ), with p's known normaliser; standard error = sd/√n, with that of q's \
            normaliser added in quadrature where it is estimated (base `resampled`)
            """,
        source: "Kullback & Leibler 1951, On Information and Sufficiency, eq. 2.4", parameters: densityParameters)

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [0, evaluation.settings.samples]
        let at = evaluation.atReference
        if let problem = at.problem { return [Measurement(name, reason: problem, sampleSizes: sizes)] }
        let zeros = at.flow.reduce(0) { $0 + ($1 == -.infinity ? 1 : 0) }
        if zeros > 0 {
            return [
                Measurement(
                    name, reason: "infinite: the flow's density is 0 at \(zeros) of \(at.flow.count) reference samples",
                    sampleSizes: sizes)
            ]
        }
        let moments = SampleMoments(zip(at.posterior, at.flow).map { $0 - $1 })
        let error = combined(moments.standardError, evaluation.flow.logNormalizerStandardError)
        return [Measurement(name, moments.mean, standardError: error, sampleSizes: sizes)]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(0) }
}

/// The standard error of a mean of log densities that share an error of their own, such as that of a flow's estimated
/// normaliser.
func combined(_ error: Double, _ shared: Double) -> Double {
    shared == 0 ? error : (error * error + shared * shared).squareRoot()
}

/// KL(q‖p): mean of log q − log p over the flow's samples.
struct ReverseKL: Metric {
    let description = ComponentDescription(
        name: "reverse-kl", version: 1,
        summary: "Reverse Kullback–Leibler divergence KL(q‖p) in nats: where q puts mass that p does not.",
        definition: """
            mean over θ ~ q of log q(θ) − log p(θ); null with reason "leakage f" when a fraction f > 0 of the samples \
            has p = 0. reverse-kl-inside is KL(q(·|inside)‖p) of q restricted to the prior's box and renormalised: the \
            mean over the samples inside, minus log(1 − f)
            """,
        source: "Kullback & Leibler 1951, On Information and Sufficiency, eq. 2.4", parameters: densityParameters)
    let columns = ["reverse-kl", "reverse-kl-inside"]

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let sizes = [evaluation.settings.samples, 0]
        let at = evaluation.atFlow
        if let problem = at.problem {
            return columns.map { Measurement($0, reason: problem, sampleSizes: sizes) }
        }
        var ratios: [Double] = []
        for (logFlow, logPosterior) in zip(at.flow, at.posterior) where logPosterior > -.infinity {
            ratios.append(logFlow - logPosterior)
        }
        let leaked = at.flow.count - ratios.count
        let leakage = Double(leaked) / Double(at.flow.count)
        let moments = SampleMoments(ratios)
        let error = combined(moments.standardError, evaluation.flow.logNormalizerStandardError)
        let inside =
            ratios.isEmpty
            ? Measurement(columns[1], reason: "no flow sample lies where p > 0", sampleSizes: sizes)
            : Measurement(
                columns[1], moments.mean - Elementary.log(1 - leakage), standardError: error,
                sampleSizes: [ratios.count, 0], details: ["leakage": leakage])
        if leaked > 0 {
            return [
                Measurement(
                    columns[0], reason: "leakage \(leakage)", sampleSizes: sizes, details: ["leakage": leakage]),
                inside,
            ]
        }
        return [
            Measurement(columns[0], moments.mean, standardError: error, sampleSizes: sizes), inside,
        ]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(0) }
}

/// Metrics bounded by construction, each half an expectation under p and half under q.
struct BoundedDivergence: Metric {
    enum Kind: Sendable {
        case jensenShannon, totalVariation, bayesClassifier
    }

    let kind: Kind
    let description: ComponentDescription

    init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .jensenShannon:
            description = ComponentDescription(
                name: "js", version: 1, summary: "Jensen–Shannon divergence in nats, between 0 and ln 2.",
                definition: "½ E_p log(2p/(p+q)) + ½ E_q log(2q/(p+q)), Monte Carlo with both exact log densities",
                source: "Lin 1991, Divergence measures based on the Shannon entropy", parameters: densityParameters)
        case .totalVariation:
            description = ComponentDescription(
                name: "tv", version: 1, summary: "Total variation distance, between 0 and 1.",
                definition: "½ {E_p[(1 − q/p)₊] + E_q[(1 − p/q)₊]}, Monte Carlo with both exact log densities",
                source: "Closed form: ½∫|p − q| written as two expectations of its positive parts",
                parameters: densityParameters)
        case .bayesClassifier:
            description = ComponentDescription(
                name: "c2st-exact", version: 1,
                summary: "Accuracy of the best possible classifier between flow and posterior samples; ½ is perfect.",
                definition: "½ + TV/2, with `tv`'s estimate",
                source: "Lopez-Paz & Oquab 2017, Revisiting classifier two-sample tests; accuracy of the Bayes rule",
                parameters: densityParameters)
        }
    }

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        let sizes = [count, count]
        let atReference = evaluation.atReference
        let atFlow = evaluation.atFlow
        if let problem = atReference.problem ?? atFlow.problem {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let overReference = SampleMoments(
            zip(atReference.flow, atReference.posterior).map { term(logOther: $0, logOwn: $1) })
        let overFlow = SampleMoments(zip(atFlow.posterior, atFlow.flow).map { term(logOther: $0, logOwn: $1) })
        let half = 0.5 * (overReference.mean + overFlow.mean)
        let error =
            0.5
            * (overReference.variance / Double(overReference.count) + overFlow.variance / Double(overFlow.count))
            .squareRoot()
        if kind == .bayesClassifier {
            return [Measurement(name, 0.5 + 0.5 * half, standardError: 0.5 * error, sampleSizes: sizes)]
        }
        return [Measurement(name, half, standardError: error, sampleSizes: sizes)]
    }

    /// The integrand at a sample of the density `logOwn`.
    private func term(logOther: Double, logOwn: Double) -> Double {
        let ratio = logOther - logOwn
        if kind == .jensenShannon {
            // log 2 − log(1 + e^ratio), without overflow.
            let tail = Elementary.logOnePlus(Elementary.exp(-abs(ratio)))
            return 0.6931471805599453 - (ratio > 0 ? ratio + tail : tail)
        }
        return ratio < 0 ? 1 - Elementary.exp(ratio) : 0
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(kind == .bayesClassifier ? 0.5 : 0) }
}

import Catalog

/// Exact optimal transport distances.
struct ExactTransport: Metric {
    let squared: Bool
    let description: ComponentDescription

    init(squared: Bool) {
        self.squared = squared
        description = ComponentDescription(
            name: squared ? "w2" : "w1", version: 1,
            summary: squared
                ? "Wasserstein-2 distance between equal-weight samples, units of θ; biased upward."
                : "Wasserstein-1 (earth mover's) distance between equal-weight samples, units of θ; biased upward.",
            definition: squared
                ? "√ of the least mean ‖a_i − b_π(i)‖² over permutations π, solved exactly"
                : "the least mean ‖a_i − b_π(i)‖ over permutations π, solved exactly",
            source: "Kantorovich 1942; solver: Jonker & Volgenant 1987",
            parameters: MetricCatalog.evaluationParameters(["transportSamples", "floorRepetitions"]))
    }

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.transportSamples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        switch exactTransport(evaluation.referencePoints(count), evaluation.flowPoints(count), squared: squared) {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let estimate):
            return [Measurement(name, estimate.value, standardError: estimate.standardError, sampleSizes: sizes)]
        }
    }
}

/// Sliced Wasserstein-2 distance.
struct SlicedTransport: Metric {
    let description = ComponentDescription(
        name: "sliced-w2", version: 1,
        summary: "Sliced Wasserstein-2 distance, units of θ, without a √D factor; biased upward.",
        definition: "√ of the mean over directions of the squared one-dimensional W₂ of the projections",
        source: "Bonneel et al. 2015, Sliced and Radon Wasserstein barycenters of measures",
        parameters: MetricCatalog.evaluationParameters(["slicedSamples", "slicedProjections", "floorRepetitions"]))

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.slicedSamples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let result = slicedTransport(
            evaluation.referencePoints(count), evaluation.flowPoints(count),
            projections: evaluation.settings.slicedProjections)
        switch result {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let value): return [Measurement(name, value, sampleSizes: sizes)]
        }
    }
}

import Catalog
import Tasks

/// The flow's mass where the posterior has none.
struct Leakage: Metric {
    let description = ComponentDescription(
        name: "leakage", version: 1, summary: "Fraction of the flow's samples outside the prior's support.",
        definition: "Q(θ outside the prior's box)", source: "Own definition.", parameters: densityParameters)

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: [count, 0])]
        }
        let points = evaluation.flowPoints(count)
        let task = evaluation.posterior.task
        var outside = 0
        for i in 0..<count where !task.isInsidePrior(points, i) { outside += 1 }
        let value = Double(outside) / Double(count)
        return [
            Measurement(name, value, standardError: proportionError(value, count), sampleSizes: [count, 0])
        ]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .exactly(0) }
}

/// How far the flow's two directions are from being each other's inverse.
struct Invertibility: Metric {
    let description = ComponentDescription(
        name: "invertibility", version: 1,
        summary: "Largest round-trip error of the flow's transformation, units of θ.",
        definition: "max |f(f⁻¹(θ)) − θ| over points and coordinates, measured by the engine in its own precision",
        source: "Own definition.")

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        guard let error = evaluation.inverseError else {
            return [Measurement(name, reason: "the engine did not measure it", sampleSizes: [])]
        }
        return [Measurement(name, error, sampleSizes: [])]
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule { .none }
}

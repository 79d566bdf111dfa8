import Catalog
import FlowMath

/// How well the flow divides its mass among the modes.
struct ModeTotalVariation: Metric {
    let description = ComponentDescription(
        name: "mode-tv", version: 1,
        summary: "Total variation distance between the flow's and the posterior's masses of the modes' basins.",
        definition: """
            ½ Σ_k |Q(basin k) − P(basin k)|, basins by nearest centre (circles: nearest radius); details: js (nats) and \
            minRatio = min over k of Q/P
            """,
        source: "Own definition; standard error: delta method on multinomial proportions",
        parameters: densityFloorParameters)

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        let sizes = [count, 0]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let exact = evaluation.reference.basinMasses
        guard exact.count >= 2, let basins = evaluation.basinOfFlow else {
            return [Measurement(name, reason: "the task has fewer than two known modes", sampleSizes: sizes)]
        }
        var masses = [Double](repeating: 0, count: exact.count)
        for basin in basins { masses[Int(basin)] += 1 }
        masses = masses.map { $0 / Double(count) }
        var distance = 0.0
        var jensenShannon = 0.0
        var ratio = Double.infinity
        var signed = 0.0
        var squared = 0.0
        var details: [String: Double] = [:]
        for k in exact.indices {
            distance += 0.5 * abs(masses[k] - exact[k])
            let sign = masses[k] > exact[k] ? 1.0 : -1.0
            signed += sign * masses[k]
            squared += masses[k]
            let middle = 0.5 * (masses[k] + exact[k])
            if masses[k] > 0 { jensenShannon += 0.5 * masses[k] * Elementary.log(masses[k] / middle) }
            if exact[k] > 0 {
                jensenShannon += 0.5 * exact[k] * Elementary.log(exact[k] / middle)
                ratio = min(ratio, masses[k] / exact[k])
            }
            details["mass.\(k)"] = masses[k]
            details["posteriorMass.\(k)"] = exact[k]
        }
        details["js"] = jensenShannon
        details["minRatio"] = ratio
        let error = 0.5 * (max(0, squared - signed * signed) / Double(count)).squareRoot()
        return [Measurement(name, distance, standardError: error, sampleSizes: sizes, details: details)]
    }
}

/// How many modes the flow has found.
struct ModesFound: Metric {
    let description = ComponentDescription(
        name: "modes-found", version: 1,
        summary: "The number of modes in which the flow has at least half the mass it should.",
        definition: "the number of k with Q(basin k ∩ HPD_a*) ≥ ½ P(basin k ∩ HPD_a*)", source: "Own definition.",
        parameters: densityFloorParameters)
    let direction = MetricDirection.higher

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        let sizes = [count, 0]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let reference = evaluation.reference
        guard !reference.basinMasses.isEmpty, let basins = evaluation.basinOfFlow else {
            return [Measurement(name, reason: "the task's modes are not known", sampleSizes: sizes)]
        }
        var masses = [Double](repeating: 0, count: reference.basinMasses.count)
        for (i, basin) in basins.enumerated() where evaluation.posteriorAtFlow[i] >= reference.logRegionLevel {
            masses[Int(basin)] += 1 / Double(count)
        }
        var found = 0
        var weakest = Double.infinity
        for k in masses.indices {
            if masses[k] >= 0.5 * reference.basinMassesInside[k] { found += 1 }
            if reference.basinMassesInside[k] > 0 { weakest = min(weakest, masses[k] / reference.basinMassesInside[k]) }
        }
        return [
            Measurement(
                name, Double(found), sampleSizes: sizes,
                details: ["modes": Double(masses.count), "weakestRatio": weakest])
        ]
    }
}

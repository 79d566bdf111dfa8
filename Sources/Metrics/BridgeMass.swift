import Catalog

/// The flow's mass outside the posterior's highest-density region, and its split into bridges and tails.
struct BridgeMass: Metric {
    let description = ComponentDescription(
        name: "bridge-mass", version: 1,
        summary: "The flow's mass outside the highest-posterior-density region of mass a*; perfect is 1 − a*.",
        definition: """
            B = Q(p(Y) < λ_a*), a* = min(.999, a_sep), a_sep = P(p > λ_sep), λ_sep the highest saddle density between \
            two modes; a* = .999 and no split with fewer than two modes or a_sep < .9. A point outside is between \
            modes if, with c₁ its nearest centre, some c_k has t = (Y−c₁)·(c_k−c₁)/‖c_k−c₁‖² in (0,1) and its distance \
            to that segment is at most ½‖c_k−c₁‖ (concentric circles: radius below the outer one), else in the tail; \
            the posterior's own share of each part is subtracted
            """,
        source: "Own definition; highest-density regions: Hyndman 1996, Computing and graphing highest density regions",
        parameters: densityParameters)
    let columns = ["bridge-mass", "bridge-mass-between", "bridge-mass-tail"]

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.samples
        let sizes = [count, 0]
        if let problem = evaluation.flowProblem(count) {
            return columns.map { Measurement($0, reason: problem, sampleSizes: sizes) }
        }
        let reference = evaluation.reference
        let points = evaluation.flowPoints(count)
        let logPosterior = evaluation.posteriorAtFlow
        var outside = 0
        var between = 0
        for i in 0..<count where !(logPosterior[i] >= reference.logRegionLevel) {
            outside += 1
            if reference.basins?.isBetween(points, i) ?? false { between += 1 }
        }
        let share = Double(outside) / Double(count)
        let total = Measurement(
            columns[0], share, standardError: proportionError(share, count), sampleSizes: sizes,
            details: ["regionMass": reference.regionMass, "logLevel": reference.logRegionLevel])
        if let problem = reference.splitProblem {
            return [total] + columns.dropFirst().map { Measurement($0, reason: problem, sampleSizes: sizes) }
        }
        let parts = [
            (columns[1], between, reference.betweenMass), (columns[2], outside - between, reference.tailMass),
        ]
        return [total]
            + parts.map { column, points, own in
                let share = Double(points) / Double(count)
                return Measurement(
                    column, share - own, standardError: proportionError(share, count), sampleSizes: sizes,
                    details: ["flowMass": share, "posteriorMass": own])
            }
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule {
        let reference = evaluation.reference
        let count = evaluation.settings.samples
        let (mean, own) =
            switch column {
            case columns[0]: (1 - reference.regionMass, 1 - reference.regionMass)
            case columns[1]: (0, reference.betweenMass)
            default: (0, reference.tailMass)
            }
        return .known(MetricFloor(mean: mean, standardDeviation: proportionError(own, count), repetitions: 0))
    }
}

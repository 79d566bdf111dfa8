import Catalog
import Metrics
import Reports
import RunStorage

extension ReportRun {
    /// A stored run as the reports see it.
    init(_ run: RunFacts) {
        let metrics = Dictionary(run.reportMetrics.map { ($0.name, $0.metric) }) { first, _ in first }
        self.init(
            id: run.record.id, state: run.state, failureCode: run.failureCode, seed: run.seed,
            configuration: run.settings, components: run.components,
            componentsInSpec: run.record.axesJSON.end(of: Self.askedKey) != nil
                ? run.axes["asked"]?["base.components"] : nil,
            componentsUsed: run.componentsUsed, metrics: metrics, poolLimits: PoolLimit.limits(run))
        // The two numbers that a report shows.
        summary.reserveCapacity(2)
        for name in ["likelihoodEvaluations", "effectiveSampleSize"] {
            summary[name] = run.summary[name]?.doubleValue
        }
    }

    private static let askedKey = Array(#""asked""#.utf8)
}

extension PoolLimit {
    /// What no method can beat on the run's static pool, by metric; empty for fresh pools and unknown mode counts.
    static func limits(_ run: RunFacts) -> [String: Double] {
        let training = run.cell.configuration["training"]
        guard training?["proposal"]?.stringValue == "static",
            training?["objective"]?.stringValue == "likelihood-weighted",
            let size = run.summary["effectiveSampleSize"]?.doubleValue, let modes = run.cell.modeCount,
            let limit = PoolLimit(modes: modes, effectiveSampleSize: size)
        else { return [:] }
        return ["kl": limit.kl, "mode-tv": limit.modeTotalVariation]
    }
}

import Catalog
import Metrics
import Reports
import RunStorage
import Tasks

extension ReportRun {
    /// A stored run as the reports see it.
    init(_ run: RunFacts) {
        let metrics = Dictionary(run.reportMetrics.map { ($0.name, $0.metric) }) { first, _ in first }
        self.init(
            id: run.record.id, state: run.state, failureCode: run.record.failureCode, seed: run.seed,
            configuration: run.settings, components: run.components,
            componentsInSpec: run.axes["asked"]?["base.components"],
            componentsUsed: run.componentsUsed, metrics: metrics,
            poolLimits: PoolLimit.limits(run))
        summary = run.summary.compactMapValues(\.doubleValue)
    }
}

extension PoolLimit {
    /// What no method can beat on the run's static pool, by metric; empty for fresh pools and unknown mode counts.
    static func limits(_ run: RunFacts) -> [String: Double] {
        guard run.configuration["training"]?["proposal"]?.stringValue == "static",
            run.configuration["training"]?["objective"]?.stringValue == "likelihood-weighted",
            let size = run.summary["effectiveSampleSize"]?.doubleValue, let modes = modeCount(run),
            let limit = PoolLimit(modes: modes, effectiveSampleSize: size)
        else { return [:] }
        return ["kl": limit.kl, "mode-tv": limit.modeTotalVariation]
    }

    private static func modeCount(_ run: RunFacts) -> Int? {
        var parameters = run.configuration["task"]?.objectValue ?? [:]
        parameters["name"] = nil
        return try? TaskCatalog.make(ComponentChoice(name: run.task, parameters: ParameterValues(parameters))).modeCount
    }
}

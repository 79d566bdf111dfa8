import Catalog
import Metrics
import Reports
import RunStorage

extension ReportRun {
    /// Stored runs as the reports see them. Those of a cell mostly follow one another, and what they share is asked for once.
    static func all<Runs: Sequence<RunFacts>>(_ runs: Runs) -> [ReportRun] {
        var last: (cell: CellFacts, settings: [ReportSetting], hasPoolLimits: Bool)?
        return runs.map { run in
            let shared: (cell: CellFacts, settings: [ReportSetting], hasPoolLimits: Bool)
            if let last, last.cell === run.cell {
                shared = last
            } else {
                shared = (run.cell, run.settings, PoolLimit.applies(to: run.cell))
                last = shared
            }
            return ReportRun(run, shared.settings, poolLimits: shared.hasPoolLimits ? PoolLimit.limits(run) : [:])
        }
    }

    private init(_ run: RunFacts, _ settings: [ReportSetting], poolLimits: [String: Double]) {
        let metrics = Dictionary(run.reportMetrics.lazy.map { ($0.name, $0.metric) }) { first, _ in first }
        self.init(
            id: run.record.id, state: run.state, failureCode: run.failureCode, seed: run.seed,
            configuration: settings, components: run.components,
            componentsInSpec: run.record.axesJSON.end(of: Self.askedKey) != nil
                ? run.axes["asked"]?["base.components"] : nil,
            componentsUsed: run.summary.componentsUsed, metrics: metrics, poolLimits: poolLimits,
            likelihoodEvaluations: run.summary.likelihoodEvaluations,
            effectiveSampleSize: run.summary.effectiveSampleSize)
    }

    private static let askedKey = Array(#""asked""#.utf8)
}

extension PoolLimit {
    /// Whether runs of this cell train on one pool that does not change.
    static func applies(to cell: CellFacts) -> Bool {
        let training = cell.configuration["training"]
        return training?["proposal"]?.stringValue == "static"
            && training?["objective"]?.stringValue == "likelihood-weighted"
    }

    /// What no method can beat on the run's static pool, by metric; empty for unknown mode counts.
    static func limits(_ run: RunFacts) -> [String: Double] {
        guard let size = run.summary.effectiveSampleSize, let modes = run.cell.modeCount,
            let limit = PoolLimit(modes: modes, effectiveSampleSize: size)
        else { return [:] }
        return ["kl": limit.kl, "mode-tv": limit.modeTotalVariation]
    }
}

import Catalog
import Experiments
import Foundation
import Metrics
import Orchestration
import Reports
import RunStorage

/// Lists of names as options take them.
enum MetricNames {
    static func split(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// The metrics of `--metric`, checked against what these runs have; throws exit 64 that tells a metric that nobody
    /// measured yet (with the command that does) from a mistyped one (with the nearest name). With nothing known yet (no
    /// run has finished) any name passes. `sweeps`: those that the command was asked for; those of the runs without any.
    static func parse(
        _ text: String?, known: [String], of runs: [RunFacts], sweeps: [String] = [], store: StoreOption
    ) throws -> [String] {
        guard let text else { return [] }
        let names = try notEmpty(split(text))
        let known = Set(known).sorted()
        guard !known.isEmpty, let name = names.first(where: { !known.contains($0) }) else { return names }
        let there = "There are: \(known.joined(separator: ", "))"
        guard let metric = MetricCatalog.metricName(ofColumn: name) else {
            let hint = NearestName.hint(name, among: known + columns)
            throw CommandFailure(
                .usage, "there is no metric '\(DisplayWidth.cut(name, to: 80))'\(hint)",
                remedy: there + "    More: flowexp list metrics")
        }
        let completed = runs.filter { $0.damage == nil && $0.record.state == .completed }
        let able = MetricCatalog.isConditional(column: name) ? completed.filter(\.isAmortised) : completed
        if able.isEmpty, MetricCatalog.isConditional(column: name) {
            throw CommandFailure(
                .usage, "the metric '\(name)' is measured on amortised runs only, and none of these is",
                remedy: there)
        }
        // A run can be of several sweeps; its own is the one that it was trained for.
        let own = Set(able.compactMap(\.record.sweepName))
        guard let sweep = sweeps.first(where: own.contains) ?? sweeps.first ?? own.min() else {
            throw CommandFailure(
                .usage, "the metric '\(name)' is not measured on these runs, which are of no sweep", remedy: there)
        }
        throw CommandFailure(
            .usage, "the metric '\(name)' is not measured on these runs yet",
            remedy: "Measure it with: flowexp evaluate \(sweep) --metric \(metric)\(store.suffix)\n  \(there)")
    }

    /// The metrics of `evaluate --metric`. A column of a metric stands for the metric, with which it is computed; throws
    /// exit 64 with the nearest name.
    static func toEvaluate(_ text: String) throws -> [String] {
        var metrics: [String] = []
        for name in try notEmpty(split(text)) {
            guard let metric = MetricCatalog.metricName(ofColumn: name) else {
                throw CommandFailure(
                    .usage,
                    "there is no metric '\(DisplayWidth.cut(name, to: 80))'\(NearestName.hint(name, among: columns))",
                    remedy: "There are: \(MetricCatalog.names.joined(separator: ", "))")
            }
            if metric != name { Talk.say("\(name) is computed together with \(metric).") }
            if !metrics.contains(metric) { metrics.append(metric) }
        }
        return metrics
    }

    private static func notEmpty(_ names: [String]) throws -> [String] {
        if !names.isEmpty { return names }
        throw CommandFailure(.usage, "--metric is empty", remedy: "Names: flowexp list metrics")
    }

    /// Everything that `--metric` can name, metrics before their further columns.
    private static var columns: [String] {
        MetricCatalog.names + MetricCatalog.metrics.flatMap(\.columns)
            + MetricCatalog.conditionalMetrics.flatMap { $0.columns.map(\.name) }
            + MetricCatalog.fixedObservationDescriptions.map(\.name)
    }
}

extension MetricNames {
    /// What to show when nobody said: how far q is from p, what lies between the modes, and the masses of the modes; for
    /// amortised runs calibration. The first three of others where none of these is known.
    static func usual(_ known: [String]) -> [String] {
        let known = Set(known)
        let chosen = ["kl", "bridge-mass", "mode-tv", "sbc", "c2st-exact-over-x"].filter(known.contains)
        return chosen.isEmpty ? Array(known.sorted().prefix(3)) : chosen
    }

    /// What a comparison of bases begins with: how far the flow is from the posterior, and how much of it lies outside.
    /// `mmd` is nearly blind to the latter.
    private static let leading = ["kl", "bridge-mass"]

    /// The report to suggest after a sweep: of the leading metrics that the evaluation has, else of its first two. Where it
    /// has none, the command that computes the leading ones.
    static func reportCommand(_ sweep: String, _ evaluation: EvaluationPlan) -> String {
        let names =
            evaluation.parameters["metrics"].map { ($0.arrayValue ?? []).compactMap(\.stringValue) }
            ?? MetricCatalog.defaultNames
        let known = leading.filter(names.contains)
        let chosen = known.isEmpty ? Array(names.prefix(2)) : known
        if chosen.isEmpty { return "flowexp evaluate \(sweep) --metric \(leading.joined(separator: ","))" }
        return reportCommand(sweep, metrics: chosen)
    }

    /// The report of metrics that were just computed by name.
    static func reportCommand(_ sweep: String, metrics: [String]) -> String {
        "flowexp report \(sweep) --metric \(metrics.joined(separator: ","))"
    }

    /// The same from what the store keeps of the sweep.
    static func reportCommand(_ sweep: String, in store: RunStore) -> String {
        let kept = try? EvaluationPlan(canonicalJSON: store.newestRevision(ofSweep: sweep).evaluationJSON)
        return reportCommand(sweep, kept ?? EvaluationPlan())
    }
}

import Catalog
import Experiments
import Metrics
import RunStorage

/// A completed run and the metrics it lacks.
public struct MissingMetrics: Sendable {
    /// The run.
    public var item: SweepItem
    /// The plan reduced to the missing metrics.
    public var evaluation: EvaluationPlan
}

extension SweepPlan {
    /// The completed runs of the plan that lack rows of its evaluation, in order.
    ///
    /// A row whose value is null counts as present: it was tried and has a reason. Throws what the store throws.
    public func missingMetrics(in store: RunStore) throws -> [MissingMetrics] {
        let expected = try MetricCatalog.plannedValues(evaluation.parameters)
        let expectedOfAmortised = try MetricCatalog.plannedValues(evaluation.parameters, amortised: true)
        // A row's name is its column; the plan lists metrics, which may have several columns.
        let metricOfColumn = Dictionary(
            expectedOfAmortised.map { ($0.name, MetricCatalog.metricName(ofColumn: $0.name) ?? $0.name) }
        ) { first, _ in first }
        let itemsByID = Dictionary(items.map { ($0.id, $0) }) { first, _ in first }
        var result: [MissingMetrics] = []
        for record in try store.records(ofRevision: revisionID) where record.state == .completed {
            guard let item = itemsByID[record.id] else { continue }
            let present = Set(record.metrics.map { "\($0.name)\u{0}\($0.parametersJSON)\u{0}\($0.version)" })
            var lacking: [String] = []
            for row in item.configuration.isAmortised ? expectedOfAmortised : expected
            where !present.contains("\(row.name)\u{0}\(row.parameters)\u{0}\(row.version)") {
                let metric = metricOfColumn[row.name] ?? row.name
                if !lacking.contains(metric) { lacking.append(metric) }
            }
            guard !lacking.isEmpty else { continue }
            var reduced = evaluation
            reduced.parameters["metrics"] = .array(lacking.map { .string($0) })
            result.append(MissingMetrics(item: item, evaluation: reduced))
        }
        return result
    }
}

/// Names of the files a completed run leaves.
public enum RunArtefactNames {
    /// The trained flow's parameters.
    public static let parameters = "parameters.safetensors"
    /// The flow's density beside the truth on a grid.
    public static let density = "density.safetensors"
}

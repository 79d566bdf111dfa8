import Catalog
import Experiments
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
    public func missingMetrics(_ examined: ExaminedRuns) -> [MissingMetrics] {
        items.compactMap { item in
            guard let lacking = examined.lacking[item.id] else { return nil }
            var reduced = evaluation
            reduced.parameters["metrics"] = .array(lacking.map { .string($0) })
            return MissingMetrics(item: item, evaluation: reduced)
        }
    }

    /// The runs of the plan as the store has them now. Throws what the store throws.
    public func examine(in store: RunStore) throws -> ExaminedRuns {
        try ExaminedRuns(ofRevision: revisionID, items: items, evaluation: evaluation, in: store)
    }
}

/// Names of the files a completed run leaves.
public enum RunArtefactNames {
    /// The trained flow's parameters.
    public static let parameters = "parameters.safetensors"
    /// The flow's density beside the truth on a grid.
    public static let density = "density.safetensors"
}

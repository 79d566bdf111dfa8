import Catalog

/// Two settings of a `training` section that exclude each other.
public struct TrainingConflict: Sendable, Equatable {
    /// The parameter to change.
    public var parameter: String
    /// What it would have to be.
    public var expected: String
    /// Why.
    public var message: String
}

extension TrainingParameters {
    /// The first pair of settings that make no sense together, nil if there is none. Parameters that are missing or of
    /// another type conflict with nothing (they are reported elsewhere).
    public static func conflict(in values: ParameterValues) -> TrainingConflict? {
        func text(_ name: String) -> String? { values[name]?.stringValue }
        let objective = text("objective").flatMap(TrainingObjective.init(rawValue:))
        if text("proposal") == ProposalKind.adaptive.rawValue {
            if let objective, objective != .likelihoodWeighted {
                return TrainingConflict(
                    parameter: "proposal", expected: "\"fresh\" or \"static\" with objective \"\(objective.rawValue)\"",
                    message: "an adaptive proposal proposes draws for one posterior; objective "
                        + "\"\(objective.rawValue)\" does not train on such draws")
            }
            if text("weighting") == WeightingKind.batch.rawValue {
                return TrainingConflict(
                    parameter: "weighting", expected: "\"pool\" with proposal \"adaptive\"",
                    message: "the rounds of an adaptive proposal are weighted together, not in batches")
            }
            if let size = values["poolEffectiveSize"]?.doubleValue, size > 0 {
                return TrainingConflict(
                    parameter: "poolEffectiveSize", expected: "0 with proposal \"adaptive\"",
                    message: "the rounds of an adaptive proposal have exactly \"draws\" draws; temperingTarget sets "
                        + "their effective sample size")
            }
            if let patience = values["earlyStoppingPatience"]?.integerValue, patience > 0 {
                return TrainingConflict(
                    parameter: "earlyStoppingPatience", expected: "0 with proposal \"adaptive\"",
                    message: "the validation draws of an adaptive proposal change with every round, so their losses do "
                        + "not compare")
            }
        }
        if objective == .amortised {
            if values["candidates"]?.integerValue == 1, values["includeGenerating"]?.boolValue == false {
                return TrainingConflict(
                    parameter: "includeGenerating", expected: "true with \"candidates\" 1",
                    message: "the only candidate is the draw that x was simulated from")
            }
            if text("weighting") == WeightingKind.batch.rawValue {
                return TrainingConflict(
                    parameter: "weighting", expected: "\"pool\" with objective \"amortised\"",
                    message: "weights are normalised over the candidates of each x")
            }
            if let size = values["poolEffectiveSize"]?.doubleValue, size > 0 {
                return TrainingConflict(
                    parameter: "poolEffectiveSize", expected: "0 with objective \"amortised\"",
                    message: "pools of pairs have no effective sample size to reach; raise \"draws\"")
            }
        }
        if let objective, objective.drawsFromFlow {
            if let patience = values["earlyStoppingPatience"]?.integerValue, patience > 0 {
                return TrainingConflict(
                    parameter: "earlyStoppingPatience", expected: "0 with objective \"\(objective.rawValue)\"",
                    message: "the validation loss is that of likelihood weighting, another objective")
            }
            if text("weighting") == WeightingKind.batch.rawValue {
                return TrainingConflict(
                    parameter: "weighting", expected: "\"pool\" with objective \"\(objective.rawValue)\"",
                    message: "objective \"\(objective.rawValue)\" draws its batches from the flow")
            }
            if let batch = values["batch"]?.integerValue, batch < 2 {
                return TrainingConflict(
                    parameter: "batch", expected: "at least 2 with objective \"\(objective.rawValue)\"",
                    message: "a gradient from the flow's own draws needs two of them to compare")
            }
        }
        if objective == .maximumLikelihood || objective == .amortised || objective?.drawsFromFlow == true
            || text("weighting") == "batch",
            text("smoothing") == WeightSmoothing.pareto.rawValue
        {
            return TrainingConflict(
                parameter: "smoothing", expected: "\"none\" where no pool is weighted",
                message: "Pareto smoothing acts on the weights of a pool; objective "
                    + "\"\(text("objective") ?? "")\" with weighting \"\(text("weighting") ?? "")\" has none")
        }
        return nil
    }
}

import Catalog
import Experiments
import Flows
import Metrics
import Training

/// A small run of every objective × base × proposal that a spec may name, and of every other choice that changes what a
/// checkpoint holds or how training goes on. Made from the catalogs, so that a new entry is in it by itself.
enum ResumeTable {
    struct Row: Sendable, CustomStringConvertible {
        /// What is special about it, for example `reverse-kl, gmm, fresh`.
        var description: String
        /// The catalog entries in it.
        var names: Set<String>
        /// Sections of the spec as JSON.
        var base: String
        var flow: [String: String] = [:]
        var training: [String: String] = [:]

        /// A task that has what the objective asks for; the smallest numbers that visit every branch: rounds begin in the
        /// middle, history rows fall between checkpoints, and a base is frozen first.
        var spec: String {
            var training = ["draws": "240", "batch": "16", "steps": "7", "stepsPerRound": "3", "historyInterval": "2"]
            training.merge(self.training) { $1 }
            var flow = ["couplingLayers": "2", "hiddenSizes": "[6]"]
            flow.merge(self.flow) { $1 }
            // All tasks whose posterior is known exactly take maximum likelihood; this one simulates, too, and has a box.
            return """
                {"name": "row", "task": "quadratic-2d", "base": \(base), "flow": \(Self.object(flow)),
                 "training": \(Self.object(training)), "evaluation": {"metrics": ["kl"], "samples": 100}}
                """
        }

        private static func object(_ members: [String: String]) -> String {
            "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
        }

        /// The plan; nil when the spec's settings exclude each other.
        func plan() throws -> ExperimentPlan? {
            do {
                return try ExperimentPlan.read(bytes: Array(spec.utf8), fileName: "row.json")
            } catch {
                // Only a conflict of settings may leave a row out, never a mistake in this table.
                let isConflict = error.errors.allSatisfy { diagnostic in
                    ["training.proposal", "training.objective", "base", "base.name", "flow.box"].contains(
                        diagnostic.keyPath)
                }
                guard isConflict else { throw error }
                return nil
            }
        }
    }

    static let objectives = TrainingParameters.objectives.map(\.name)
    static let bases = DistributionCatalog.descriptions.map(\.name)
    static let proposals = choices("proposal", of: TrainingParameters.parameters)

    /// The words that a parameter takes.
    static func choices(_ name: String, of parameters: [ParameterDescription]) -> [String] {
        guard case .choice(let names) = parameters.first(where: { $0.name == name })?.kind else { return [] }
        return names
    }

    /// Small values for the parameters of a base that has them, so that a row takes milliseconds.
    static func base(_ name: String) -> String {
        let known = DistributionCatalog.descriptions.first { $0.name == name }?.parameters.map(\.name) ?? []
        let small = ["components": "2", "hiddenSizes": "[4]", "normalizerDraws": "50", "freezeFraction": "0.3"]
        let members = small.filter { known.contains($0.key) }.sorted { $0.key < $1.key }.map {
            "\"\($0.key)\": \($0.value)"
        }
        return "{" + (["\"name\": \"\(name)\""] + members).joined(separator: ", ") + "}"
    }

    static let rows: [Row] = products + choicesOfOneParameter + combinations

    /// Every objective × base × proposal.
    private static var products: [Row] {
        objectives.flatMap { objective in
            bases.flatMap { base in
                proposals.map { proposal in
                    Row(
                        description: "\(objective), \(base), \(proposal)", names: [objective, base, proposal],
                        base: Self.base(base),
                        training: ["objective": "\"\(objective)\"", "proposal": "\"\(proposal)\""])
                }
            }
        }
    }

    /// Every word of every parameter of `flow` and `training` that is a choice of words, and both of every flag.
    private static var choicesOfOneParameter: [Row] {
        func words(_ kind: ParameterDescription.Kind) -> [String] {
            switch kind {
            case .choice(let names): return names.map { "\"\($0)\"" }
            case .boolean: return ["true", "false"]
            default: return []
            }
        }
        func rows(_ parameters: [ParameterDescription], _ change: (inout Row, String, String) -> Void) -> [Row] {
            parameters.filter { !["objective", "proposal"].contains($0.name) }.flatMap { parameter in
                words(parameter.kind).map { word in
                    var row = Row(
                        description: "\(parameter.name) \(word)", names: ["\(parameter.name)=\(word)"],
                        base: base("gmm"))
                    change(&row, parameter.name, word)
                    // Applies to no other objective.
                    if parameter.name == "contextShift" || parameter.name == "includeGenerating" {
                        row.training["objective"] = "\"amortised\""
                    }
                    return row
                }
            }
        }
        return rows(FlowParameters.parameters) { $0.flow[$1] = $2 }
            + rows(TrainingParameters.parameters) { $0.training[$1] = $2 }
    }

    /// What only acts together.
    private static var combinations: [Row] {
        let amortised = ["objective": "\"amortised\"", "candidates": "4"]
        let early = ["objective": "\"maximum-likelihood\"", "draws": "2500", "earlyStoppingPatience": "1"]
        let adaptive = ["proposal": "\"adaptive\"", "roundsKept": "2", "smoothing": "\"pareto\""]
        var rows = [
            Row(description: "components auto", names: ["auto"], base: #"{"name": "gmm", "components": "auto"}"#),
            Row(description: "averaging", names: [], base: base("gmm"), training: ["averaging": "3"]),
            Row(
                description: "averaging, early stopping", names: [], base: base("gmm"),
                training: early.merging(["averaging": "3"]) { $1 }),
            Row(description: "early stopping, resampled", names: [], base: base("resampled"), training: early),
            Row(
                description: "one adaptive round kept", names: [], base: base("gmm"),
                training: adaptive.merging(["roundsKept": "1"]) { $1 }),
            Row(
                description: "pools of an effective size", names: [], base: base("gaussian"),
                training: ["poolEffectiveSize": "30"]),
            Row(
                description: "pruned batches", names: [], base: base("student-t"),
                training: ["weighting": "\"batch\"", "pruneBelow": "0.01"]),
            Row(
                description: "amortised without shift", names: [], base: base("gmm"), flow: ["contextShift": "false"],
                training: amortised),
            Row(
                description: "amortised, other candidates", names: [], base: base("conditional-gmm"),
                training: amortised.merging(["includeGenerating": "false", "averaging": "2"]) { $1 }),
        ]
        for coupling in FlowParameters.couplings.map(\.name) {
            for box in choices("box", of: FlowParameters.parameters) {
                for training in [[:], amortised, adaptive] {
                    rows.append(
                        Row(
                            description: "\(coupling), box \(box), \(training.keys.sorted().joined(separator: "+"))",
                            names: [coupling], base: base("gmm"),
                            flow: ["coupling": "\"\(coupling)\"", "box": "\"\(box)\""], training: training))
                }
            }
        }
        return rows
    }
}

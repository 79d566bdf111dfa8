import ArgumentParser
import Catalog
import Experiments
import Flows
import Metrics
import Tasks
import Training

/// The kinds of component a spec can name.
enum ComponentKind: String, CaseIterable, ExpressibleByArgument {
    case tasks, bases, bijections, objectives, metrics

    var descriptions: [ComponentDescription] {
        switch self {
        case .tasks: return TaskCatalog.entries.map(\.description)
        case .bases: return DistributionCatalog.descriptions
        case .bijections: return FlowParameters.couplings
        case .objectives: return TrainingParameters.objectives
        case .metrics: return MetricCatalog.descriptions
        }
    }

    /// What `describe` knows: what is listed, and the columns that follow from a metric by rule.
    var describable: [ComponentDescription] {
        self == .metrics ? descriptions + MetricCatalog.fixedObservationDescriptions : descriptions
    }

    var singular: String {
        switch self {
        case .tasks: return "task"
        case .bases: return "base"
        case .bijections: return "bijection"
        case .objectives: return "objective"
        case .metrics: return "metric"
        }
    }
}

/// A component's description as text and JSON.
enum ComponentText {
    static func text(_ description: ComponentDescription, kind: ComponentKind) -> String {
        var lines = ["\(description.name): \(kind.singular), version \(description.version)"]
        lines.append("  \(description.summary)")
        lines.append("  definition  \(description.definition)")
        lines.append("  source      \(description.source)")
        if !description.parameters.isEmpty { lines.append("  parameters") }
        for parameter in description.parameters {
            let value = parameter.defaultValue.map { "default \($0.text)" } ?? "no default"
            lines.append("    \(parameter.name): \(parameter.kind.summary); \(value)")
            lines.append("      \(parameter.summary)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func json(_ description: ComponentDescription) -> JSONValue {
        .object([
            "name": .string(description.name), "version": .integer(description.version),
            "summary": .string(description.summary), "definition": .string(description.definition),
            "source": .string(description.source),
            "parameters": .array(
                description.parameters.map { parameter in
                    .object([
                        "name": .string(parameter.name), "allowed": .string(parameter.kind.summary),
                        "default": parameter.defaultValue ?? .null, "summary": .string(parameter.summary),
                    ])
                }),
        ])
    }
}

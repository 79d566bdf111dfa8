import ArgumentParser
import Catalog
import Experiments
import Flows
import Metrics
import Reports
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

    /// Of tasks: whether one flow can be trained for every x. Nil for other kinds.
    func canBeAmortised(_ name: String) -> Bool? {
        self == .tasks ? TaskCatalog.entry(named: name)?.hasSimulator : nil
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
    /// `width`: of the terminal; nil leaves long lines whole.
    static func text(_ description: ComponentDescription, kind: ComponentKind, width: Int?) -> String {
        func line(_ text: String, indent: Int) -> String {
            let space = String(repeating: " ", count: indent)
            guard let width else { return space + text }
            // Later lines stand a little further in.
            return DisplayText.wrapped(text, width: max(20, width - indent), indent: 0)
                .split(separator: "\n").enumerated().map { ($0 == 0 ? space : space + "  ") + $1 }
                .joined(separator: "\n")
        }
        var lines = ["\(description.name): \(kind.singular), version \(description.version)"]
        lines.append(line(description.summary, indent: 2))
        lines.append(line("definition: " + description.definition, indent: 2))
        lines.append(line("source: " + description.source, indent: 2))
        if let isAble = kind.canBeAmortised(description.name) {
            lines.append(
                line(
                    "amortised: "
                        + (isAble
                            ? "yes, the task has a simulator (\"training\": {\"objective\": \"amortised\"})"
                            : "no, the task has no simulator"),
                    indent: 2))
        }
        lines.append("  parameters:" + (description.parameters.isEmpty ? " none of its own" : ""))
        for parameter in description.parameters {
            let value = parameter.defaultValue.map { "default \($0.text)" } ?? "no default"
            lines.append(line("\(parameter.name): \(parameter.kind.summary); \(value)", indent: 4))
            lines.append(line(parameter.summary, indent: 6))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func json(_ description: ComponentDescription, kind: ComponentKind) -> JSONValue {
        var members = json(description)
        members["simulator"] = kind.canBeAmortised(description.name).map { .bool($0) }
        return .object(members)
    }

    private static func json(_ description: ComponentDescription) -> [String: JSONValue] {
        [
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
        ]
    }
}

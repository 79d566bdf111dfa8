import Catalog
import Tasks

/// A section of a cell with everything filled in.
struct ResolvedSection: Sendable {
    /// The component's name; nil for `flow` and `training`.
    var name: String?
    var parameters: ParameterValues
    /// True when a value that it rests on was reported as wrong.
    var isTainted = false
    /// Values whose path the component does not have.
    var unapplied: [SpecAssignment] = []
    /// The assignment that decided each parameter, and the name under the empty key: for places in messages.
    var deciding: [String: SpecAssignment] = [:]
    /// Canonical JSON.
    var text = ""
}

/// What a made task tells the expansion.
struct TaskFacts: Sendable {
    var modeCount: Int?
    var dimension: Int
    /// Whether x can be simulated, so that a conditional flow can be trained.
    var hasSimulator: Bool
    /// Whether the prior's support is a bounded box.
    var isBounded: Bool
}

/// Resolves sections and remembers them: cells share their sections, so each distinct one is resolved once.
struct SectionResolver {
    let vocabulary: SpecVocabulary
    private(set) var sections: [ResolvedSection] = []
    private var numberOfText: [String: Int] = [:]

    init(vocabulary: SpecVocabulary) {
        self.vocabulary = vocabulary
    }

    /// Resolves a section from assignments in the order in which they apply.
    func resolve(_ section: SpecSection, _ assignments: [SpecAssignment]) -> ResolvedSection {
        var resolved = ResolvedSection(name: nil, parameters: [:])
        resolved.isTainted = assignments.contains { !$0.isValid }
        if section.isComponent {
            let naming = assignments.last { $0.path.parameter == nil }
            resolved.deciding[""] = naming
            resolved.name = naming?.node.value.stringValue ?? (section == .base ? vocabulary.bases.first?.name : nil)
        }
        guard let variant = vocabulary.variant(resolved.name, of: section) else {
            resolved.isTainted = true
            return resolved
        }
        var values = variant.defaults
        for assignment in assignments {
            guard let name = assignment.path.parameter else { continue }
            guard let parameter = variant.parameter(name) else {
                resolved.unapplied.append(assignment)
                continue
            }
            guard case .success(let value) = parameter.kind.canonicalValue(of: assignment.node) else {
                resolved.isTainted = true
                continue
            }
            values[name] = value
            resolved.deciding[name] = assignment
        }
        resolved.parameters = ParameterValues(values)
        resolved.text = text(of: resolved, section)
        return resolved
    }

    /// The number under which equal sections are kept once.
    mutating func intern(_ resolved: ResolvedSection, _ section: SpecSection) -> Int {
        let key =
            resolved.isTainted ? "\(section.rawValue) tainted \(sections.count)" : section.rawValue + resolved.text
        if let number = numberOfText[key] { return number }
        numberOfText[key] = sections.count
        sections.append(resolved)
        return sections.count - 1
    }

    func text(of resolved: ResolvedSection, _ section: SpecSection) -> String {
        CanonicalRunText.text(
            of: resolved.parameters, name: resolved.name,
            description: vocabulary.variant(resolved.name, of: section))
    }
}

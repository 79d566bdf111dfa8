import Catalog
import Flows
import Tasks
import Training

// What an objective asks of the other settings.
extension SpecExpander {
    /// Whether the cell's objective fits its task, base and pool settings; what does not is reported at the setting
    /// that a person would change.
    mutating func checkObjective(_ cell: Cell, _ facts: TaskFacts) -> Bool {
        let training = resolver.sections[cell.training]
        let base = resolver.sections[cell.base]
        let isAmortised = training.parameters["objective"]?.stringValue == TrainingObjective.amortised.rawValue
        let isConditional = base.name == DistributionCatalog.conditionalGaussianMixture.name
        let isAdaptive = training.parameters["proposal"]?.stringValue == ProposalKind.adaptive.rawValue
        if base.parameters["components"] == .string("auto"), isAmortised || isAdaptive {
            return refuse(
                base, .base, "components",
                "\"auto\" chooses from prior draws weighted for one posterior; "
                    + (isAmortised
                        ? "an amortised run has a posterior for every x" : "an adaptive run starts tempered"),
                "write a number, or \"match\"")
        }
        let flow = resolver.sections[cell.flow]
        if !isAmortised, flow.parameters["contextShift"]?.boolValue == false {
            return refuse(
                flow, .flow, "contextShift", "contextShift applies to objective 'amortised' only",
                "leave it out: it would make another run with the same numbers")
        }
        guard isAmortised else {
            return !isConditional
                || refuse(
                    base, .base, "", "base 'conditional-gmm' makes its mixture from x, which only amortised runs have",
                    "add \"training\": {\"objective\": \"amortised\"}, or use the base \"gmm\"")
        }
        guard facts.hasSimulator else {
            let able = vocabulary.tasks.filter(\.hasSimulator).map(\.description.name)
            return refuse(
                training, .training, "objective",
                "objective 'amortised' needs a task that simulates x; '\(resolver.sections[cell.task].name ?? "")' is a density",
                "use one of: \(able.joined(separator: ", "))")
        }
        return true
    }

    /// Reports a mistake once, at the assignment that decided `name` (or the section). Always false.
    private mutating func refuse(
        _ section: ResolvedSection, _ kind: SpecSection, _ name: String, _ message: String, _ remedy: String
    ) -> Bool {
        let place = section.deciding[name] ?? section.deciding[""]
        let diagnostic = SpecDiagnostic(
            at: place?.node.position ?? model.position,
            keyPath: place?.keyPath ?? (name.isEmpty ? kind.rawValue : "\(kind.rawValue).\(name)"),
            message: message, remedy: remedy)
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        return false
    }
}

import Catalog
import Flows
import Metrics
import Tasks
import Training

/// Everything that a spec may say: the catalogs' tables in one value, so that the reader, the docs and the tests have
/// one source and no second place knows a name.
public struct SpecVocabulary: Sendable {
    /// Tasks with their factories.
    public var tasks: [TaskCatalog.Entry]
    /// Base distributions.
    public var bases: [ComponentDescription]
    /// Bijections by the `coupling` that chooses them (for their versions).
    public var couplings: [ComponentDescription]
    /// Objectives by name (for their versions).
    public var objectives: [ComponentDescription]
    /// The version of the trainer.
    public var trainerVersion: Int
    /// Parameters of the `flow` section.
    public var flow: [ParameterDescription]
    /// Parameters of the `training` section.
    public var training: [ParameterDescription]
    /// Parameters of the `evaluation` section.
    public var evaluation: [ParameterDescription]

    /// Creates a vocabulary; by default everything comes from the catalogs.
    public init(
        tasks: [TaskCatalog.Entry] = TaskCatalog.entries,
        bases: [ComponentDescription] = DistributionCatalog.descriptions,
        couplings: [ComponentDescription] = FlowParameters.couplings,
        objectives: [ComponentDescription] = TrainingParameters.objectives,
        trainerVersion: Int = TrainingParameters.trainerVersion,
        flow: [ParameterDescription] = FlowParameters.parameters,
        training: [ParameterDescription] = TrainingParameters.parameters,
        evaluation: [ParameterDescription] = MetricCatalog.evaluationParameters
    ) {
        self.tasks = tasks
        self.bases = bases
        self.couplings = couplings
        self.objectives = objectives
        self.trainerVersion = trainerVersion
        self.flow = flow
        self.training = training
        self.evaluation = evaluation
    }

    /// What this program knows.
    public static let standard = SpecVocabulary()
}

/// A part of a run's configuration.
public enum SpecSection: String, Sendable, CaseIterable {
    /// The parts of a run, in the order in which they are written and resolved.
    case task, base, flow, training

    /// Whether the section names a component (`{"name": …}`) or is a plain table of parameters.
    var isComponent: Bool { self == .task || self == .base }
}

extension SpecVocabulary {
    /// What a section can be: the tasks, the bases, or the one nameless variant of `flow` and `training`.
    func variants(of section: SpecSection) -> [ComponentDescription] {
        switch section {
        case .task: return tasks.map(\.description)
        case .base: return bases
        case .flow: return [Self.plain("flow", flow)]
        case .training: return [Self.plain("training", training)]
        }
    }

    /// The variant with the name; for `flow` and `training` the only one, whatever the name.
    func variant(_ name: String?, of section: SpecSection) -> ComponentDescription? {
        switch section {
        case .task: return tasks.first { $0.description.name == name }?.description
        case .base: return bases.first { $0.name == name }
        case .flow, .training: return variants(of: section).first
        }
    }

    private static func plain(_ name: String, _ parameters: [ParameterDescription]) -> ComponentDescription {
        ComponentDescription(
            name: name, version: 0, summary: "", definition: "", source: "", parameters: parameters)
    }
}

extension ComponentDescription {
    /// The parameter with the name.
    func parameter(_ name: String) -> ParameterDescription? {
        parameters.first { $0.name == name }
    }

    /// Every default that exists.
    var defaults: [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for parameter in parameters { values[parameter.name] = parameter.defaultValue }
        return values
    }
}

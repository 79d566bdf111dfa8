import Catalog
import Tasks

/// The declared versions of the components a run uses: part of its id, so that a corrected component makes new runs.
public struct ComponentVersions: Sendable, Equatable, Hashable {
    /// Version of the task.
    public var task: Int
    /// Version of the base distribution.
    public var base: Int
    /// Version of the kind of coupling.
    public var bijection: Int
    /// Version of the objective.
    public var objective: Int
    /// Version of the trainer.
    public var trainer: Int

    /// Creates versions.
    public init(task: Int, base: Int, bijection: Int, objective: Int, trainer: Int) {
        self.task = task
        self.base = base
        self.bijection = bijection
        self.objective = objective
        self.trainer = trainer
    }

    /// The versions that a vocabulary declares for the named components; 0 for a name it does not have.
    public init(task: String, base: String, flow: ParameterValues, training: ParameterValues, in known: SpecVocabulary)
    {
        func version(_ name: String?, _ descriptions: [ComponentDescription]) -> Int {
            descriptions.first { $0.name == name }?.version ?? 0
        }
        self.task = known.tasks.first { $0.description.name == task }?.description.version ?? 0
        self.base = version(base, known.bases)
        bijection = version(flow["coupling"]?.stringValue, known.couplings)
        objective = version(training["objective"]?.stringValue, known.objectives)
        trainer = known.trainerVersion
    }

    var json: JSONValue {
        .object([
            "task": .integer(task), "base": .integer(base), "bijection": .integer(bijection),
            "objective": .integer(objective), "trainer": .integer(trainer),
        ])
    }
}

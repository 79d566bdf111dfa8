import Catalog

/// Every task that a spec can name. Adding one: its file with a description and a factory, and a row here.
public enum TaskCatalog {
    /// A description and how to make the task from resolved parameters.
    public struct Entry: Sendable {
        /// Name, definition, source and parameters.
        public let description: ComponentDescription
        /// Makes the task from values for all parameters; throws ``ParameterError``, never traps.
        public let make: @Sendable (ParameterValues) throws -> any InferenceTask

        /// Creates an entry.
        public init(
            _ description: ComponentDescription, make: @escaping @Sendable (ParameterValues) throws -> any InferenceTask
        ) {
            self.description = description
            self.make = make
        }

        /// Whether the task has a simulator, so that one flow can be trained for every x (objective `amortised`).
        public var hasSimulator: Bool {
            var values = ParameterValues()
            for parameter in description.parameters { values[parameter.name] = parameter.defaultValue }
            return (try? make(values)) is any SimulatorTask
        }
    }

    /// All tasks in the order in which they are listed.
    public static let entries: [Entry] = [
        CornersTask.entry,
        CubeTask.entry,
        RingTask.entry,
        TwoMoonsTask.entry,
        RingsTask.entry,
        UnequalTask.entry,
        QuadraticTask.entry2D,
        QuadraticTask.entry3D,
        SimulatedTwoMoonsTask.entry,
        SimpleLikelihoodTask.entry,
        GaussianMixture40Task.entry,
        SignsTask.entry,
        GaussianLinearTask.entry,
        TwoScaleTask.entry,
    ]

    /// The entry named `name`, if any.
    public static func entry(named name: String) -> Entry? {
        entries.first { $0.description.name == name }
    }

    /// The task a choice stands for, parameters it does not give at their defaults; throws ``UnknownComponentError``
    /// or ``ParameterError``.
    public static func make(_ choice: ComponentChoice) throws -> any InferenceTask {
        guard let entry = entry(named: choice.name) else {
            throw UnknownComponentError(kind: "task", name: choice.name, known: entries.map(\.description.name))
        }
        var parameters = choice.parameters
        for parameter in entry.description.parameters where parameters[parameter.name] == nil {
            parameters[parameter.name] = parameter.defaultValue
        }
        for name in parameters.values.keys.sorted() {
            guard entry.description.parameters.contains(where: { $0.name == name }) else {
                let known = entry.description.parameters.map(\.name).joined(separator: ", ")
                throw ParameterError(
                    name: name, expected: "a parameter of task '\(choice.name)' (\(known))", found: parameters[name])
            }
        }
        return try entry.make(parameters)
    }
}

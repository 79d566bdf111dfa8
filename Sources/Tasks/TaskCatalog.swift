import Catalog

/// Every task that a spec can name. Adding one: its file with a description and a factory, and a row here.
public enum TaskCatalog {
    /// A description and how to make the task from resolved parameters.
    public struct Entry: Sendable {
        public let description: ComponentDescription
        public let make: @Sendable (ParameterValues) throws -> any InferenceTask

        /// Creates an entry.
        public init(
            _ description: ComponentDescription, make: @escaping @Sendable (ParameterValues) throws -> any InferenceTask
        ) {
            self.description = description
            self.make = make
        }
    }

    /// All tasks in the order in which they are listed.
    public static let entries: [Entry] = []

    /// The entry named `name`, if any.
    public static func entry(named name: String) -> Entry? {
        entries.first { $0.description.name == name }
    }

    /// The task a resolved choice stands for; throws ``UnknownComponentError`` or a parameter's error.
    public static func make(_ choice: ComponentChoice) throws -> any InferenceTask {
        guard let entry = entry(named: choice.name) else {
            throw UnknownComponentError(kind: "task", name: choice.name, known: entries.map(\.description.name))
        }
        return try entry.make(choice.parameters)
    }
}

/// What one parameter of a task, base, flow, training or evaluation section is: its type, default, range and meaning.
///
/// The spec reader checks values against it, `describe` and `schema` print it, and the docs list it: there is no
/// second place that knows a parameter.
public struct ParameterDescription: Sendable, Equatable {
    /// What values a parameter takes.
    public indirect enum Kind: Sendable, Equatable {
        case boolean
        /// A whole number in a closed range.
        case integer(ClosedRange<Int>)
        /// A finite number in a closed range; `exclusiveMinimum` excludes the lower bound itself.
        case number(ClosedRange<Double>, exclusiveMinimum: Bool)
        /// One of the named choices.
        case choice([String])
        /// A list of values of one kind with a permitted count.
        case list(Kind, count: ClosedRange<Int>)
        /// Any of the kinds (for example an integer or the word `match`); they are tried in order.
        case anyOf([Kind])
    }

    /// The key in the spec, for example `couplingLayers`.
    public var name: String
    /// What values it takes.
    public var kind: Kind
    /// The value a spec without the key means, in canonical type (`.integer` for integers, `.number` for numbers).
    /// `nil`: the parameter has no default; absent means "not given".
    public var defaultValue: JSONValue?
    /// Set only for a key added in a later version: the value that stands for the older behaviour. It is omitted
    /// from the canonical configuration when equal, so that old run ids stay what they were.
    public var absentValue: JSONValue?
    /// One sentence with unit and meaning.
    public var summary: String

    /// Creates a description; see the properties.
    public init(
        _ name: String, _ kind: Kind, default defaultValue: JSONValue?, absent absentValue: JSONValue? = nil,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.absentValue = absentValue
        self.summary = summary
    }
}

/// One named thing a spec can choose (a task, a base, a bijection, an objective, a metric), described for people and
/// for the spec reader.
public struct ComponentDescription: Sendable, Equatable {
    /// The name in a spec, kebab-case, for example `two-moons`.
    public var name: String
    /// The declared version. It is part of the run id: raise it when the numbers the component yields change.
    public var version: Int
    /// One sentence.
    public var summary: String
    /// The formula or algorithm, as text.
    public var definition: String
    /// Where the definition comes from (author, year, equation).
    public var source: String
    /// Its parameters.
    public var parameters: [ParameterDescription]

    /// Creates a description; see the properties.
    public init(
        name: String, version: Int, summary: String, definition: String, source: String,
        parameters: [ParameterDescription] = []
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.definition = definition
        self.source = source
        self.parameters = parameters
    }

    /// The component with those parameters of a section that are its own.
    public func taking(_ names: [String], of section: [ParameterDescription]) -> ComponentDescription {
        var description = self
        description.parameters += section.filter { names.contains($0.name) }
        return description
    }
}

/// A chosen component with its resolved parameter values (defaults filled in, types canonical).
public struct ComponentChoice: Sendable, Equatable, Hashable {
    /// The name.
    public var name: String
    /// Its parameters.
    public var parameters: ParameterValues

    /// Creates a choice.
    public init(name: String, parameters: ParameterValues = [:]) {
        self.name = name
        self.parameters = parameters
    }
}

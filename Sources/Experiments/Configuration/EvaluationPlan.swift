import Catalog

/// What is measured on a trained run: the resolved `evaluation` section. It is not part of the run id, because it
/// never changes what is trained.
public struct EvaluationPlan: Sendable, Equatable, Hashable {
    /// The section with all defaults filled in.
    public var parameters: ParameterValues

    /// Wraps resolved values.
    public init(parameters: ParameterValues) {
        self.parameters = parameters
    }

    /// Every default of the vocabulary.
    public init(vocabulary: SpecVocabulary = .standard) {
        var values = ParameterValues()
        for parameter in vocabulary.evaluation { values[parameter.name] = parameter.defaultValue }
        parameters = values
    }

    /// One line of JSON, members sorted.
    public var canonicalJSON: String { JSONValue.object(parameters.values).text }

    /// Reads ``canonicalJSON`` back. A parameter added since it was written takes its default.
    public init(canonicalJSON text: String, vocabulary: SpecVocabulary = .standard) throws(ConfigurationError) {
        var members = try parseObject(text, what: "evaluation")
        for parameter in vocabulary.evaluation where members[parameter.name] == nil {
            members[parameter.name] = parameter.defaultValue
        }
        parameters = try readParameters(members, vocabulary.evaluation, what: "evaluation")
    }
}

import Catalog

/// The canonical JSON of a configuration in pieces, so that the runs of a cell, which differ only in the seed, share
/// the work.
struct CanonicalRunText: Sendable {
    /// The task as JSON.
    var task: String
    /// The base as JSON.
    var base: String
    /// The flow section as JSON.
    var flow: String
    /// The training section as JSON.
    var training: String
    /// The versions as JSON.
    var versions: String

    init(_ configuration: RunConfiguration, vocabulary: SpecVocabulary) {
        func text(_ section: SpecSection, _ name: String?) -> String {
            Self.text(
                of: configuration.parameters(of: section), name: name,
                description: vocabulary.variant(name, of: section))
        }
        task = text(.task, configuration.task.name)
        base = text(.base, configuration.base.name)
        flow = text(.flow, nil)
        training = text(.training, nil)
        versions = configuration.versions.json.text
    }

    init(task: String, base: String, flow: String, training: String, versions: ComponentVersions) {
        self.task = task
        self.base = base
        self.flow = flow
        self.training = training
        self.versions = versions.json.text
    }

    /// The whole canonical JSON; the members stand in sorted order.
    func text(seed: UInt64) -> String { "{\(head),\"seed\":\(seed),\(tail)}" }

    /// The same without the seed.
    var textWithoutSeed: String { "{\(head),\(tail)}" }

    private var head: String { "\"base\":\(base),\"flow\":\(flow)" }
    private var tail: String { "\"task\":\(task),\"training\":\(training),\"versions\":\(versions)" }

    /// One section: its parameters beside the `name`, those at their absent value left out.
    static func text(of parameters: ParameterValues, name: String?, description: ComponentDescription?) -> String {
        var members = parameters.values
        for parameter in description?.parameters ?? [] {
            if let absent = parameter.absentValue, members[parameter.name] == absent {
                members[parameter.name] = nil
            }
        }
        if let name { members["name"] = .string(name) }
        return JSONValue.object(members).text
    }
}

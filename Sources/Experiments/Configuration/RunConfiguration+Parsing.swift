import Catalog

/// A stored configuration or evaluation plan that this program cannot read.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and with which part.
    public var message: String
    /// What to do about it.
    public var remedy: String

    /// Creates an error.
    public init(_ message: String, remedy: String = "read it with the version of flowexp that wrote it") {
        self.message = message
        self.remedy = remedy
    }

    /// Both sentences.
    public var description: String { "\(message); \(remedy)" }
}

extension RunConfiguration {
    /// Reads ``canonicalJSON`` back. The text need not be canonical, but every parameter must be there (those with an
    /// absent value may be missing) and none may be unknown.
    public init(canonicalJSON text: String, vocabulary: SpecVocabulary = .standard) throws(ConfigurationError) {
        let value = try parseObject(text, what: "configuration")
        let known: Set<String> = ["task", "base", "flow", "training", "seed", "versions"]
        for (key, _) in JSONValue.sortedMembers(value) where !known.contains(key) {
            throw ConfigurationError("configuration: unknown key '\(key)'")
        }
        guard let seed = value["seed"]?.integerValue, seed >= 0 else {
            throw ConfigurationError("configuration: 'seed' is not a whole number from 0")
        }
        func section(_ section: SpecSection) throws(ConfigurationError) -> (String?, ParameterValues) {
            guard var members = value[section.rawValue]?.objectValue else {
                throw ConfigurationError("configuration: '\(section.rawValue)' is missing or not an object")
            }
            let name = section.isComponent ? members.removeValue(forKey: "name")?.stringValue : nil
            guard let description = vocabulary.variant(name, of: section) else {
                throw ConfigurationError("configuration: unknown \(section.rawValue) '\(name ?? "")'")
            }
            let what = "configuration: \(section.rawValue)"
            return (name, try readParameters(members, description.parameters, what: what))
        }
        let (task, taskParameters) = try section(.task)
        let (base, baseParameters) = try section(.base)
        let (_, flow) = try section(.flow)
        let (_, training) = try section(.training)
        func version(_ name: String) throws(ConfigurationError) -> Int {
            guard let version = value["versions"]?[name]?.integerValue else {
                throw ConfigurationError("configuration: 'versions.\(name)' is not a whole number")
            }
            return version
        }
        self.init(
            task: ComponentChoice(name: task ?? "", parameters: taskParameters),
            base: ComponentChoice(name: base ?? "", parameters: baseParameters),
            flow: flow, training: training, seed: UInt64(seed),
            versions: ComponentVersions(
                task: try version("task"), base: try version("base"), bijection: try version("bijection"),
                objective: try version("objective"), trainer: try version("trainer")))
    }
}

/// The members of a stored JSON object.
func parseObject(_ text: String, what: String) throws(ConfigurationError) -> [String: JSONValue] {
    let value: JSONValue
    do {
        value = try JSONValue(parsing: text)
    } catch {
        throw ConfigurationError("\(what): not valid JSON at \(error)", remedy: "the record is damaged")
    }
    guard let members = value.objectValue else {
        throw ConfigurationError("\(what): not a JSON object", remedy: "the record is damaged")
    }
    return members
}

/// Checks stored values against their descriptions and puts absent values back.
func readParameters(
    _ members: [String: JSONValue], _ descriptions: [ParameterDescription], what: String
) throws(ConfigurationError) -> ParameterValues {
    var values = ParameterValues()
    for description in descriptions {
        guard let found = members[description.name] else {
            if description.defaultValue != nil && description.absentValue == nil {
                throw ConfigurationError("\(what): '\(description.name)' is missing")
            }
            values[description.name] = description.absentValue
            continue
        }
        guard case .success(let value) = description.kind.canonicalValue(of: JSONNode(value: found)) else {
            throw ConfigurationError(
                "\(what): '\(description.name)' is \(found.text), expected \(description.kind.summary)")
        }
        values[description.name] = value
    }
    for (key, _) in JSONValue.sortedMembers(members) where !descriptions.contains(where: { $0.name == key }) {
        throw ConfigurationError("\(what): unknown parameter '\(key)'")
    }
    return values
}

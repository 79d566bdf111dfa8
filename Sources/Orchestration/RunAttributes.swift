import Catalog

/// What `--where` can ask of a run: every path of its configuration, the short names, and facts such as its state.
public struct RunAttributes: Sendable, Equatable {
    /// Of the configuration; runs that differ in the seed alone share it.
    private let configuration: [String: JSONValue]
    /// Of the run itself; they come before the configuration's.
    private let facts: [String: JSONValue]

    /// `configuration` is what ``flattened(_:)`` made of it.
    public init(configuration: [String: JSONValue], facts: [String: JSONValue]) {
        self.configuration = configuration
        self.facts = facts
    }

    /// Of a whole configuration.
    public static func of(configuration: JSONValue, facts: [String: JSONValue] = [:]) -> RunAttributes {
        RunAttributes(configuration: flattened(configuration), facts: facts)
    }

    /// The value under a name, nil where the run has none.
    public subscript(name: String) -> JSONValue? { facts[name] ?? configuration[name] }

    /// Every name.
    public var names: Set<String> { Set(facts.keys).union(configuration.keys) }

    /// Flattens a configuration: `{"base": {"name": "gmm", "components": 8}}` gives `base` = gmm,
    /// `base.components` = 8 and, where no other section has a parameter of that name, `components` = 8.
    public static func flattened(_ configuration: JSONValue) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        var short: [String: JSONValue?] = [:]
        for (section, value) in configuration.objectValue ?? [:] {
            guard let members = value.objectValue else {
                result[section] = value
                continue
            }
            for (key, member) in members {
                if key == "name" {
                    result[section] = member
                    result["\(section).name"] = member
                } else {
                    result["\(section).\(key)"] = member
                    // The versions of the components are not what a short name means.
                    if section != "versions" { short[key] = short.keys.contains(key) ? .some(nil) : member }
                }
            }
        }
        for (key, member) in short {
            if let member, result[key] == nil { result[key] = member }
        }
        // The name that tables show.
        if result["depth"] == nil { result["depth"] = result["flow.couplingLayers"] }
        return result
    }
}

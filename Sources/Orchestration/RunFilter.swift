import Catalog

/// A condition on runs as `--where` takes it: `task=two-moons and couplingLayers>=8`.
///
/// Grammar: comparisons `name op value` with op one of `=`, `!=`, `<`, `<=`, `>`, `>=`, joined by `and`, `or`, `not`
/// and parentheses (`not` binds tightest, then `and`). A name is a path of the configuration (`flow.couplingLayers`),
/// its last part where that says enough, or a fact of the run (`state`, `seed`, `id`). Values are numbers, words or
/// quoted text. A comparison with something a run does not have (`components` of a gaussian base) is false.
public struct RunFilter: Sendable, Equatable {
    indirect enum Node: Sendable, Equatable {
        case comparison(name: String, Comparison, value: JSONValue)
        // Flat lists, not pairs: a chain of ten thousand comparisons must not nest as deep as it is long.
        case and([Node])
        case or([Node])
        case not(Node)
    }

    enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    let root: Node

    /// Parses a condition; throws ``RunFilterError`` with the column of the first mistake.
    public init(_ text: String) throws(RunFilterError) {
        var parser = try RunFilterParser(text)
        root = try parser.parseAll()
    }

    /// Every name the condition mentions, in order of appearance.
    public var names: [String] {
        var result: [String] = []
        var seen: Set<String> = []
        func visit(_ node: Node) {
            switch node {
            case .comparison(let name, _, _): if seen.insert(name).inserted { result.append(name) }
            case .and(let nodes), .or(let nodes): nodes.forEach(visit)
            case .not(let a): visit(a)
            }
        }
        visit(root)
        return result
    }

    /// Whether a run with these attributes satisfies the condition.
    public func matches(_ attributes: RunAttributes) -> Bool {
        func evaluate(_ node: Node) -> Bool {
            switch node {
            case .and(let nodes): return nodes.allSatisfy(evaluate)
            case .or(let nodes): return nodes.contains(where: evaluate)
            case .not(let a): return !evaluate(a)
            case .comparison(let name, let comparison, let value):
                guard let found = attributes[name] else { return false }
                return Self.compare(found, comparison, value)
            }
        }
        return evaluate(root)
    }

    /// Whether a run of which only these attributes can be read may satisfy the condition: what it lacks may have any value.
    public func mayMatch(_ readable: RunAttributes) -> Bool {
        // Nil: it depends on what cannot be read.
        func evaluate(_ node: Node) -> Bool? {
            switch node {
            case .and(let nodes):
                let parts = nodes.map(evaluate)
                return parts.contains(false) ? false : parts.contains(nil) ? nil : true
            case .or(let nodes):
                let parts = nodes.map(evaluate)
                return parts.contains(true) ? true : parts.contains(nil) ? nil : false
            case .not(let a): return evaluate(a).map { !$0 }
            case .comparison(let name, let comparison, let value):
                return readable[name].map { Self.compare($0, comparison, value) }
            }
        }
        return evaluate(root) ?? true
    }

    static func compare(_ found: JSONValue, _ comparison: Comparison, _ value: JSONValue) -> Bool {
        if let a = found.doubleValue, let b = value.doubleValue {
            switch comparison {
            case .equal: return a == b
            case .notEqual: return a != b
            case .less: return a < b
            case .lessOrEqual: return a <= b
            case .greater: return a > b
            case .greaterOrEqual: return a >= b
            }
        }
        let a = text(of: found)
        let b = text(of: value)
        switch comparison {
        case .equal: return a == b
        case .notEqual: return a != b
        // Words have no order: `components >= 4` says nothing about "auto".
        default: return false
        }
    }

    static func text(of value: JSONValue) -> String {
        switch value {
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .null: return "null"
        case .array(let elements): return "[" + elements.map { text(of: $0) }.joined(separator: ",") + "]"
        case .object: return "{…}"
        }
    }
}

/// A `--where` condition that cannot be read, or that names nothing.
public struct RunFilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, with the column.
    public var message: String

    /// Creates the error.
    public init(_ message: String) { self.message = message }

    /// The message and an example of what is right.
    public var description: String { "\(message)\n  Example: --where 'task=two-moons and couplingLayers>=8'" }
}

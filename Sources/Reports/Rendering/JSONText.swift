import Catalog

/// JSON as text: keys in the order given, doubles at their shortest round-trip form.
public enum JSONText {
    /// A JSON string literal. Control, line-separating and invisible formatting characters (bidirectional overrides)
    /// are escaped.
    public static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where DisplayText.isHidden(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A JSON text with every scalar that a terminal acts on or that cannot be seen written as `\u…`: the same JSON, since
    /// such scalars stand inside strings only. Line ends, tabs and what is already escaped stay.
    public static func visible(_ json: String) -> String {
        func isKept(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "\n" || scalar == "\t" || !DisplayText.isHidden(scalar)
        }
        guard !json.unicodeScalars.allSatisfy(isKept) else { return json }
        var result = ""
        for scalar in json.unicodeScalars {
            if isKept(scalar) { result.unicodeScalars.append(scalar) } else { result += escape(scalar) }
        }
        return result
    }

    /// One or, above the basic plane, two UTF-16 units.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        UTF16.encode(scalar).map { units in
            units.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        } ?? "\\ufffd"
    }

    /// The shortest text that reads back as the same double; `null` for what JSON cannot write. The csv report uses
    /// the same text, so both agree to the last bit.
    public static func number(_ value: Double) -> String {
        value.isFinite ? "\(value)" : "null"
    }

    /// A value as compact JSON, object keys sorted; a whole number is written without a fraction.
    public static func canonical(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .number(let number):
            if let whole = Int(exactly: number), abs(whole) < 1 << 53 { return "\(whole)" }
            return self.number(number)
        case .string(let text): return string(text)
        case .array(let elements): return "[" + elements.map(canonical).joined(separator: ",") + "]"
        case .object(let members):
            let parts = members.keys.sorted().map { string($0) + ":" + canonical(members[$0] ?? .null) }
            return "{" + parts.joined(separator: ",") + "}"
        }
    }
}

/// A JSON document in the making, its keys in the order of the code.
indirect enum JSONNode {
    case raw(String)
    case array([JSONNode])
    case object([(String, JSONNode)])

    static let null = JSONNode.raw("null")

    static func text(_ value: String?) -> JSONNode { .raw(value.map(JSONText.string) ?? "null") }
    static func number(_ value: Double?) -> JSONNode { .raw(value.map(JSONText.number) ?? "null") }
    static func integer(_ value: Int?) -> JSONNode { .raw(value.map { "\($0)" } ?? "null") }
    static func flag(_ value: Bool) -> JSONNode { .raw(value ? "true" : "false") }
    static func value(_ value: JSONValue) -> JSONNode { .raw(JSONText.canonical(value)) }

    static func interval(_ interval: Interval?) -> JSONNode {
        interval.map { .array([.number($0.lower), .number($0.upper)]) } ?? .null
    }

    /// Compact text on one line.
    var compact: String {
        switch self {
        case .raw(let text): return text
        case .array(let elements): return "[" + elements.map(\.compact).joined(separator: ",") + "]"
        case .object(let members):
            return "{" + members.map { JSONText.string($0) + ":" + $1.compact }.joined(separator: ",") + "}"
        }
    }

    /// A top object whose arrays have one element a line: readable, and stable under diff.
    var document: String {
        guard case .object(let members) = self else { return compact }
        let lines = members.map { key, node -> String in
            guard case .array(let elements) = node, !elements.isEmpty else {
                return "  " + JSONText.string(key) + ": " + node.compact
            }
            let rows = elements.map { "    " + $0.compact }.joined(separator: ",\n")
            return "  " + JSONText.string(key) + ": [\n" + rows + "\n  ]"
        }
        return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }
}

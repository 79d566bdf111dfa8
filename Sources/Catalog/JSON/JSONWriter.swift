extension JSONValue {
    /// Canonical compact text: members sorted by the UTF-8 bytes of their keys, no spaces, the shortest digits that read
    /// back as the same double (always with a point or an exponent, so that a number stays a number), −0 as 0.
    /// JSON has no NaN or infinity: both are written as `null`.
    public var text: String {
        var writer = JSONWriter(indented: false)
        writer.write(self)
        return writer.output
    }

    /// The same content over several lines, indented by two spaces.
    public var prettyText: String {
        var writer = JSONWriter(indented: true)
        writer.write(self)
        return writer.output
    }

    /// Members in canonical order: by the UTF-8 bytes of their keys.
    public static func sortedMembers(_ members: [String: JSONValue]) -> [(key: String, value: JSONValue)] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension JSONNode {
    /// Compact text with members in their own order.
    public var text: String {
        var writer = JSONWriter(indented: false)
        writer.write(self)
        return writer.output
    }

    /// Text over several lines, indented by two spaces, members in their own order.
    public var prettyText: String {
        var writer = JSONWriter(indented: true)
        writer.write(self)
        return writer.output
    }
}

/// Writes JSON text; one writer for values and nodes so that both have one form.
struct JSONWriter {
    let indented: Bool
    var output = ""
    private var depth = 0

    init(indented: Bool) {
        self.indented = indented
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            let isFlat = elements.allSatisfy { $0.isScalar }
            list("[", "]", elements, isFlat: isFlat) { $0.write($1) }
        case .object(let members):
            list("{", "}", JSONValue.sortedMembers(members), isFlat: false) { writer, member in
                writer.write(member.key)
                writer.output += writer.indented ? ": " : ":"
                writer.write(member.value)
            }
        }
    }

    mutating func write(_ node: JSONNode) {
        switch node.content {
        case .array(let elements):
            list("[", "]", elements, isFlat: elements.allSatisfy { $0.elements == nil && $0.members == nil }) {
                $0.write($1)
            }
        case .object(let members):
            list("{", "}", members, isFlat: false) { writer, member in
                writer.write(member.key)
                writer.output += writer.indented ? ": " : ":"
                writer.write(member.value)
            }
        default:
            write(node.value)
        }
    }

    private mutating func list<Element>(
        _ opening: String, _ closing: String, _ elements: [Element], isFlat: Bool,
        _ writeElement: (inout JSONWriter, Element) -> Void
    ) {
        output += opening
        depth += 1
        var isFirst = true
        for element in elements {
            if !isFirst { output += indented && isFlat ? ", " : "," }
            isFirst = false
            if indented && !isFlat { newLine() }
            writeElement(&self, element)
        }
        depth -= 1
        if indented && !isFlat && !elements.isEmpty { newLine() }
        output += closing
    }

    private mutating func newLine() {
        output += "\n"
        output += String(repeating: "  ", count: depth)
    }

    private mutating func write(_ value: Double) {
        // `description` is the shortest text that reads back as the same double; 0.0 stands for both zeros.
        output += value.isFinite ? (value == 0 ? "0.0" : value.description) : "null"
    }

    private mutating func write(_ string: String) {
        output += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{8}": output += "\\b"
            case "\u{C}": output += "\\f"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension JSONValue {
    fileprivate var isScalar: Bool {
        switch self {
        case .array, .object: return false
        default: return true
        }
    }
}

import Catalog

/// Why a value is not of a parameter's kind.
struct KindMismatch: Error, Equatable {
    /// Where the value, or the element of it that is wrong, stands.
    var position: SourcePosition
    /// `[2]` for an element of a list, empty for the value itself.
    var pathSuffix = ""
    var found: String
    var allowed: String
    var suggestion: String?
}

extension ParameterDescription.Kind {
    /// The value in the kind's own type (`2.0` becomes `2` for whole numbers, `1` becomes `1.0` for numbers), or why
    /// it is none.
    func canonicalValue(of node: JSONNode) -> Result<JSONValue, KindMismatch> {
        switch self {
        case .boolean:
            if case .bool = node.content { return .success(node.value) }
        case .integer(let range):
            if let value = node.value.integerValue, range.contains(value) { return .success(.integer(value)) }
        case .number(let range, let exclusiveMinimum):
            if let value = node.value.doubleValue, range.contains(value),
                !(exclusiveMinimum && value == range.lowerBound)
            {
                return .success(.number(value == 0 ? 0 : value))
            }
        case .choice(let names):
            if case .string(let name) = node.content, names.contains(name) { return .success(.string(name)) }
        case .list(let kind, let count):
            return canonicalList(of: node, kind, count)
        case .anyOf(let kinds):
            for kind in kinds {
                if case .success(let value) = kind.canonicalValue(of: node) { return .success(value) }
            }
        }
        var mismatch = KindMismatch(position: node.position, found: node.shortText, allowed: summary)
        if case .string(let name) = node.content { mismatch.suggestion = NearestName.of(name, among: choices) }
        return .failure(mismatch)
    }

    private func canonicalList(
        of node: JSONNode, _ kind: ParameterDescription.Kind, _ count: ClosedRange<Int>
    ) -> Result<JSONValue, KindMismatch> {
        guard let elements = node.elements else {
            return .failure(KindMismatch(position: node.position, found: node.shortText, allowed: summary))
        }
        guard count.contains(elements.count) else {
            let found = elements.count == 1 ? "a list of 1 value" : "a list of \(elements.count) values"
            return .failure(KindMismatch(position: node.position, found: found, allowed: summary))
        }
        var values: [JSONValue] = []
        for (index, element) in elements.enumerated() {
            switch kind.canonicalValue(of: element) {
            case .success(let value):
                values.append(value)
            case .failure(var mismatch):
                mismatch.pathSuffix = "[\(index)]" + mismatch.pathSuffix
                return .failure(mismatch)
            }
        }
        return .success(.array(values))
    }

    /// The words the kind accepts.
    var choices: [String] {
        switch self {
        case .choice(let names): return names
        case .anyOf(let kinds): return kinds.flatMap(\.choices)
        default: return []
        }
    }

    /// Whether a list is a value of the kind.
    var acceptsList: Bool {
        switch self {
        case .list: return true
        case .anyOf(let kinds): return kinds.contains(where: \.acceptsList)
        default: return false
        }
    }

    /// What is allowed, in words.
    public var summary: String {
        switch self {
        case .boolean: return "true or false"
        case .integer(let range): return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range, let exclusiveMinimum):
            let low = shortNumber(range.lowerBound)
            let high = shortNumber(range.upperBound)
            return exclusiveMinimum ? "a number above \(low), at most \(high)" : "a number from \(low) to \(high)"
        case .choice(let names):
            let quoted = names.map { "\"\($0)\"" }
            return quoted.count <= 3
                ? quoted.joined(separator: " or ") : "one of " + quoted.joined(separator: ", ")
        case .list(let kind, let count):
            let size =
                count.lowerBound == count.upperBound
                ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            return "a list of \(size) values, each \(kind.summary)"
        case .anyOf(let kinds): return kinds.map(\.summary).joined(separator: ", or ")
        }
    }
}

/// A number for people: `4`, `0.0001`, `1e+09`.
func shortNumber(_ value: Double) -> String {
    if let whole = Int(exactly: value), abs(whole) < 10_000_000 { return String(whole) }
    if abs(value) >= 1e7, abs(value) < 1e16 {
        var mantissa = value
        var exponent = 0
        while abs(mantissa) >= 10 {
            mantissa /= 10
            exponent += 1
        }
        let text = mantissa == mantissa.rounded() ? String(Int(mantissa)) : String(mantissa)
        return "\(text)e\(exponent)"
    }
    return value.description
}

extension JSONNode {
    /// The value for a message, shortened.
    var shortText: String {
        switch content {
        case .object: return "an object"
        case .invalid: return "something unreadable"
        case .array(let elements) where elements.count > 8: return "a list of \(elements.count) values"
        default:
            let text = self.text
            return text.count > 80 ? String(text.prefix(77)) + "…" : text
        }
    }
}

/// A place in a text: line and column, both from 1. Columns count Unicode scalars; a tab is one.
public struct SourcePosition: Sendable, Equatable, Hashable, Comparable {
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int

    /// Creates a position.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a text.
    public static let start = SourcePosition(line: 1, column: 1)

    /// Reading order.
    public static func < (a: SourcePosition, b: SourcePosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}

/// A JSON value that still knows where it stood and in which order its members were written.
public struct JSONNode: Sendable, Equatable {
    /// One `"key": value` of an object.
    public struct Member: Sendable, Equatable {
        /// The text of the key.
        public var key: String
        /// Where the key starts.
        public var keyPosition: SourcePosition
        /// What the key stands for.
        public var value: JSONNode

        /// Creates a member.
        public init(key: String, keyPosition: SourcePosition = .start, value: JSONNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    /// What the value is.
    public indirect enum Content: Sendable, Equatable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case array([JSONNode])
        /// Members in the order written; keys are unique.
        case object([Member])
        /// Something unreadable that has already been reported; whoever meets it says nothing more.
        case invalid
    }

    /// What the value is.
    public var content: Content
    /// Where the value starts.
    public var position: SourcePosition

    /// Creates a node.
    public init(_ content: Content, position: SourcePosition = .start) {
        self.content = content
        self.position = position
    }
}

extension JSONNode {
    /// The value without positions and order; `.null` for unreadable parts.
    public var value: JSONValue {
        switch content {
        case .null, .invalid: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let value): return .string(value)
        case .array(let elements): return .array(elements.map(\.value))
        case .object(let members):
            return .object(Dictionary(members.map { ($0.key, $0.value.value) }) { first, _ in first })
        }
    }

    /// A node for a value, members sorted by key.
    public init(value: JSONValue, position: SourcePosition = .start) {
        self.position = position
        switch value {
        case .null: content = .null
        case .bool(let value): content = .bool(value)
        case .integer(let value): content = .integer(value)
        case .number(let value): content = .number(value)
        case .string(let value): content = .string(value)
        case .array(let elements): content = .array(elements.map { JSONNode(value: $0, position: position) })
        case .object(let members):
            content = .object(
                JSONValue.sortedMembers(members).map { member in
                    Member(
                        key: member.key, keyPosition: position, value: JSONNode(value: member.value, position: position)
                    )
                })
        }
    }

    /// The members, when this is an object.
    public var members: [Member]? {
        if case .object(let members) = content { return members }
        return nil
    }

    /// The elements, when this is an array.
    public var elements: [JSONNode]? {
        if case .array(let elements) = content { return elements }
        return nil
    }

    /// The value under `key`, when this is an object that has it.
    public subscript(key: String) -> JSONNode? {
        members?.first { $0.key == key }?.value
    }

    /// Whether this is, or holds, something unreadable that has been reported.
    public var containsInvalid: Bool {
        switch content {
        case .invalid: return true
        case .array(let elements): return elements.contains(where: \.containsInvalid)
        case .object(let members): return members.contains(where: \.value.containsInvalid)
        default: return false
        }
    }
}

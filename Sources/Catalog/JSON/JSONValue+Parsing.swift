extension JSONValue {
    /// Reads one JSON value (RFC 8259: no comments, no trailing commas).
    ///
    /// Throws the first ``JSONSyntaxError``; duplicate keys and numbers that do not fit are errors too.
    public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        if let plain = bytes.withUnsafeBufferPointer(PlainJSON.value) {
            self = plain
            return
        }
        let result = JSONReader.read(bytes, options: .strict)
        if let error = result.errors.first { throw error }
        guard let node = result.node else { throw JSONSyntaxError(position: .start, message: "no value") }
        self = node.value
    }

    /// Reads one JSON value from a string; see ``init(parsing:)``.
    public init(parsing text: String) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Some members of a JSON object by name, for texts read by the ten thousand: those that nobody asked for are mostly
    /// passed over. In the order of `names`, nil for a name that the object has not. Throws like ``init(parsing:)``; all
    /// nil when the value is no object.
    public static func members(_ names: [String], ofObject text: String) throws(JSONSyntaxError) -> [JSONValue?] {
        var text = text
        if let plain = text.withUTF8({ PlainJSON.members(names, of: $0) }) { return plain }
        let members = try JSONValue(parsing: text).objectValue ?? [:]
        return names.map { members[$0] }
    }
}

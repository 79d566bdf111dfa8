/// Reads JSON with positions and reports as many mistakes as can be told apart, not only the first.
///
/// The grammar is RFC 8259; ``Options/relaxed`` adds `//` and `/* */` comments and trailing commas. Duplicate keys,
/// integers outside 64 bits, numbers outside the range of a double, invalid UTF-8 and lone surrogates are errors.
/// Any bytes whatever give a result or errors: nothing traps, and depth and size are limited.
public struct JSONReader {
    /// What is accepted.
    public struct Options: Sendable, Equatable {
        /// Whether comments and trailing commas are allowed.
        public var isRelaxed: Bool
        /// How deep lists and objects may nest.
        public var maximumDepth = 64
        /// How long the text may be, bytes.
        public var maximumBytes = 16 * 1024 * 1024

        /// Creates options.
        public init(isRelaxed: Bool) {
            self.isRelaxed = isRelaxed
        }

        /// RFC 8259 as it stands.
        public static let strict = Options(isRelaxed: false)
        /// With comments and trailing commas.
        public static let relaxed = Options(isRelaxed: true)
    }

    /// What reading gave: the value as far as it could be read, and every mistake found, in reading order.
    public struct Result: Sendable, Equatable {
        /// Nil when reading had to stop.
        public var node: JSONNode?
        /// Every mistake found, in reading order.
        public var errors: [JSONSyntaxError]
    }

    /// Thrown inside after an error from which there is no sensible way on.
    struct Stop: Error {}

    let bytes: [UInt8]
    let options: Options
    var index = 0
    var errors: [JSONSyntaxError] = []
    // Positions are counted onwards from the last one asked for, so that one long line does not cost quadratic time.
    private var anchor = 0
    private var anchorPosition = SourcePosition.start

    /// Reads one JSON value and nothing after it.
    public static func read(_ bytes: [UInt8], options: Options = .relaxed) -> Result {
        var reader = JSONReader(bytes: bytes, options: options)
        let node = try? reader.readDocument()
        return Result(node: node, errors: reader.errors)
    }

    private init(bytes: [UInt8], options: Options) {
        self.bytes = bytes
        self.options = options
    }

    private mutating func readDocument() throws(Stop) -> JSONNode {
        if bytes.count > options.maximumBytes {
            try fail(
                at: .start, "the text has \(bytes.count) bytes; at most \(options.maximumBytes) are read",
                "split the experiment into several files")
        }
        if let offset = firstInvalidUTF8(in: bytes) {
            index = offset
            try fail(at: here(), "this byte is not valid UTF-8", "save the file as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            index = 3
            anchor = 3
        }
        try skipSpace()
        if index == bytes.count { try fail(at: here(), "the text is empty", "write an object: { … }") }
        let node = try readValue(depth: 0)
        try skipSpace()
        if index < bytes.count {
            try fail(at: here(), "expected the end of the text, found \(foundHere())", "remove what follows the value")
        }
        return node
    }

    // MARK: Values

    mutating func readValue(depth: Int) throws(Stop) -> JSONNode {
        let position = here()
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if depth >= options.maximumDepth {
                try fail(at: position, "nested deeper than \(options.maximumDepth) levels", "flatten this part")
            }
            return current == UInt8(ascii: "{")
                ? try readObject(at: position, depth: depth) : try readArray(at: position, depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return JSONNode(.string(try readString()), position: position)
        case let byte? where isWordByte(byte):
            return JSONNode(try readWord(at: position), position: position)
        default:
            try fail(at: position, "expected a value, found \(foundHere())", "write a value here or remove this")
        }
    }

    private mutating func readArray(at opening: SourcePosition, depth: Int) throws(Stop) -> JSONNode {
        index += 1
        var elements: [JSONNode] = []
        var lastComma: SourcePosition?
        while true {
            try skipSpace()
            if try closes(with: "]", opening: opening, lastComma: lastComma) { break }
            if let comma = try strayComma() {
                lastComma = comma
                continue
            }
            if !elements.isEmpty && lastComma == nil { try missingComma(between: "list elements") }
            elements.append(try readValue(depth: depth + 1))
            lastComma = nil
            try skipSpace()
            lastComma = takeComma()
        }
        return JSONNode(.array(elements), position: opening)
    }

    private mutating func readObject(at opening: SourcePosition, depth: Int) throws(Stop) -> JSONNode {
        index += 1
        var members: [JSONNode.Member] = []
        var first: [String: SourcePosition] = [:]
        var lastComma: SourcePosition?
        while true {
            try skipSpace()
            if try closes(with: "}", opening: opening, lastComma: lastComma) { break }
            if let comma = try strayComma() {
                lastComma = comma
                continue
            }
            if !first.isEmpty && lastComma == nil { try missingComma(between: "members") }
            let keyPosition = here()
            let key = try readKey()
            try skipSpace()
            if current == UInt8(ascii: ":") {
                index += 1
            } else if current == UInt8(ascii: "=") {
                try report(at: here(), "expected ':' after the key, found '='", "write \"key\": value")
                index += 1
            } else {
                try fail(at: here(), "expected ':' after the key, found \(foundHere())", "write \"key\": value")
            }
            try skipSpace()
            let value = try readValue(depth: depth + 1)
            if let earlier = first[key] {
                try report(
                    at: keyPosition,
                    "duplicate key \(quoted(key)): it is already given at \(earlier.line):\(earlier.column)",
                    "remove one of the two")
            } else {
                first[key] = keyPosition
                members.append(JSONNode.Member(key: key, keyPosition: keyPosition, value: value))
            }
            try skipSpace()
            lastComma = takeComma()
        }
        return JSONNode(.object(members), position: opening)
    }

    private mutating func readKey() throws(Stop) -> String {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return try readString()
        case let byte? where isWordByte(byte):
            let position = here()
            let word = takeWord()
            try report(at: position, "a key must be in double quotes", "write \(quoted(word))")
            return word
        default:
            try fail(at: here(), "expected a key in double quotes, found \(foundHere())", "write \"key\": value")
        }
    }

    // MARK: Commas and closing brackets

    private mutating func closes(with bracket: Character, opening: SourcePosition, lastComma: SourcePosition?)
        throws(Stop) -> Bool
    {
        guard let byte = current else {
            try fail(
                at: here(), "the text ends before the '\(bracket)' that closes \(place(opening))", "add '\(bracket)'")
        }
        if byte == bracket.asciiValue {
            if let lastComma, !options.isRelaxed {
                try report(at: lastComma, "trailing comma", "remove it")
            }
            index += 1
            return true
        }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
            try fail(
                at: here(), "expected '\(bracket)', which closes \(place(opening)), found \(foundHere())",
                "close what was opened last first")
        }
        return false
    }

    private mutating func strayComma() throws(Stop) -> SourcePosition? {
        guard current == UInt8(ascii: ",") else { return nil }
        let position = here()
        try report(at: position, "nothing stands before this comma", "remove it or write a value before it")
        index += 1
        return position
    }

    private mutating func takeComma() -> SourcePosition? {
        guard current == UInt8(ascii: ",") else { return nil }
        let position = here()
        index += 1
        return position
    }

    private mutating func missingComma(between what: String) throws(Stop) {
        // Only something that can start a value is taken for the next element.
        guard let byte = current, isWordByte(byte) || "{[\"'".utf8.contains(byte) else {
            try fail(at: here(), "expected ',' between \(what), found \(foundHere())", "write a comma")
        }
        try report(at: here(), "expected ',' between \(what), found \(foundHere())", "add a comma before it")
    }

    private func place(_ opening: SourcePosition) -> String { "the one opened at \(opening.line):\(opening.column)" }

    // MARK: Errors and positions

    /// The next byte, nil at the end.
    var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Records a mistake after which reading goes on, unless there are too many.
    mutating func report(at position: SourcePosition, _ message: String, _ remedy: String) throws(Stop) {
        errors.append(JSONSyntaxError(position: position, message: message, remedy: remedy))
        if errors.count >= 100 { throw Stop() }
    }

    /// Records a mistake after which there is no way on.
    mutating func fail(at position: SourcePosition, _ message: String, _ remedy: String) throws(Stop) -> Never {
        errors.append(JSONSyntaxError(position: position, message: message, remedy: remedy))
        throw Stop()
    }

    /// The position of `index`.
    mutating func here() -> SourcePosition {
        var position = anchorPosition
        while anchor < index {
            let byte = bytes[anchor]
            anchor += 1
            // "\r\n" counts once, at its "\n".
            let isLoneReturn =
                byte == UInt8(ascii: "\r") && !(anchor < bytes.count && bytes[anchor] == UInt8(ascii: "\n"))
            if byte == UInt8(ascii: "\n") || isLoneReturn {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        anchorPosition = position
        return position
    }

    /// What stands at `index`, for a message.
    func foundHere() -> String {
        guard let byte = current else { return "the end of the text" }
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return "the end of the line" }
        let end = min(bytes.count, index + 4)
        guard let scalar = String(decoding: bytes[index..<end], as: UTF8.self).unicodeScalars.first else {
            return "nothing"
        }
        if scalar.properties.isAlphabetic || scalar.isASCII && byte > 0x20 && byte < 0x7F { return "'\(scalar)'" }
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return "the character U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }
}

import Catalog

/// Recursive descent over the tokens of a ``RunFilter``.
struct RunFilterParser {
    private enum Token: Equatable {
        case word(String)
        case quoted(String)
        case comparison(RunFilter.Comparison)
        case open, close
        case end
    }

    /// Deeper nesting than anyone writes; a bound keeps hostile input off the stack's end.
    private static let maximumDepth = 100

    private var tokens: [(token: Token, column: Int)] = []
    private var position = 0
    private var depth = 0

    init(_ text: String) throws(RunFilterError) {
        // Scalars: a sign and a combining mark behind it would be one character, and no sign.
        let characters = Array(text.unicodeScalars)
        func string(_ part: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(part)) }
        var i = 0
        while i < characters.count {
            let character = characters[i]
            let column = i + 1
            switch character {
            case _ where character.properties.isWhitespace:
                i += 1
            case "(":
                tokens.append((.open, column))
                i += 1
            case ")":
                tokens.append((.close, column))
                i += 1
            case "'", "\"":
                guard let close = characters[(i + 1)...].firstIndex(of: character) else {
                    throw RunFilterError("column \(column): the quote is never closed")
                }
                tokens.append((.quoted(string(characters[(i + 1)..<close])), column))
                i = close + 1
            case "=", "!", "<", ">":
                var symbol = String(character)
                if i + 1 < characters.count, characters[i + 1] == "=" { symbol += "=" }
                i += symbol.count
                if symbol == "==" { symbol = "=" }
                guard let comparison = RunFilter.Comparison(rawValue: symbol) else {
                    throw RunFilterError("column \(column): '\(symbol)' is no comparison; use = != < <= > >=")
                }
                tokens.append((.comparison(comparison), column))
            default:
                let stop = characters[i...].firstIndex {
                    $0.properties.isWhitespace || "()'\"=!<>".unicodeScalars.contains($0)
                }
                let end = stop ?? characters.count
                tokens.append((.word(string(characters[i..<end])), column))
                i = end
            }
        }
        tokens.append((.end, characters.count + 1))
    }

    mutating func parseAll() throws(RunFilterError) -> RunFilter.Node {
        let node = try parseOr()
        guard current == .end else { throw expected("'and', 'or' or the end") }
        return node
    }

    private var current: Token { tokens[position].token }

    private mutating func takeKeyword(_ keyword: String) -> Bool {
        guard case .word(let word) = current, word.lowercased() == keyword else { return false }
        position += 1
        return true
    }

    private mutating func parseOr() throws(RunFilterError) -> RunFilter.Node {
        let first = try parseAnd()
        guard takeKeyword("or") else { return first }
        var nodes = [first, try parseAnd()]
        while takeKeyword("or") { nodes.append(try parseAnd()) }
        return .or(nodes)
    }

    private mutating func parseAnd() throws(RunFilterError) -> RunFilter.Node {
        let first = try parseFactor()
        guard takeKeyword("and") else { return first }
        var nodes = [first, try parseFactor()]
        while takeKeyword("and") { nodes.append(try parseFactor()) }
        return .and(nodes)
    }

    private mutating func parseFactor() throws(RunFilterError) -> RunFilter.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw RunFilterError("nested more than \(Self.maximumDepth) deep") }
        if takeKeyword("not") { return .not(try parseFactor()) }
        if current == .open {
            position += 1
            let node = try parseOr()
            guard current == .close else { throw expected("')'") }
            position += 1
            return node
        }
        guard case .word(let name) = current else { throw expected("a name") }
        position += 1
        guard case .comparison(let comparison) = current else { throw expected("one of = != < <= > >=") }
        position += 1
        let value: JSONValue
        switch current {
        case .quoted(let text): value = .string(text)
        case .word(let text): value = Self.typed(text)
        default: throw expected("a value")
        }
        position += 1
        return .comparison(name: name, comparison, value: value)
    }

    private static func typed(_ text: String) -> JSONValue {
        if let number = Int(text) { return .integer(number) }
        if let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }

    private func expected(_ what: String) -> RunFilterError {
        let (token, column) = tokens[position]
        let found: String
        switch token {
        case .word(let text), .quoted(let text):
            found = text.count > 60 ? "'\(text.prefix(57))…'" : "'\(text)'"
        case .comparison(let comparison): found = "'\(comparison.rawValue)'"
        case .open: found = "'('"
        case .close: found = "')'"
        case .end: found = "the end"
        }
        return RunFilterError("column \(column): expected \(what), found \(found)")
    }
}

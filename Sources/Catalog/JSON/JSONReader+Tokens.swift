// White space, comments, strings, numbers and words.
extension JSONReader {
    // MARK: Space

    mutating func skipSpace() throws(Stop) {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D:
                index += 1
            case UInt8(ascii: "/"):
                try skipComment()
            case UInt8(ascii: "#"):
                try report(at: here(), "'#' does not start a comment", "use // or /* */")
                skipLine()
            default:
                return
            }
        }
    }

    private mutating func skipLine() {
        while let byte = current, byte != 0x0A, byte != 0x0D { index += 1 }
    }

    private mutating func skipComment() throws(Stop) {
        let position = here()
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        guard next == UInt8(ascii: "/") || next == UInt8(ascii: "*") else {
            try fail(at: position, "expected '//' or '/*' after this '/'", "remove it")
        }
        if !options.isRelaxed { try report(at: position, "comments are not allowed here", "remove it") }
        if next == UInt8(ascii: "/") {
            skipLine()
            return
        }
        index += 2
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "*") && bytes[index + 1] == UInt8(ascii: "/") {
                index += 2
                return
            }
            index += 1
        }
        index = bytes.count
        try fail(at: position, "this comment is never closed", "add */")
    }

    // MARK: Strings

    mutating func readString() throws(Stop) -> String {
        let position = here()
        let quote = bytes[index]
        if quote == UInt8(ascii: "'") {
            try report(at: position, "a string must be in double quotes", "use \" instead of '")
        }
        index += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case quote:
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try readEscape(into: &text)
            case 0x0A, 0x0D:
                try fail(at: position, "this string is not closed on its line", "add the closing quote, or write \\n")
            case 0..<0x20:
                try report(
                    at: here(), "a control character (\(foundHere())) must be escaped inside a string",
                    "write it as \\u00…")
                index += 1
            default:
                text.append(byte)
                index += 1
            }
        }
        try fail(at: position, "this string is never closed", "add the closing quote")
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(Stop) {
        let position = here()
        index += 1
        guard let byte = current else { return }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            index += 1
            try readUnicodeEscape(at: position, into: &text)
            return
        default:
            try report(
                at: position, "unknown escape: '\\' before \(foundHere())", "write \\\\ for a backslash itself")
            // A line end, a quote or the lead of a multi-byte character is left to the string loop.
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "'") { index += 1 }
            return
        }
        index += 1
    }

    private mutating func readUnicodeEscape(at position: SourcePosition, into text: inout [UInt8]) throws(Stop) {
        guard let first = takeFourHexDigits() else {
            try report(at: position, "'\\u' needs four hexadecimal digits", "write for example \\u00e9")
            return
        }
        var value = first
        if (0xD800..<0xDC00).contains(first) {
            let isEscape =
                index + 1 < bytes.count && bytes[index] == UInt8(ascii: "\\") && bytes[index + 1] == UInt8(ascii: "u")
            let mark = index
            if isEscape {
                index += 2
                if let second = takeFourHexDigits(), (0xDC00..<0xE000).contains(second) {
                    value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                } else {
                    index = mark
                }
            }
        }
        guard let scalar = Unicode.Scalar(value) else {
            try report(
                at: position, "half of a surrogate pair stands alone", "write both halves, or the character itself")
            text.append(contentsOf: [0xEF, 0xBF, 0xBD])
            return
        }
        text.append(contentsOf: Array(String(scalar).utf8))
    }

    private mutating func takeFourHexDigits() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            switch bytes[index + offset] {
            case let b where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(b):
                value = value << 4 | UInt32(b - UInt8(ascii: "0"))
            case let b where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(b):
                value = value << 4 | UInt32(b - UInt8(ascii: "a") + 10)
            case let b where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(b):
                value = value << 4 | UInt32(b - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        index += 4
        return value
    }

    // MARK: Numbers and words

    /// Whether a byte can be part of a number, `true`, `false`, `null`, or of a word someone forgot to quote.
    func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), 0x80...:
            return true
        default:
            return false
        }
    }

    mutating func takeWord() -> String {
        let start = index
        while let byte = current, isWordByte(byte) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    mutating func readWord(at position: SourcePosition) throws(Stop) -> JSONNode.Content {
        let word = takeWord()
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: break
        }
        let utf8 = Array(word.utf8)
        guard let form = numberForm(utf8) else {
            try report(at: position, "\(quoted(word)) is not a JSON value", remedy(forWord: word, utf8))
            return .invalid
        }
        if utf8.count > 1_024 {
            try report(at: position, "this number has \(utf8.count) characters", "write it with fewer digits")
            return .invalid
        }
        if !form.hasFractionOrExponent {
            guard let value = Int(word) else {
                try report(
                    at: position, "the whole number \(clipped(word)) does not fit into 64 bits",
                    "use a number from \(Int.min) to \(Int.max)")
                return .invalid
            }
            return .integer(value)
        }
        guard let value = Double(word), value.isFinite, value != 0 || !form.hasNonzeroDigit else {
            try report(
                at: position, "the number \(clipped(word)) is outside the range of a double",
                "use a magnitude from 5e-324 to 1.8e308")
            return .invalid
        }
        return .number(value == 0 ? 0 : value)
    }

    private struct NumberForm {
        var hasFractionOrExponent = false
        var hasNonzeroDigit = false
    }

    /// Checks `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`; nil when the text is something else.
    private func numberForm(_ text: [UInt8]) -> NumberForm? {
        var form = NumberForm()
        var i = 0
        func digits(_ significant: Bool) -> Int {
            let start = i
            while i < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[i]) {
                if significant && text[i] != UInt8(ascii: "0") { form.hasNonzeroDigit = true }
                i += 1
            }
            return i - start
        }
        if i < text.count, text[i] == UInt8(ascii: "-") { i += 1 }
        let start = i
        let count = digits(true)
        if count == 0 || count > 1 && text[start] == UInt8(ascii: "0") { return nil }
        if i < text.count, text[i] == UInt8(ascii: ".") {
            i += 1
            form.hasFractionOrExponent = true
            if digits(true) == 0 { return nil }
        }
        if i < text.count, text[i] | 0x20 == UInt8(ascii: "e") {
            i += 1
            form.hasFractionOrExponent = true
            if i < text.count, text[i] == UInt8(ascii: "+") || text[i] == UInt8(ascii: "-") { i += 1 }
            if digits(false) == 0 { return nil }
        }
        return i == text.count ? form : nil
    }

    private func remedy(forWord word: String, _ text: [UInt8]) -> String {
        switch word.lowercased() {
        case "true", "yes", "on": return "write true"
        case "false", "no", "off": return "write false"
        case "none", "nil", "undefined": return "write null, or leave the key out"
        case "nan", "inf", "infinity", "-inf", "-infinity", "+inf": return "only finite numbers are allowed"
        default: break
        }
        let startsLikeNumber = text.first.map { "0123456789+-.".utf8.contains($0) } ?? false
        if !startsLikeNumber { return "put it in double quotes if it is meant as a string" }
        if text.first == UInt8(ascii: "+") { return "leave the '+' out" }
        if word.contains("_") { return "write the digits without '_'" }
        if text.first == UInt8(ascii: ".") || word.hasPrefix("-.") { return "write a 0 before the point" }
        if text.last == UInt8(ascii: ".") { return "write a digit after the point" }
        if word.hasPrefix("0") || word.hasPrefix("-0") { return "write decimal numbers without leading zeros" }
        return "write a decimal number such as 12, -0.5 or 1e-3"
    }

    /// Text in double quotes for a message: control characters escaped, long text shortened.
    func quoted(_ text: String) -> String { JSONValue.string(clipped(text)).text }

    private func clipped(_ text: String) -> String { text.count > 60 ? text.prefix(57) + "…" : text }
}

/// The offset of the first byte that is not valid UTF-8; nil when all are.
func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var i = 0
    while i < bytes.count {
        let length = bytes[i] < 0x80 ? 1 : bytes[i] < 0xE0 ? 2 : bytes[i] < 0xF0 ? 3 : 4
        let end = min(bytes.count, i + length)
        if String(validating: bytes[i..<end], as: UTF8.self) == nil { return i }
        i = end
    }
    return nil
}

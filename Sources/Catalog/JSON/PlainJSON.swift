/// Reads the JSON that programs write (ASCII, no escapes, no surprises) several times as fast as ``JSONReader``, because it
/// keeps no positions. Whatever is not plain gives nil, also what is wrong: ``JSONReader`` then reads it and says why.
struct PlainJSON {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// The value of a whole text; nil when it is not plain.
    static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        var reader = PlainJSON(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.index == bytes.count ? value : nil
    }

    /// Some members of a whole text that is an object, the others skipped; nil when the text is not plain.
    static func members(_ names: [String], of bytes: UnsafeBufferPointer<UInt8>) -> [JSONValue?]? {
        var reader = PlainJSON(bytes: bytes)
        var members = [JSONValue?](repeating: nil, count: names.count)
        reader.skipSpace()
        guard reader.take(UInt8(ascii: "{")) else { return nil }
        reader.skipSpace()
        var isLast = reader.take(UInt8(ascii: "}"))
        while !isLast {
            reader.skipSpace()
            guard let key = reader.stringBytes() else { return nil }
            reader.skipSpace()
            guard reader.take(UInt8(ascii: ":")) else { return nil }
            if let place = names.firstIndex(where: { $0.utf8.elementsEqual(bytes[key]) }) {
                guard let value = reader.value(depth: 1), members[place] == nil else { return nil }
                members[place] = value
            } else {
                guard reader.skipValue(depth: 1) else { return nil }
            }
            reader.skipSpace()
            isLast = reader.take(UInt8(ascii: "}"))
            guard isLast || reader.take(UInt8(ascii: ",")) else { return nil }
        }
        reader.skipSpace()
        return reader.index == bytes.count ? members : nil
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return depth < 32 ? object(depth: depth) : nil
        case UInt8(ascii: "["): return depth < 32 ? array(depth: depth) : nil
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        index += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard let key = string() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
            guard members.updateValue(value, forKey: key) == nil else { return nil }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            guard let value = value(depth: depth + 1) else { return nil }
            elements.append(value)
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    /// Passes a value without making it.
    private mutating func skipValue(depth: Int) -> Bool {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): return stringBytes() != nil
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return value(depth: depth) != nil
        default: return skipNumber() != nil
        }
    }

    private mutating func string() -> String? {
        stringBytes().map { String(decoding: UnsafeBufferPointer(rebasing: bytes[$0]), as: UTF8.self) }
    }

    /// Where the characters of a string are.
    private mutating func stringBytes() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        while current >= 0x20, current < 0x7F, current != UInt8(ascii: "\""), current != UInt8(ascii: "\\") {
            index += 1
        }
        let end = index
        guard take(UInt8(ascii: "\"")) else { return nil }
        return start..<end
    }

    private mutating func word(_ word: StaticString) -> Bool {
        guard index + word.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    /// What a number is written with.
    private struct NumberShape {
        var isNegative: Bool
        /// Where its first digit is.
        var first: Int
        /// Digits of the integer part.
        var whole: Int
        var isInteger = true
    }

    /// Digits with at most a sign, a point and an exponent, the integer part without leading zeros.
    private mutating func skipNumber() -> NumberShape? {
        let isNegative = take(UInt8(ascii: "-"))
        let first = index
        guard let whole = digits(), whole == 1 || bytes[first] != UInt8(ascii: "0") else { return nil }
        var shape = NumberShape(isNegative: isNegative, first: first, whole: whole)
        if take(UInt8(ascii: ".")) {
            shape.isInteger = false
            guard digits() != nil else { return nil }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            shape.isInteger = false
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            guard digits() != nil else { return nil }
        }
        return shape
    }

    private mutating func number() -> JSONValue? {
        let start = index
        guard let shape = skipNumber() else { return nil }
        if shape.isInteger {
            // More digits may not fit, and what −0 is, is the other reader's to say.
            guard shape.whole <= 18, !(shape.isNegative && bytes[shape.first] == UInt8(ascii: "0")) else { return nil }
            let magnitude = bytes[shape.first..<index].reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
            return .integer(shape.isNegative ? -magnitude : magnitude)
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        guard let value = Double(text), value.isFinite, value != 0 || text == "0.0" else { return nil }
        return .number(value)
    }

    /// Skips digits; returns how many there are, nil for none.
    private mutating func digits() -> Int? {
        let start = index
        while (0x30...0x39).contains(current) { index += 1 }
        return index > start ? index - start : nil
    }
}

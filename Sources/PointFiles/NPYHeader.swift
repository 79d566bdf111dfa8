/// The description in front of a NumPy array (numpy.lib.format): element type, order and shape.
///
/// The text is a Python dictionary literal such as `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`; only
/// what that needs is understood.
struct NPYHeader: Equatable {
    /// `\x93NUMPY`.
    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    var description = ""
    var isFortran = false
    var shape: [Int] = []

    /// Reads the literal; nil when it is none, or one key of the three is missing or of another type.
    init?(_ text: UnsafeRawBufferPointer.SubSequence) {
        var tokens = Tokens(bytes: text)
        guard tokens.take("{") else { return nil }
        var seen: Set<String> = []
        while !tokens.take("}") {
            guard let key = tokens.string(), seen.insert(key).inserted, tokens.take(":") else { return nil }
            switch key {
            case "descr":
                guard let value = tokens.string() else { return nil }
                description = value
            case "fortran_order":
                if tokens.takeWord("True") {
                    isFortran = true
                } else if !tokens.takeWord("False") {
                    return nil
                }
            case "shape":
                guard let value = tokens.tuple() else { return nil }
                shape = value
            default: return nil
            }
            if !tokens.take(",") {
                guard tokens.take("}") else { return nil }
                break
            }
        }
        guard seen.count == 3, tokens.isAtEnd else { return nil }
    }

    private struct Tokens {
        var bytes: UnsafeRawBufferPointer.SubSequence

        mutating func skipBlanks() {
            bytes = bytes.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
        }

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return bytes.isEmpty
            }
        }

        mutating func take(_ character: Character) -> Bool {
            skipBlanks()
            guard bytes.first == character.asciiValue else { return false }
            bytes = bytes.dropFirst()
            return true
        }

        mutating func takeWord(_ word: String) -> Bool {
            skipBlanks()
            guard bytes.starts(with: word.utf8) else { return false }
            bytes = bytes.dropFirst(word.utf8.count)
            return true
        }

        mutating func string() -> String? {
            skipBlanks()
            guard let quote = bytes.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
            let rest = bytes.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { return nil }
            defer { bytes = rest[end...].dropFirst() }
            return String(decoding: rest[..<end], as: UTF8.self)
        }

        /// Whole numbers from 0, in parentheses; nil when one does not fit an `Int`.
        mutating func tuple() -> [Int]? {
            guard take("(") else { return nil }
            var values: [Int] = []
            while !take(")") {
                skipBlanks()
                let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
                bytes = bytes.dropFirst(digits.count)
                // Python 2 wrote long integers with an L.
                _ = takeWord("L")
                values.append(value)
                if !take(",") {
                    guard take(")") else { return nil }
                    break
                }
            }
            return values
        }
    }
}

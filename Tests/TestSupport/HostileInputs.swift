import FlowMath

/// Hostile inputs for a parser, reproducible from a number: texts of a corpus or of a generator, with random edits.
public struct HostileInputs {
    /// Where every choice comes from.
    public var random: RandomStream
    private let seeds: [[UInt8]]
    private let tokens: [[UInt8]]
    private let generate: ((inout RandomStream) -> [UInt8])?

    /// - `seeds`: good and bad inputs to edit.
    /// - `tokens`: what the parser's language is made of.
    /// - `generate`: an input that is often good, made from the grammar; half of all inputs start from it.
    public init(
        seeds: [[UInt8]], tokens: [String], part: Int, generate: ((inout RandomStream) -> [UInt8])? = nil
    ) {
        random = RandomStream(seed: FuzzScale.seed, purpose: .pool, step: UInt32(truncatingIfNeeded: part))
        self.seeds = seeds
        self.tokens = tokens.map { Array($0.utf8) } + Self.hostile
        self.generate = generate
    }

    /// What any parser may meet: no text, broken UTF-8, marks, numbers at the ends of their types, words for none.
    private static let hostile: [[UInt8]] =
        [
            "\u{FEFF}", "\u{2028}", "\u{202E}", "é", "e\u{301}", "👩‍👩‍👧", "\r\n", "\r", "\n", "\t", "\0", "\u{1B}[2J",
            "nan",
            "NaN", "-inf", "Infinity", "1e999", "-1e999", "1e-999", "-0.0", "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808", "18446744073709551615", "18446744073709551616", "4294967296", "2147483648", "0x10",
            "00", "1_000", "１", "-", "+", ".", "e", "\"", "'", "\\", "{", "}", "[", "]", "(", ")", ",", ":", "#", "/",
            "*",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xC0, 0x80],
        ]

    /// Lengths and offsets at which arithmetic goes wrong.
    private static let lengths: [UInt64] = [
        0, 1, 2, 7, 8, 9, 255, 256, 65_535, 65_536, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 48, 1 << 62, (1 << 63) - 1,
        1 << 63, .max, .max - 7, .max - 8,
    ]

    /// The next input.
    public mutating func next() -> [UInt8] {
        var bytes: [UInt8]
        if let generate, seeds.isEmpty || random.nextIndex(below: 2) == 0 {
            bytes = generate(&random)
            // A generated text often stays as it is, so that what lies behind the parser is tried too.
            if random.nextIndex(below: 2) == 0 { return bytes }
        } else {
            bytes = seeds[random.nextIndex(below: seeds.count)]
        }
        for _ in 0...random.nextIndex(below: 4) { edit(&bytes) }
        return bytes
    }

    private mutating func edit(_ bytes: inout [UInt8]) {
        let place = random.nextIndex(below: bytes.count + 1)
        switch random.nextIndex(below: 12) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.nextIndex(below: 8)) }
        case 1: if place < bytes.count { bytes[place] = UInt8(random.nextIndex(below: 256)) }
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.nextIndex(below: 16)))
        case 3, 4: bytes.insert(contentsOf: token(), at: place)
        case 5:
            let piece = Array(bytes[place..<min(bytes.count, place + random.nextIndex(below: 40))])
            bytes.insert(contentsOf: piece, at: random.nextIndex(below: bytes.count + 1))
        case 6: bytes.removeLast(min(bytes.count, random.nextIndex(below: 24)))
        case 7 where !seeds.isEmpty:
            let other = seeds[random.nextIndex(below: seeds.count)]
            bytes = Array(bytes[..<place]) + other[random.nextIndex(below: other.count + 1)...]
        case 8: replaceNumber(&bytes, from: place)
        case 9:
            // Deep or long; rarely very.
            let count = [2, 20, 70, 1500][random.nextIndex(below: 4)]
            let piece = token()
            bytes.insert(contentsOf: (0..<count).flatMap { _ in piece }, at: place)
        case 10: overwriteLength(&bytes, at: place)
        default:
            let newline = UInt8(ascii: "\n")
            bytes =
                random.nextIndex(below: 2) == 0
                ? [0xEF, 0xBB, 0xBF] + bytes : bytes.flatMap { $0 == newline ? [0x0D, newline] : [$0] }
        }
    }

    private mutating func token() -> [UInt8] { tokens[random.nextIndex(below: tokens.count)] }

    /// The next run of digits becomes another number.
    private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: token())
    }

    /// Eight little-endian bytes, at the start as often as anywhere.
    private mutating func overwriteLength(_ bytes: inout [UInt8], at place: Int) {
        let start = random.nextIndex(below: 2) == 0 ? 0 : place
        guard start + 8 <= bytes.count else { return }
        let value =
            random.nextIndex(below: 2) == 0
            ? Self.lengths[random.nextIndex(below: Self.lengths.count)]
            : UInt64(bytes.count) &+ UInt64(random.nextIndex(below: 17)) &- 8
        for i in 0..<8 { bytes[start + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i))) }
    }
}

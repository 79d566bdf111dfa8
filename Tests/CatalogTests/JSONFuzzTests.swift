import Catalog
import Testing

/// Whatever the bytes, the reader returns; what it accepts, it writes and reads back unchanged.
@Suite struct JSONFuzzTests {
    private static let seedTexts = [
        #"{"name": "a", "sweep": {"task": ["two-moons", {"name": "ring", "modes": 4}], "seeds": 5}, "x": [1.5e-3, -2, true, null]}"#,
        "// c\n{ /* é */ \"k\\u00e9\\ud83d\\ude00\": [[[[]]], {\"a\": {}, }, 9223372036854775807, 1e308,], }",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", -0.0, 123456789.123456789, 'q', True, 01, 1e999]",
    ]
    private static let tokens: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "//", "/*", "*/", "\n", "\r", "'", "#", "1e",
            "-",
            "99999999999999999999", "1e999", "nan", "é", "\u{FEFF}", "\u{2028}",
        ].map { Array($0.utf8) } + [[0xFF], [0x00], [0xC3], [0xED, 0xA0, 0x80]]

    @Test(arguments: 0..<8)
    func mutatedTextsNeverTrap(part: UInt64) throws {
        var random = SplitMix(state: 20_260 + part)
        for _ in 0..<4_000 {
            var bytes = Array(Self.seedTexts[random.below(Self.seedTexts.count)].utf8)
            for _ in 0...random.below(6) {
                let place = random.below(bytes.count + 1)
                switch random.below(5) {
                case 0: if place < bytes.count { bytes[place] = UInt8(random.below(256)) }
                case 1: if place < bytes.count { bytes.remove(at: place) }
                case 2: bytes.insert(contentsOf: Self.tokens[random.below(Self.tokens.count)], at: place)
                case 3: bytes.removeLast(min(bytes.count, random.below(20)))
                default:
                    let end = min(bytes.count, place + random.below(12))
                    bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.below(bytes.count + 1))
                }
            }
            for options in [JSONReader.Options.relaxed, .strict] {
                let result = JSONReader.read(bytes, options: options)
                #expect(result.node != nil || !result.errors.isEmpty)
                for (a, b) in zip(result.errors, result.errors.dropFirst()) where a.message == b.message {
                    #expect(a.position <= b.position)
                }
                if let node = result.node, result.errors.isEmpty {
                    let again = JSONReader.read(Array(node.text.utf8), options: .strict)
                    #expect(again.errors.isEmpty)
                    #expect(again.node?.value == node.value)
                    #expect(again.node?.text == node.text)
                }
            }
        }
    }
}

/// Steele, Lea and Flood 2014 (SplitMix64): a seeded generator for tests.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }
}

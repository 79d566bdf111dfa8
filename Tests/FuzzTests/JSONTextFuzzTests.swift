import Catalog
import FlowMath
import TestSupport
import Testing

/// Whatever the bytes, the JSON reader returns; its errors lie inside the text, and what it accepts it writes and reads
/// back unchanged.
@Suite struct JSONTextFuzzTests {
    private static let tokens = [
        "\\u", "\\ud800", "\\udc00", "\\u0000", "//", "/*", "*/", "'", "#", "1e", "true", "false", "null", "{\"a\":",
        "[[", ": ",
        "\"k\": 1, ", "=", "undefined", "\"\"",
    ]

    @Test func hostileTexts() throws {
        let inputs = HostileInputs(seeds: Corpus.inputs("spec"), tokens: Self.tokens, part: 1) { Self.text(&$0) }
        for options in [JSONReader.Options.relaxed, .strict] {
            fuzz(options.isRelaxed ? "json-relaxed" : "json", count: 8_000, inputs) { bytes in
                let result = JSONReader.read(bytes, options: options)
                check(result, bytes)
                guard result.errors.isEmpty, let node = result.node else { return false }
                let again = JSONReader.read(Array(node.text.utf8), options: .strict)
                if again.node?.value != node.value || again.node?.text != node.text || !again.errors.isEmpty {
                    Issue.record("not read back: \(shown(bytes))")
                }
                return true
            }
        }
    }

    private func check(_ result: JSONReader.Result, _ bytes: [UInt8]) {
        if result.node == nil && result.errors.isEmpty { Issue.record("neither value nor error: \(shown(bytes))") }
        if result.errors.count > 101 { Issue.record("\(result.errors.count) errors") }
        let lines = Self.lineLengths(bytes)
        for error in result.errors {
            let isInside =
                (1...lines.count).contains(error.position.line)
                && (1...(lines[error.position.line - 1] + 1)).contains(error.position.column)
            if !isInside { Issue.record("\(error.position) is outside of \(shown(bytes))") }
            if error.message.isEmpty || error.message.utf8.count > 2_000 { Issue.record("\(error.message)") }
        }
    }

    /// Bytes of each line: never fewer than its scalars.
    static func lineLengths(_ bytes: [UInt8]) -> [Int] {
        var lengths = [0]
        for (i, byte) in bytes.enumerated() {
            if byte == 0x0A || byte == 0x0D && !(i + 1 < bytes.count && bytes[i + 1] == 0x0A) {
                lengths.append(0)
            } else {
                lengths[lengths.count - 1] += 1
            }
        }
        return lengths
    }

    /// A random value as text, often with something odd in it.
    static func text(_ random: inout RandomStream) -> [UInt8] {
        func value(_ depth: Int) -> String {
            switch random.nextIndex(below: depth > 4 ? 6 : 9) {
            case 0: return "null"
            case 1: return random.element(of: ["true", "false"])
            case 2: return "\(Int(truncatingIfNeeded: random.nextBits()))"
            case 3: return "\(Double(bitPattern: random.nextBits() & 0xBFEF_FFFF_FFFF_FFFF))"
            case 4:
                return random.element(of: ["0", "-0", "1e308", "5e-324", "0.1", "1E+2", "-1.5e-3", "9007199254740993"])
            case 5: return string()
            case 6, 7:
                let members = (0..<random.nextIndex(below: 4)).map { "\"k\($0)\": " + value(depth + 1) }
                return "{" + members.joined(separator: ", ") + "}"
            default:
                return "[" + (0..<random.nextIndex(below: 5)).map { _ in value(depth + 1) }.joined(separator: ",") + "]"
            }
        }
        func string() -> String {
            let pieces = [
                "a", "\\n", "\\u00e9", "\\ud83d\\ude00", "é", "\\\\", "\\\"", "/", "日本", "\\u0000", "\u{7F}",
                "\u{202E}",
            ]
            return "\"" + (0..<random.nextIndex(below: 6)).map { _ in random.element(of: pieces) }.joined() + "\""
        }
        return Array(value(0).utf8)
    }
}

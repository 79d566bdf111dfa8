import Catalog
import FlowMath
import Orchestration
import TestSupport
import Testing

/// Hostile `--where` conditions: a filter that answers, or a mistake with a column inside the text.
@Suite struct RunFilterFuzzTests {
    private static let tokens = [
        "and", "or", "not", " and ", " or ", "not ", "(", ")", "=", "!=", "<", "<=", ">", ">=", "==", "!", "task",
        "seed", "0",
        "'two-moons'", "\"", "'", " ", "base.components", "a=1", "a=1 or ", "AND",
    ]
    private static let runs: [[String: JSONValue]] = [
        [
            "task": .string("ring"), "seed": .integer(0), "steps": .number(.nan),
            "widths": .array([.integer(1), .object(["a": .null])]),
        ],
        [:],
    ]

    @Test func hostileConditions() {
        let seeds = Corpus.inputs("where")
        #expect(seeds.count >= 5)
        let inputs = HostileInputs(seeds: seeds, tokens: Self.tokens, part: 5) { Self.text(&$0) }
        fuzz("where", count: 8_000, inputs) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let filter: RunFilter
            switch Result(catching: { () throws(RunFilterError) in try RunFilter(text) }) {
            case .success(let parsed): filter = parsed
            case .failure(let error):
                check(error, text)
                return false
            }
            if filter.names.isEmpty { Issue.record("a filter on nothing: \(text)") }
            let runs = Self.runs.map { RunAttributes(configuration: [:], facts: $0) }
            let answers = runs.map { filter.matches($0) }
            // Meaning does not depend on spaces around the whole.
            let again = try? RunFilter("  " + text + " ")
            if again.map({ filter in runs.map { filter.matches($0) } }) != answers { Issue.record("\(text)") }
            return true
        }
    }

    private func check(_ error: RunFilterError, _ text: String) {
        if error.message.utf8.count > 4_000 { Issue.record("\(error.message.utf8.count) bytes of message") }
        guard error.message.hasPrefix("column ") else { return }
        let column = Int(error.message.dropFirst(7).prefix { $0.isASCII && $0.isNumber })
        let columns = 1...(text.unicodeScalars.count + 1)
        if column.map(columns.contains) != true { Issue.record("\(error.message) in \(text)") }
    }

    /// A random condition, mostly a good one.
    private static func text(_ random: inout RandomStream) -> [UInt8] {
        func condition(_ depth: Int) -> String {
            switch random.nextIndex(below: depth > 5 ? 2 : 7) {
            case 0, 1: return comparison()
            case 2: return "not " + condition(depth + 1)
            case 3: return "(" + condition(depth + 1) + ")"
            case 4: return condition(depth + 1) + " and " + condition(depth + 1)
            case 5: return condition(depth + 1) + " or " + condition(depth + 1)
            default: return (0...random.nextIndex(below: 6)).map { _ in comparison() }.joined(separator: " and ")
            }
        }
        func comparison() -> String {
            random.element(of: ["task", "seed", "steps", "widths", "flow.couplingLayers", "é"])
                + random.element(of: ["=", "!=", "<", "<=", ">", ">=", " = "])
                + random.element(of: [
                    "ring", "0", "-1e308", "'a b'", "\"and\"", "nan", "9223372036854775808", "[1,{…}]",
                ])
        }
        return Array(condition(0).utf8)
    }

    /// A chain is as deep as it is long only in a tree of pairs; evaluating and freeing one then used the stack up.
    @Test(arguments: ["or", "and"])
    func longChainsDoNotNest(_ word: String) throws {
        let chain = (0..<150_000).map { "seed=\($0 + 1)" }.joined(separator: " \(word) ")
        let began = FuzzScale.seconds()
        let filter = try RunFilter(chain)
        #expect(filter.names == ["seed"])
        #expect(!filter.matches(RunAttributes(configuration: [:], facts: ["seed": .integer(0)])))
        #expect(FuzzScale.seconds() - began < 5)
    }
}

import Catalog
import Experiments
import Orchestration
import PointFiles
import TestSupport
import Testing
import Training

/// A megabyte made to hurt costs a second of the processor at the most and gives a message that a person can read.
@Suite struct LongInputTests {
    private static let size = 1_000_000

    private static func repeated(_ piece: String, between head: String = "", and tail: String = "") -> [UInt8] {
        Array((head + String(repeating: piece, count: size / piece.utf8.count) + tail).utf8)
    }

    private static func numbered(_ head: String, _ piece: (Int) -> String, _ tail: String, count: Int) -> [UInt8] {
        Array((head + (0..<count).map(piece).joined(separator: ",") + tail).utf8)
    }

    private static let specs: [(name: String, bytes: [UInt8])] = [
        ("lists", repeated("[")), ("objects", repeated("{\"a\":")), ("commas", repeated(",", between: "[")),
        ("an open comment", repeated("/*")), ("line comments", repeated("//\n")), ("lines", repeated("\n")),
        ("escapes", repeated("\\u0000", between: "{\"name\": \"", and: "\"}")),
        ("combining marks", repeated("\u{301}", between: "{\"a\": 1, \"name\": \"", and: "\", \"task\": \"ring\"}")),
        ("one key", repeated("k", between: "{\"name\": \"a\", \"", and: "\": 1}")),
        ("one path", repeated(".k", between: "{\"name\": \"a\", \"training", and: "\": 1}")),
        ("one word", repeated("w", between: "[", and: "]")), ("one number", repeated("1", between: "[", and: "]")),
        ("equal keys", repeated("\"a\":1,", between: "{", and: "}")),
        ("other keys", numbered("{\"name\": \"a\", ", { "\"k\($0)\": 1" }, "}", count: 80_000)),
        (
            "parameters",
            numbered(#"{"name": "a", "task": "ring", "training": {"#, { "\"k\($0)\": 1" }, "}}", count: 80_000)
        ),
        ("axes", numbered(#"{"name": "a", "task": "ring", "sweep": {"#, { "\"p\($0).x\": [1]" }, "}}", count: 60_000)),
        (
            "values",
            numbered(
                #"{"name": "a", "task": "ring", "sweep": {"training.steps": ["#, { "\($0)" }, "]}}", count: 140_000)
        ),
        (
            "wrong values",
            numbered(
                #"{"name": "a", "task": "ring", "sweep": {"training.steps": ["#, { _ in "\"x\"" }, "]}}", count: 200_000
            )
        ),
        (
            "metrics",
            numbered(
                #"{"name": "a", "task": "ring", "evaluation": {"metrics": ["#, { _ in "\"mmd\"" }, "]}}", count: 150_000
            )
        ),
        (
            "excludes",
            numbered(
                #"{"name": "a", "task": "ring", "exclude": ["#, { "{\"training.steps\": \($0)}" }, "]}", count: 30_000)
        ),
        (
            "means",
            numbered(
                #"{"name": "a", "task": "ring", "base": {"name": "gmm", "means": ["#, { _ in "[1,2]" }, "]}}",
                count: 150_000)
        ),
    ]

    @Test(arguments: specs.indices)
    func specsOfAMegabyte(_ index: Int) {
        let (name, bytes) = Self.specs[index]
        let began = FuzzScale.seconds()
        let result = Result { () throws(SpecDiagnostics) in try ExperimentPlan.read(bytes: bytes, fileName: "long.json")
        }
        if case .failure(let error) = result {
            let text = error.render()
            #expect(text.utf8.count < 400_000, "\(name): \(text.utf8.count) bytes of messages")
            #expect(!error.errors.isEmpty)
        }
        let seconds = FuzzScale.seconds() - began
        #expect(seconds < 2, "\(name): \(seconds) s")
    }

    private static let tables: [(name: String, bytes: [UInt8])] = [
        ("one row", repeated("1,")), ("blanks", repeated(" ")), ("commas", repeated(",")), ("quotes", repeated("\"")),
        ("lines", repeated("1\n")), ("marks", repeated("#")), ("one number", repeated("9")),
        ("one word", repeated("w")),
        ("a header of commas", repeated("a,", and: "a\n1\n")), ("returns", repeated("\r")),
        (
            "an array's dictionary",
            [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 0x40, 0x42, 0x0F, 0] + repeated("{'descr': '")
        ),
        (
            "an array's shape",
            [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 0x40, 0x42, 0x0F, 0] + repeated("1,", between: "{'shape': (")
        ),
    ]

    @Test(arguments: tables.indices)
    func tablesOfAMegabyte(_ index: Int) {
        let (name, bytes) = Self.tables[index]
        let began = FuzzScale.seconds()
        do {
            _ = try bytes.withUnsafeBytes { try PointTable(decoding: $0, name: "f") }
        } catch {
            #expect("\(error)".utf8.count < 2_000, "\(name)")
        }
        let seconds = FuzzScale.seconds() - began
        #expect(seconds < 2, "\(name): \(seconds) s")
    }

    @Test(arguments: ["(", "not ", "a=1 and ", "a", "'", "=", " ", "a=1 or (", "\u{301}"])
    func conditionsOfAMegabyte(_ piece: String) {
        let text = String(repeating: piece, count: Self.size / piece.utf8.count)
        let began = FuzzScale.seconds()
        let result = Result { () throws(RunFilterError) in try RunFilter(text) }
        if case .failure(let error) = result { #expect(error.message.utf8.count < 2_000) }
        #expect(FuzzScale.seconds() - began < 3)
    }

    @Test func safetensorsOfManyTensors() throws {
        let tensors = (0..<8_000).map { Safetensors.Tensor(name: "t\($0)", shape: [1], floats: [1]) }
        let bytes = Safetensors(tensors: tensors).encoded
        let began = FuzzScale.seconds()
        #expect(try Safetensors(decoding: bytes).tensors.count == 8_000)
        #expect(FuzzScale.seconds() - began < 2)
    }
}

import Catalog
import Orchestration
import Testing

/// Conditions of `--where`.
struct RunFilterTests {
    static let run = RunAttributes(
        configuration: [
            "task": .string("two-moons"), "couplingLayers": .integer(8), "seed": .integer(0),
            "components": .string("auto"), "learningRate": .number(0.001), "trainable": .bool(true),
        ], facts: [:])

    @Test(
        "conditions and what they say of one run",
        arguments: [
            ("task=two-moons and couplingLayers>=8", true), ("task=two-moons and couplingLayers>8", false),
            ("task==two-moons", true), ("task!=two-moons", false), ("task='two-moons'", true),
            ("couplingLayers=8.0", true), ("learningRate<=1e-3", true), ("learningRate<0.001", false),
            ("seed=1 or seed=0", true), ("not seed=1", true), ("not (seed=0 or seed=1)", false),
            // `and` binds tighter than `or`.
            ("seed=0 or seed=1 and task=ring", true), ("(seed=0 or seed=1) and task=ring", false),
            ("components>=4", false), ("components=auto", true), ("trainable=true", true),
            // What a run does not have satisfies nothing.
            ("modes=3", false), ("modes!=3", false), ("TASK=two-moons AND seed=0", false),
        ])
    func evaluation(condition: String, expected: Bool) throws {
        #expect(try RunFilter(condition).matches(Self.run) == expected)
    }

    @Test(
        "what a run lacks may have any value when only a part of it can be read",
        arguments: [
            ("mmd<1", true), ("not mmd<1", true), ("mmd<1 and seed=0", true), ("mmd<1 and seed=1", false),
            ("seed=0 or mmd<1", true), ("seed=1 or mmd<1", true), ("seed=1", false), ("not seed=0", false),
            ("not (seed=0 or mmd<1)", false), ("not (seed=1 and mmd<1)", true),
        ])
    func partlyReadable(condition: String, expected: Bool) throws {
        #expect(try RunFilter(condition).mayMatch(Self.run) == expected)
    }

    @Test(
        "values that no run has are told with the nearest one, or with those that there are",
        arguments: [
            ("state=compleet", ["no run has state=compleet; did you mean 'completed'?"]),
            (
                "base=gnm and seed=7",
                ["no run has base=gnm; did you mean 'gmm'?", "no run has seed=7; there are: 0, 1, 10"]
            ),
            // These find nothing together, each alone does; and what is left out need not be there.
            ("base=gmm and state=failed", []), ("not base=gnm", []), ("seed>20", []), ("base!=gmm and seed=1", []),
            ("components=3", []),
        ])
    func absentValues(condition: String, expected: [String]) throws {
        let runs = [("gmm", "completed", 0), ("gmm", "completed", 10), ("gaussian", "failed", 1)].map {
            base, state, seed in
            RunAttributes(
                configuration: ["base": .string(base)], facts: ["state": .string(state), "seed": .integer(seed)])
        }
        #expect(try RunFilter(condition).absentValues(in: runs).map(\.description) == expected)
    }

    @Test(
        "mistakes are told with their column",
        arguments: [
            ("", "column 1: expected a name"), ("task", "column 5: expected one of"),
            ("task=", "column 6: expected a value"),
            ("task=a b=c", "column 8: expected 'and', 'or' or the end"), ("(task=a", "column 8: expected ')'"),
            ("task='a", "column 6: the quote is never closed"), ("task ! a", "column 6: '!' is no comparison"),
            ("and", "column 4"),
        ])
    func mistakes(condition: String, start: String) {
        let error = #expect(throws: RunFilterError.self) { try RunFilter(condition) }
        #expect(error?.message.hasPrefix(start) == true, "\(error?.message ?? "")")
    }

    @Test("a combining mark does not hide the sign before it")
    func combiningMarks() throws {
        let run = RunAttributes(configuration: [:], facts: ["task": .string("\u{301}x"), "seed": .integer(0)])
        #expect(try RunFilter("task=\u{301}x and seed=0").matches(run))
        let error = #expect(throws: RunFilterError.self) { try RunFilter("e\u{301}\u{301}") }
        #expect(error?.message.hasPrefix("column 4:") == true)
    }

    @Test("nesting is bounded")
    func nesting() {
        let deep = String(repeating: "(", count: 5000) + "a=1" + String(repeating: ")", count: 5000)
        #expect(throws: RunFilterError.self) { try RunFilter(deep) }
        #expect(throws: RunFilterError.self) { try RunFilter(String(repeating: "not ", count: 5000) + "a=1") }
    }

    @Test("a name that no run has is refused with the nearest one")
    func unknownName() throws {
        let error = #expect(throws: RunFilterError.self) {
            try RunFilter("couplingLayer=8").check(against: [Self.run])
        }
        #expect(error?.message.contains("'couplingLayers'") == true)
        try RunFilter("couplingLayers=8").check(against: [Self.run])
    }

    @Test("attributes have paths, short names where they say enough, and facts")
    func attributes() throws {
        let configuration = try JSONValue(
            parsing: #"{"task":{"name":"ring","modes":4},"base":{"name":"gmm","modes":2,"components":8},"seed":3}"#)
        let attributes = RunAttributes.of(configuration: configuration, facts: ["state": .string("failed")])
        #expect(attributes["task"] == .string("ring") && attributes["task.name"] == .string("ring"))
        #expect(attributes["components"] == .integer(8) && attributes["base.components"] == .integer(8))
        #expect(attributes["modes"] == nil && attributes["task.modes"] == .integer(4))
        #expect(attributes["seed"] == .integer(3) && attributes["state"] == .string("failed"))
        let flow = RunAttributes.of(configuration: try JSONValue(parsing: #"{"flow":{"couplingLayers":4}}"#))
        #expect(flow["depth"] == .integer(4) && flow["couplingLayers"] == .integer(4))
    }

    @Test(
        "nearest names",
        arguments: [
            ("swep", "sweep"), ("SWEEP", "sweep"), ("reprot", "report"), ("xyzzy", ""), ("", ""),
        ])
    func nearest(typed: String, meant: String) {
        #expect((NearestName.of(typed, among: ["sweep", "resume", "report"]) ?? "") == meant)
    }
}

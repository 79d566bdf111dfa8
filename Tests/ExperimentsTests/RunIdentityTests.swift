import Catalog
import Experiments
import Testing

/// The canonical form and the run id. The pinned values are promises: a change that breaks one of them makes every
/// stored run of that kind a stranger.
@Suite struct RunIdentityTests {
    private let vocabulary = SpecTest.vocabulary

    private func run(_ text: String) throws -> PlannedRun {
        try #require(SpecTest.plan(text).runs.first)
    }

    @Test func canonicalFormIsPinned() throws {
        let run = try run(
            #"{"name": "g", "task": {"name": "ring", "modes": 4, "width": 1}, "base": "gmm", "sweep": {"seeds": [3]}}"#)
        let text =
            #"{"base":{"components":4,"init":"em","name":"gmm"},"#
            + #""flow":{"actNorm":true,"coupling":"affine","couplingLayers":8,"hiddenSizes":[64,64]},"seed":3,"#
            + #""task":{"modes":4,"name":"ring","width":1.0},"#
            + #""training":{"batch":256,"learningRate":0.001,"objective":"likelihood-weighted","steps":1000},"#
            + #""versions":{"base":1,"bijection":3,"objective":1,"task":5,"trainer":4}}"#
        #expect(run.configuration.canonicalJSON(vocabulary: vocabulary) == text)
        // From `printf '%s' TEXT | sha256sum`.
        #expect(run.id == "f1fc5dee4f21c6ebf11779a30f245224be614a7fcfacfed4636feb04205c55d8")
    }

    @Test(arguments: [
        (#""task": {"name": "ring", "modes": 8}"#, #""task": "ring""#),
        (#""task": {"name": "ring", "width": 1}"#, #""task": {"name": "ring", "width": 1.0}"#),
        (#""task": "ring", "training": {"steps": 1e3}"#, #""task": "ring", "training": {"steps": 1000}"#),
        (#""task": {"name": "ring", "width": -0.0}"#, #""task": {"name": "ring", "width": 0}"#),
        (#""task": "two-moons", "base": "gmm""#, #""task": "two-moons", "base": {"components": 2, "name": "gmm"}"#),
        (#""task": "ring", "training": {"learningRate": 1e-3}"#, #""task": "ring", "description": "d""#),
        (#""task": "ring", "sweep": {"training.steps": [1000]}"#, #""task": "ring""#),
    ])
    func sameMeaningSameID(a: String, b: String) throws {
        let first = try run("{\"name\": \"a\", \(a)}")
        let second = try run("{\"name\": \"b\", \(b)}")
        #expect(first.id == second.id)
    }

    @Test func everythingThatDecidesNumbersIsInTheID() throws {
        let texts = [
            #""task": "ring""#, #""task": "unequal""#, #""task": {"name": "ring", "modes": 9}"#,
            #""task": "ring", "base": "student-t""#, #""task": "ring", "flow": {"couplingLayers": 7}"#,
            #""task": "ring", "flow": {"hiddenSizes": [64]}"#,
            #""task": "ring", "training": {"learningRate": 0.0010000000000000002}"#,
            #""task": "ring", "sweep": {"seeds": [1]}"#,
        ]
        let ids = try texts.map { try run("{\"name\": \"a\", \($0)}").id }
        #expect(Set(ids).count == texts.count)
        // A raised version makes a new run.
        var later = vocabulary
        later.trainerVersion += 1
        let spec = Array(#"{"name": "a", "task": "ring"}"#.utf8)
        let old = try ExperimentPlan.read(bytes: spec, fileName: "", vocabulary: vocabulary).runs[0]
        let new = try ExperimentPlan.read(bytes: spec, fileName: "", vocabulary: later).runs[0]
        #expect(old.id != new.id)
    }

    /// A key added later with the old behaviour as its absent value leaves old ids as they were.
    @Test func absentValueIsLeftOut() throws {
        var before = vocabulary
        before.flow.removeAll { $0.name == "actNorm" }
        let old = try ExperimentPlan.read(
            bytes: Array(#"{"name": "a", "task": "ring"}"#.utf8), fileName: "", vocabulary: before
        ).runs[0]
        let now = try run(#"{"name": "a", "task": "ring", "flow": {"actNorm": false}}"#)
        #expect(now.id == old.id)
        #expect(try run(#"{"name": "a", "task": "ring"}"#).id != old.id)
        let text = now.configuration.canonicalJSON(vocabulary: vocabulary)
        #expect(!text.contains("actNorm"))
        let again = try RunConfiguration(canonicalJSON: text, vocabulary: vocabulary)
        #expect(again == now.configuration)
        #expect(again.value(at: "flow.actNorm") == .bool(false))
    }

    /// Random configurations: the canonical text reads back as the same configuration, is its own canonical form, and
    /// is equal only for equal configurations.
    @Test func canonicalTextRoundTrips() throws {
        var random = SplitMix(state: 7)
        var texts: [String: RunConfiguration] = [:]
        for _ in 0..<2_000 {
            let name = ["ring", "two-moons", "mystery"][random.below(3)]
            var task: ParameterValues = [:]
            if name == "ring" {
                task = ["modes": .integer(2 + random.below(99)), "width": .number(2 * random.unit())]
            } else if name == "mystery" {
                task = ["noise": .number(random.below(4) == 0 ? 0 : random.unit())]
            }
            var base = ComponentChoice(name: "gaussian")
            if random.below(2) == 0 {
                base = ComponentChoice(
                    name: "gmm",
                    parameters: [
                        "components": .integer(1 + random.below(64)), "init": .string("given"),
                        "means": .array([.array([.number(random.unit()), .number(-random.unit())])]),
                        "standardDeviation": .number(random.unit()),
                    ])
            }
            let configuration = RunConfiguration(
                task: ComponentChoice(name: name, parameters: task), base: base,
                flow: [
                    "coupling": .string(random.below(2) == 0 ? "affine" : "spline"),
                    "couplingLayers": .integer(random.below(129)),
                    "hiddenSizes": .array((0..<random.below(4)).map { .integer($0 + 1) }),
                    "actNorm": .bool(random.below(2) == 0),
                ],
                training: [
                    "objective": .string("maximum-likelihood"), "steps": .integer(random.below(1_000)),
                    "batch": .integer(1 + random.below(100)), "learningRate": .number(random.unit() * 1e-3 + 1e-300),
                ],
                seed: random.next() >> 1,
                versions: ComponentVersions(task: random.below(9), base: 1, bijection: 2, objective: 3, trainer: 4))
            let text = configuration.canonicalJSON(vocabulary: vocabulary)
            let again = try RunConfiguration(canonicalJSON: text, vocabulary: vocabulary)
            #expect(again == configuration)
            #expect(again.canonicalJSON(vocabulary: vocabulary) == text)
            #expect(try JSONValue(parsing: text).text == text)
            #expect(texts[text] == nil || texts[text] == configuration)
            texts[text] = configuration
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"seed":-1}"#, #"{"seed":1,"task":3}"#, #"{"seed":1,"task":{"name":"nope"}}"#,
        #"{"seed":1,"task":{"name":"two-moons"},"base":{"name":"gaussian"},"flow":{},"training":{},"versions":{}}"#,
        #"{"seed":1,"extra":1}"#,
    ])
    func damagedConfigurationsAreErrors(text: String) {
        #expect(throws: ConfigurationError.self) {
            try RunConfiguration(canonicalJSON: text, vocabulary: vocabulary)
        }
    }

    @Test func keysOfCellsAndTasks() throws {
        let plan = try ExperimentPlan.read(
            bytes: Array(#"{"name": "a", "task": "ring", "sweep": {"flow.couplingLayers": [1, 2], "seeds": 2}}"#.utf8),
            fileName: "")
        #expect(Set(plan.runs.map(\.configuration.cellKey)).count == 2)
        #expect(Set(plan.runs.map(\.configuration.taskKey)).count == 1)
        #expect(plan.runs.allSatisfy { $0.configuration.isCurrent })
        #expect(plan.runs.allSatisfy { $0.id == $0.configuration.id })
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

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

import Catalog
import Experiments
import Testing

/// Every mistake is told with its place, key path, what is allowed and the nearest name, all of them at once.
@Suite struct SpecMistakesTests {
    /// A mistake: the spec after `"name": "x", ` on line 1, and what each error must say: `line:column key.path`, then
    /// parts that the rendered message must contain.
    struct Mistake: CustomTestStringConvertible, Sendable {
        var text: String
        var expected: [[String]]
        var testDescription: String { text }

        init(_ text: String, _ expected: [String]...) {
            self.text = text
            self.expected = expected
        }
    }

    static let mistakes: [Mistake] = [
        // The whole text.
        Mistake("[1]", ["1:1 ", "an experiment is an object, found [1]"]),
        Mistake("{\"name\": \"x\", \"task\": \"two-moons\"", ["1:34 ", "add '}'"]),
        Mistake("{\"task\": \"two-moons\"}", ["1:1 name", "needs a name"]),
        Mistake("{\"name\": \"x\"}", ["1:1 task", "needs a task", "two-moons, unequal, ring"]),
        Mistake(
            "{\"name\": \"../x\", \"task\": \"ring\"}", ["1:10 name", "found \"../x\"", "did you mean 'x'?"]),
        Mistake("{\"name\": \"a\\u0000b\", \"task\": \"ring\"}", ["1:10 name", "did you mean 'a_b'?"]),
        Mistake("{\"name\": 5, \"task\": \"ring\"}", ["1:10 name", "found 5"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"describtion\": \"\"}",
            ["1:31 describtion", "unknown key", "did you mean 'description'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"seeds\": 5}", ["1:31 seeds", "\"sweep\": {\"seeds\": 5}"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow.couplingLayers\": 4}",
            ["1:31 flow.couplingLayers", "write \"flow\": {\"couplingLayers\": 4}"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"couplingLayers\": 4}",
            ["1:31 couplingLayers", "did you mean 'flow.couplingLayers'?"]),
        // Tables call it depth.
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"depth\": 4}",
            ["1:31 depth", "did you mean 'flow.couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow.depth\": 4}",
            ["1:31 flow.depth", "write \"flow\": {\"couplingLayers\": 4}"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow\": {\"depth\": 4}}",
            ["1:40 flow.depth", "did you mean 'couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"depth\": [4]}}",
            ["1:41 sweep.depth", "did you mean 'flow.couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.depth\": [4]}}",
            ["1:41 sweep.flow.depth", "did you mean 'flow.couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"task\": \"unequal\"}", ["1:31 ", "duplicate key \"task\""]),
        // Names.
        Mistake(
            "{\"name\": \"x\", \"task\": \"two-moon\"}",
            ["1:23 task", "found \"two-moon\"", "did you mean 'two-moons'?", "allowed: two-moons, unequal"]),
        Mistake("{\"name\": \"x\", \"task\": \"twomoons\"}", ["1:23 task", "did you mean 'two-moons'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\",\n \"base\": {\"name\": \"gmn\", \"components\": 3}}",
            ["2:19 base.name", "did you mean 'gmm'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"modes\": 3}}", ["1:23 task", "no \"name\""]),
        Mistake("{\"name\": \"x\", \"task\": 7}", ["1:23 task", "found 7"]),
        Mistake(
            "{\"name\": \"x\", \"task\": [\"ring\", \"unequal\"]}",
            ["1:23 task", "\"sweep\": {\"task\": [\"ring\",\"unequal\"]}"]),
        // Parameters of the fixed part.
        Mistake(
            "{\"name\": \"x\", \"task\": {\"name\": \"ring\", \"mode\": 3}}",
            ["1:40 task.mode", "task 'ring' has no parameter", "did you mean 'modes'?", "allowed: modes, width"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"name\": \"ring\", \"modes\": 1}}",
            ["1:49 task.modes", "found 1", "allowed: a whole number from 2 to 100"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"name\": \"ring\", \"modes\": 2.5}}", ["1:49 task.modes", "found 2.5"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"name\": \"ring\", \"modes\": 13}}",
            ["1:49 task.modes", "cannot be made so: modes must be a luckier number, found 13"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"base\": {\"name\": \"gaussian\", \"components\": 4}}",
            ["1:60 base.components", "base 'gaussian' has no parameter", "choose a base that has it: gmm"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"base\": {\"name\": \"gmm\", \"components\": \"mtach\"}}",
            ["1:69 base.components", "did you mean 'match'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow\": {\"couplingLayers\": [4, 8]}}",
            ["1:58 flow.couplingLayers", "write \"sweep\": {\"flow.couplingLayers\": [4,8]}"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow\": {\"hiddenSizes\": [64, 0]}}",
            ["1:60 flow.hiddenSizes[1]", "found 0", "from 1 to 1024"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"training\": {\"learning_rate\": 0.1, \"steps\": \"many\"}}",
            ["1:44 training.learning_rate", "did you mean 'learningRate'?"], ["1:75 training.steps", "found \"many\""]
        ),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"training\": {\"learningRate\": 0}}",
            ["1:60 training.learningRate", "a number above 0, at most 10"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"flow\": {\"actNorm\": 1}}",
            ["1:51 flow.actNorm", "allowed: true or false"]),
        Mistake("{\"name\": \"x\", \"task\": \"ring\", \"flow\": 3}", ["1:39 flow", "the section is an object"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"evaluation\": {\"metrics\": [\"mmd\", \"kll\"], \"sample\": 5}}",
            ["1:65 evaluation.metrics[1]", "did you mean 'kl'?"],
            ["1:73 evaluation.sample", "did you mean 'samples'?"]),
        // The sweep.
        Mistake("{\"name\": \"x\", \"task\": \"ring\", \"sweep\": []}", ["1:40 sweep", "object of axes"]),
        Mistake(
            "{\"name\": \"x\", \"sweep\": {\"task\": [\"ring\", \"unequl\"]}}",
            ["1:42 sweep.task[1]", "did you mean 'unequal'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.couplingLayer\": [4]}}",
            ["1:41 sweep.flow.couplingLayer", "did you mean 'flow.couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"couplingLayers\": [4]}}",
            ["1:41 sweep.couplingLayers", "did you mean 'flow.couplingLayers'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"base.kernel\": [4]}}",
            ["1:41 sweep.base.kernel", "no task, base, flow or training has this path", "base.components"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.couplingLayers\": 4}}",
            ["1:64 sweep.flow.couplingLayers", "an axis is a list", "write [4]"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.couplingLayers\": []}}",
            ["1:64 sweep.flow.couplingLayers", "at least one value"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.couplingLayers\": [4, 129]}}",
            ["1:68 sweep.flow.couplingLayers[1]", "from 0 to 128"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"flow.hiddenSizes\": [64, 64]}}",
            ["1:62 sweep.flow.hiddenSizes[0]", "is itself a list"],
            ["1:66 sweep.flow.hiddenSizes[1]", "is itself a list"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"base\": [{\"components\": 2}]}}",
            ["1:50 sweep.base[0]", "no \"name\""]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"evaluation.samples\": [100, 200]}}",
            ["1:41 sweep.evaluation.samples", "put it once at the top level"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"exclude\": []}}",
            ["1:41 sweep.exclude", "stands beside \"sweep\""]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"base\": [\"gmm\"], \"base.name\": [\"gaussian\"]}}",
            ["1:58 sweep.base.name", "base is already an axis at 1:41"]),
        // Seeds.
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"seed\": 5}}",
            ["1:41 sweep.seed", "did you mean 'seeds'?"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"seeds\": 0}}", ["1:50 sweep.seeds", "from 1 to"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"seeds\": [1, -2, 1, 0.5]}}",
            ["1:54 sweep.seeds[1]", "found -2"], ["1:58 sweep.seeds[2]", "already in the list"],
            ["1:61 sweep.seeds[3]", "found 0.5"]),
        // zip, include, exclude.
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"zip\": [{\"training.steps\": [1, 2], \"training.batch\": [1]}]}",
            ["1:39 zip[0]", "equally long", "training.steps has 2, training.batch has 1"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"zip\": {\"training.steps\": [1, 2]}}",
            ["1:38 zip", "put the group in brackets"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\"training.steps\": [1]}, \"zip\": [{\"training.steps\": [2]}]}",
            ["1:74 zip[0].training.steps", "already an axis at 1:41"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"exclude\": [{\"seeds\": 1}, 3], \"include\": [{\"flow.depth\": 1}]}",
            ["1:44 exclude[0].seeds", "seeds apply to all cells"], ["1:57 exclude[1]", "object of paths"],
            ["1:74 include[0].flow.depth", "no task, base, flow or training has this path"]),
        Mistake(
            "{\"name\": \"x\", \"sweep\": {\"task\": [\"ring\"]}, \"include\": [{\"base\": \"gmm\"}]}",
            ["1:65 include[0]", "names no task"]),
        Mistake(
            "{\"name\": \"x\", \"include\": [{\"task\": \"ring\"}]}", ["1:1 task", "needs a task"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"modes\": 4}, \"include\": [{\"task\": \"ring\"}]}",
            ["1:23 task", "no \"name\""]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"ring\", \"exclude\": [{\"task\": \"ring\"}]}",
            ["1:1 exclude", "every cell is excluded"]),
        // What sections say of each other.
        Mistake(
            "{\"name\": \"x\", \"task\": \"mystery\", \"base\": {\"name\": \"gmm\", \"components\": \"match\"}}",
            ["1:72 base.components", "needs a task whose number of modes is known", "'mystery'"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"mystery\", \"sweep\": {\"base\": [\"gaussian\", \"gmm\"]}}",
            ["1:65 sweep.base[1]", "needs a task whose number of modes is known"]),
        Mistake(
            "{\"name\": \"x\", \"task\": {\"name\": \"ring\", \"modes\": 80}, \"base\": \"gmm\"}",
            ["1:62 base", "\"match\" is 80 on task 'ring'"]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"two-moons\", \"base\": {\"name\": \"gmm\", \"init\": \"given\"}}",
            ["1:68 base.init", "needs \"means\""]),
        Mistake(
            "{\"name\": \"x\", \"task\": \"two-moons\", \"base\": {\"name\": \"gmm\", \"init\": \"given\", "
                + "\"standardDeviation\": 1, \"means\": [[0, 0], [1]]}}",
            ["1:110 base.means", "does not have the 2 coordinates"]),
    ]

    @Test(arguments: mistakes)
    func isReported(mistake: Mistake) {
        let diagnostics = SpecTest.diagnostics(mistake.text)
        let errors = diagnostics.errors
        #expect(errors.count == mistake.expected.count, "\(diagnostics)")
        for (error, expected) in zip(errors, mistake.expected) {
            #expect("\(error.line):\(error.column) \(error.keyPath)" == expected[0])
            let text = SpecDiagnostics(fileName: "spec.json", diagnostics: [error], source: diagnostics.source).render()
            for part in expected.dropFirst() { #expect(text.contains(part), "\(text)") }
        }
    }

    @Test func allMistakesAtOnce() {
        let diagnostics = SpecTest.diagnostics(
            """
            {
              "name": "a/b",          // 1
              "tsak": "ring",         // 2: and so the task is missing: 3
              "base": {"name": "gmm", "components": 0, "inti": "em"},  // 4, 5
              "flow": {"couplingLayers": 01},  // 6
              "sweep": {"training.step": [1], "seeds": -1}  // 7, 8
            }
            """)
        #expect(
            diagnostics.errors.map { "\($0.line):\($0.column) \($0.keyPath)" } == [
                "1:1 task", "2:11 name", "3:3 tsak", "4:41 base.components", "4:44 base.inti", "5:30 ",
                "6:13 sweep.training.step", "6:44 sweep.seeds",
            ], "\(diagnostics)")
    }

    @Test func looksLikeACompilersMessage() {
        let text = SpecTest.diagnostics("{\n  \"name\": \"x\",\n  \"task\": \"two-moon\"\n}").render()
        #expect(
            text == """
                spec.json:3:11: error: task: there is no such task, found "two-moon"; did you mean 'two-moons'?
                  3 |   "task": "two-moon"
                    |           ^
                      allowed: two-moons, unequal, ring, mystery
                """)
    }

    @Test func hostileTextIsSafeToPrint() {
        let diagnostics = SpecTest.diagnostics(
            "{\"name\": \"\u{1B}]0;x\u{7}\u{202E}\", \"t\u{1B}[2J\": 1}" + String(repeating: " ", count: 5000))
        for scalar in diagnostics.render().unicodeScalars where scalar != "\n" {
            #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
        }
        #expect(diagnostics.render().utf8.count < 3000)
    }

    @Test func endlessMistakesAreCutOff() {
        let keys = (0..<100_000).map { "\"k\($0)\": [" + "1]" }.joined(separator: ", ")
        let diagnostics = SpecTest.diagnostics("{\(keys), \"sweep\": {\(keys)}}")
        #expect(diagnostics.errors.count == 500)
        #expect(diagnostics.diagnostics.contains { $0.message.contains("more mistakes than the 500 listed") })
    }

    @Test func warningsDoNotStopAPlan() throws {
        let text = """
            {"name": "x", "task": "ring", "sweep": {"base.components": [1, 2], "flow.couplingLayers": [4, 4]},
             "exclude": [{"task": "unequal"}]}
            """
        let warnings = SpecTest.diagnostics(text).diagnostics
        #expect(warnings.allSatisfy { $0.severity == .warning })
        #expect(
            warnings.map { "\($0.line):\($0.column)" } == ["1:41", "1:95", "2:23"], "\(SpecTest.diagnostics(text))")
        #expect(try SpecTest.plan(text).runs.count == 1)
    }

    /// 10⁹ cells, and more than 64 bits can count, are refused by arithmetic, at once.
    @Test func hugeSweepsAreRefusedNotAttempted() {
        func message(axes: Int) -> String? {
            let paths = ["training.steps", "training.batch", "training.learningRate", "task.width", "task.noise"]
            let sweep = paths.prefix(axes).map { path in
                let isWhole = path == "training.steps" || path == "training.batch"
                let values = (1...1000).map { isWhole ? "\($0)" : "\($0)e-3" }
                return "\"\(path)\": [\(values.joined(separator: ","))]"
            }
            let text =
                "{\"name\": \"x\", \"task\": \"ring\", \"sweep\": {\(sweep.joined(separator: ", ")), \"seeds\": 100000}}"
            let errors = SpecTest.diagnostics(text).errors
            #expect(errors.count == 1 && errors.first?.keyPath == "sweep")
            return errors.first?.message
        }
        #expect(message(axes: 3) == "the sweep has 100 000 000 000 000 runs (1000 × 1000 × 1000 × 100000 seeds)")
        #expect(message(axes: 5)?.hasPrefix("the sweep has more than 9 223 372 036 854 775 807 runs") == true)
    }
}

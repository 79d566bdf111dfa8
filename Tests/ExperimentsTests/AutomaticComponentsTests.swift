import Catalog
import Experiments
import Metrics
import Testing
import Training

/// `"components": "auto"` from the spec to the published run.
@Suite struct AutomaticComponentsTests {
    /// A run of seven steps whose mixture has the components that are written.
    private static func plan(_ components: String, more: String = "") throws -> ExperimentPlan {
        let text = """
            {"name": "tiny", "task": "two-moons", "base": {"name": "gmm", "components": \(components)\(more)},
             "flow": {"couplingLayers": 2, "hiddenSizes": [8]},
             "training": {"draws": 2000, "batch": 32, "steps": 7, "stepsPerRound": 3, "historyInterval": 2,
                          "warmupSteps": 1},
             "evaluation": {"metrics": ["kl", "tv"], "samples": 500}}
            """
        return try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "tiny.json")
    }

    private func run(_ plan: ExperimentPlan, checkpoint: [UInt8]? = nil, stopAt: Int? = nil) throws -> (
        result: RunResult?, latest: RunCheckpoint?
    ) {
        let (outcome, latest) = try TinyRun.run(plan, checkpoint: checkpoint, stopAt: stopAt)
        return (TinyRun.content(outcome), latest)
    }

    @Test func theRunIsIdentifiedByTheWord() throws {
        let configuration = try Self.plan("\"auto\"").runs[0].configuration
        #expect(configuration.choosesComponents)
        #expect(configuration.canonicalJSON.contains(#""components":"auto""#))
        #expect(configuration.value(at: "base.components") == .string("auto"))
        #expect(configuration.id != (try Self.plan("\"match\"").runs[0].id))
        #expect(try RunConfiguration(canonicalJSON: configuration.canonicalJSON) == configuration)
        #expect(try !Self.plan("\"match\"").runs[0].configuration.choosesComponents)
    }

    /// The choice is the only difference: the run goes on as one that was told the number.
    @Test func theRunIsThatOfTheChosenNumber() throws {
        let chosen = try #require(try run(try Self.plan("\"auto\"")).result)
        let number = try #require(chosen.summary["componentsUsed"]?.integerValue)
        #expect(number >= 2)
        #expect(chosen.summary["modesEstimated"] == .integer(2))
        let evidence = try #require(chosen.summary["componentSelection"]?["evidence"]?.arrayValue)
        #expect(evidence.count > number)
        let told = try #require(try run(try Self.plan("\(number)")).result)
        #expect(told.summary["componentSelection"] == nil && told.summary["modesEstimated"] == nil)
        #expect(chosen.metrics == told.metrics)
        #expect(chosen.history == told.history)
        func tensors(_ result: RunResult) -> [TensorRecord] { result.artefacts.flatMap(\.tensors) }
        #expect(tensors(chosen) == tensors(told))
    }

    @Test func stoppingAndResumingChangesNoBit() throws {
        let plan = try Self.plan("\"auto\"")
        let straight = try #require(try run(plan).result)
        for stop in [0, 4, 7] {
            let checkpoint = try #require(try run(plan, stopAt: stop).latest)
            let resumed = try run(plan, checkpoint: checkpoint.bytes)
            #expect(resumed.result == straight, "stopped before step \(stop)")
        }
    }

    @Test func publishedParametersEvaluateToTheSameMetrics() throws {
        let plan = try Self.plan("\"auto\"")
        let result = try #require(try run(plan).result)
        let parameters = try #require(result.artefacts.first { $0.name == "parameters.safetensors" })
        func evaluate(_ bytes: [UInt8]) throws -> [MetricValue] {
            try evaluateRun(
                configuration: plan.runs[0].configuration, evaluation: plan.evaluation, parameters: bytes,
                cache: NoCache())
        }
        #expect(try evaluate(parameters.bytes) == result.metrics)
        var file = try Safetensors(decoding: parameters.bytes)
        file.tensors.removeAll { $0.name == "base.logits" }
        #expect(throws: CheckpointError.self) { _ = try evaluate(file.encoded) }
    }

    @Test func aCheckpointWithoutTheChoiceIsRefused() throws {
        let plan = try Self.plan("\"auto\"")
        let checkpoint = try #require(try run(plan, stopAt: 3).latest)
        var file = try Safetensors(decoding: checkpoint.bytes)
        for text in [nil, "{", #"{"components":70,"modes":2,"effectiveSampleSize":1.0,"evidence":[]}"#] {
            file.metadata["componentSelection"] = text
            #expect(throws: CheckpointError.self) { _ = try run(plan, checkpoint: file.encoded) }
        }
        // Another number than the tensors'.
        file.metadata["componentSelection"] =
            #"{"components":64,"modes":2,"effectiveSampleSize":1.0,"evidence":[]}"#
        #expect(throws: CheckpointError.self) { _ = try run(plan, checkpoint: file.encoded) }
    }

    @Test func givenMeansSayHowManyComponentsThereAre() {
        let more = #", "init": "given", "means": [[0, 2], [0, -2]], "standardDeviation": 0.3"#
        let error = #expect(throws: SpecDiagnostics.self) { _ = try Self.plan("\"auto\"", more: more) }
        #expect(error?.description.contains("\"components\": 2") == true)
        #expect(throws: Never.self) { _ = try Self.plan("\"auto\"", more: #", "init": "random""#) }
    }

    /// The memory of a run is estimated with the most components that can be chosen.
    @Test func memoryIsThatOfTheLargestChoice() {
        func read(_ components: String) throws {
            let text = """
                {"name": "a", "task": "corners", "base": {"name": "gmm", "components": \(components)},
                 "training": {"draws": 16000000}}
                """
            _ = try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "a.json")
        }
        #expect(throws: Never.self) { try read("4") }
        #expect(throws: SpecDiagnostics.self) { try read("64") }
        #expect(throws: SpecDiagnostics.self) { try read("\"auto\"") }
    }
}

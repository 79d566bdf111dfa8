import Catalog
import Experiments
import Metrics
import Testing

@Suite struct RunExecutionTests {
    /// A run of seven steps that takes milliseconds, evaluation included.
    private static func spec(_ base: String, training: String = "") -> String {
        """
        {"name": "tiny", "task": "two-moons", "base": \(base), "flow": {"couplingLayers": 2, "hiddenSizes": [8]},
         "training": {\(training) "draws": 500, "batch": 32, "steps": 7, "stepsPerRound": 3, "historyInterval": 2, "warmupSteps": 1},
         "evaluation": {"metrics": ["kl", "tv"], "samples": 500}}
        """
    }

    private static func plan(
        _ base: String = #"{"name": "gmm", "components": 2}"#, training: String = ""
    ) throws -> ExperimentPlan {
        try ExperimentPlan.read(bytes: Array(spec(base, training: training).utf8), fileName: "tiny.json")
    }

    /// Changes of the training section: the defaults, an adaptive proposal, and objectives that draw from the flow.
    private static let trainings = [
        "", #""proposal": "adaptive", "roundsKept": 2, "smoothing": "pareto","#, #""objective": "reverse-kl","#,
        #""objective": "alpha-2","#,
    ]

    @Test(arguments: ["\"gaussian\"", #"{"name": "gmm", "components": 2}"#], trainings)
    func stoppingAtEveryStepAndResumingChangesNoBit(_ base: String, _ training: String) throws {
        let plan = try Self.plan(base, training: training)
        let straight = try #require(TinyRun.content(try TinyRun.run(plan).outcome))
        #expect(straight.metrics.count >= 2 && straight.metrics.allSatisfy { $0.value != nil })
        // Seven steps and the question before evaluation.
        for stop in 0...7 {
            let (outcome, latest) = try TinyRun.run(plan, stopAt: stop)
            guard case .interrupted = outcome else {
                Issue.record("not interrupted at \(stop)")
                continue
            }
            let checkpoint = try #require(latest)
            #expect(checkpoint.step == stop)
            #expect(checkpoint.phase == (stop == 7 ? .evaluation : .training))
            let resumed = try TinyRun.run(plan, checkpoint: checkpoint.bytes)
            #expect(TinyRun.content(resumed.outcome) == straight, "stopped before step \(stop)")
        }
    }

    @Test func theSummarySaysHowFarAProposalAdapted() throws {
        let plan = try Self.plan(training: Self.trainings[1])
        let summary = try #require(TinyRun.content(try TinyRun.run(plan).outcome)).summary
        // Three rounds of 500 draws, validation included.
        #expect(summary["likelihoodEvaluations"] == .integer(1500))
        #expect(summary["inverseTemperature"]?.doubleValue.map { 0 < $0 && $0 <= 1 } == true)
        let adapted = try #require(summary["adaptedEffectiveSampleSize"]?.doubleValue)
        let first = try #require(summary["effectiveSampleSize"]?.doubleValue)
        #expect(first < 450 && adapted <= 900)
        #expect(summary["khat"]?.doubleValue?.isFinite == true && summary["khatThreshold"]?.doubleValue != nil)
        // Runs without them keep the summary they had.
        let plain = try #require(TinyRun.content(try TinyRun.run(try Self.plan()).outcome)).summary
        for name in ["inverseTemperature", "adaptedEffectiveSampleSize", "khat", "khatThreshold"] {
            #expect(plain[name] == nil)
        }
    }

    @Test func settingsThatExcludeEachOtherAreRefused() throws {
        for (name, training) in [
            ("proposal", #""proposal": "adaptive", "objective": "maximum-likelihood""#),
            ("proposal", #""proposal": "adaptive", "objective": "reverse-kl""#),
            ("weighting", #""proposal": "adaptive", "weighting": "batch""#),
            ("poolEffectiveSize", #""proposal": "adaptive", "poolEffectiveSize": 100"#),
            ("earlyStoppingPatience", #""proposal": "adaptive", "earlyStoppingPatience": 3"#),
            ("weighting", #""objective": "reverse-kl", "weighting": "batch""#),
            ("batch", #""objective": "alpha-2", "batch": 1"#),
            ("smoothing", #""objective": "maximum-likelihood", "smoothing": "pareto""#),
            ("smoothing", #""weighting": "batch", "smoothing": "pareto""#),
        ] {
            let text = #"{"name": "a", "task": "corners", "training": {\#(training)}}"#
            let error = #expect(throws: SpecDiagnostics.self) {
                try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "a.json")
            }
            let diagnostic = try #require(error?.diagnostics.first)
            #expect(diagnostic.keyPath == "training.\(name)", "\(training)")
            #expect(diagnostic.remedy?.hasPrefix("write ") == true)
        }
        // Each alone is in order.
        for training in Self.trainings { _ = try Self.plan(training: training) }
    }

    @Test func aCheckpointOfAnotherRunIsRefused() throws {
        let (_, latest) = try TinyRun.run(try Self.plan(), stopAt: 3)
        let checkpoint = try #require(latest)
        #expect(throws: CheckpointError.self) {
            _ = try TinyRun.run(try Self.plan("\"gaussian\""), checkpoint: checkpoint.bytes)
        }
    }

    @Test func damagedCheckpointsAreRefusedOrHarmless() throws {
        let plan = try Self.plan()
        let bytes = try #require(try TinyRun.run(plan, stopAt: 3).latest).bytes
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: CheckpointError.self) { _ = try TinyRun.run(plan, checkpoint: Array(bytes[..<length])) }
        }
    }

    @Test func publishedParametersEvaluateToTheSameMetrics() throws {
        let plan = try Self.plan()
        let result = try #require(TinyRun.content(try TinyRun.run(plan).outcome))
        let parameters = try #require(result.artefacts.first { $0.name == "parameters.safetensors" })
        let again = try evaluateRun(
            configuration: plan.runs[0].configuration, evaluation: plan.evaluation, parameters: parameters.bytes,
            cache: NoCache())
        #expect(again == result.metrics)
    }

    @Test func divergenceAndUselessPoolsAreFailuresOfTheRun() throws {
        let text = """
            {"name": "bad", "task": "quadratic-3d", "flow": {"couplingLayers": 32, "logScaleLimit": 10, "actNorm": false},
             "training": {"draws": 2000, "batch": 32, "steps": 2000, "learningRate": 10, "gradientClip": 0,
                          "schedule": "constant", "warmupSteps": 0}}
            """
        let plan = try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "bad.json")
        guard case .failed(let code, let message, _) = try TinyRun.run(plan).outcome else {
            Issue.record("a learning rate of 10 with scales up to e^10 in 32 layers must diverge")
            return
        }
        #expect(code == "diverged")
        #expect(message.contains("learningRate"))
    }

    @Test func specsThatWouldExhaustMemoryAreRefused() {
        for (path, text) in [
            (
                "hiddenSizes",
                #"{"name": "a", "task": "corners", "flow": {"couplingLayers": 128, "hiddenSizes": [2048, 2048, 2048, 2048]}}"#
            ),
            ("draws", #"{"name": "a", "task": "cube", "training": {"draws": 100000000}}"#),
            (
                "draws",
                #"{"name": "a", "task": "cube", "training": {"draws": 3000000, "proposal": "adaptive", "roundsKept": 32}}"#
            ),
        ] {
            let error = #expect(throws: SpecDiagnostics.self) {
                try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "a.json")
            }
            #expect(error?.render().contains("GiB") == true)
            #expect(error?.diagnostics.contains { $0.keyPath.contains(path) } == true)
        }
    }

    /// A flow that maps to the prior's box needs one.
    @Test func boxOfAnUnboundedPriorIsRefused() throws {
        func read(_ boxes: String) throws -> ExperimentPlan {
            let text = """
                {"name": "a", "task": "gaussian-linear",
                 "sweep": {"flow.box": [\(boxes)]}}
                """
            return try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "a.json")
        }
        let error = #expect(throws: SpecDiagnostics.self) { try read(#""none", "probit""#) }
        let message = error?.render() ?? ""
        for part in ["a.json:2:", "flow.box", "probit", "gaussian-linear", "bounded prior", "\"none\""] {
            #expect(message.contains(part), "\(message)")
        }
        #expect(try read(#""none""#).runs.count == 1)
        #expect(throws: SpecDiagnostics.self) { try read(#""reject""#) }
    }
}

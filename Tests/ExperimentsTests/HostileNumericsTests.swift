import Catalog
import Experiments
import FlowMath
import Flows
import Metrics
import Testing
import Training

/// Promise R14: whatever the numbers, a run ends as completed or as failed with a reason, and a metric that could not be
/// computed is null with a reason.
@Suite struct HostileNumericsTests {
    private static let trainings: [[String: JSONValue]] = [
        [:], ["proposal": .string("static"), "weighting": .string("batch")],
        ["proposal": .string("static"), "smoothing": .string("pareto"), "validationFraction": .number(0)],
        ["proposal": .string("adaptive")], ["proposal": .string("adaptive"), "temperingTarget": .number(0)],
        ["objective": .string("maximum-likelihood"), "earlyStoppingPatience": .integer(1)],
        ["objective": .string("reverse-kl")], ["objective": .string("alpha-2")],
        ["draws": .integer(16), "batch": .integer(200)], ["steps": .integer(1), "batch": .integer(1)],
    ]

    private func train(_ task: HostileTask, _ changes: [String: JSONValue]) throws -> Trainer {
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        let small: [String: JSONValue] = [
            "draws": .integer(300), "batch": .integer(20), "steps": .integer(25), "stepsPerRound": .integer(5),
            "historyInterval": .integer(5), "warmupSteps": .integer(1),
        ]
        for (name, value) in small.merging(changes, uniquingKeysWith: { $1 }) { values[name] = value }
        let flow = Flow(
            dimension: 2, configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [8]),
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 3, isFull: true)))
        let trainer = try Trainer(task: task, flow: flow, configuration: try TrainingConfiguration(values), seed: 1)
        while !trainer.isFinished { _ = try trainer.advance() }
        return trainer
    }

    /// Exits whose reason is told, or parameters that are numbers; then every metric has a value or a reason.
    @Test(arguments: HostileTask.Manner.allCases)
    func likelihoodsThatMisbehave(_ manner: HostileTask.Manner) throws {
        let task = HostileTask(manner: manner)
        var evaluation = EvaluationPlan().parameters
        let small = [
            "samples": 100, "kernelSamples": 20, "transportSamples": 10, "slicedSamples": 20, "c2stSamples": 20,
            "floorRepetitions": 2, "permutations": 9,
        ]
        for (name, count) in small { evaluation[name] = .integer(count) }
        evaluation["metrics"] = .array(MetricCatalog.metrics.map { .string($0.name) })
        var failed = 0
        for (number, training) in Self.trainings.enumerated() {
            let trainer: Trainer
            do {
                trainer = try train(task, training)
            } catch let error as TrainingError {
                #expect(error.description.count > 20)
                failed += 1
                continue
            }
            let trained = trainer.trained()
            // The last of a few finite steps may still have overflowed; `executeRun` calls that diverged.
            guard trained.parameters.array(0..<trained.parameters.count).allSatisfy(\.isFinite) else { continue }
            // One evaluation a task: the floors are the same for all.
            guard number < 2 || manner == .flat else { continue }
            let values = try evaluateMetrics(
                flow: trained, task: task, observation: [], parameters: evaluation, seed: 1, inverseError: .nan,
                cache: NoCache(), cacheKeyPrefix: "\(manner) \(number)")
            #expect(values.count >= MetricCatalog.metrics.count)
            for value in values {
                if let number = value.value { #expect(number.isFinite, "\(manner): \(value.name)") }
                #expect((value.value == nil) == (value.reason?.isEmpty == false), "\(manner): \(value.name)")
                #expect(value.standardError?.isFinite ?? true, "\(manner): \(value.name)")
                if let floor = value.floor { #expect(floor.mean.isFinite && floor.standardDeviation.isFinite) }
                for detail in value.details.values { #expect(detail.isFinite, "\(manner): \(value.name)") }
            }
        }
        if [.zero, .notANumber, .infinite].contains(manner) { #expect(failed >= 5, "\(manner): \(failed) failed") }
        if manner == .flat { #expect(failed == 0) }
    }

    /// Ends of what a spec may say, alone and together.
    private static let extremes: [(training: String, base: String, flow: String)] = [
        (#""learningRate": 1e-300"#, "gaussian", ""),
        (#""learningRate": 10, "gradientClip": 0, "schedule": "constant""#, "gmm", ""),
        (#""gradientClip": 1e-300"#, "gaussian", ""), (#""beta1": 0, "beta2": 0"#, "gaussian", ""),
        (#""beta1": 0.9999, "beta2": 0.999999, "weightDecay": 1"#, "student-t", ""),
        (#""draws": 16, "batch": 500"#, "gmm", ""),
        (#""steps": 0"#, "gmm", ""), (#""steps": 1, "batch": 1"#, "resampled", ""),
        (#""warmupSteps": 1000000"#, "gaussian", ""),
        (#""averaging": 1000"#, "uniform", ""), (#""validationFraction": 1e-9"#, "gaussian", ""),
        ("", "gmm", #""tailBound": 0.1, "coupling": "spline", "bins": 64"#),
        ("", "gmm", #""logScaleLimit": 10, "couplingLayers": 32, "actNorm": false"#),
        ("", "gaussian", #""hiddenSizes": [], "mixing": "none""#), ("", "gmm", #""box": "reject""#),
        ("", "gaussian", #""couplingLayers": 0"#),
        (#""objective": "alpha-2", "defensiveShare": 1e-9, "batch": 2"#, "gmm", ""),
        (#""objective": "amortised", "candidates": 1, "draws": 16"#, "gmm", #""box": "probit""#),
        (#""proposal": "adaptive", "temperingTarget": 1, "draws": 16"#, "gmm", ""),
        (#""proposal": "adaptive", "defensiveShare": 1e-9, "learningRate": 10, "gradientClip": 0"#, "gmm", ""),
    ]

    @Test(arguments: extremes.indices)
    func extremesOfTheSpec(_ index: Int) throws {
        let (training, base, flow) = Self.extremes[index]
        let comma = training.isEmpty ? "" : ", "
        let layers = flow.contains("couplingLayers") ? "" : #""couplingLayers": 2, "#
        let hidden = flow.contains("hiddenSizes") ? "" : #""hiddenSizes": [8]"#
        let rest = [hidden, flow].filter { !$0.isEmpty }.joined(separator: ", ")
        let defaults = [("draws", "200"), ("batch", "20"), ("steps", "12"), ("historyInterval", "4")]
            .filter { !training.contains("\"\($0.0)\"") }.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
        let text = """
            {"name": "extreme", "task": {"name": "quadratic-2d", "noise": 0.02, "observation": [-10, 100]}, "base": "\(base)",
             "flow": {\(layers)\(rest)}, "training": {\(training)\(comma)\(defaults)},
             "evaluation": {"samples": 100, "metrics": ["kl", "ess", "khat", "log-evidence", "mmd-corrected", "bridge-mass", "leakage"],
                            "kernelSamples": 10, "floorRepetitions": 2, "conditionalObservations": 20, "fixedSamples": 100}}
            """
        let plan = try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "extreme.json")
        switch try TinyRun.run(plan).outcome {
        case .completed(let result):
            #expect(!result.metrics.isEmpty)
            for metric in result.metrics {
                #expect((metric.value == nil) == (metric.reason?.isEmpty == false), "\(metric.name)")
                #expect(metric.value?.isFinite ?? true, "\(metric.name)")
            }
            #expect(result.summary["nonfiniteBatches"]?.integerValue != nil)
        case .failed(let code, let message, _):
            #expect(["diverged", "error"].contains(code) && message.count > 20)
        case .interrupted: Issue.record("interrupted by nobody")
        }
    }

    /// Six batches, all unusable: the start is not a result of training.
    @Test func aRunWithoutAnyUsableBatchHasDiverged() throws {
        let text = """
            {"name": "none", "task": {"name": "gaussian-linear", "dimension": 6,
              "observation": [-10, 10, -10, 2.0687038432595166, -10, -8.299211989003837, -3.462616673810663, 8.806082726208771, 10, 10]},
             "base": {"name": "gmm", "init": "random", "components": "auto", "trainable": false, "freezeFraction": 0},
             "flow": {"couplingLayers": 32, "hiddenSizes": [8]},
             "training": {"draws": 200, "batch": 20, "steps": 6, "historyInterval": 2, "weighting": "batch", "learningRate": 1e-300}}
            """
        let plan = try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "none.json")
        guard case .failed(let code, let message, _) = try TinyRun.run(plan).outcome else {
            Issue.record("a flow that no batch has trained was evaluated")
            return
        }
        #expect(code == "diverged" && message.contains("none of the batches"), "\(message)")
    }
}

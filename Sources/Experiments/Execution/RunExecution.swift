import Catalog
import FlowMath
import Flows
import Metrics
import Tasks
import Training

/// Executes one run: pool, training, evaluation. A pure function of the configuration, the evaluation plan and the
/// checkpoint; it knows no files, threads or signals.
///
/// - `checkpoint`: bytes of an earlier ``RunCheckpoint`` of the same run and numerics variant, nil to start afresh.
///   Throws ``CheckpointError`` when they are of another run or variant, or damaged; nothing has been done then.
/// - `directive` is asked at every step boundary and must be cheap.
/// - `onEvent` is called on the same thread. An error thrown by it is rethrown.
/// - Errors of the run itself (divergence, a likelihood that is not a number) come back as `.failed`.
public func executeRun(
    configuration: RunConfiguration, evaluation: EvaluationPlan, checkpoint: [UInt8]?, cache: any ReferenceCache,
    directive: () -> RunDirective, onEvent: (RunEvent) throws -> Void
) throws -> RunOutcome {
    var execution = try RunExecution(configuration: configuration, evaluation: evaluation, cache: cache)
    if let checkpoint { try execution.restore(checkpoint) }
    // What the caller throws is its own affair, what the run throws is the run's.
    func tell(_ event: RunEvent) throws {
        do { try onEvent(event) } catch { throw CallerError(underlying: error) }
    }
    do {
        if checkpoint == nil {
            try tell(.progress(execution.progress(.pool)))
            try execution.start()
        }
        if try !execution.train(directive: directive, onEvent: tell) { return .interrupted }
        try tell(.progress(execution.progress(.evaluation)))
        return .completed(try execution.evaluate())
    } catch let error as CallerError {
        throw error.underlying
    } catch TrainingError.diverged(let step, let reason) {
        return execution.failed("diverged", TrainingError.diverged(step: step, reason: reason))
    } catch is RunTimeout {
        return .failed(
            code: "timeout", message: "the run used up its time (--timeout, over all attempts) \(execution.place)",
            history: execution.history)
    } catch {
        // With the history up to here, which does not depend on when the last checkpoint was.
        return execution.failed("error", error)
    }
}

/// An error that the caller's `onEvent` threw, on its way back to the caller.
private struct CallerError: Error {
    var underlying: any Error
}

/// Metrics of a published run from its final parameters (`flowexp evaluate`): the same values as at the end of the run.
public func evaluateRun(
    configuration: RunConfiguration, evaluation: EvaluationPlan, parameters: [UInt8], cache: any ReferenceCache
) throws -> [MetricValue] {
    let trained = try TrainedPosterior(configuration: configuration, parameters: parameters)
    let execution = try RunExecution(configuration: configuration, evaluation: evaluation, cache: cache)
    return try execution.metrics(of: trained.density)
}

/// Thrown inside a run to end it when its time is used up.
struct RunTimeout: Error {}

/// The state of one execution.
struct RunExecution {
    let configuration: RunConfiguration
    let evaluation: EvaluationPlan
    let cache: any ReferenceCache
    let task: any InferenceTask
    let training: TrainingConfiguration
    private(set) var history: [HistoryRow] = []
    private var trainer: Trainer?
    /// How many components the base has and why, where the configuration leaves that to the run.
    private var selection: ComponentSelection?
    private var seconds = 0.0
    private var latestLoss: Double?

    init(configuration: RunConfiguration, evaluation: EvaluationPlan, cache: any ReferenceCache) throws {
        self.configuration = configuration
        self.evaluation = evaluation
        self.cache = cache
        task = try TaskCatalog.make(configuration.task)
        training = try TrainingConfiguration(configuration.training)
    }

    /// Draws the first pool, chooses the base's components from it where the configuration asks for that, and makes the
    /// flow and its trainer.
    mutating func start() throws {
        // An amortised run's pools hold pairs (θ, x) and are the trainer's own.
        let pool =
            configuration.isAmortised
            ? nil : try FirstPool(task: task, configuration: training, seed: configuration.seed)
        if configuration.choosesComponents {
            selection = try pool?.selectComponents(for: try configuration.makeFlow(task: task, components: 1))
        }
        trainer = try Trainer(
            task: task, flow: try configuration.makeFlow(task: task, components: selection?.components),
            configuration: training, seed: configuration.seed, firstPool: pool)
    }

    /// Goes on from a checkpoint; the number of components is the one it was made with.
    mutating func restore(_ bytes: [UInt8]) throws {
        var flow: Flow?
        let stored = try CheckpointFile(bytes: bytes, runID: configuration.id) { components in
            guard (components != nil) == configuration.choosesComponents else {
                throw CheckpointError.damaged("it does not say how the components were chosen")
            }
            let made = try configuration.makeFlow(task: task, components: components)
            flow = made
            return made.layout
        }
        guard let flow else { throw CheckpointError.damaged("it has no trainer's state") }
        selection = stored.selection
        history = stored.history
        seconds = history.last?.seconds ?? 0
        trainer = try Trainer(
            task: task, flow: flow, configuration: training, seed: configuration.seed, state: stored.state)
    }

    func progress(_ phase: RunPhase) -> RunProgress {
        RunProgress(phase: phase, step: trainer?.step ?? 0, totalSteps: training.steps, loss: latestLoss)
    }

    /// How far the run is, for people.
    var place: String {
        let step = trainer?.step ?? 0
        return trainer?.isFinished == true ? "before its evaluation" : "after step \(step) of \(training.steps)"
    }

    func failed(_ code: String, _ error: any Error) -> RunOutcome {
        .failed(code: code, message: "\(error)", history: history)
    }

    /// Trains to the end and checkpoints there; false when told to stop (after a checkpoint).
    mutating func train(directive: () -> RunDirective, onEvent: (RunEvent) throws -> Void) throws -> Bool {
        guard let trainer else { return false }
        let clock = ContinuousClock()
        let (began, before) = (clock.now, seconds)
        let ended = trainer.isFinished
        while !trainer.isFinished {
            switch directive() {
            case .proceed: break
            case .checkpoint: try onEvent(.checkpoint(try checkpoint(.training)))
            case .stop:
                try onEvent(.checkpoint(try checkpoint(.training)))
                return false
            case .timeout:
                try onEvent(.checkpoint(try checkpoint(.training)))
                throw RunTimeout()
            }
            if let report = try trainer.advance() {
                seconds = before + (clock.now - began) / .seconds(1)
                if report.loss.isFinite { latestLoss = report.loss }
                history.append(HistoryRow(report, seconds: seconds))
            }
            if trainer.step % 16 == 0 { try onEvent(.progress(progress(.training))) }
        }
        // The end of training is always kept: evaluation is a pure function of it.
        if !ended {
            for note in Self.notes(trainer) { try onEvent(.note(note)) }
            try onEvent(.checkpoint(try checkpoint(.evaluation)))
        }
        switch directive() {
        case .stop: return false
        case .timeout: throw RunTimeout()
        case .proceed, .checkpoint: return true
        }
    }

    /// Three decimals, for people.
    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    /// What a person should know of how training went and of the weights that it ended with.
    private static func notes(_ trainer: Trainer) -> [String] {
        var notes: [String] = []
        if trainer.nonfiniteBatches > 0 {
            notes.append(
                "\(trainer.nonfiniteBatches) of \(trainer.step) batches had no finite loss and gradient and were skipped"
            )
        }
        if trainer.configuration.earlyStoppingPatience > 0 && !trainer.earlyStoppingActs {
            let size = trainer.validationEffectiveSampleSize.map { "has an effective sample size of \(rounded($0))" }
            notes.append(
                "early stopping did not act: the validation set \(size ?? "has no weight"), and it takes 200")
        }
        if let temperature = trainer.inverseTemperature, temperature < 1 {
            notes.append(
                "the adaptive proposal ended at L^\(Self.rounded(temperature)), not at the posterior: raise training.steps "
                    + "or draws")
        }
        if let tail = trainer.poolTail, !(tail.khat <= tail.threshold) {
            notes.append(
                "Pareto k of the last pool's weights "
                    + (tail.khat.isFinite
                        ? "is \(Self.rounded(tail.khat)), above \(Self.rounded(tail.threshold))"
                        : "could not be fitted")
                    + ": do not trust them")
        }
        return notes
    }

    private func checkpoint(_ phase: RunPhase) throws -> RunCheckpoint {
        guard let trainer else { throw CheckpointError.damaged("there is no trainer to checkpoint") }
        let file = CheckpointFile(state: trainer.state, history: history, selection: selection)
        return RunCheckpoint(
            phase: phase, step: trainer.step,
            bytes: file.encoded(runID: configuration.id, phase: phase, layout: trainer.flow.layout), history: history)
    }

    func evaluate() throws -> RunResult {
        guard let trainer else { throw CheckpointError.damaged("there is no trainer to evaluate") }
        let trained = trainer.trained()
        let clock = ContinuousClock()
        let began = clock.now
        guard trained.parameters.array(0..<trained.parameters.count).allSatisfy(\.isFinite) else {
            throw TrainingError.diverged(step: trainer.step, reason: "the parameters are not finite")
        }
        let metrics = try metrics(of: trained)
        return RunResult(
            metrics: metrics, history: history,
            artefacts: [parametersArtefact(trained), densityArtefact(trained)],
            summary: summary(trainer, trained),
            timings: ["training": seconds, "evaluation": (clock.now - began) / .seconds(1)])
    }

    func metrics(of trained: TrainedFlow) throws -> [MetricValue] {
        let probes = task.samplePosterior(
            count: 1000, observation: task.observation,
            stream: RandomStream(seed: configuration.seed, purpose: .latent, step: 1))
        return try evaluateMetrics(
            flow: trained, task: task, observation: task.observation, parameters: evaluation.parameters,
            seed: configuration.seed, inverseError: trained.inverseError(of: probes), cache: cache,
            cacheKeyPrefix: configuration.taskKey,
            conditional: configuration.isAmortised
                ? (task as? any SimulatorTask).map { (density: trained, task: $0) } : nil)
    }

    private func summary(_ trainer: Trainer, _ trained: TrainedFlow) -> [String: JSONValue] {
        var summary: [String: JSONValue] = [
            "stepsDone": .integer(trainer.step), "chosenStep": .integer(trainer.chosenStep),
            "stoppedEarly": .bool(trainer.stoppedEarly), "nonfiniteBatches": .integer(trainer.nonfiniteBatches),
            "likelihoodEvaluations": .integer(trainer.likelihoodEvaluations),
            "effectiveSampleSize": .number(trainer.firstPoolEffectiveSampleSize),
            "parameterCount": .integer(trainer.flow.layout.trainableCount),
            "earlyStoppingActs": .bool(trainer.earlyStoppingActs),
            "numericsVariant": .string(Kernels.current.numericsVariant),
        ]
        summary["validationEffectiveSampleSize"] = trainer.validationEffectiveSampleSize.map(JSONValue.number)
        summary["inverseTemperature"] = trainer.inverseTemperature.map(JSONValue.number)
        summary["adaptedEffectiveSampleSize"] = trainer.adaptedEffectiveSampleSize.map(JSONValue.number)
        if let tail = trainer.poolTail {
            // JSON has no infinity: a tail that could not be fitted is null.
            summary["khat"] = tail.khat.isFinite ? .number(tail.khat) : .null
            summary["khatThreshold"] = .number(tail.threshold)
        }
        if case .gaussianMixture(let mixture) = trainer.flow.baseConfiguration {
            summary["componentsUsed"] = .integer(mixture.components)
        }
        if let selection {
            summary["modesEstimated"] = .integer(selection.modes)
            summary["componentSelection"] = selection.json
        }
        if let normalizer = trained.normalizer {
            summary["normalizer"] = .number(normalizer.value)
            summary["normalizerStandardError"] = .number(normalizer.standardError)
        }
        if let acceptance = trained.acceptance {
            summary["acceptance"] = .number(acceptance.value)
            summary["acceptanceStandardError"] = .number(acceptance.standardError)
        }
        if let loss = history.last?.loss, loss.isFinite { summary["finalLoss"] = .number(loss) }
        if let loss = history.last?.validationLoss, loss.isFinite { summary["finalValidationLoss"] = .number(loss) }
        return summary
    }

    private func parametersArtefact(_ trained: TrainedFlow) -> RunArtefact {
        let tensors = trained.flow.layout.tensors
            .map {
                Safetensors.Tensor(
                    name: $0.name, shape: $0.shape, floats: trained.parameters.array($0.range))
            }
            .sorted { $0.name < $1.name }
        return RunArtefact(
            file: Safetensors(
                tensors: tensors,
                metadata: ["format": "flowexp.parameters/1", "configuration": configuration.canonicalJSON]),
            name: "parameters.safetensors")
    }

    private func densityArtefact(_ trained: TrainedFlow) -> RunArtefact {
        RunArtefact(
            file: DensityGrid(trained: trained, task: task, seed: configuration.seed).file,
            name: "density.safetensors")
    }
}

extension HistoryRow {
    init(_ report: TrainingReport, seconds: Double) {
        self.init(
            step: report.step, loss: report.loss, validationLoss: report.validationLoss,
            gradientNorm: report.gradientNorm, learningRate: report.learningRate,
            effectiveSampleSize: report.effectiveSampleSize, likelihoodEvaluations: report.likelihoodEvaluations,
            nonfiniteBatches: report.nonfiniteBatches, seconds: seconds)
    }
}

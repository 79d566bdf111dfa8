import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// W8: wall time and likelihood evaluations until a flow is accurate, for the literal method and for ours.
///
/// Accurate is KL(p‖q) on ``referenceCount`` fixed exact posterior samples, checked every ``checkInterval`` steps, with the
/// upper end of its 95 % interval (mean + 1.96 standard errors) at most ``target`` at two checks running. Both sides train
/// the same flow (8 affine couplings, conditioners 64 × 64, base `gmm` with as many components as modes, started by EM)
/// from the same kind of start. The clock runs inside training steps only: drawing pools, weighting, gradients,
/// optimiser. Set-up (first pool, standardisation, EM) and checks are outside; set-up is reported beside.
public struct TimeToQualityWorkload: Sendable {
    /// What trains.
    public enum Side: String, Sendable, Equatable, CaseIterable {
        /// The literal method: 1024 fresh prior draws per step, weights normalised over them, Adam at 10⁻³.
        case literal
        /// Our recipe, the same for every task.
        case ours
    }

    /// A task of the workload.
    public struct TaskCase: Sendable, Equatable {
        /// The name in the result.
        public var name: String
        var task: ComponentChoice
        /// Whether it counts or is only shown.
        public var isCounted: Bool
    }

    /// One run.
    public struct SeedResult: Sendable, Equatable {
        /// The seed.
        public var seed: UInt64
        /// Whether the target was reached before the limit.
        public var isReached: Bool
        /// Training seconds to the second passing check, or until it was given up.
        public var seconds: Double
        /// Processor seconds of the training thread in that time; on a machine with other work they say more.
        public var processorSeconds: Double
        /// Seconds before the first step: first pool, standardisation, EM.
        public var setupSeconds: Double
        /// Steps at that point.
        public var steps: Int
        /// Likelihood evaluations at that point, the first pool's included.
        public var evaluations: Int
        /// KL at the start, before the first step.
        public var startDivergence: Double
        /// KL at the last check and its standard error.
        public var divergence: Double
        /// Its standard error.
        public var standardError: Double
    }

    /// One task and side: medians over the seeds, where a run that was given up counts as longer than any other.
    public struct Row: Sendable, Equatable {
        /// The task.
        public var task: TaskCase
        /// The side.
        public var side: Side
        /// The runs, by seed.
        public var runs: [SeedResult]

        /// Seeds that reached the target.
        public var reached: Int { runs.filter(\.isReached).count }
        /// Median seconds; nil when the median run was given up.
        public var seconds: Double? { median(\.seconds) }
        /// Median processor seconds; nil when the median run was given up.
        public var processorSeconds: Double? { median(\.processorSeconds) }
        /// Median likelihood evaluations; nil when the median run was given up.
        public var evaluations: Double? { median { Double($0.evaluations) } }
        /// Median steps; nil when the median run was given up.
        public var steps: Double? { median { Double($0.steps) } }
        /// Median set-up seconds of all runs.
        public var setupSeconds: Double {
            let sorted = runs.map(\.setupSeconds).sorted()
            return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
        }

        /// Median KL before the first step.
        public var startDivergence: Double {
            let sorted = runs.map(\.startDivergence).sorted()
            return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
        }

        private func median(_ value: (SeedResult) -> Double) -> Double? {
            let sorted = runs.map { $0.isReached ? value($0) : .infinity }.sorted()
            guard !sorted.isEmpty, sorted[sorted.count / 2].isFinite else { return nil }
            return sorted[sorted.count / 2]
        }
    }

    /// The name after `--workload`.
    public static let name = "time-to-quality"
    /// One line.
    public static let summary = "W8: time and likelihood evaluations to KL(p‖q) ≤ .01, the literal method beside ours"
    /// Steps between checks.
    public static let checkInterval = 100
    /// KL to reach, nats.
    public static let target = 0.01

    /// All tasks in order.
    public static let tasks: [TaskCase] = [
        TaskCase(name: "two-moons", task: ComponentChoice(name: "two-moons"), isCounted: true),
        TaskCase(name: "quadratic-2d", task: ComponentChoice(name: "quadratic-2d"), isCounted: true),
        TaskCase(name: "quadratic-3d", task: ComponentChoice(name: "quadratic-3d"), isCounted: true),
        TaskCase(
            name: "circle8", task: ComponentChoice(name: "ring", parameters: ["modes": .integer(8)]), isCounted: false),
    ]

    /// Tasks to run.
    public var tasks = Self.tasks
    /// Sides to run.
    public var sides = Side.allCases
    /// Seeds 0 ..< seeds.
    public var seeds = 5
    /// Training seconds after which a run is given up.
    public var secondsLimit = 600.0
    /// Exact samples under the KL.
    public var referenceCount = 100_000
    /// The flow of both sides.
    public var flow = FlowConfiguration(couplingLayers: 8, hiddenSizes: [64, 64], actNorm: false, mixing: .none)
    /// Training parameters of the side `ours` that differ from its recipe, for ablations.
    public var overrides = ParameterValues([:])

    /// All tasks and sides, five seeds, ten minutes each at the most.
    public init() {}

    /// Changes a training parameter of the side `ours`; throws ``ParameterError`` for an unknown name or a value out of
    /// its range.
    public mutating func change(_ name: String, to text: String) throws(ParameterError) {
        guard let parameter = TrainingParameters.parameters.first(where: { $0.name == name }) else {
            let known = TrainingParameters.parameters.map(\.name).joined(separator: ", ")
            throw ParameterError(name: name, expected: "a training parameter (\(known))", found: .string(text))
        }
        let value: JSONValue?
        switch parameter.kind {
        case .integer(let range): value = Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .number(let range, let exclusive):
            value = Double(text).flatMap {
                range.contains($0) && !(exclusive && $0 == range.lowerBound) ? .number($0) : nil
            }
        case .choice(let names): value = names.contains(text) ? .string(text) : nil
        case .boolean, .list, .anyOf: value = nil
        }
        guard let value else { throw ParameterError(name: name, expected: "\(parameter.kind)", found: .string(text)) }
        overrides[name] = value
    }

    /// Effective size of the draws from which both sides start (standardisation, EM).
    static let startEffectiveSize = 2_000.0

    /// The training parameters of a side that differ from their defaults.
    public static func recipe(_ side: Side) -> ParameterValues {
        switch side {
        case .literal:
            return [
                "weighting": .string("batch"), "drawSequence": .string("random"), "poolOrder": .string("drawn"),
                "draws": .integer(1024), "stepsPerRound": .integer(1),
                "batch": .integer(1024), "learningRate": .number(1e-3),
                "schedule": .string("constant"), "warmupSteps": .integer(0), "gradientClip": .number(0),
                "validationFraction": .number(0), "steps": .integer(10_000_000),
            ]
        case .ours:
            return [
                "draws": .integer(8192), "poolEffectiveSize": .number(startEffectiveSize),
                "stepsPerRound": .integer(500), "drawSequence": .string("quasi"), "poolOrder": .string("hilbert"),
                "batch": .integer(128), "averaging": .number(16), "schedule": .string("constant"),
                "validationFraction": .number(0), "steps": .integer(10_000_000),
            ]
        }
    }

    /// Runs everything; `onRow` sees each row as it is done.
    public func measure(onRow: (Row) throws -> Void = { _ in }) throws -> [Row] {
        var rows: [Row] = []
        for task in tasks {
            let problem = try Problem(task, count: referenceCount)
            for side in sides {
                let runs = try (0..<seeds).map { try run(problem, side: side, seed: UInt64($0)) }
                let row = Row(task: task, side: side, runs: runs)
                rows.append(row)
                try onRow(row)
            }
        }
        return rows
    }

    /// A task with its fixed reference sample.
    private struct Problem {
        let task: any InferenceTask
        let points: Points
        let logPosterior: [Double]

        init(_ choice: TaskCase, count: Int) throws {
            task = try TaskCatalog.make(choice.task)
            let posterior = ExactPosterior(task: task)
            points = posterior.sample(
                count: count, stream: RandomStream(seed: 8, purpose: .reference))
            logPosterior = posterior.logProbability(of: points)
        }

        /// Mean and standard error of log p − log q.
        func divergence(_ flow: TrainedFlow) -> (mean: Double, error: Double) {
            let logFlow = flow.logProbability(of: points)
            let count = Double(logFlow.count)
            var sum = 0.0
            for i in logFlow.indices { sum += logPosterior[i] - logFlow[i] }
            let mean = sum / count
            var squares = 0.0
            for i in logFlow.indices {
                let difference = logPosterior[i] - logFlow[i] - mean
                squares += difference * difference
            }
            return (mean, (squares / (count - 1) / count).squareRoot())
        }
    }

    /// A trainer before its first step and the likelihood evaluations that its start cost beyond its own.
    private func trainer(
        _ task: any InferenceTask, flow: Flow, side: Side, seed: UInt64
    ) throws -> (trainer: Trainer, startDraws: Int) {
        switch side {
        case .ours:
            let configuration = try Self.configuration(side, overrides)
            return (try Trainer(task: task, flow: flow, configuration: configuration, seed: seed), 0)
        case .literal:
            // Batches of 1024 are too few to start from: standardisation and EM see a pool of the size that ours starts
            // from.
            let changes: ParameterValues = [
                "draws": .integer(8192), "poolEffectiveSize": .number(Self.startEffectiveSize),
            ]
            let starter = try Trainer(
                task: task, flow: flow, configuration: try Self.configuration(side, changes), seed: seed)
            let trainer = try Trainer(
                task: task, flow: flow, configuration: try Self.configuration(side, [:]), seed: seed,
                state: starter.state)
            return (trainer, starter.likelihoodEvaluations)
        }
    }

    /// Defaults, a side's recipe, and changes to it.
    private static func configuration(_ side: Side, _ changes: ParameterValues) throws -> TrainingConfiguration {
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        for (name, value) in recipe(side).values { values[name] = value }
        for (name, value) in changes.values { values[name] = value }
        values["historyInterval"] = .integer(1_000_000)
        return try TrainingConfiguration(values)
    }

    private func run(_ problem: Problem, side: Side, seed: UInt64) throws -> SeedResult {
        // Nothing of the mixture is held fixed: a share of an unknown number of steps has no meaning.
        let mixture = GaussianMixtureConfiguration(
            components: problem.task.modeCount ?? 1, isFull: true, freezeFraction: 0,
            learningRateFactor: side == .literal ? 1 : 0.1)
        let clock = ContinuousClock()
        var began = clock.now
        let flow = Flow(
            dimension: problem.task.dimension,
            configuration: self.flow, base: .gaussianMixture(mixture))
        let (trainer, startDraws) = try trainer(problem.task, flow: flow, side: side, seed: seed)
        let setup = (clock.now - began) / .seconds(1)
        let start = problem.divergence(trainer.trained()).mean
        var (seconds, processorSeconds) = (0.0, 0.0)
        var passes = 0
        var latest = (mean: start, error: Double.nan)
        while passes < 2 && seconds < secondsLimit && !trainer.isFinished {
            began = clock.now
            let processorBegan = ThreadClock.seconds
            for _ in 0..<Self.checkInterval { _ = try trainer.advance() }
            seconds += (clock.now - began) / .seconds(1)
            processorSeconds += ThreadClock.seconds - processorBegan
            latest = problem.divergence(trainer.trained())
            passes = latest.mean + 1.96 * latest.error <= Self.target ? passes + 1 : 0
        }
        return SeedResult(
            seed: seed, isReached: passes == 2, seconds: seconds, processorSeconds: processorSeconds,
            setupSeconds: setup, steps: trainer.step, evaluations: startDraws + trainer.likelihoodEvaluations,
            startDivergence: start, divergence: latest.mean,
            standardError: latest.error)
    }
}

import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// How often `"components": "auto"` finds the number of modes, and what that takes: K is chosen as a run of the
/// defaults chooses it, from a first pool of 100 000 draws, under a flow of the default architecture.
public struct ComponentSelectionWorkload: Sendable {
    /// The name after `--workload`.
    public static let name = "component-selection"
    /// Seeds 0 ..< this number.
    public static let seeds = 20

    /// One task with one kind of draws.
    public struct Row: Sendable, Equatable {
        /// The task.
        public var task: String
        /// `quasi` or `random`.
        public var drawSequence: String
        /// The task's number of modes.
        public var modes: Int
        /// Modes found, by seed.
        public var found: [Int]
        /// Components chosen, by seed.
        public var components: [Int]
        /// Mean ESS of the pools.
        public var effectiveSampleSize: Double
        /// Mean processor seconds of a choice, drawing the pool excluded.
        public var seconds: Double

        /// Seeds whose number of modes is right.
        public var right: Int { found.count { $0 == modes } }
    }

    private static let tasks: [ComponentChoice] = [
        "corners", "cube", "ring", "unequal", "two-moons", "quadratic-2d", "quadratic-3d", "gaussian-linear",
        "two-scale",
    ].compactMap { name in
        TaskCatalog.entry(named: name).map { entry in
            var parameters = ParameterValues()
            for parameter in entry.description.parameters { parameters[parameter.name] = parameter.defaultValue }
            return ComponentChoice(name: name, parameters: parameters)
        }
    }

    /// Creates it.
    public init() {}

    /// Chooses for every task, kind of draws and seed; `onRow` is called as rows are done.
    public func measure(onRow: (Row) throws -> Void) throws -> [Row] {
        var rows: [Row] = []
        for choice in Self.tasks {
            for sequence in ["quasi", "random"] {
                let row = try Self.row(choice, sequence: sequence)
                rows.append(row)
                try onRow(row)
            }
        }
        return rows
    }

    private static func row(_ choice: ComponentChoice, sequence: String) throws -> Row {
        let task = try TaskCatalog.make(choice)
        var parameters = ParameterValues()
        for parameter in TrainingParameters.parameters { parameters[parameter.name] = parameter.defaultValue }
        parameters["drawSequence"] = .string(sequence)
        let configuration = try TrainingConfiguration(parameters)
        let flow = Flow(
            dimension: task.dimension, bounds: task.priorBox, configuration: FlowConfiguration(),
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 1, isFull: true)))
        var row = Row(
            task: choice.name, drawSequence: sequence, modes: task.modeCount ?? 0, found: [], components: [],
            effectiveSampleSize: 0, seconds: 0)
        for seed in 0..<UInt64(Self.seeds) {
            let pool = try FirstPool(task: task, configuration: configuration, seed: seed)
            let began = ThreadClock.seconds
            let selection = try pool.selectComponents(for: flow)
            row.seconds += (ThreadClock.seconds - began) / Double(Self.seeds)
            row.effectiveSampleSize += pool.effectiveSampleSize / Double(Self.seeds)
            row.found.append(selection.modes)
            row.components.append(selection.components)
        }
        return row
    }
}

import Catalog
import Experiments
import Metrics

/// One run of an expanded sweep, as the runner needs it.
public struct SweepItem: Sendable {
    /// The run id.
    public var id: String
    /// What to run.
    public var configuration: RunConfiguration
    /// The canonical configuration, as the store keeps it.
    public var configurationJSON: String
    /// The axes' values, as the store keeps them.
    public var axesJSON: String
    /// Relative cost; the unit cancels.
    public var cost: Double
    /// Optimiser steps of the whole run, for the display before the run itself reports them.
    public var totalSteps: Int
    /// What `--where` can ask for.
    public var attributes: [String: JSONValue]

    /// Creates an item; see the properties.
    public init(
        id: String, configuration: RunConfiguration, configurationJSON: String, axesJSON: String, cost: Double,
        totalSteps: Int, attributes: [String: JSONValue]
    ) {
        self.id = id
        self.configuration = configuration
        self.configurationJSON = configurationJSON
        self.axesJSON = axesJSON
        self.cost = cost
        self.totalSteps = totalSteps
        self.attributes = attributes
    }

    /// A run of an expanded experiment.
    public init(_ run: Experiments.PlannedRun, sweepName: String) {
        let text = run.configuration.canonicalJSON
        let json = (try? JSONValue(parsing: text)) ?? .null
        var axes = run.axesJSON.objectValue ?? [:]
        // What the spec asked for where it was resolved (`match`), so that reports can group by it.
        if !run.asked.isEmpty { axes["asked"] = .object(run.asked) }
        self.init(
            id: run.id, configuration: run.configuration, configurationJSON: text,
            axesJSON: JSONValue.object(axes).text, cost: RunCost.of(configuration: json),
            totalSteps: RunCost.steps(of: json),
            attributes: RunAttributes.of(
                configuration: json, facts: ["id": .string(run.id), "sweep": .string(sweepName)]))
    }
}

/// What a run is executed with: everything `executeRun` takes but the two closures.
public struct RunRequest: Sendable {
    /// What to run.
    public var configuration: RunConfiguration
    /// Which metrics to compute at the end.
    public var evaluation: EvaluationPlan
    /// An earlier checkpoint of the same run, nil to start afresh.
    public var checkpoint: [UInt8]?
    /// Floors and levels computed once per task.
    public var cache: any ReferenceCache

    /// Creates a request; see the properties.
    public init(
        configuration: RunConfiguration, evaluation: EvaluationPlan, checkpoint: [UInt8]?, cache: any ReferenceCache
    ) {
        self.configuration = configuration
        self.evaluation = evaluation
        self.checkpoint = checkpoint
        self.cache = cache
    }
}

/// The function that executes a run; `executeRun` in the product, a fake in tests. It asks the first closure at every
/// step boundary and reports to the second, whose errors it rethrows.
public typealias RunFunction =
    @Sendable (RunRequest, () -> RunDirective, (RunEvent) throws -> Void) throws -> RunOutcome

/// The function that computes metrics of a published run from its final parameters; `evaluateRun` in the product.
public typealias EvaluateFunction =
    @Sendable (RunConfiguration, EvaluationPlan, _ parameters: [UInt8], any ReferenceCache) throws -> [MetricValue]

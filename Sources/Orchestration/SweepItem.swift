import Catalog
import Experiments
import Metrics
import RunStorage

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
    /// How much work it is.
    public var cost: RunCost
    /// Optimiser steps of the whole run, for the display before the run itself reports them.
    public var totalSteps: Int
    /// What `--where` can ask for.
    public var attributes: RunAttributes

    /// Creates an item; see the properties.
    public init(
        id: String, configuration: RunConfiguration, configurationJSON: String, axesJSON: String, cost: RunCost,
        totalSteps: Int, attributes: RunAttributes
    ) {
        self.id = id
        self.configuration = configuration
        self.configurationJSON = configurationJSON
        self.axesJSON = axesJSON
        self.cost = cost
        self.totalSteps = totalSteps
        self.attributes = attributes
    }

    /// What the store records of the run before it is executed.
    public var planned: RunStorage.PlannedRun {
        RunStorage.PlannedRun(id: id, configurationJSON: configurationJSON, axesJSON: axesJSON)
    }
}

extension ExperimentSpec {
    /// The runs as the runner needs them, in the order of the expansion. What the runs of a cell have in common is worked
    /// out once.
    public var items: [SweepItem] {
        var shared: SharedByCell?
        return plan.runs.map { run in
            if shared?.cell != run.cell { shared = SharedByCell(run) }
            let common = shared ?? SharedByCell(run)
            return SweepItem(
                id: run.id, configuration: run.configuration, configurationJSON: run.canonicalJSON,
                axesJSON: common.axesJSON, cost: common.cost, totalSteps: common.totalSteps,
                attributes: RunAttributes(
                    configuration: common.attributes,
                    facts: [
                        "id": .string(run.id), "sweep": .string(name),
                        "seed": Int(exactly: run.configuration.seed).map(JSONValue.integer) ?? .null,
                    ]))
        }
    }
}

/// What does not depend on the seed.
private struct SharedByCell {
    let cell: Int
    let axesJSON: String
    let cost: RunCost
    let totalSteps: Int
    let attributes: [String: JSONValue]

    init(_ run: Experiments.PlannedRun) {
        cell = run.cell
        let json = (try? JSONValue(parsing: run.canonicalJSON)) ?? .null
        var axes = run.axesJSON.objectValue ?? [:]
        // What the spec asked for where it was resolved (`match`), so that reports can group by it.
        if !run.asked.isEmpty { axes["asked"] = .object(run.asked) }
        axesJSON = JSONValue.object(axes).text
        cost = RunCost(configuration: json)
        totalSteps = RunCost.steps(of: json)
        attributes = RunAttributes.flattened(json)
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

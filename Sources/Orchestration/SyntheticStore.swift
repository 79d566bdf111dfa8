import Catalog
import Experiments
import Metrics
import RunStorage

/// A store of invented results, to measure how commands read large ones.
///
/// Everything but the numbers is real: a spec's own expansion, run ids, configurations, the metrics that its evaluation
/// asks for under their own settings and versions, and records whose hashes verify. So a sweep of the spec finds nothing
/// to do and a report is a true report. Runs have no files: no command that is measured reads one.
public struct SyntheticStore: Sendable {
    /// The experiment.
    public var spec: ExperimentSpec
    /// Rows of history of each run, from 0.
    public var historyRows: Int
    /// Runs published in one transaction.
    private static let batch = 500

    /// Creates a description; nothing is written yet.
    public init(spec: ExperimentSpec, historyRows: Int) {
        self.spec = spec
        self.historyRows = historyRows
    }

    /// Records the spec and publishes every run of it that is planned. Throws what the store throws.
    public func fill(_ store: RunStore, progress: (_ done: Int) -> Void = { _ in }) throws {
        let items = spec.items
        let change = try store.recordRevision(
            sweepName: spec.name, specBytes: spec.plan.source, resolvedSpecJSON: spec.plan.resolvedSpec,
            evaluationJSON: spec.plan.evaluation.canonicalJSON, runs: items.map(\.planned))
        let planned = Set(
            try store.runStates(ofRevision: change.revisionID).filter { $0.state == .planned }.map(\.id))
        let metrics = try MetricCatalog.plannedValues(spec.plan.evaluation.parameters)
        var done = 0
        for start in stride(from: 0, to: items.count, by: Self.batch) {
            let part = items[start..<min(start + Self.batch, items.count)].enumerated()
            try store.publishInBulk(
                part.filter { planned.contains($0.element.id) }.map { offset, item in
                    (runID: item.id, record: record(item, number: start + offset, metrics: metrics))
                })
            done += part.underestimatedCount
            progress(done)
        }
    }

    private func record(
        _ item: SweepItem, number: Int, metrics: [MetricCatalog.PlannedValue]
    ) -> PublishedRecord {
        var noise = InventedNumbers(seed: UInt64(number))
        let steps = item.totalSteps
        return PublishedRecord(
            metrics: metrics.map { metric in
                let value = noise.next()
                let direction = MetricCatalog.metric(column: metric.name)?.direction ?? .lower
                return MetricRecord(
                    name: metric.name, parametersJSON: metric.parameters, version: metric.version, value: value,
                    standardError: value / 16, sampleSizes: [10_000, 10_000], direction: direction.rawValue,
                    floor: MetricFloorRecord(mean: 0.001, standardDeviation: 0.0005, repetitions: 20),
                    detailsJSON: JSONValue.object(["part": .number(noise.next())]).text)
            },
            history: (0..<historyRows).map { row in
                HistoryRecord(
                    step: (row + 1) * max(1, steps / max(1, historyRows)), loss: 1 + noise.next(),
                    validationLoss: 1 + noise.next(), gradientNorm: noise.next(), learningRate: 0.001,
                    effectiveSampleSize: 100 * noise.next(), likelihoodEvaluations: 1024 * (row + 1),
                    nonfiniteBatches: 0, seconds: 0.001 * Double(row))
            },
            artefacts: [],
            summaryJSON: JSONValue.object([
                "bestStep": .integer(steps), "componentsUsed": .integer(4),
                "effectiveSampleSize": .number(noise.next()),
                "likelihoodEvaluations": .integer(steps * 1024), "steps": .integer(steps),
            ]).text,
            timingsJSON: JSONValue.object(["training": .number(noise.next())]).text)
    }
}

/// Numbers in (0, 1) that depend on the seed alone (SplitMix64; Steele, Lea & Flood 2014).
private struct InventedNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return (Double(mixed >> 11) + 0.5) * 0x1p-53
    }
}

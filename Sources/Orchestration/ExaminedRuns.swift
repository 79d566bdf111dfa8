import Catalog
import Experiments
import Metrics
import RunStorage

/// A run whose record does not verify.
public struct DamagedRun: Sendable, Equatable {
    /// The run.
    public var runID: String
    /// What is wrong with its record, without a final full stop.
    public var reason: String

    /// Creates one.
    public init(runID: String, reason: String) {
        self.runID = runID
        self.reason = reason
    }
}

/// What one pass over a revision's records tells a sweep: states, metrics that completed runs lack, and damage.
public struct ExaminedRuns: Sendable {
    /// States as displayed, by run id.
    public private(set) var states: [String: RunState] = [:]
    /// The metrics that a completed run lacks, by run id; runs that lack none are not in it.
    public private(set) var lacking: [String: [String]] = [:]
    /// The seconds that a completed run took, as the store keeps them, by run id.
    public private(set) var timings: [String: String] = [:]
    /// Runs whose records do not verify, in the order of the expansion. They are neither completed nor to be done.
    public private(set) var damaged: [DamagedRun] = []

    /// Reads the records of a revision. `amortised`: whether a run of that id gives a conditional density.
    ///
    /// A metric whose value is null counts as present: it was tried and has a reason. Throws what the store throws.
    public init(
        ofRevision revisionID: Int64, evaluation: EvaluationPlan, in store: RunStore,
        isAmortised: (_ runID: String) -> Bool
    ) throws {
        let plain = ExpectedMetrics(try MetricCatalog.plannedValues(evaluation.parameters))
        let amortised = ExpectedMetrics(try MetricCatalog.plannedValues(evaluation.parameters, amortised: true))
        var known = [(rows: [MetricRecord], lacking: [String])?](repeating: nil, count: 2)
        for record in try store.records(ofRevision: revisionID) {
            states[record.id] = record.state
            if case .corrupt(let reason) = record.integrity {
                damaged.append(DamagedRun(runID: record.id, reason: reason))
                continue
            }
            guard record.state == .completed else { continue }
            timings[record.id] = record.timingsJSON
            // Most runs have what the run before has.
            let kind = isAmortised(record.id) ? 1 : 0
            let names: [String]
            if let last = known[kind], last.rows.elementsEqual(record.metrics, by: ExpectedMetrics.isSameKey) {
                names = last.lacking
            } else {
                names = (kind == 1 ? amortised : plain).lacking(in: record.metrics)
                known[kind] = (record.metrics, names)
            }
            if !names.isEmpty { lacking[record.id] = names }
        }
    }

    /// Of these items, whose ids give the kind of the run.
    public init(
        ofRevision revisionID: Int64, items: [SweepItem], evaluation: EvaluationPlan, in store: RunStore
    ) throws {
        let amortised = Set(items.lazy.filter(\.configuration.isAmortised).map(\.id))
        try self.init(
            ofRevision: revisionID, evaluation: evaluation, in: store, isAmortised: { amortised.contains($0) })
    }
}

/// The rows that an evaluation yields.
private struct ExpectedMetrics {
    private let values: [MetricCatalog.PlannedValue]

    init(_ values: [MetricCatalog.PlannedValue]) { self.values = values }

    /// Names of the metrics of which rows are missing, in catalog order.
    func lacking(in rows: [MetricRecord]) -> [String] {
        let present = Set(
            rows.map { MetricCatalog.PlannedValue(name: $0.name, parameters: $0.parametersJSON, version: $0.version) })
        var names: [String] = []
        for value in values where !present.contains(value) {
            // A row's name is its column; a plan lists metrics, which may have several columns.
            let name = MetricCatalog.metricName(ofColumn: value.name) ?? value.name
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    static func isSameKey(_ left: MetricRecord, _ right: MetricRecord) -> Bool {
        left.version == right.version && left.name == right.name && left.parametersJSON == right.parametersJSON
    }
}

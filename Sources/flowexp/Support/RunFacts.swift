import Catalog
import Experiments
import Orchestration
import Reports
import RunStorage

/// A stored run, read for printing: its texts parsed, its record's integrity respected. Of a damaged record there is the
/// id and, where its own hash proves it, the configuration; no number.
///
/// A class, because lists of 100 000 are filtered and handed on: each costs one reference then, not one for each field.
final class RunFacts: Sendable {
    let record: RunRecord
    /// What is wrong with the record; nil for one that verifies.
    let damage: String?
    let cell: CellFacts
    /// nil when the configuration cannot be trusted.
    let knownSeed: Int?
    /// The metric rows that count, at most one per name.
    let metrics: [MetricRecord]
    let summary: ShownSummary

    /// `selection` is that of the sweep in which the run is looked at; without one no metric counts.
    init(_ record: RunRecord, _ selection: MetricSelection?, _ configurations: ConfigurationReader) {
        self.record = record
        var damage: String?
        if case .corrupt(let reason) = record.integrity { damage = reason }
        // A damaged record's configuration counts when it is the one that the id was made of.
        let isTrusted =
            damage == nil || RunConfiguration.id(ofCanonicalJSON: record.configurationJSON) == record.id
        let read = isTrusted ? configurations.read(record.configurationJSON) : nil
        if isTrusted, read == nil { damage = damage ?? "its configuration cannot be read" }
        self.damage = damage
        cell = read?.cell ?? .unknown
        knownSeed = read?.seed
        metrics = damage == nil && !record.metrics.isEmpty ? selection?.rows(of: record.metrics) ?? [] : []
        summary = configurations.summaries.read(damage == nil ? record.summaryJSON : nil)
    }

    var state: ReportRunState {
        damage != nil ? .damaged : ReportRunState(rawValue: record.state.rawValue) ?? .planned
    }
    var configuration: JSONValue {
        guard var members = cell.configuration.objectValue, let knownSeed else { return cell.configuration }
        members["seed"] = .integer(knownSeed)
        return .object(members)
    }
    var axes: JSONValue { (try? JSONValue(parsing: record.axesJSON)) ?? .null }
    var task: String { cell.task }
    var base: String { cell.base }
    var components: JSONValue { cell.components }
    var couplingLayers: Int? { cell.couplingLayers }
    /// Whether one flow was trained for every x.
    var isAmortised: Bool { cell.isAmortised }
    var seed: Int { knownSeed ?? 0 }

    /// Stable reason of a failed run.
    var failureCode: String? { damage == nil ? record.failureCode : nil }

    /// Seconds by name.
    var timings: [String: Double] {
        damage == nil ? Self.members(record.timingsJSON).compactMapValues(\.doubleValue) : [:]
    }

    /// All of them.
    var wholeSummary: [String: JSONValue] { damage == nil ? Self.members(record.summaryJSON) : [:] }

    private static func members(_ text: String?) -> [String: JSONValue] {
        text.flatMap { try? JSONValue(parsing: $0).objectValue } ?? [:]
    }

    /// What `--where` can ask for.
    var attributes: RunAttributes {
        var facts: [String: JSONValue] = [
            "id": .string(record.id), "state": .string(state.rawValue), "attempts": .integer(record.attempts),
        ]
        if let knownSeed { facts["seed"] = .integer(knownSeed) }
        if let sweep = record.sweepName { facts["sweep"] = .string(sweep) }
        if let code = failureCode { facts["failureCode"] = .string(code) }
        if let used = summary.componentsUsed { facts["componentsUsed"] = .integer(used) }
        if let modes = summary.modesEstimated { facts["modesEstimated"] = .integer(modes) }
        for metric in metrics {
            if let value = metric.value { facts[metric.name] = .number(value) }
        }
        return RunAttributes(configuration: cell.attributes, facts: facts)
    }

    /// The configuration flattened, without the versions of its components.
    var settings: [ReportSetting] { cell.settings }

    /// The metrics that count, for the reports.
    var reportMetrics: [(name: String, metric: ReportMetric)] {
        metrics.map { metric in
            (
                metric.name,
                ReportMetric(
                    value: metric.value, reason: metric.reason, standardError: metric.standardError,
                    floor: metric.floor.map {
                        ReportFloor(
                            mean: $0.mean, standardDeviation: $0.standardDeviation, repetitions: $0.repetitions)
                    },
                    direction: ReportDirection(rawValue: metric.direction) ?? .lower,
                    sampleSizes: metric.sampleSizes, parameters: metric.parametersJSON, version: metric.version,
                    warning: Self.warning(metric), details: metric.detailsJSON)
            )
        }
    }

    /// Of estimates by importance weights whose details say that the weights' tail is too heavy.
    private static func warning(_ metric: MetricRecord) -> String? {
        guard metric.detailsJSON.end(of: limitKey) != nil else { return nil }
        let details = members(metric.detailsJSON)
        // A tail that could not be fitted has no finite k̂, which details leave out: the worst of all.
        let shape = details["khat"]?.doubleValue ?? .infinity
        guard let limit = details["khatLimit"]?.doubleValue, shape > limit else { return nil }
        return "k̂ is above \(NumberText.plain(limit, significant: 2)), estimates by importance weights are unreliable"
    }

    private static let limitKey = Array("khatLimit".utf8)

    var listing: RunListing {
        RunListing(
            id: record.id, state: state, failureCode: failureCode, damage: damage, sweep: record.sweepName ?? "",
            task: task, base: base, components: components, componentsUsed: summary.componentsUsed,
            modesEstimated: summary.modesEstimated, couplingLayers: couplingLayers, seed: knownSeed,
            attempts: record.attempts,
            metrics: metrics.map { ($0.name, $0.value) })
    }
}

import Catalog
import Experiments
import Foundation
import Orchestration
import Reports
import RunStorage

/// A stored run, read for printing: its configuration parsed once, its record's integrity respected.
struct RunFacts {
    let record: RunRecord
    let configuration: JSONValue
    let axes: JSONValue
    /// The metric rows that count, at most one per name.
    let metrics: [MetricRecord]

    /// Parses the record's texts; throws exit 65 when the store's text is no JSON. `selection` is that of the sweep in
    /// which the run is looked at.
    init(_ record: RunRecord, _ selection: MetricSelection = MetricSelection()) throws {
        self.record = record
        metrics = selection.rows(of: record.metrics)
        do {
            configuration = SpecVocabulary.standard.withAbsentValues(
                try JSONValue(parsing: record.configurationJSON))
            axes = try JSONValue(parsing: record.axesJSON)
        } catch {
            throw CommandFailure(
                .badData, "run \(record.id): its configuration cannot be read: \(error)",
                remedy: "Check the store with: flowexp store digest --verify")
        }
    }

    var state: ReportRunState { ReportRunState(rawValue: record.state.rawValue) ?? .planned }
    var task: String { configuration["task"]?["name"]?.stringValue ?? "" }
    var base: String { configuration["base"]?["name"]?.stringValue ?? "" }
    var components: JSONValue { configuration["base"]?["components"] ?? .null }
    var couplingLayers: Int? { configuration["flow"]?["couplingLayers"]?.integerValue }
    var seed: Int { configuration["seed"]?.integerValue ?? 0 }

    /// Deterministic numbers about the run by name.
    var summary: [String: JSONValue] { Self.members(record.summaryJSON) }

    /// Components of the trained base; nil before the run is done and for bases without.
    var componentsUsed: Int? { summary["componentsUsed"]?.integerValue }
    /// Modes that a base with `"components": "auto"` saw in the draws.
    var modesEstimated: Int? { summary["modesEstimated"]?.integerValue }

    /// Seconds by name.
    var timings: [String: Double] { Self.members(record.timingsJSON).compactMapValues(\.doubleValue) }

    private static func members(_ text: String?) -> [String: JSONValue] {
        text.flatMap { try? JSONValue(parsing: $0).objectValue } ?? [:]
    }

    /// What `--where` can ask for.
    var attributes: [String: JSONValue] {
        var facts: [String: JSONValue] = [
            "id": .string(record.id), "state": .string(record.state.rawValue), "attempts": .integer(record.attempts),
        ]
        if let sweep = record.sweepName { facts["sweep"] = .string(sweep) }
        if let code = record.failureCode { facts["failureCode"] = .string(code) }
        if let used = componentsUsed { facts["componentsUsed"] = .integer(used) }
        if let modes = modesEstimated { facts["modesEstimated"] = .integer(modes) }
        for metric in metrics {
            if let value = metric.value { facts[metric.name] = .number(value) }
        }
        return RunAttributes.of(configuration: configuration, facts: facts)
    }

    /// The configuration flattened, without the versions of its components.
    var settings: [ReportSetting] { ReportSetting.flatten(configuration) }

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
        guard metric.detailsJSON.contains("khatLimit") else { return nil }
        let details = members(metric.detailsJSON)
        // A tail that could not be fitted has no finite k̂, which details leave out: the worst of all.
        let shape = details["khat"]?.doubleValue ?? .infinity
        guard let limit = details["khatLimit"]?.doubleValue, shape > limit else { return nil }
        return "k̂ is above \(NumberText.plain(limit, significant: 2)), estimates by importance weights are unreliable"
    }

    var listing: RunListing {
        RunListing(
            id: record.id, state: state, failureCode: record.failureCode, sweep: record.sweepName ?? "", task: task,
            base: base, components: components, componentsUsed: componentsUsed, modesEstimated: modesEstimated,
            couplingLayers: couplingLayers, seed: seed, attempts: record.attempts,
            metrics: metrics.map { ($0.name, $0.value) })
    }
}

/// Refuses to print numbers that are not what was published.
enum RecordCheck {
    /// Throws exit 65 naming every damaged run.
    static func requireIntact(_ records: [RunRecord], in store: RunStore) throws {
        var damaged: [String] = []
        for record in records {
            if case .corrupt(let reason) = record.integrity {
                damaged.append("run \(String(record.id.prefix(12))): \(reason)")
            }
        }
        guard !damaged.isEmpty else { return }
        let shown = damaged.prefix(10).joined(separator: "\n  ")
        let more = damaged.count > 10 ? "\n  … and \(damaged.count - 10) more" : ""
        throw CommandFailure(
            .badData,
            "\(store.path): \(CountText.of(damaged.count, "record")) changed since publishing; no number of "
                + "\(damaged.count == 1 ? "it is" : "them is") shown\n  \(shown)\(more)",
            remedy: "`flowexp store check` says what is damaged, `flowexp store repair` mends it.")
    }
}

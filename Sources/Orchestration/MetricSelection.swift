import Catalog
import Experiments
import Metrics
import RunStorage

/// Which of the metric rows stored for a run count in a sweep.
///
/// A store keeps a row per name, settings and version, so a run that was evaluated before and after an edit of the spec,
/// or that two sweeps share, has several rows of one name. Those with the settings that the revision asks for count.
public struct MetricSelection: Sendable {
    /// The settings text that the evaluation gives each column.
    private let settings: [String: String]
    /// The columns that the evaluation asks for.
    private let asked: Set<String>

    /// Without an evaluation: of every name the newest version.
    public init() {
        settings = [:]
        asked = []
    }

    /// The rows that an evaluation means. Throws when its values are not valid.
    public init(_ evaluation: EvaluationPlan) throws {
        // Of an amortised run: a run that has no such rows is not affected.
        asked = Set(try MetricCatalog.plannedValues(evaluation.parameters, amortised: true).map(\.name))
        // The settings hold for metrics that were added later by name, too.
        var whole = evaluation.parameters
        whole["metrics"] = .array(MetricCatalog.names.map { .string($0) })
        settings = Dictionary(
            try MetricCatalog.plannedValues(whole, amortised: true).map { ($0.name, $0.parameters) }
        ) { first, _ in first }
    }

    /// At most one row per name, in the order given, in which rows of one name follow one another.
    ///
    /// A name that the evaluation asks for has the row with its settings or none: a run that lacks it is shown as not
    /// evaluated yet, never with the value of other settings. Of any other name the row with the evaluation's settings
    /// is taken, else the newest version. Between versions with equal settings the newest counts.
    public func rows(of metrics: [MetricRecord]) -> [MetricRecord] {
        var chosen: [MetricRecord] = []
        for row in metrics {
            if asked.contains(row.name), !fits(row) { continue }
            guard let kept = chosen.last, kept.name == row.name else {
                chosen.append(row)
                continue
            }
            if (fits(row) ? 1 : 0, row.version) >= (fits(kept) ? 1 : 0, kept.version) {
                chosen[chosen.count - 1] = row
            }
        }
        return chosen
    }

    private func fits(_ row: MetricRecord) -> Bool { settings[row.name] == row.parametersJSON }
}

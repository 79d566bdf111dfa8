import Catalog

/// What a report is asked to show.
public struct ReportOptions: Sendable, Equatable {
    /// Metric names in the order of the report.
    public var metrics: [String]
    /// Axes shown as columns, full or short names; nil shows every axis that varies.
    public var by: [String]?
    /// `path=value`, several joined by commas (`base=gmm,components=1`); nil is base=gaussian, else the first base.
    public var baseline: String?
    /// Names of the sweeps that are reported, for the title.
    public var sweeps: [String]
    /// Full paths that the specs declare as axes, in their order; they become columns whenever they vary.
    public var declaredAxes: [String]
    /// Intervals, tests and summaries.
    public var statistics: ReportStatistics
    /// Damaged runs that are in no cell, because not even their configuration can be trusted; they are counted.
    public var damagedWithoutCell: Int

    /// Creates options.
    public init(
        metrics: [String], by: [String]? = nil, baseline: String? = nil, sweeps: [String] = [],
        declaredAxes: [String] = [], statistics: ReportStatistics = ReportStatistics(),
        damagedWithoutCell: Int = 0
    ) {
        self.metrics = metrics
        self.by = by
        self.baseline = baseline
        self.sweeps = sweeps
        self.declaredAxes = declaredAxes
        self.statistics = statistics
        self.damagedWithoutCell = damagedWithoutCell
    }
}

/// Why a report cannot be made as asked: what was given and what is there.
public enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownMetric(String, available: [String])
    case unknownAxis(String, available: [String])
    case ambiguousAxis(String, candidates: [String])
    case badBaseline(String)
    case noSuchBaseline(String, available: [String])

    /// One sentence with the remedy.
    public var description: String {
        func listed(_ names: [String]) -> String {
            names.isEmpty ? "none" : names.map(DisplayText.visible).joined(separator: ", ")
        }
        switch self {
        case .unknownMetric(let name, let available):
            return "no run here has the metric '\(DisplayText.visible(name))'; there are: \(listed(available))"
        case .unknownAxis(let name, let available):
            let hint = NearestName.hint(name, among: available.flatMap { [$0, ReportAxes.shortName($0)] })
            return
                "'\(DisplayText.visible(name))' is no axis of these runs; axes that vary: \(listed(available))\(hint)"
        case .ambiguousAxis(let name, let candidates):
            return "'\(DisplayText.visible(name))' could be any of \(listed(candidates)); give the full path"
        case .badBaseline(let text):
            return "baseline '\(DisplayText.visible(text))' is not of the form path=value, for example base=gaussian"
        case .noSuchBaseline(let text, let available):
            let value = text.split(separator: "=").last.map(String.init) ?? text
            let hint = NearestName.hint(value, among: available)
            return "no run here has \(DisplayText.visible(text)); values: \(listed(available))\(hint)"
        }
    }
}

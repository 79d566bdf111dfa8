import Catalog
import Pictures

/// Every base (with its number of components, where that is an axis) against every other: the probability that a run of
/// the row is better than one of the column in the same setting, and Holm's p over all pairs of bases.
package struct EffectMatrix {
    package let metric: String
    package let names: [String]
    /// Headline of row against column, and its adjusted p; nil where nothing pairs.
    package let cells: [[(headline: Headline, adjustedP: Double?)?]]

    /// More bases than these are not compared in pairs.
    static let limit = 8

    /// Nil unless at least three bases and at most `limit` can be paired: of two the headline says it all.
    package init?(metric: String, runs: [ReportRun], options: ReportOptions) {
        let axes = ReportAxes(cells: makeCells(runs).cells, declared: options.declaredAxes)
        let paths = axes.independent.filter { ReportPaths.isWithin($0, ReportPaths.base) }
        guard paths.contains(ReportPaths.base) || paths.contains(ReportPaths.components) else { return nil }
        let chosen = paths.filter { $0 == ReportPaths.base || $0 == ReportPaths.components }
        var selectors: [String] = []
        for run in runs {
            let conditions = chosen.compactMap { path -> String? in
                // As the spec says it: `match` is one variant, though it is another number for every task.
                let asked = path == ReportPaths.components ? run.componentsInSpec : nil
                return (asked ?? run[path]).map { "\(path)=\(DisplayText.value($0))" }
            }
            let text = conditions.joined(separator: ",")
            if !text.isEmpty, !selectors.contains(text) { selectors.append(text) }
            if selectors.count > Self.limit { return nil }
        }
        guard selectors.count > 2 else { return nil }
        var wanted = options
        wanted.metrics = [metric]
        wanted.by = nil
        wanted.statistics.showsImprovement = true
        var columns: [(name: String, headlines: [Headline])] = []
        for selector in selectors {
            wanted.baseline = selector
            guard let report = try? Report(runs: runs, options: wanted),
                let section = report.sections.first(where: { $0.metric == metric }), let label = report.baseline
            else { continue }
            columns.append((label, section.headlines))
        }
        let names = columns.map(\.name)
        guard names.count > 2 else { return nil }
        var headlines: [[Headline?]] = names.map { row in
            columns.map { column in column.headlines.first { $0.variant == row } }
        }
        for index in names.indices { headlines[index][index] = nil }
        // Each pair is tested once: both directions have the same p.
        var pairs: [(row: Int, column: Int, p: Double)] = []
        for row in names.indices {
            for column in names.indices where column < row {
                if let p = headlines[row][column]?.p ?? headlines[column][row]?.p { pairs.append((row, column, p)) }
            }
        }
        guard headlines.joined().contains(where: { $0 != nil }) else { return nil }
        var adjusted: [[Double?]] = names.map { _ in names.map { _ in nil } }
        for (pair, p) in zip(pairs, holmAdjusted(pairs.map(\.p))) {
            adjusted[pair.row][pair.column] = p
            adjusted[pair.column][pair.row] = p
        }
        self.metric = metric
        self.names = names
        cells = names.indices.map { row in
            names.indices.map { column in headlines[row][column].map { ($0, adjusted[row][column]) } }
        }
    }

    var figure: Figure {
        let entries = cells.map { row in
            row.map { cell -> MatrixChart.Entry? in
                guard let (headline, p) = cell else { return nil }
                let improvement = headline.improvement?.value
                let text =
                    improvement.map { NumberText.fixed($0, decimals: 2) } ?? "Δ "
                    + NumberText.estimate(headline.difference, headline.interval).mean
                return MatrixChart.Entry(
                    strength: improvement.map { 2 * $0 - 1 } ?? 0, text: text, note: Self.equation(p),
                    values: [improvement, headline.difference, p])
            }
        }
        return MatrixChart(
            name: PageLabels.word(metric, "pairs"),
            title: "\(DisplayText.visible(metric)): every base against every other",
            caption:
                "Probability that a run of the row is better than one of the column in the same setting (1: always), and "
                + "Holm-adjusted p over all pairs of bases. Blue: the row is better; vermilion: the column.",
            names: names.map(DisplayText.visible),
            valueTitles: ["probability that the row is better", "pooled difference", "p (Holm)"], entries: entries
        ).figure()
    }

    private static func equation(_ p: Double?) -> String {
        guard let p else { return "not testable" }
        let shown = NumberText.p(p)
        return "p " + (shown.hasPrefix("<") ? "< " + shown.dropFirst() : "= " + shown)
    }
}

import Pictures

/// Quality against likelihood evaluations, for every metric with a better direction and at least two different costs.
struct CostFigures {
    let report: Report
    let labels: PageLabels

    var figures: [Figure] {
        report.sections.filter { $0.direction != .target }.flatMap { section -> [Figure] in
            PageLabels.distinct(section.rows.map { labels.group($0) }).compactMap { group in
                figure(section, group)
            }
        }
    }

    private func figure(_ section: ReportSection, _ group: String) -> Figure? {
        let rows = section.rows.filter { labels.group($0) == group && $0.estimate != nil }
        // Costs that differ by a rounding of rounds are one cost.
        let costs = rows.compactMap(\.likelihoodEvaluations)
        guard let least = costs.min(), let most = costs.max(), most > 1.05 * least else { return nil }
        let bases = PageLabels.distinct(rows.map(\.base))
        let series = bases.map { base in
            (
                name: DisplayText.visible(base),
                entries: rows.filter { $0.base == base }.compactMap { row -> ScatterChart.Entry? in
                    guard let cost = row.likelihoodEvaluations, let value = row.estimate?.value else { return nil }
                    return ScatterChart.Entry(label: labels.series(row), x: cost, y: value)
                }
            )
        }
        let metric = DisplayText.visible(section.metric)
        return ScatterChart(
            name: PageLabels.word("cost", section.metric, group), title: "\(group) · \(metric)",
            horizontalTitle: "likelihood evaluations a run",
            verticalTitle: "\(metric) (\(ReportWording(report: report).better(section.direction)))", series: series,
            lowerIsBetter: section.direction == .lower
        ).figure()
    }
}

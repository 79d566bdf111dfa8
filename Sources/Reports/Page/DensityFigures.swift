import Pictures

/// The posterior of each series beside the truth, one picture for each task and pair of coordinates.
struct DensityFigures {
    let content: PageContent
    let cells: PageCells

    /// Panels of all tasks together, so that a page stays small enough to mail.
    private static let panelLimit = 60

    /// Series a picture holds: fewer where there are many tasks.
    private var seriesLimit: Int { max(3, min(15, Self.panelLimit / max(1, cells.groups.count))) }

    var figures: [Figure] {
        cells.groups.flatMap { group -> [Figure] in
            let chosen = chosen(cells.cells(of: group)).filter { content.densities[$0.run.id] != nil }
            guard let first = chosen.first, let grids = content.densities[first.run.id] else { return [] }
            // The pairs among the first three coordinates: more would fill the page with one task.
            let shown = grids.indices.filter { index in grids[index].coordinates.allSatisfy { $0 < 3 } }
            return shown.compactMap { chart(group, chosen, $0)?.figure() }
        }
    }

    /// The runs whose densities a page shows, so that a caller loads no others.
    static func chosenRuns(_ runs: [ReportRun], report: Report) -> [String] {
        let content = PageContent(report: report, runs: runs, options: ReportOptions(metrics: []))
        let cells = PageCells(runs: runs, report: report)
        let figures = DensityFigures(content: content, cells: cells)
        return cells.groups.flatMap { group in figures.chosen(cells.cells(of: group)).map(\.run.id) }
    }

    /// One seed of every series, so that all panels share the draws that set the window and the truth: the seed whose
    /// value of the report's first metric is the median of the first series (the lower of two).
    private func chosen(_ members: [PageCells.Cell]) -> [(series: String, run: ReportRun)] {
        guard let seed = members.lazy.compactMap({ self.medianSeed($0) }).first else { return [] }
        let found = members.compactMap { cell in
            cell.runs.first { $0.seed == seed && $0.state == .completed }.map { (cell.series, $0) }
        }
        return Array(found.prefix(seriesLimit))
    }

    private func medianSeed(_ cell: PageCells.Cell) -> Int? {
        let completed = cell.runs.filter { $0.state == .completed }
        guard let metric = content.report.sections.first?.metric else { return completed.first?.seed }
        let sorted = completed.compactMap { run in run.metrics[metric]?.value.map { ($0, run.seed) } }
            .sorted { $0 < $1 }
        return sorted.isEmpty ? completed.first?.seed : sorted[(sorted.count - 1) / 2].1
    }

    private func chart(_ group: String, _ chosen: [(series: String, run: ReportRun)], _ index: Int) -> DensityChart? {
        var panels: [DensityChart.Panel] = []
        var truth: PosteriorGrid?
        for (series, run) in chosen {
            guard let grids = content.densities[run.id], grids.indices.contains(index) else { continue }
            let grid = grids[index].calmed
            if truth == nil { truth = grid }
            // Another version of the task may have looked at another window.
            guard grid.window == truth?.window, grid.cells == truth?.cells else { continue }
            let bridge = run.metrics["bridge-mass"]?.value.map {
                "mass between modes \(NumberText.plain($0, significant: 2))"
            }
            panels.append(
                DensityChart.Panel(title: series, note: bridge ?? "", values: grid.flow))
        }
        guard let truth, truth.window.count == 2, truth.coordinates.count == 2 else { return nil }
        let names = truth.coordinates.map(PageLabels.coordinate)
        let others = cells.cells(of: group).count - chosen.count
        return DensityChart(
            name: PageLabels.word("density", group, truth.coordinates.map(String.init).joined(separator: "-")),
            title: group + ", seed \(chosen[0].run.seed)"
                + (truth.coordinates == [0, 1] ? "" : " · \(names[0]), \(names[1])")
                + (others > 0 ? " · \(others) more series not drawn" : ""),
            coordinates: (names[0], names[1]), window: (truth.window[0], truth.window[1]), cells: truth.cells,
            truth: DensityChart.Panel(title: "exact posterior", values: truth.truth), others: panels,
            smoothsOutline: truth.isSampled)
    }
}

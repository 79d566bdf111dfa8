import Catalog
import Pictures

/// Loss and effective sample size against steps, one picture of each for every task.
struct CurveFigures {
    let content: PageContent
    let cells: PageCells

    var figures: [Figure] {
        cells.groups.flatMap { group -> [Figure] in
            let members = cells.cells(of: group)
            let loss = chart(members, group, "loss", "training loss (nats)") { $0.loss }
            let size = chart(members, group, "effective sample size", "effective sample size (draws)") {
                $0.effectiveSampleSize
            }
            return [loss, size].compactMap { $0 }
        }
    }

    private func chart(
        _ members: [PageCells.Cell], _ group: String, _ what: String, _ title: String, _ value: (HistoryPoint) -> Double
    ) -> Figure? {
        let series = members.map { cell in
            (
                name: cell.series,
                curves: cell.runs.compactMap { run -> CurveChart.Curve? in
                    guard let history = content.histories[run.id], history.count > 1 else { return nil }
                    return CurveChart.Curve(x: history.map { Double($0.step) }, y: history.map(value))
                }
            )
        }.filter { !$0.curves.isEmpty }
        guard let first = series.first else { return nil }
        // Bases share their draws, so what depends on the draws alone is the same for all.
        let isShared = series.count > 1 && series.allSatisfy { $0.curves == first.curves }
        return CurveChart(
            name: PageLabels.word(what, group),
            title: "\(group) · \(what)" + (isShared ? ", the same for every base" : ""),
            caption: (isShared ? "All bases share their draws, so one line is that of all. " : "")
                + "Line: median over seeds; band: least and greatest; thin: seeds, where they are few. Spikes above the scale are "
                + "drawn at its edge.",
            horizontalTitle: "optimiser steps",
            verticalTitle: title, series: isShared ? [("every base", first.curves)] : series,
            prefersLogarithm: what != "loss"
        ).figure()
    }
}

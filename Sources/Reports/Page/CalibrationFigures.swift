import Catalog
import Pictures

/// Rank histograms and coverage of amortised runs, from the details that the metrics keep.
struct CalibrationFigures {
    let cells: PageCells

    var figures: [Figure] {
        cells.groups.flatMap { group -> [Figure] in
            let members = cells.cells(of: group)
            return [ranks(members, group), levels(members, group, "coverage"), levels(members, group, "tarp")]
                .compactMap { $0 }
        }
    }

    /// Counts of ranks, added over seeds, one histogram for each series and quantity.
    private func ranks(_ members: [PageCells.Cell], _ group: String) -> Figure? {
        var histograms: [(name: String, counts: [Double])] = []
        for cell in members {
            var counts: [String: [Double]] = [:]
            for details in cell.runs.compactMap({ Self.details($0, "sbc") }) {
                for (quantity, bins) in Self.bins(details) {
                    let known = counts[quantity] ?? []
                    counts[quantity] =
                        known.count == bins.count ? zip(known, bins).map { $0 + $1 } : known.isEmpty ? bins : known
                }
            }
            for quantity in counts.keys.sorted() {
                let series = members.count > 1 ? "\(cell.series): " : ""
                histograms.append((series + quantity, counts[quantity] ?? []))
            }
        }
        guard !histograms.isEmpty else { return nil }
        return HistogramChart(
            name: PageLabels.word("ranks", group), title: "\(group) · ranks of the truth among draws",
            caption: "Solid: what uniform ranks give; dashed: two standard deviations of a count (seeds added).",
            histograms: Array(histograms.prefix(24))
        ).figure()
    }

    private func levels(_ members: [PageCells.Cell], _ group: String, _ metric: String) -> Figure? {
        let series = members.map { cell in
            (
                name: cell.series,
                curves: cell.runs.compactMap { run -> CurveChart.Curve? in
                    guard let details = Self.details(run, metric) else { return nil }
                    let points = details.compactMap { key, value -> (Double, Double)? in
                        guard key.hasPrefix("level"), let level = Double(key.dropFirst(5)),
                            let share = value.doubleValue
                        else { return nil }
                        return (level, share)
                    }.sorted { $0.0 < $1.0 }
                    return points.isEmpty
                        ? nil : CurveChart.Curve(x: [0] + points.map(\.0) + [1], y: [0] + points.map(\.1) + [1])
                }
            )
        }.filter { !$0.curves.isEmpty }
        guard !series.isEmpty else { return nil }
        return CurveChart(
            name: PageLabels.word(metric, group), title: "\(group) · \(metric)",
            caption: "Below the dashed line the flow is too sure of itself, above it not sure enough.",
            horizontalTitle: "level of the region", verticalTitle: "share of truths inside", series: series,
            isCalibration: true
        ).figure()
    }

    private static func details(_ run: ReportRun, _ metric: String) -> [String: JSONValue]? {
        run.metrics[metric].flatMap { try? JSONValue(parsing: $0.details).objectValue }
    }

    /// `theta0.bin07` and so on, by quantity.
    private static func bins(_ details: [String: JSONValue]) -> [String: [Double]] {
        var bins: [String: [(Int, Double)]] = [:]
        for (key, value) in details {
            let parts = key.split(separator: ".")
            guard parts.count == 2, parts[1].hasPrefix("bin"), let number = Int(parts[1].dropFirst(3)),
                let count = value.doubleValue
            else { continue }
            bins[String(parts[0]), default: []].append((number, count))
        }
        return bins.mapValues { $0.sorted { $0.0 < $1.0 }.map(\.1) }
    }
}

import Catalog
import Pictures

/// Rank histograms and coverage of amortised runs, from the details that the metrics keep.
struct CalibrationFigures {
    let cells: PageCells

    var figures: [Figure] {
        let groups = cells.groups.map { group in
            (group, shortened(cells.cells(of: group).filter { $0.runs.contains(where: Self.isAmortised) }))
        }
        return groups.flatMap { group, members in
            ["coverage", "tarp"].compactMap { levels(members, group, $0) }
        } + groups.compactMap { group, members in ranks(members, group) }
    }

    private static func isAmortised(_ run: ReportRun) -> Bool {
        ["sbc", "coverage", "tarp"].contains { details(run, $0)?.isEmpty == false }
    }

    /// Names need not say what all that are left share.
    private func shortened(_ members: [PageCells.Cell]) -> [PageCells.Cell] {
        zip(members, PageLabels.shortened(members.map(\.series))).map { cell, name in
            PageCells.Cell(group: cell.group, series: name, runs: cell.runs)
        }
    }

    /// `theta0` as pictures write it.
    private static func title(_ quantity: String) -> String {
        guard quantity.hasPrefix("theta"), let number = Int(quantity.dropFirst(5)) else {
            return quantity == "logq" ? "log q" : quantity
        }
        return PageLabels.coordinate(number)
    }

    /// Counts of ranks, added over seeds, one histogram for each series and quantity.
    private func ranks(_ members: [PageCells.Cell], _ group: String) -> Figure? {
        var histograms: [HistogramChart.Histogram] = []
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
                histograms.append(
                    HistogramChart.Histogram(
                        series: cell.series, quantity: Self.title(quantity), counts: counts[quantity] ?? []))
            }
        }
        guard !histograms.isEmpty else { return nil }
        return HistogramChart(
            name: PageLabels.word("ranks", group), title: "\(group) · ranks of the truth among draws",
            caption: "Solid: what uniform ranks give; dashed: two standard deviations of a count (seeds added).",
            histograms: histograms
        ).figure()
    }

    /// How much more or less of the truths than its level says lies inside each region.
    private func levels(_ members: [PageCells.Cell], _ group: String, _ metric: String) -> Figure? {
        let series = members.map { cell in
            (name: cell.series, curves: cell.runs.compactMap { Self.excess($0, metric) })
        }.filter { !$0.curves.isEmpty }
        guard !series.isEmpty else { return nil }
        return CurveChart(
            name: PageLabels.word(metric, group), title: "\(group) · \(metric)",
            caption:
                "Below the dashed line the flow is too sure of itself, above it not sure enough. Line: median over "
                + "seeds; band: least and greatest.",
            horizontalTitle: "level of the region", verticalTitle: "share of truths inside − level", series: series,
            ideal: Self.ideal(members.flatMap(\.runs), metric)
        ).figure()
    }

    private static func excess(_ run: ReportRun, _ metric: String) -> CurveChart.Curve? {
        guard let details = details(run, metric) else { return nil }
        let points = details.compactMap { key, value -> (level: Double, excess: Double)? in
            guard key.hasPrefix("level"), let level = Double(key.dropFirst(5)), let share = value.doubleValue
            else { return nil }
            return (level, share - level)
        }.sorted { $0.level < $1.level }
        return points.isEmpty
            ? nil : CurveChart.Curve(x: [0] + points.map(\.level) + [1], y: [0] + points.map(\.excess) + [0])
    }

    /// Two standard deviations of the share of so many truths, where all runs looked at as many.
    private static func ideal(_ runs: [ReportRun], _ metric: String) -> CurveChart.Ideal {
        let counts = Set(
            runs.compactMap { run in
                run.metrics[metric].flatMap { try? JSONValue(parsing: $0.parameters).objectValue }?[
                    "conditionalObservations"]?.doubleValue
            })
        let levels = (0...40).map { Double($0) / 40 }
        guard counts.count == 1, let count = counts.first, count > 0 else {
            return CurveChart.Ideal(name: "a right flow", points: levels.map { ($0, 0) })
        }
        return CurveChart.Ideal(
            name:
                "2 standard deviations of a right flow's share (\(NumberText.plain(count, significant: 6)) truths a seed)",
            points: levels.map { ($0, 2 * ($0 * (1 - $0) / count).squareRoot()) })
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

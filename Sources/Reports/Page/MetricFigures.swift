import Catalog
import Pictures

/// A metric against every axis of numbers that varies, or, where none does, against the variants: one picture a task.
struct MetricFigures {
    let section: ReportSection
    let labels: PageLabels

    var figures: [Figure] {
        let rows = section.rows.filter { $0.estimate != nil }
        let axes = labels.numericAxes(rows)
        var figures: [Figure] = []
        for axis in axes { figures += drawn(rows, along: axis) }
        // Also when no axis of numbers varies within one task (components that follow the task).
        return figures.isEmpty ? drawn(rows, along: nil) : figures
    }

    private func drawn(_ rows: [ReportRow], along axis: AxisColumn?) -> [Figure] {
        var figures: [Figure] = []
        for group in PageLabels.distinct(rows.map { labels.group($0, without: axis?.path) }) {
            let members = rows.filter { labels.group($0, without: axis?.path) == group }
            let picture = axis.map { chart(members, group, along: $0) } ?? chart(members, group)
            guard let picture else { continue }
            // Few places make a small picture, so that tasks stand side by side.
            let marks = picture.places.count * max(1, axis == nil ? 1 : picture.series.count)
            figures.append(picture.figure(width: marks <= 4 ? 340 : marks <= 12 ? 460 : 620))
        }
        return figures
    }

    /// Places are the axis's values; nil where fewer than two are there.
    private func chart(_ rows: [ReportRow], _ group: String, along axis: AxisColumn) -> IntervalChart? {
        let numbers = Set(rows.compactMap { labels.value(axis.path, $0).doubleValue }).sorted()
        guard numbers.count > 1 else { return nil }
        // A row that has no such setting (components of a Gaussian) stands before the numbers.
        let hasNone = rows.contains { labels.value(axis.path, $0).doubleValue == nil }
        let places = (hasNone ? ["none"] : []) + numbers.map { NumberText.plain($0, significant: 6) }
        func place(_ row: ReportRow) -> Int {
            guard let number = labels.value(axis.path, row).doubleValue else { return 0 }
            return (numbers.firstIndex(of: number) ?? 0) + (hasNone ? 1 : 0)
        }
        let names = PageLabels.distinct(rows.map { labels.series($0, without: axis.path) })
        let series = zip(names, PageLabels.shortened(names)).map { name, short in
            (
                name: short,
                entries: rows.filter { labels.series($0, without: axis.path) == name }.map { entry($0, place($0)) }
            )
        }
        // An axis along which nothing goes only says again what another axis says.
        guard series.contains(where: { Set($0.entries.map(\.place)).count > 1 }) else { return nil }
        return make(
            rows, group, word: axis.path, placeTitle: DisplayText.visible(axis.title), places: places, series: series,
            place: place)
    }

    /// Places are the variants.
    private func chart(_ rows: [ReportRow], _ group: String) -> IntervalChart {
        let names = PageLabels.distinct(rows.map { labels.series($0) })
        func place(_ row: ReportRow) -> Int { names.firstIndex(of: labels.series(row)) ?? 0 }
        let shorts = PageLabels.shortened(names)
        let series = names.indices.map { index in
            (name: shorts[index], entries: rows.filter { place($0) == index }.map { entry($0, index) })
        }
        // The legend says the names; long ones would not fit below the axis.
        let places = shorts.map { $0.count * 7 > 400 / max(1, names.count) ? "" : $0 }
        return make(rows, group, word: "", placeTitle: "", places: places, series: series, place: place)
    }

    private func entry(_ row: ReportRow, _ place: Int) -> IntervalChart.Entry {
        let estimate = row.estimate
        return IntervalChart.Entry(
            place: place, mean: estimate?.value, interval: estimate?.interval.flatMap(Self.range), values: row.values)
    }

    private static func range(_ interval: Interval) -> ClosedRange<Double>? {
        guard interval.lower.isFinite, interval.upper.isFinite, interval.lower <= interval.upper else { return nil }
        return interval.lower...interval.upper
    }

    private func make(
        _ rows: [ReportRow], _ group: String, word: String, placeTitle: String, places: [String],
        series: [(name: String, entries: [IntervalChart.Entry])], place: (ReportRow) -> Int
    ) -> IntervalChart {
        var floors: [(mean: Double, band: ClosedRange<Double>)?] = places.map { _ in nil }
        for row in rows {
            guard let floor = row.floor, floors[place(row)] == nil, floor.mean.isFinite else { continue }
            let spread = floor.standardDeviation.isFinite ? 2 * floor.standardDeviation : 0
            floors[place(row)] = (floor.mean, floor.mean - spread...floor.mean + spread)
        }
        let metric = DisplayText.visible(section.metric)
        return IntervalChart(
            name: PageLabels.word(section.metric, group, word),
            title: group + (placeTitle.isEmpty ? "" : " · by \(placeTitle)"), placeTitle: placeTitle, places: places,
            valueTitle: "\(metric) (\(ReportWording(report: labels.report).better(section.direction)))",
            series: series, floors: floors)
    }
}

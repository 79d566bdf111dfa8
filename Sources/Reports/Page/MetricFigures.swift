import Catalog
import Pictures

/// All cells of a metric in one picture, then the metric against every axis of numbers that varies: one picture a task.
struct MetricFigures {
    let section: ReportSection
    let labels: PageLabels

    var figures: [Figure] {
        let rows = section.rows.filter { $0.estimate != nil }
        return overview(rows) + labels.numericAxes(rows).flatMap { drawn(rows, along: $0) }
    }

    /// A longer list is not looked at.
    private static let overviewLimit = 120

    private func overview(_ rows: [ReportRow]) -> [Figure] {
        guard (2...Self.overviewLimit).contains(rows.count) else { return [] }
        let all = PageLabels.distinct(rows.map { labels.variant($0) })
        // More than there are colours: then a colour is a base.
        let isByBase = all.count > PictureStyle.seriesCount
        func variant(_ row: ReportRow) -> [String] { isByBase ? [row.base] : labels.variant(row) }
        let variants = PageLabels.distinct(rows.map(variant))
        let groups = PageLabels.distinct(rows.map { labels.group($0) }).map { group in
            let members = rows.filter { labels.group($0) == group }
            let names = PageLabels.shortened(members.map { labels.series($0) })
            return (
                title: group,
                rows: zip(members, names).compactMap { row, name -> DotChart.Row? in
                    row.estimate.map { estimate in
                        DotChart.Row(
                            label: name, series: variants.firstIndex(of: variant(row)) ?? 0,
                            mean: estimate.value, interval: estimate.interval.flatMap(Self.range), values: row.values,
                            floor: Self.floor(row))
                    }
                }
            )
        }
        return [
            DotChart(
                name: PageLabels.word(section.metric, "overview"),
                title: "\(DisplayText.visible(section.metric)) of every cell", valueTitle: valueTitle, groups: groups
            ).figure()
        ]
    }

    private var valueTitle: String {
        "\(DisplayText.visible(section.metric)) (\(ReportWording(report: labels.report).better(section.direction)))"
    }

    private static func floor(_ row: ReportRow) -> (mean: Double, band: ClosedRange<Double>)? {
        guard let floor = row.floor, floor.mean.isFinite else { return nil }
        let spread = floor.standardDeviation.isFinite ? 2 * floor.standardDeviation : 0
        return (floor.mean, floor.mean - spread...floor.mean + spread)
    }

    private func drawn(_ rows: [ReportRow], along axis: AxisColumn) -> [Figure] {
        PageLabels.distinct(rows.map { labels.group($0, without: axis.path) }).compactMap { group in
            let members = rows.filter { labels.group($0, without: axis.path) == group }
            guard let picture = chart(members, group, along: axis) else { return nil }
            // Few places make a small picture, so that tasks stand side by side.
            let marks = picture.places.count * max(1, picture.series.count)
            return picture.figure(width: marks <= 4 ? 340 : marks <= 12 ? 460 : 620)
        }
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
        var floors: [(mean: Double, band: ClosedRange<Double>)?] = places.map { _ in nil }
        for row in rows where floors[place(row)] == nil { floors[place(row)] = Self.floor(row) }
        let axisTitle = DisplayText.visible(axis.title)
        return IntervalChart(
            name: PageLabels.word(section.metric, group, axis.path), title: group + " · by \(axisTitle)",
            placeTitle: axisTitle, places: places, valueTitle: valueTitle, series: series, floors: floors)
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
}

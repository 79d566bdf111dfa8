/// A number with its interval for every row of a list, on one horizontal axis: mean and 95 % interval as a mark with a bar,
/// seeds as small marks, the noise floor as a grey band. Rows of one group stand together under its title.
public struct DotChart: Sendable {
    /// One row.
    public struct Row: Sendable {
        /// What stands beside it.
        public var label: String
        /// Rows of one series share colour and shape.
        public var series: Int
        /// The mean.
        public var mean: Double
        /// The interval's ends.
        public var interval: ClosedRange<Double>?
        /// One a seed.
        public var values: [Double]
        /// The floor's mean and the band about it; nil where it is not known.
        public var floor: (mean: Double, band: ClosedRange<Double>)?

        /// Creates a row.
        public init(
            label: String, series: Int, mean: Double, interval: ClosedRange<Double>?, values: [Double],
            floor: (mean: Double, band: ClosedRange<Double>)?
        ) {
            self.label = label
            self.series = series
            self.mean = mean
            self.interval = interval
            self.values = values
            self.floor = floor
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// Title of the horizontal axis.
    public var valueTitle: String
    /// Titles of the groups and their rows.
    public var groups: [(title: String, rows: [Row])]

    /// Creates a chart.
    public init(name: String, title: String, valueTitle: String, groups: [(title: String, rows: [Row])]) {
        self.name = name
        self.title = title
        self.valueTitle = valueTitle
        self.groups = groups
    }

    private static let line = 17.0

    /// The picture; `width` in CSS pixels.
    public func figure(width: Double = 700) -> Figure {
        let rows = groups.flatMap(\.rows)
        let scale = PictureScale(
            estimates: rows.flatMap { $0.values + [$0.mean] }, intervals: rows.compactMap(\.interval),
            floors: rows.compactMap { $0.floor?.mean })
        let widest = rows.map { PictureText.width(of: $0.label) }.max() ?? 0
        let labels = min(280, max(60, widest)) + 8
        let left = 33 + labels
        let heading = PictureHeading(
            title: title, series: [], extra: FloorBand.legend(rows.map(\.floor), on: scale), width: width, left: left)
        let placed = places(labels: labels, top: heading.height + 4)
        let area = PlotArea(
            frame: PictureFrame(
                x: left, y: heading.height, width: width - left - 24, height: placed.bottom - heading.height),
            horizontal: scale, vertical: PictureScale([0, 1]))
        var canvas = SVGCanvas()
        heading.draw(&canvas)
        for row in placed.rows { drawFloor(row.row, row.y, &canvas, area) }
        for tick in scale.ticks {
            canvas.line(PicturePoint(area.x(tick), area.frame.y), PicturePoint(area.x(tick), area.frame.bottom), "grid")
        }
        area.drawHorizontalAxis(&canvas, title: valueTitle)
        for title in placed.titles { canvas.text(title.lines, PicturePoint(8, title.y), "b", lineHeight: Self.line) }
        for (row, lines, y) in placed.rows {
            canvas.text(
                lines, PicturePoint(left - 22, y + 4 - Double(lines.count - 1) * 7), "s", anchor: .end, lineHeight: 14)
            draw(row, y, &canvas, area)
        }
        return Figure(
            name: name, title: title, caption: IntervalChart.caption, summary: summary, width: width,
            height: area.frame.bottom + PlotArea.below(horizontalTitle: valueTitle, width: area.frame.width),
            body: canvas.body, csv: csv)
    }

    /// Rows and titles from the top down.
    private func places(labels: Double, top: Double) -> (
        titles: [(lines: [String], y: Double)], rows: [(row: Row, lines: [String], y: Double)], bottom: Double
    ) {
        var (titles, rows, y) = ([(lines: [String], y: Double)](), [(row: Row, lines: [String], y: Double)](), top)
        for group in groups {
            if !group.title.isEmpty {
                let lines = PictureText.wrapped(group.title, width: 560, size: 12.6)
                titles.append((lines, y + 14))
                y += Double(lines.count) * Self.line + 4
            }
            for row in group.rows {
                let lines = PictureText.wrapped(row.label, width: labels - 8)
                let height = max(Self.line, Double(lines.count) * 14 + 3)
                rows.append((row, lines, y + height / 2))
                y += height
            }
            y += 6
        }
        return (titles, rows, y)
    }

    private func drawFloor(_ row: Row, _ y: Double, _ canvas: inout SVGCanvas, _ area: PlotArea) {
        guard let floor = row.floor, let (low, high) = FloorBand.ends(floor, on: area.horizontal) else { return }
        let (left, right) = (area.x(low), area.x(high))
        canvas.rectangle(
            PictureFrame(x: left, y: y - 8, width: max(2, right - left), height: 16), "floor",
            title: "noise floor \(PictureText.number(floor.mean))")
    }

    private func draw(_ row: Row, _ y: Double, _ canvas: inout SVGCanvas, _ area: PlotArea) {
        let colour = row.series % PictureStyle.seriesCount
        for (number, value) in row.values.enumerated() {
            // Above and below each other in a fixed pattern, so that equal values stay visible.
            let aside = (Double(number % 5) - 2) * 1.6
            canvas.mark(PicturePoint(area.x(value), y + aside), series: row.series, radius: 2, "d\(colour)")
        }
        if let interval = row.interval {
            canvas.line(
                PicturePoint(area.x(interval.lowerBound), y), PicturePoint(area.x(interval.upperBound), y), "l\(colour)"
            )
        }
        canvas.mark(
            PicturePoint(area.x(row.mean), y), series: row.series, radius: 4.5, "f\(colour)",
            title: "\(row.label): \(PictureText.number(row.mean))")
    }

    private var summary: String {
        PictureText.list(
            groups.flatMap { group in
                group.rows.map { row in
                    (group.title.isEmpty ? "" : group.title + ", ") + "\(row.label): \(PictureText.number(row.mean))"
                        + (row.interval.map {
                            " (\(PictureText.number($0.lowerBound)) to \(PictureText.number($0.upperBound)))"
                        } ?? "")
                }
            })
    }

    private var csv: String {
        FigureTable.csv(
            ["group", "series", "kind", valueTitle, "lower", "upper"],
            groups.flatMap { group in
                group.rows.flatMap { row -> [[String]] in
                    func record(_ kind: String, _ value: Double, _ range: ClosedRange<Double>?) -> [String] {
                        [
                            group.title, row.label, kind, FigureTable.number(value),
                            FigureTable.number(range?.lowerBound), FigureTable.number(range?.upperBound),
                        ]
                    }
                    return [record("mean", row.mean, row.interval)] + row.values.map { record("seed", $0, nil) }
                        + (row.floor.map { [record("floor", $0.mean, $0.band)] } ?? [])
                }
            })
    }
}

/// Two numbers of many things against each other, with the best trade-offs joined: lower is better on both axes.
public struct ScatterChart: Sendable {
    /// One thing.
    public struct Entry: Sendable {
        /// What it is.
        public var label: String
        /// Along the horizontal axis.
        public var x: Double
        /// Along the vertical axis.
        public var y: Double

        /// Creates an entry.
        public init(label: String, x: Double, y: Double) {
            self.label = label
            self.x = x
            self.y = y
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// Title of the horizontal axis, with its unit.
    public var horizontalTitle: String
    /// Title of the vertical axis.
    public var verticalTitle: String
    /// Names of the series and their things.
    public var series: [(name: String, entries: [Entry])]
    /// Whether less is better along the vertical axis; else more.
    public var lowerIsBetter: Bool

    /// Creates a chart.
    public init(
        name: String, title: String, horizontalTitle: String, verticalTitle: String,
        series: [(name: String, entries: [Entry])], lowerIsBetter: Bool
    ) {
        self.name = name
        self.title = title
        self.horizontalTitle = horizontalTitle
        self.verticalTitle = verticalTitle
        self.series = series
        self.lowerIsBetter = lowerIsBetter
    }

    /// The picture; `width` in CSS pixels.
    public func figure(width: Double = 460) -> Figure {
        let entries = series.flatMap(\.entries).filter { $0.x.isFinite && $0.y.isFinite }
        let vertical = PictureScale(entries.map(\.y), prefersLogarithm: true)
        let left = PlotArea.left(verticalTitle: verticalTitle, height: 230, scale: vertical)
        let heading = PictureHeading(title: title, series: series.map(\.name), width: width, left: left)
        let area = PlotArea(
            frame: PictureFrame(x: left, y: heading.height, width: width - left - 30, height: 230),
            horizontal: PictureScale(entries.map(\.x), prefersLogarithm: true),
            vertical: vertical)
        var canvas = SVGCanvas()
        heading.draw(&canvas)
        area.drawVerticalAxis(&canvas, title: verticalTitle)
        area.drawHorizontalAxis(&canvas, title: horizontalTitle)
        canvas.polyline(frontier(entries).map { area.point($0.x, $0.y) }, "ideal")
        for (index, line) in series.enumerated() {
            for entry in line.entries {
                canvas.mark(
                    area.point(entry.x, entry.y), series: index, radius: 4, "q\(index % PictureStyle.seriesCount)",
                    title: "\(entry.label): \(PictureText.number(entry.x)), \(PictureText.number(entry.y))")
            }
        }
        return Figure(
            name: name, title: title,
            caption:
                "Each mark is a cell (mean over seeds). The dashed line joins the best trade-offs: nothing is both "
                + "cheaper and better.",
            summary: "Best trade-offs: "
                + PictureText.list(
                    frontier(entries).map { "\($0.label): \(PictureText.number($0.x)), \(PictureText.number($0.y))" }),
            width: width,
            height: area.frame.bottom + PlotArea.below(horizontalTitle: horizontalTitle, width: area.frame.width),
            body: canvas.body, csv: csv)
    }

    private func frontier(_ entries: [Entry]) -> [Entry] {
        var best: [Entry] = []
        for entry in entries.sorted(by: { ($0.x, lowerIsBetter ? $0.y : -$0.y) < ($1.x, lowerIsBetter ? $1.y : -$1.y) })
        {
            if let last = best.last, lowerIsBetter ? entry.y >= last.y : entry.y <= last.y { continue }
            best.append(entry)
        }
        return best
    }

    private var csv: String {
        FigureTable.csv(
            ["series", "label", horizontalTitle, verticalTitle],
            series.flatMap { line in
                line.entries.map { [line.name, $0.label, FigureTable.number($0.x), FigureTable.number($0.y)] }
            })
    }
}

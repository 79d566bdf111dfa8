/// Histograms of ranks beside what uniform ranks would give: one small panel each.
public struct HistogramChart: Sendable {
    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// How to read it.
    public var caption: String
    /// Name and counts of each histogram.
    public var histograms: [(name: String, counts: [Double])]

    /// Creates a chart.
    public init(name: String, title: String, caption: String, histograms: [(name: String, counts: [Double])]) {
        self.name = name
        self.title = title
        self.caption = caption
        self.histograms = histograms
    }

    /// The picture.
    public func figure() -> Figure {
        var canvas = SVGCanvas()
        canvas.text(title, PicturePoint(8, 18), "b")
        let (side, height, top) = (150.0, 84.0, 44.0)
        let columns = min(4, max(1, histograms.count))
        let rows = (histograms.count + columns - 1) / columns
        for (index, histogram) in histograms.enumerated() {
            let frame = PictureFrame(
                x: 16 + Double(index % columns) * (side + 18), y: top + Double(index / columns) * (height + 40),
                width: side, height: height)
            draw(histogram.counts, frame, &canvas)
            canvas.text(histogram.name, PicturePoint(frame.x, frame.y - 6), "s")
        }
        return Figure(
            name: name, title: title, caption: caption, width: 16 + Double(columns) * (side + 18),
            height: top + Double(max(1, rows)) * (height + 40), body: canvas.body, csv: csv)
    }

    private func draw(_ counts: [Double], _ frame: PictureFrame, _ canvas: inout SVGCanvas) {
        let total = counts.reduce(0, +)
        guard total > 0, total.isFinite, !counts.isEmpty else { return }
        let expected = total / Double(counts.count)
        // Two standard deviations of a binomial count: nineteen of twenty bars of a right flow are inside.
        let spread = 2 * (expected * (1 - 1 / Double(counts.count))).squareRoot()
        let highest = max(counts.max() ?? 0, expected + spread) * 1.05
        let step = frame.width / Double(counts.count)
        for (index, count) in counts.enumerated() {
            let height = count / highest * frame.height
            canvas.rectangle(
                PictureFrame(
                    x: frame.x + Double(index) * step, y: frame.bottom - height, width: step - 1, height: height),
                "q0", title: "\(count)")
        }
        for level in [expected - spread, expected, expected + spread] {
            let y = frame.bottom - max(0, level) / highest * frame.height
            canvas.line(
                PicturePoint(frame.x, y), PicturePoint(frame.right, y), level == expected ? "axis" : "floorline")
        }
        canvas.line(
            PicturePoint(frame.x, frame.bottom), PicturePoint(frame.right, frame.bottom), "axis")
    }

    private var csv: String {
        FigureTable.csv(
            ["histogram", "bin", "count"],
            histograms.flatMap { histogram in
                histogram.counts.enumerated().map {
                    [histogram.name, "\($0.offset)", FigureTable.number($0.element)]
                }
            })
    }
}

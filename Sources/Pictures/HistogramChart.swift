/// Histograms of ranks beside what uniform ranks would give: one small panel each, a row for each series.
public struct HistogramChart: Sendable {
    /// One panel.
    public struct Histogram: Sendable {
        /// Whose it is; panels of one series stand in one row.
        public var series: String
        /// What was ranked.
        public var quantity: String
        /// One a bin.
        public var counts: [Double]

        /// Creates a histogram.
        public init(series: String, quantity: String, counts: [Double]) {
            self.series = series
            self.quantity = quantity
            self.counts = counts
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// How to read it.
    public var caption: String
    /// The panels, those of one series together.
    public var histograms: [Histogram]

    /// Creates a chart.
    public init(name: String, title: String, caption: String, histograms: [Histogram]) {
        self.name = name
        self.title = title
        self.caption = caption
        self.histograms = histograms
    }

    private static let (side, height, gap) = (150.0, 84.0, 40.0)
    private static let columns = 4

    /// The picture.
    public func figure() -> Figure {
        var canvas = SVGCanvas()
        let width = 40 + Double(min(Self.columns, max(2, histograms.count))) * (Self.side + Self.gap)
        let heading = PictureText.wrapped(title, width: width - 16, size: 12.6)
        canvas.text(heading, PicturePoint(8, 18), "b", lineHeight: 16)
        var (y, column, series) = (10 + Double(heading.count) * 16, 0, String?.none)
        for histogram in histograms {
            if histogram.series != series || column == Self.columns {
                if series != nil { y += Self.height + 30 }
                if histogram.series != series {
                    let lines = PictureText.wrapped(histogram.series, width: width - 48, size: 12)
                    canvas.text(lines, PicturePoint(40, y + 14), "t")
                    y += Double(lines.count) * 15 + 4
                }
                (series, column) = (histogram.series, 0)
                y += 18
            }
            let frame = PictureFrame(
                x: 40 + Double(column) * (Self.side + Self.gap), y: y, width: Self.side, height: Self.height)
            draw(histogram, frame, &canvas)
            column += 1
        }
        return Figure(
            name: name, title: title, caption: caption, summary: summary, width: width, height: y + Self.height + 28,
            body: canvas.body, csv: csv)
    }

    /// What a bin of uniform ranks holds, and two standard deviations of such a binomial count: nineteen of twenty bars
    /// of a right flow are within them.
    private static func expected(_ counts: [Double]) -> (count: Double, spread: Double)? {
        let total = counts.reduce(0, +)
        guard total > 0, total.isFinite, !counts.isEmpty else { return nil }
        let expected = total / Double(counts.count)
        return (expected, 2 * (expected * (1 - 1 / Double(counts.count))).squareRoot())
    }

    private func draw(_ histogram: Histogram, _ frame: PictureFrame, _ canvas: inout SVGCanvas) {
        canvas.text(histogram.quantity, PicturePoint(frame.x, frame.y - 6), "s")
        guard let (expected, spread) = Self.expected(histogram.counts) else { return }
        let highest = max(histogram.counts.max() ?? 0, expected + spread) * 1.05
        let step = frame.width / Double(histogram.counts.count)
        for (index, count) in histogram.counts.enumerated() {
            let height = count / highest * frame.height
            canvas.rectangle(
                PictureFrame(
                    x: frame.x + Double(index) * step, y: frame.bottom - height, width: step - 1, height: height),
                "q0", title: PictureText.number(count))
        }
        for level in [expected - spread, expected, expected + spread] {
            let y = frame.bottom - max(0, level) / highest * frame.height
            canvas.line(
                PicturePoint(frame.x, y), PicturePoint(frame.right, y), level == expected ? "axis" : "floorline")
        }
        canvas.line(
            PicturePoint(frame.x, frame.bottom), PicturePoint(frame.right, frame.bottom), "axis")
        let y = frame.bottom - expected / highest * frame.height
        canvas.text(PictureText.number(expected), PicturePoint(frame.x - 4, y + 4), "s", anchor: .end)
        canvas.text("0", PicturePoint(frame.x - 4, frame.bottom + 4), "s", anchor: .end)
        canvas.text("lowest rank", PicturePoint(frame.x, frame.bottom + 14), "s")
        canvas.text("highest", PicturePoint(frame.right, frame.bottom + 14), "s", anchor: .end)
    }

    private var summary: String {
        PictureText.list(
            histograms.compactMap { histogram -> String? in
                guard let (expected, spread) = Self.expected(histogram.counts), let low = histogram.counts.min(),
                    let high = histogram.counts.max()
                else { return nil }
                let outside = histogram.counts.count { abs($0 - expected) > spread }
                return "\(histogram.series), \(histogram.quantity): counts \(PictureText.number(low)) to "
                    + "\(PictureText.number(high)) where \(PictureText.number(expected)) ± "
                    + "\(PictureText.number(spread)) are expected, \(outside) of \(histogram.counts.count) outside"
            })
    }

    private var csv: String {
        FigureTable.csv(
            ["series", "quantity", "bin", "count (ranks)"],
            histograms.flatMap { histogram in
                histogram.counts.enumerated().map {
                    [histogram.series, histogram.quantity, "\($0.offset)", FigureTable.number($0.element)]
                }
            })
    }
}

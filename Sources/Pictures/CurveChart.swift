/// Curves over an axis of numbers: for every series the median of its curves as a line, the band between their least and
/// greatest, and each curve thin.
public struct CurveChart: Sendable {
    /// One curve; a value that is not finite interrupts it.
    public struct Curve: Sendable, Equatable {
        /// Along the horizontal axis, ascending.
        public var x: [Double]
        /// Along the vertical axis, as many.
        public var y: [Double]

        /// Creates a curve.
        public init(x: [Double], y: [Double]) {
            self.x = x
            self.y = y
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// How to read it.
    public var caption: String
    /// Titles of the axes, with units.
    public var horizontalTitle: String
    /// Title of the vertical axis.
    public var verticalTitle: String
    /// Names of the series and their curves.
    public var series: [(name: String, curves: [Curve])]
    /// Draws the diagonal y = x and both axes from 0 to 1.
    public var isCalibration: Bool
    /// Whether a logarithmic vertical axis is welcome.
    public var prefersLogarithm: Bool

    /// Creates a chart.
    public init(
        name: String, title: String, caption: String, horizontalTitle: String, verticalTitle: String,
        series: [(name: String, curves: [Curve])], isCalibration: Bool = false, prefersLogarithm: Bool = false
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.horizontalTitle = horizontalTitle
        self.verticalTitle = verticalTitle
        self.series = series
        self.isCalibration = isCalibration
        self.prefersLogarithm = prefersLogarithm
    }

    /// The picture; `width` in CSS pixels.
    public func figure(width: Double = 460) -> Figure {
        let legend = PictureLegend(names: series.map(\.name), width: width - 76)
        let curves = series.flatMap(\.curves)
        let horizontal = isCalibration ? PictureScale([0, 1]) : PictureScale(curves.flatMap(\.x))
        let vertical =
            isCalibration
            ? PictureScale([0, 1]) : PictureScale(Self.usual(curves.flatMap(\.y)), prefersLogarithm: prefersLogarithm)
        let height = isCalibration ? min(width - 76, 300) : 210
        let area = PlotArea(
            frame: PictureFrame(
                x: 64, y: 30 + legend.height, width: isCalibration ? height : width - 84, height: height),
            horizontal: horizontal, vertical: vertical)
        var canvas = SVGCanvas()
        canvas.text(title, PicturePoint(8, 18), "b")
        legend.draw(&canvas, at: PicturePoint(64, 28))
        area.drawVerticalAxis(&canvas, title: verticalTitle)
        area.drawHorizontalAxis(&canvas, title: horizontalTitle)
        if isCalibration { canvas.line(area.point(0, 0), area.point(1, 1), "ideal") }
        for (index, line) in series.enumerated() { draw(line.curves, index, &canvas, area) }
        return Figure(
            name: name, title: title, caption: caption, width: width, height: area.frame.bottom + 44,
            body: canvas.body, csv: csv)
    }

    private func draw(_ curves: [Curve], _ index: Int, _ canvas: inout SVGCanvas, _ area: PlotArea) {
        let colour = index % PictureStyle.seriesCount
        let summary = Self.summary(curves)
        if curves.count > 1 {
            canvas.polygon(
                summary.map { area.point($0.x, $0.high) } + summary.reversed().map { area.point($0.x, $0.low) },
                "a\(colour)")
            // A page with hundreds of curves must stay light: the band says what the thin lines would.
            if curves.count <= 10 {
                for curve in curves {
                    canvas.polyline(Self.thinned(zip(curve.x, curve.y).map { area.point($0, $1) }), "h\(colour)")
                }
            }
        }
        canvas.polyline(Self.thinned(summary.map { area.point($0.x, $0.median) }), "l\(colour)")
    }

    /// Without the greatest hundredth: one spike must not flatten everything else. What is left out is drawn at the edge.
    private static func usual(_ values: [Double]) -> [Double] {
        let sorted = values.filter(\.isFinite).sorted()
        return Array(sorted.prefix(sorted.count - sorted.count / 100))
    }

    /// At each x of the first curve that every curve has: least, median and greatest y.
    private static func summary(_ curves: [Curve]) -> [(x: Double, low: Double, median: Double, high: Double)] {
        var values: [Double: [Double]] = [:]
        for curve in curves {
            for (x, y) in zip(curve.x, curve.y) where x.isFinite && y.isFinite { values[x, default: []].append(y) }
        }
        return values.keys.sorted().compactMap { x in
            guard let ys = values[x]?.sorted(), ys.count == curves.count, let low = ys.first, let high = ys.last else {
                return nil
            }
            let middle = ys.count / 2
            let median = ys.count % 2 == 1 ? ys[middle] : (ys[middle - 1] + ys[middle]) / 2
            return (x, low, median, high)
        }
    }

    /// At most some 300 points: more than a line of this size can show.
    private static func thinned(_ points: [PicturePoint]) -> [PicturePoint] {
        let stride = (points.count + 299) / 300
        guard stride > 1, let last = points.last else { return points }
        return Swift.stride(from: 0, to: points.count, by: stride).map { points[$0] } + [last]
    }

    private var csv: String {
        var rows: [[String]] = []
        for line in series {
            for (number, curve) in line.curves.enumerated() {
                rows += zip(curve.x, curve.y).map { x, y in
                    [line.name, "\(number)", FigureTable.number(x), FigureTable.number(y)]
                }
            }
        }
        return FigureTable.csv(["series", "curve", horizontalTitle, verticalTitle], rows)
    }
}

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

    /// What a right curve would be.
    public struct Ideal: Sendable {
        /// What the grey band is.
        public var name: String
        /// Ascending along the horizontal axis, each with the half-width of the band about zero there.
        public var points: [(x: Double, spread: Double)]

        /// Creates the ideal: zero, and how far from it chance leads.
        public init(name: String, points: [(x: Double, spread: Double)]) {
            self.name = name
            self.points = points
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
    /// What a right curve would be: drawn dashed, its spread in grey; empty where that is not known.
    public var ideal: Ideal?
    /// Whether a logarithmic vertical axis is welcome.
    public var prefersLogarithm: Bool

    /// Creates a chart.
    public init(
        name: String, title: String, caption: String, horizontalTitle: String, verticalTitle: String,
        series: [(name: String, curves: [Curve])], ideal: Ideal? = nil, prefersLogarithm: Bool = false
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.horizontalTitle = horizontalTitle
        self.verticalTitle = verticalTitle
        self.series = series
        self.ideal = ideal
        self.prefersLogarithm = prefersLogarithm
    }

    /// The picture; `width` in CSS pixels.
    public func figure(width: Double = 460) -> Figure {
        let curves = series.flatMap(\.curves)
        let idealEnds = (ideal?.points ?? []).flatMap { [$0.spread, -$0.spread] }
        let horizontal = PictureScale(curves.flatMap(\.x) + (ideal?.points.map(\.x) ?? []))
        let vertical = PictureScale(
            Self.usual(curves.flatMap(\.y)) + idealEnds, prefersLogarithm: prefersLogarithm)
        let height = 210.0
        let left = PlotArea.left(verticalTitle: verticalTitle, height: height, scale: vertical)
        let heading = PictureHeading(
            title: title, series: series.map(\.name), extra: ideal?.name, width: width, left: left)
        let area = PlotArea(
            frame: PictureFrame(x: left, y: heading.height, width: width - left - 30, height: height),
            horizontal: horizontal, vertical: vertical)
        var canvas = SVGCanvas()
        heading.draw(&canvas)
        if let ideal {
            canvas.polygon(
                ideal.points.map { area.point($0.x, $0.spread) }
                    + ideal.points.reversed().map { area.point($0.x, -$0.spread) }, "floor")
        }
        area.drawVerticalAxis(&canvas, title: verticalTitle)
        area.drawHorizontalAxis(&canvas, title: horizontalTitle)
        if let first = ideal?.points.first, let last = ideal?.points.last {
            canvas.line(area.point(first.x, 0), area.point(last.x, 0), "ideal")
        }
        for (index, line) in series.enumerated() { draw(line.curves, index, &canvas, area) }
        return Figure(
            name: name, title: title, caption: caption, summary: description, width: width,
            height: area.frame.bottom + PlotArea.below(horizontalTitle: horizontalTitle, width: area.frame.width),
            body: canvas.body, csv: csv)
    }

    private var description: String {
        PictureText.list(
            series.compactMap { line -> String? in
                let points = Self.summary(line.curves)
                guard let first = points.first, let last = points.last else { return nil }
                if ideal != nil {
                    let farthest = points.max { abs($0.median) < abs($1.median) } ?? last
                    return "\(line.name): farthest from zero at \(PictureText.number(farthest.x)), where it is "
                        + PictureText.number(farthest.median)
                }
                let ends = [first, last].map { point in
                    "\(PictureText.number(point.median)) at \(PictureText.number(point.x))"
                }
                return "\(line.name): median from \(ends[0]) to \(ends[1]), there between "
                    + "\(PictureText.number(last.low)) and \(PictureText.number(last.high)) over "
                    + "\(line.curves.count == 1 ? "1 seed" : "\(line.curves.count) seeds")"
            })
    }

    private func draw(_ curves: [Curve], _ index: Int, _ canvas: inout SVGCanvas, _ area: PlotArea) {
        let colour = index % PictureStyle.seriesCount
        let summary = Self.summary(curves)
        if curves.count > 1 {
            canvas.polygon(
                summary.map { area.point($0.x, $0.high) } + summary.reversed().map { area.point($0.x, $0.low) },
                "a\(colour)")
            // A page with hundreds of curves must stay light: the band says what the thin lines would.
            if curves.reduce(0, { $0 + min(300, $1.x.count) }) <= Self.thinPoints {
                for curve in curves {
                    canvas.polyline(Self.thinned(zip(curve.x, curve.y).map { area.point($0, $1) }), "h\(colour)")
                }
            }
        }
        canvas.polyline(Self.thinned(summary.map { area.point($0.x, $0.median) }), "l\(colour)")
    }

    /// Points of thin lines that one series may have.
    private static let thinPoints = 1500

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

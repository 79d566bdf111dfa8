/// A number with its interval and the values it was averaged from, for every series at every place of an axis: mean and
/// 95 % interval as a mark with a bar, seeds as small marks, the noise floor as a band.
public struct IntervalChart: Sendable {
    /// What one series has at one place.
    public struct Entry: Sendable {
        /// Number of the place, 0 ..< places.
        public var place: Int
        /// The mean, nil where there is none.
        public var mean: Double?
        /// The interval's ends.
        public var interval: ClosedRange<Double>?
        /// One a seed.
        public var values: [Double]

        /// Creates an entry.
        public init(place: Int, mean: Double?, interval: ClosedRange<Double>?, values: [Double]) {
            self.place = place
            self.mean = mean
            self.interval = interval
            self.values = values
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// Title of the horizontal axis.
    public var placeTitle: String
    /// Labels of the places along the horizontal axis.
    public var places: [String]
    /// Title of the vertical axis.
    public var valueTitle: String
    /// Names of the series and what they have.
    public var series: [(name: String, entries: [Entry])]
    /// At every place the floor's mean and the band about it; nil where it is not known.
    public var floors: [(mean: Double, band: ClosedRange<Double>)?]

    /// Creates a chart.
    public init(
        name: String, title: String, placeTitle: String, places: [String], valueTitle: String,
        series: [(name: String, entries: [Entry])], floors: [(mean: Double, band: ClosedRange<Double>)?]
    ) {
        self.name = name
        self.title = title
        self.placeTitle = placeTitle
        self.places = places
        self.valueTitle = valueTitle
        self.series = series
        self.floors = floors
    }

    /// The picture; `width` in CSS pixels.
    public func figure(width: Double = 460) -> Figure {
        let legend = PictureLegend(names: series.map(\.name), width: width - 76)
        let top = 30 + legend.height
        let area = PlotArea(
            frame: PictureFrame(x: 64, y: top, width: width - 76, height: 210),
            horizontal: PictureScale([0, 1]), vertical: PictureScale(everyValue, prefersLogarithm: true))
        var canvas = SVGCanvas()
        canvas.text(title, PicturePoint(8, 18), "b")
        legend.draw(&canvas, at: PicturePoint(64, 28))
        drawFloors(&canvas, area)
        area.drawVerticalAxis(&canvas, title: valueTitle)
        area.drawHorizontalLine(&canvas, title: placeTitle)
        for (place, label) in places.enumerated() {
            canvas.text(label, PicturePoint(centre(place, area), area.frame.bottom + 16), "s", anchor: .middle)
        }
        for (index, line) in series.enumerated() { draw(line.entries, index, line.name, &canvas, area) }
        return Figure(
            name: name, title: title,
            caption:
                "Large marks with bars: mean and 95 % interval over seeds; small marks: seeds; grey band: noise floor.",
            width: width, height: area.frame.bottom + (placeTitle.isEmpty ? 26 : 44), body: canvas.body, csv: csv)
    }

    private var everyValue: [Double] {
        var values = series.flatMap { $0.entries.flatMap { $0.values + [$0.mean ?? .nan] } }
        let reach = values.filter { $0.isFinite && $0 > 0 }.min() ?? 0
        // An interval may reach below zero where every value is positive: it is cut off, not the scale changed.
        values += series.flatMap { $0.entries.flatMap { [$0.interval?.upperBound ?? .nan] } }
        let lows = series.flatMap { $0.entries.compactMap { $0.interval?.lowerBound } }
        values += values.contains { $0 <= 0 } ? lows : lows.filter { $0 > reach / 3 }
        // A floor of nothing has no place on a logarithmic axis, and must not change it to a linear one.
        values += floors.compactMap { $0?.mean }.filter { values.contains { $0 <= 0 } || $0 > 0 }
        return values
    }

    private func step(_ area: PlotArea) -> Double { area.frame.width / Double(max(1, places.count)) }

    private func centre(_ place: Int, _ area: PlotArea) -> Double { area.frame.x + (Double(place) + 0.5) * step(area) }

    private func drawFloors(_ canvas: inout SVGCanvas, _ area: PlotArea) {
        for (place, floor) in floors.enumerated() {
            // What lies outside the axis is not drawn at its edge, where it would read as a value.
            guard let floor, floor.band.overlaps(area.vertical.domain) else { continue }
            let top = area.y(floor.band.upperBound)
            let bottom = area.y(floor.band.lowerBound)
            let left = centre(place, area) - step(area) * 0.46
            canvas.rectangle(
                PictureFrame(x: left, y: top, width: step(area) * 0.92, height: max(2, bottom - top)), "floor",
                title: "noise floor \(floor.mean)")
        }
    }

    private func draw(_ entries: [Entry], _ index: Int, _ name: String, _ canvas: inout SVGCanvas, _ area: PlotArea) {
        let colour = index % PictureStyle.seriesCount
        // Side by side around the place's centre.
        let width = min(26, step(area) * 0.8 / Double(max(1, series.count)))
        let shift = (Double(index) - Double(series.count - 1) / 2) * width
        for entry in entries where places.indices.contains(entry.place) {
            let x = centre(entry.place, area) + shift
            for (number, value) in entry.values.enumerated() {
                // Beside each other in a fixed pattern, so that equal values stay visible.
                let aside = (Double(number % 5) - 2) * min(2.2, width / 8)
                canvas.mark(PicturePoint(x + aside, area.y(value)), series: index, radius: 2, "d\(colour)")
            }
            guard let mean = entry.mean else { continue }
            if let interval = entry.interval {
                canvas.line(
                    PicturePoint(x, area.y(interval.lowerBound)), PicturePoint(x, area.y(interval.upperBound)),
                    "l\(colour)")
            }
            canvas.mark(
                PicturePoint(x, area.y(mean)), series: index, radius: 4.5, "f\(colour)",
                title: "\(name), \(places[entry.place]): \(mean)")
        }
    }

    private var csv: String {
        var rows: [[String]] = []
        for line in series {
            for entry in line.entries where places.indices.contains(entry.place) {
                let head = [line.name, places[entry.place]]
                rows.append(
                    head + [
                        "mean", FigureTable.number(entry.mean), FigureTable.number(entry.interval?.lowerBound),
                        FigureTable.number(entry.interval?.upperBound),
                    ])
                rows += entry.values.map { head + ["seed", FigureTable.number($0), "", ""] }
            }
        }
        for (place, floor) in floors.enumerated() where places.indices.contains(place) {
            guard let floor else { continue }
            rows.append(
                [
                    "floor", places[place], "floor", FigureTable.number(floor.mean),
                    FigureTable.number(floor.band.lowerBound), FigureTable.number(floor.band.upperBound),
                ])
        }
        return FigureTable.csv(["series", "place", "kind", "value", "lower", "upper"], rows)
    }
}

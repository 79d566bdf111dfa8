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
        let entries = series.flatMap(\.entries)
        let scale = PictureScale(
            estimates: entries.flatMap { $0.values + [$0.mean ?? .nan] }, intervals: entries.compactMap(\.interval),
            floors: floors.compactMap { $0?.mean })
        let left = PlotArea.left(verticalTitle: valueTitle, height: 210, scale: scale)
        let heading = PictureHeading(
            title: title, series: series.map(\.name), extra: FloorBand.legend(floors, on: scale), width: width,
            left: left)
        let area = PlotArea(
            frame: PictureFrame(x: left, y: heading.height, width: width - left - 12, height: 210),
            horizontal: PictureScale([0, 1]), vertical: scale)
        var canvas = SVGCanvas()
        heading.draw(&canvas)
        drawFloors(&canvas, area)
        area.drawVerticalAxis(&canvas, title: valueTitle)
        area.drawHorizontalLine(&canvas, title: placeTitle)
        for (place, label) in places.enumerated() {
            canvas.text(label, PicturePoint(centre(place, area), area.frame.bottom + 16), "s", anchor: .middle)
        }
        for (index, line) in series.enumerated() { draw(line.entries, index, line.name, &canvas, area) }
        return Figure(
            name: name, title: title, caption: Self.caption, summary: summary, width: width,
            height: area.frame.bottom + PlotArea.below(horizontalTitle: placeTitle, width: area.frame.width),
            body: canvas.body, csv: csv)
    }

    static let caption =
        "Large marks with bars: mean and 95 % interval over seeds; small marks: seeds; grey: noise floor, mean ± 2 "
        + "standard deviations. What is zero or less stands at the edge of a logarithmic axis."

    private var summary: String {
        PictureText.list(
            series.flatMap { line in
                line.entries.compactMap { entry -> String? in
                    guard places.indices.contains(entry.place), let mean = entry.mean else { return nil }
                    let place = placeTitle.isEmpty ? places[entry.place] : "\(placeTitle) \(places[entry.place])"
                    return "\(line.name), \(place): \(PictureText.number(mean))"
                        + (entry.interval.map {
                            " (\(PictureText.number($0.lowerBound)) to \(PictureText.number($0.upperBound)))"
                        } ?? "")
                }
            })
    }

    private func step(_ area: PlotArea) -> Double { area.frame.width / Double(max(1, places.count)) }

    private func centre(_ place: Int, _ area: PlotArea) -> Double { area.frame.x + (Double(place) + 0.5) * step(area) }

    private func drawFloors(_ canvas: inout SVGCanvas, _ area: PlotArea) {
        for (place, floor) in floors.enumerated() {
            guard let floor, let (low, high) = FloorBand.ends(floor, on: area.vertical) else { continue }
            let left = centre(place, area) - step(area) * 0.46
            canvas.rectangle(
                PictureFrame(
                    x: left, y: area.y(high), width: step(area) * 0.92, height: max(2, area.y(low) - area.y(high))),
                "floor", title: "noise floor \(PictureText.number(floor.mean))")
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
        return FigureTable.csv(
            ["series", placeTitle.isEmpty ? "place" : placeTitle, "kind", valueTitle, "lower", "upper"], rows)
    }
}

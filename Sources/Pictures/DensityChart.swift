/// Densities over two coordinates: the truth first, then what others make of it, each with its difference from the truth
/// below; one colour scale for all densities, one for all differences, and on every panel the outline of the region that
/// holds most of the truth.
public struct DensityChart: Sendable {
    /// Densities at the cells of one grid: `values[i * columns + j]` is the cell i along the first coordinate and j along
    /// the second.
    public struct Panel: Sendable {
        /// Whose density it is.
        public var title: String
        /// A line below it, for example the mass between the modes; may be empty.
        public var note: String
        /// One density a cell, not negative.
        public var values: [Double]

        /// Creates a panel.
        public init(title: String, note: String = "", values: [Double]) {
            self.title = title
            self.note = note
            self.values = values
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// Names of the two coordinates.
    public var coordinates: (String, String)
    /// The window: ranges of the two coordinates.
    public var window: (ClosedRange<Double>, ClosedRange<Double>)
    /// Cells along each coordinate.
    public var cells: Int
    /// The exact posterior.
    public var truth: Panel
    /// What is compared with it.
    public var others: [Panel]
    /// Whether the outline is of the truth averaged over neighbouring cells: for densities counted from a sample.
    public var smoothsOutline: Bool

    /// Creates a chart; nil when a panel has not `cells`² values.
    public init?(
        name: String, title: String, coordinates: (String, String),
        window: (ClosedRange<Double>, ClosedRange<Double>), cells: Int, truth: Panel, others: [Panel],
        smoothsOutline: Bool = false
    ) {
        self.smoothsOutline = smoothsOutline
        guard cells > 1, ([truth] + others).allSatisfy({ $0.values.count == cells * cells }) else { return nil }
        self.name = name
        self.title = title
        self.coordinates = coordinates
        self.window = window
        self.cells = cells
        self.truth = truth
        self.others = others
    }

    /// The share of the truth inside the outline.
    static let outlined = 0.95
    private static let side = 168.0
    private static let gap = 22.0

    /// The picture: as wide as its panels.
    public func figure() -> Figure {
        var canvas = SVGCanvas()
        canvas.text(title, PicturePoint(8, 18), "b")
        let top = 50.0
        let outlineValues = smoothsOutline ? Self.smoothed(Self.smoothed(truth.values, cells), cells) : truth.values
        let outline = Contour(values: outlineValues, cells: cells, level: Self.level(outlineValues))
        let brightest = truth.values.filter(\.isFinite).max() ?? 1
        let differences = others.map { panel in zip(panel.values, truth.values).map { $0 - $1 } }
        let greatest = differences.joined().filter(\.isFinite).map(abs).max() ?? 1
        for (index, panel) in ([truth] + others).enumerated() {
            let frame = PictureFrame(
                x: 58 + Double(index) * (Self.side + Self.gap), y: top, width: Self.side, height: Self.side)
            canvas.text(Self.cut(panel.title), PicturePoint(frame.x, top - 8), "t")
            // The square root shows what lies between the modes, where the density is a thousandth of a peak's.
            draw(panel.values.map { ($0 / brightest).squareRoot() }, ColourScale.density, frame, panel.title, &canvas)
            outline.draw(in: frame, &canvas)
            drawTicks(frame, isFirst: index == 0, hasBelow: index > 0, &canvas)
            guard index > 0 else { continue }
            let below = PictureFrame(
                x: frame.x, y: frame.bottom + 12, width: Self.side, height: Self.side)
            let parts = differences[index - 1].map { 0.5 + 0.5 * Self.signedRoot($0 / greatest) }
            draw(parts, ColourScale.difference, below, panel.title + " − truth", &canvas)
            outline.draw(in: below, &canvas)
            drawTicks(below, isFirst: false, hasBelow: false, &canvas)
            canvas.text(panel.note, PicturePoint(below.x, below.bottom + 32), "s")
        }
        let keyTop = top + Self.side + 34
        if !others.isEmpty { drawKeys(&canvas, x: 58, y: keyTop + 24, brightest: brightest, greatest: greatest) }
        let height = others.isEmpty ? top + Self.side + 34 : top + 2 * Self.side + 12 + 44
        return Figure(
            name: name, title: title,
            caption:
                "Upper row: density; lower row: density minus the truth's. Outline: the region that holds 95 % of the "
                + "truth; colour outside it is mass where there should be next to none. Colours go by the square root.",
            width: 58 + Double(others.count + 1) * (Self.side + Self.gap) + 8, height: height, body: canvas.body,
            csv: csv)
    }

    /// What fits above a panel.
    private static func cut(_ title: String) -> String {
        title.count > 26 ? String(title.prefix(25)) + "…" : title
    }

    private static func signedRoot(_ value: Double) -> Double {
        value < 0 ? -(-value).squareRoot() : value.squareRoot()
    }

    /// The density above which `outlined` of the truth lies: highest posterior density region.
    private static func level(_ values: [Double]) -> Double {
        let sorted = values.filter { $0.isFinite && $0 > 0 }.sorted(by: >)
        let total = sorted.reduce(0, +)
        var sum = 0.0
        for value in sorted {
            sum += value
            if sum >= outlined * total { return value }
        }
        return sorted.last ?? 0
    }

    /// Means over three by three cells.
    private static func smoothed(_ values: [Double], _ cells: Int) -> [Double] {
        values.indices.map { index in
            let (row, column) = (index / cells, index % cells)
            var (sum, count) = (0.0, 0.0)
            for i in max(0, row - 1)...min(cells - 1, row + 1) {
                for j in max(0, column - 1)...min(cells - 1, column + 1) {
                    sum += values[i * cells + j]
                    count += 1
                }
            }
            return sum / count
        }
    }

    private func draw(
        _ fractions: [Double], _ scale: [PictureColour], _ frame: PictureFrame, _ title: String,
        _ canvas: inout SVGCanvas
    ) {
        // The picture's rows go down the second coordinate, its columns along the first.
        var indices = [UInt8](repeating: 0, count: cells * cells)
        for row in 0..<cells {
            for column in 0..<cells {
                indices[row * cells + column] = UInt8(
                    ColourScale.index(fractions[column * cells + (cells - 1 - row)]))
            }
        }
        let image = PNGImage(width: cells, height: cells, indices: indices, palette: scale)
        canvas.image(image.dataURI, frame, title: title)
        canvas.rectangle(frame, "frame")
    }

    private func drawTicks(_ frame: PictureFrame, isFirst: Bool, hasBelow: Bool, _ canvas: inout SVGCanvas) {
        let area = PlotArea(
            frame: frame, horizontal: PictureScale(exactly: window.0), vertical: PictureScale(exactly: window.1))
        if !hasBelow {
            for tick in area.horizontal.ticks {
                canvas.text(
                    area.horizontal.label(tick), PicturePoint(area.x(tick), frame.bottom + 14), "s", anchor: .middle)
            }
            if isFirst {
                canvas.text(
                    coordinates.0, PicturePoint(frame.x + frame.width / 2, frame.bottom + 29), "s", anchor: .middle)
            }
        }
        guard isFirst else { return }
        for tick in area.vertical.ticks {
            canvas.text(area.vertical.label(tick), PicturePoint(frame.x - 6, area.y(tick) + 4), "s", anchor: .end)
        }
        canvas.text(
            coordinates.1, PicturePoint(frame.x - 40, frame.y + frame.height / 2), "s", anchor: .middle,
            isVertical: true)
    }

    private func drawKeys(_ canvas: inout SVGCanvas, x: Double, y: Double, brightest: Double, greatest: Double) {
        func key(_ scale: [PictureColour], _ y: Double, _ low: String, _ high: String) {
            let image = PNGImage(width: 256, height: 1, indices: (0...255).map { UInt8($0) }, palette: scale)
            canvas.image(image.dataURI, PictureFrame(x: x, y: y, width: Self.side, height: 10), title: "colours")
            canvas.text(low, PicturePoint(x, y + 23), "s")
            canvas.text(high, PicturePoint(x + Self.side, y + 23), "s", anchor: .end)
        }
        key(ColourScale.density, y, "0", "density " + PictureScale.decimal(brightest, step: brightest / 10))
        let limit = PictureScale.decimal(greatest, step: greatest / 10)
        key(ColourScale.difference, y + 44, "−" + limit, "difference " + limit)
    }

    private var csv: String {
        let (a, b) = window
        var rows: [[String]] = []
        for i in 0..<cells {
            for j in 0..<cells {
                let x = a.lowerBound + (a.upperBound - a.lowerBound) * (Double(i) + 0.5) / Double(cells)
                let y = b.lowerBound + (b.upperBound - b.lowerBound) * (Double(j) + 0.5) / Double(cells)
                rows.append(([x, y] + ([truth] + others).map { $0.values[i * cells + j] }).map(FigureTable.number))
            }
        }
        return FigureTable.csv([coordinates.0, coordinates.1] + ([truth] + others).map(\.title), rows)
    }
}

/// The line along which a grid's values pass a level, by marching squares with linear interpolation.
struct Contour {
    /// Ends of short lines in fractions of the grid: first along the first coordinate, then up the second.
    let segments: [(PicturePoint, PicturePoint)]

    init(values: [Double], cells: Int, level: Double) {
        var segments: [(PicturePoint, PicturePoint)] = []
        func value(_ i: Int, _ j: Int) -> Double { values[i * cells + j] }
        func place(_ i: Double, _ j: Double) -> PicturePoint {
            PicturePoint((i + 0.5) / Double(cells), (j + 0.5) / Double(cells))
        }
        for i in 0..<(cells - 1) {
            for j in 0..<(cells - 1) {
                // Corners around the square, in order.
                let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
                var crossings: [PicturePoint] = []
                for (first, second) in zip(corners, corners.dropFirst() + corners.prefix(1)) {
                    let (a, b) = (value(first.0, first.1), value(second.0, second.1))
                    guard (a >= level) != (b >= level), a.isFinite, b.isFinite else { continue }
                    let part = (level - a) / (b - a)
                    crossings.append(
                        place(
                            Double(first.0) + part * Double(second.0 - first.0),
                            Double(first.1) + part * Double(second.1 - first.1)))
                }
                if crossings.count >= 2 { segments.append((crossings[0], crossings[1])) }
                if crossings.count == 4 { segments.append((crossings[2], crossings[3])) }
            }
        }
        self.segments = segments
    }

    func draw(in frame: PictureFrame, _ canvas: inout SVGCanvas) {
        let placed = segments.map { (map($0.0, frame), map($0.1, frame)) }
        canvas.segments(placed, "contourback")
        canvas.segments(placed, "contour")
    }

    private func map(_ point: PicturePoint, _ frame: PictureFrame) -> PicturePoint {
        PicturePoint(frame.x + point.x * frame.width, frame.bottom - point.y * frame.height)
    }
}

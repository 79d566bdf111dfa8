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
    private static let left = 58.0
    private static let outsideText = "outside the outline "
    /// Panels beside the truth in one row: five at most, and all rows alike.
    private var columns: Int {
        let rows = max(1, (others.count + 4) / 5)
        return max(1, (others.count + rows - 1) / rows)
    }

    /// The picture: as wide as its panels, at most six of them in a row.
    public func figure() -> Figure {
        let width = Self.left + Double(columns + 1) * (Self.side + Self.gap) + 8
        var canvas = SVGCanvas()
        let heading = PictureText.wrapped(title, width: width - 16, size: 12.6)
        canvas.text(heading, PicturePoint(8, 18), "b", lineHeight: 16)
        let outlineValues = smoothsOutline ? Self.smoothed(Self.smoothed(truth.values, cells), cells) : truth.values
        let level = Self.level(outlineValues, truth.values)
        let outline = Contour(values: outlineValues, cells: cells, level: level)
        let brightest = truth.values.filter(\.isFinite).max() ?? 1
        let differences = others.map { panel in zip(panel.values, truth.values).map { $0 - $1 } }
        let greatest = differences.joined().filter(\.isFinite).map(abs).max() ?? 1
        let titles = ([truth] + others).map { PictureText.wrapped($0.title, width: Self.side, size: 12, limit: 5) }
        func drawDensity(_ panel: Panel, _ lines: [String], _ frame: PictureFrame, isFirst: Bool, isLast: Bool) {
            canvas.text(lines, PicturePoint(frame.x, frame.y - 8 - Double(lines.count - 1) * 15), "t")
            // The square root shows what lies between the modes, where the density is a thousandth of a peak's.
            draw(panel.values.map { ($0 / brightest).squareRoot() }, ColourScale.density, frame, panel.title, &canvas)
            outline.draw(in: frame, &canvas)
            drawTicks(frame, isFirst: isFirst, hasBelow: !isLast, &canvas)
        }
        var top = 14 + Double(heading.count) * 16
        for row in 0..<max(1, (others.count + columns - 1) / columns) {
            let members = others.indices.dropFirst(row * columns).prefix(columns)
            let shown = (row == 0 ? [0] : []) + members.map { $0 + 1 }
            top += Double(shown.map { titles[$0].count }.max() ?? 1) * 15 + 8
            if row == 0 {
                let frame = PictureFrame(x: Self.left, y: top, width: Self.side, height: Self.side)
                drawDensity(truth, titles[0], frame, isFirst: true, isLast: true)
                if !others.isEmpty {
                    canvas.text(
                        Self.outsideText + Self.share(outside(truth, outlineValues, level)),
                        PicturePoint(Self.left, frame.bottom + 48), "s")
                    drawKeys(
                        &canvas, x: Self.left, y: frame.bottom + 62, brightest: brightest, greatest: greatest)
                }
            }
            for (column, index) in members.enumerated() {
                let frame = PictureFrame(
                    x: Self.left + Double(column + 1) * (Self.side + Self.gap), y: top, width: Self.side,
                    height: Self.side)
                drawDensity(others[index], titles[index + 1], frame, isFirst: false, isLast: false)
                let below = PictureFrame(x: frame.x, y: frame.bottom + 12, width: Self.side, height: Self.side)
                let parts = differences[index].map { 0.5 + 0.5 * Self.signedRoot($0 / greatest) }
                draw(parts, ColourScale.difference, below, others[index].title + " − truth", &canvas)
                outline.draw(in: below, &canvas)
                drawTicks(below, isFirst: false, hasBelow: false, &canvas)
                let outside = Self.outsideText + Self.share(outside(others[index], outlineValues, level))
                canvas.text(
                    [outside] + (others[index].note.isEmpty ? [] : [others[index].note]),
                    PicturePoint(below.x, below.bottom + 32), "s", lineHeight: 14)
            }
            top += others.isEmpty ? Self.side + 34 : 2 * Self.side + 12 + 58
        }
        return Figure(
            name: name, title: title,
            caption:
                "Upper row: density; lower row: density minus the truth's. Outline: the region that holds 95 % of the "
                + "truth; colour outside it is mass where there should be next to none. Colours go by the square root.",
            summary: summary(outlineValues, level), width: width, height: top + 4, body: canvas.body, csv: csv)
    }

    /// The share of a panel's mass in the window that is where the truth is below `level`.
    private func outside(_ panel: Panel, _ outline: [Double], _ level: Double) -> Double {
        let finite = zip(panel.values, outline).filter { $0.0.isFinite }
        return finite.reduce(0) { $0 + ($1.1 < level ? $1.0 : 0) } / finite.reduce(0) { $0 + $1.0 }
    }

    private static func share(_ part: Double) -> String {
        part.isFinite ? PictureScale.decimal(part * 100, step: part < 0.1 ? 0.1 : 1) + " %" : "unknown"
    }

    private func summary(_ outline: [Double], _ level: Double) -> String {
        func range(_ range: ClosedRange<Double>) -> String {
            "\(PictureText.number(range.lowerBound)) to \(PictureText.number(range.upperBound))"
        }
        let window = "\(coordinates.0) from \(range(window.0)), \(coordinates.1) from \(range(window.1))"
        return PictureText.list(
            [window]
                + ([truth] + others).map { panel in
                    "\(panel.title): \(Self.share(outside(panel, outline, level))) of its mass outside the outline"
                        + (panel.note.isEmpty ? "" : ", " + panel.note)
                })
    }

    private static func signedRoot(_ value: Double) -> Double {
        value < 0 ? -(-value).squareRoot() : value.squareRoot()
    }

    /// The value of `outline` above which `outlined` of the truth's mass lies: highest posterior density region. The outline's
    /// own mass would not do: smoothing spreads narrow modes, and their region would hold nearly everything.
    private static func level(_ outline: [Double], _ truth: [Double]) -> Double {
        let cells = zip(outline, truth).filter { $0.0.isFinite && $0.0 > 0 && $0.1.isFinite }.sorted { $0.0 > $1.0 }
        let total = cells.reduce(0) { $0 + $1.1 }
        var sum = 0.0
        for (value, mass) in cells {
            sum += mass
            if sum >= outlined * total { return value }
        }
        return cells.last?.0 ?? 0
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
        return FigureTable.csv(
            [coordinates.0, coordinates.1] + ([truth] + others).map { "density: " + $0.title }, rows)
    }
}

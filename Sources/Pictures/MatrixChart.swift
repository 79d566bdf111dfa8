/// A square of comparisons: every row against every column, as a coloured number with a second line.
public struct MatrixChart: Sendable {
    /// One comparison.
    public struct Entry: Sendable {
        /// −1 to 1: the colour; positive is in favour of the row.
        public var strength: Double
        /// What stands in the cell.
        public var text: String
        /// A second, smaller line.
        public var note: String

        /// Creates an entry.
        public init(strength: Double, text: String, note: String) {
            self.strength = strength
            self.text = text
            self.note = note
        }
    }

    /// A plain word for files.
    public var name: String
    /// One line.
    public var title: String
    /// How to read it.
    public var caption: String
    /// Names of rows and columns.
    public var names: [String]
    /// `entries[row][column]`; nil on the diagonal and where nothing can be said.
    public var entries: [[Entry?]]

    /// Creates a matrix.
    public init(name: String, title: String, caption: String, names: [String], entries: [[Entry?]]) {
        self.name = name
        self.title = title
        self.caption = caption
        self.names = names
        self.entries = entries
    }

    /// The picture: as large as its names need.
    public func figure() -> Figure {
        var canvas = SVGCanvas()
        canvas.text(title, PicturePoint(8, 18), "b")
        let left = 16 + (names.map(PictureLegend.width).max() ?? 0)
        let side = max(84, min(150, (names.map(PictureLegend.width).max() ?? 0) + 12))
        let height = 44.0
        for (column, name) in names.enumerated() {
            canvas.text(
                name, PicturePoint(left + (Double(column) + 0.5) * side, 46), "s", anchor: .middle)
        }
        for (row, name) in names.enumerated() {
            let y = 56 + Double(row) * height
            canvas.text(name, PicturePoint(left - 8, y + height / 2 + 4), "s", anchor: .end)
            for column in names.indices {
                let frame = PictureFrame(x: left + Double(column) * side, y: y, width: side, height: height)
                guard entries.indices.contains(row), entries[row].indices.contains(column),
                    let entry = entries[row][column]
                else {
                    canvas.text("—", PicturePoint(frame.x + side / 2, y + height / 2 + 4), "s", anchor: .middle)
                    continue
                }
                // Positive is good for the row: blue. The ends of the scale are left out, for the text's sake.
                let colour = ColourScale.colour(0.5 - 0.35 * entry.strength, in: ColourScale.difference)
                canvas.rectangle(frame, "cell", fill: colour.css, title: "\(name) against \(names[column])")
                let style = colour.isBright ? "v" : "w"
                canvas.text(entry.text, PicturePoint(frame.x + side / 2, y + 19), style, anchor: .middle)
                canvas.text(entry.note, PicturePoint(frame.x + side / 2, y + 35), style, anchor: .middle)
            }
        }
        return Figure(
            name: name, title: title, caption: caption,
            width: max(left + Double(names.count) * side + 12, PictureLegend.width(of: title) * 1.15 + 16, 300),
            height: 56 + Double(names.count) * height + 12, body: canvas.body, csv: csv)
    }

    private var csv: String {
        var rows: [[String]] = []
        for (row, line) in entries.enumerated() where names.indices.contains(row) {
            for (column, entry) in line.enumerated() where names.indices.contains(column) {
                guard let entry else { continue }
                rows.append(
                    [names[row], names[column], FigureTable.number(entry.strength), entry.text, entry.note])
            }
        }
        return FigureTable.csv(["row", "column", "strength", "text", "note"], rows)
    }
}

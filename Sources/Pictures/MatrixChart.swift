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
        /// The numbers behind both, one a value title of the matrix; nil where there is none.
        public var values: [Double?]

        /// Creates an entry.
        public init(strength: Double, text: String, note: String, values: [Double?]) {
            self.strength = strength
            self.text = text
            self.note = note
            self.values = values
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
    /// What the values of an entry are.
    public var valueTitles: [String]
    /// `entries[row][column]`; nil on the diagonal and where nothing can be said.
    public var entries: [[Entry?]]

    /// Creates a matrix.
    public init(
        name: String, title: String, caption: String, names: [String], valueTitles: [String], entries: [[Entry?]]
    ) {
        self.valueTitles = valueTitles
        self.name = name
        self.title = title
        self.caption = caption
        self.names = names
        self.entries = entries
    }

    /// The picture: as large as its names need.
    public func figure() -> Figure {
        var canvas = SVGCanvas()
        let labels = names.map { PictureText.wrapped($0, width: 140) }
        let widest = labels.joined().map { PictureText.width(of: $0) }.max() ?? 0
        let left = 16 + widest
        let side = max(84, widest + 12)
        let width = max(left + Double(names.count) * side + 12, 300)
        let heading = PictureText.wrapped(title, width: width - 16, size: 12.6)
        canvas.text(heading, PicturePoint(8, 18), "b", lineHeight: 16)
        let lines = Double(labels.map(\.count).max() ?? 1)
        let height = max(44, 14 + lines * 15)
        let top = 22 + Double(heading.count) * 16 + lines * 15
        for (column, label) in labels.enumerated() {
            canvas.text(
                label, PicturePoint(left + (Double(column) + 0.5) * side, top - 10 - Double(label.count - 1) * 15), "s",
                anchor: .middle)
        }
        for (row, name) in names.enumerated() {
            let y = top + Double(row) * height
            let label = labels[row]
            canvas.text(
                label, PicturePoint(left - 8, y + height / 2 + 4 - Double(label.count - 1) * 7.5), "s", anchor: .end)
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
                canvas.text(entry.text, PicturePoint(frame.x + side / 2, y + height / 2 - 3), style, anchor: .middle)
                canvas.text(entry.note, PicturePoint(frame.x + side / 2, y + height / 2 + 13), style, anchor: .middle)
            }
        }
        return Figure(
            name: name, title: title, caption: caption, summary: summary, width: width,
            height: top + Double(names.count) * height + 12, body: canvas.body, csv: csv)
    }

    private var summary: String {
        PictureText.list(
            names.indices.flatMap { row in
                names.indices.compactMap { column -> String? in
                    guard entries.indices.contains(row), entries[row].indices.contains(column),
                        let entry = entries[row][column]
                    else { return nil }
                    return "\(names[row]) against \(names[column]): \(entry.text), \(entry.note)"
                }
            }, limit: 60)
    }

    private var csv: String {
        var rows: [[String]] = []
        for (row, line) in entries.enumerated() where names.indices.contains(row) {
            for (column, entry) in line.enumerated() where names.indices.contains(column) {
                guard let entry else { continue }
                rows.append([names[row], names[column]] + entry.values.map(FigureTable.number))
            }
        }
        return FigureTable.csv(["row", "column"] + valueTitles, rows)
    }
}

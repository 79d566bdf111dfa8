/// A table of text with aligned columns, two spaces between them.
public struct TextTable: Sendable, Equatable {
    /// Which side a column's text stands at.
    public enum Alignment: Sendable, Equatable {
        case left, right
    }

    /// One column.
    public struct Column: Sendable, Equatable {
        /// Text of the head.
        public var title: String
        /// Where the texts stand.
        public var alignment: Alignment
        /// Where width is short: columns are dropped from the highest number down; 0 is never dropped.
        public var dropOrder: Int
        /// Columns that this one may be cut down to when dropping is not enough; nil is never cut.
        public var minimumWidth: Int?

        /// Creates a column.
        public init(_ title: String, _ alignment: Alignment = .left, dropOrder: Int = 0, minimumWidth: Int? = nil) {
            self.title = title
            self.alignment = alignment
            self.dropOrder = dropOrder
            self.minimumWidth = minimumWidth
        }
    }

    /// Left to right.
    public var columns: [Column]
    /// One text per column; missing ones are empty.
    public var rows: [[String]]

    /// Creates a table.
    public init(columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// The lines, and the titles of the columns left out to fit `width` (nil: any width).
    ///
    /// Texts are made visible first; no line ends with spaces.
    public func render(width: Int? = nil) -> (text: String, dropped: [String]) {
        let cells = ([columns.map(\.title)] + rows).map { row in
            columns.indices.map { $0 < row.count ? DisplayText.visible(row[$0]) : "" }
        }
        var widths = columns.indices.map { index in cells.map { DisplayText.width($0[index]) }.max() ?? 0 }
        var kept = Array(columns.indices)
        func total() -> Int { kept.reduce(0) { $0 + widths[$1] } + 2 * max(0, kept.count - 1) }
        var dropped: [String] = []
        if let width {
            while total() > width,
                let last = kept.filter({ columns[$0].dropOrder > 0 }).max(by: {
                    columns[$0].dropOrder < columns[$1].dropOrder
                })
            {
                kept.removeAll { $0 == last }
                dropped.append(columns[last].title)
            }
            while total() > width,
                let widest = kept.filter({ index in columns[index].minimumWidth.map { widths[index] > $0 } ?? false })
                    .max(by: { widths[$0] < widths[$1] })
            {
                widths[widest] -= 1
            }
        }
        let lines = cells.map { row in
            var line = ""
            for (place, index) in kept.enumerated() {
                let text = DisplayText.truncated(row[index], to: widths[index])
                let padding = String(repeating: " ", count: widths[index] - DisplayText.width(text))
                line += (place > 0 ? "  " : "") + (columns[index].alignment == .left ? text + padding : padding + text)
            }
            let end = line.utf8.lastIndex { $0 != UInt8(ascii: " ") }.map { line.utf8.index(after: $0) }
            return String(line[..<(end ?? line.startIndex)])
        }
        return (lines.joined(separator: "\n"), dropped)
    }
}

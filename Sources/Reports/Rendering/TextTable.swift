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
        // Line by line; lists have a hundred thousand.
        var cells: [(text: String, width: Int)] = []
        cells.reserveCapacity(columns.count * (rows.count + 1))
        var widths = columns.map { _ in 0 }
        for line in -1..<rows.count {
            for index in columns.indices {
                let given = line < 0 ? columns[index].title : index < rows[line].count ? rows[line][index] : ""
                let text = DisplayText.visible(given)
                let width = DisplayText.width(text)
                cells.append((text, width))
                widths[index] = max(widths[index], width)
            }
        }
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
        var lines: [UInt8] = []
        lines.reserveCapacity((total() + 1) * (rows.count + 1))
        let space = UInt8(ascii: " ")
        for line in 0...rows.count {
            if line > 0 { lines.append(UInt8(ascii: "\n")) }
            let start = lines.count
            for (place, index) in kept.enumerated() {
                var (text, width) = cells[line * columns.count + index]
                if width > widths[index] {
                    text = DisplayText.truncated(text, to: widths[index])
                    width = DisplayText.width(text)
                }
                if place > 0 { lines.append(contentsOf: [space, space]) }
                let padding = repeatElement(space, count: widths[index] - width)
                if columns[index].alignment == .right { lines.append(contentsOf: padding) }
                lines.append(contentsOf: text.utf8)
                if columns[index].alignment == .left { lines.append(contentsOf: padding) }
            }
            while lines.count > start, lines.last == space { lines.removeLast() }
        }
        return (String(decoding: lines, as: UTF8.self), dropped)
    }
}

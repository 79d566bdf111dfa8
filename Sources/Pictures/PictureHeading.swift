/// What stands above a plot: the title in as many lines as it needs, then the key to the series.
struct PictureHeading {
    private let lines: [String]
    private let legend: PictureLegend

    /// `left` is where the plot begins; a picture is `width` wide.
    init(title: String, series: [String], extra: String? = nil, width: Double, left: Double) {
        lines = PictureText.wrapped(title, width: width - 16, size: 12.6)
        legend = PictureLegend(names: series, extra: extra, width: width - left - 8)
        self.left = left
    }

    private let left: Double

    /// Pixels from the picture's edge to where the plot can begin.
    var height: Double { 14 + Double(lines.count) * 16 + legend.height }

    func draw(_ canvas: inout SVGCanvas) {
        canvas.text(lines, PicturePoint(8, 18), "b", lineHeight: 16)
        legend.draw(&canvas, at: PicturePoint(left, 12 + Double(lines.count) * 16))
    }
}

/// The key to the series: a mark and a name each, in rows that fit the width; names longer than a row are broken.
struct PictureLegend {
    let names: [String]
    /// The name of grey areas, where there are any.
    let extra: String?
    let width: Double

    private struct Item {
        var series: Int?
        var lines: [String]
        var width: Double { (lines.map { PictureText.width(of: $0) }.max() ?? 0) + 26 }
    }

    private static let line = 15.0

    /// Pixels from its top to its bottom; 0 with fewer than two series and nothing else to explain.
    var height: Double { rows.reduce(0) { $0 + Self.height($1) } + (rows.isEmpty ? 0 : 6) }

    private var rows: [[Item]] {
        var items: [Item] = names.count < 2 ? [] : names.enumerated().map { item($0.element, $0.offset) }
        if let extra { items.append(item(extra, nil)) }
        var rows: [[Item]] = []
        var used = 0.0
        for item in items {
            if rows.isEmpty || used + item.width > width + 26 {
                rows.append([])
                used = 0
            }
            rows[rows.count - 1].append(item)
            used += item.width
        }
        return rows
    }

    private func item(_ name: String, _ series: Int?) -> Item {
        Item(series: series, lines: PictureText.wrapped(name, width: width - 26))
    }

    private static func height(_ row: [Item]) -> Double {
        Double(row.map(\.lines.count).max() ?? 0) * line + 3
    }

    func draw(_ canvas: inout SVGCanvas, at: PicturePoint) {
        var y = at.y + 8
        for row in rows {
            var x = at.x
            for item in row {
                if let series = item.series {
                    canvas.mark(
                        PicturePoint(x + 5, y), series: series, radius: 4, "f\(series % PictureStyle.seriesCount)")
                } else {
                    canvas.rectangle(PictureFrame(x: x, y: y - 5, width: 10, height: 10), "floor")
                }
                canvas.text(item.lines, PicturePoint(x + 14, y + 4), "s", lineHeight: Self.line)
                x += item.width
            }
            y += Self.height(row)
        }
    }
}

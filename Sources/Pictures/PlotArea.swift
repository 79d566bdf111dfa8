/// The frame of a plot: draws axes with ticks and labels and maps values to places.
struct PlotArea {
    let frame: PictureFrame
    let horizontal: PictureScale
    let vertical: PictureScale

    func x(_ value: Double) -> Double { frame.x + horizontal.clamped(value) * frame.width }
    func y(_ value: Double) -> Double { frame.bottom - vertical.clamped(value) * frame.height }
    func point(_ x: Double, _ y: Double) -> PicturePoint { PicturePoint(self.x(x), self.y(y)) }

    /// The vertical axis with grid lines, its title on the left.
    func drawVerticalAxis(_ canvas: inout SVGCanvas, title: String) {
        for tick in vertical.ticks {
            let y = y(tick)
            canvas.line(PicturePoint(frame.x, y), PicturePoint(frame.right, y), "grid")
            canvas.text(vertical.label(tick), PicturePoint(frame.x - 6, y + 4), "s", anchor: .end)
        }
        canvas.line(PicturePoint(frame.x, frame.y), PicturePoint(frame.x, frame.bottom), "axis")
        if !title.isEmpty {
            canvas.text(
                title, PicturePoint(frame.x - 46, frame.y + frame.height / 2), "t", anchor: .middle, isVertical: true)
        }
    }

    /// The horizontal axis of numbers, its title below.
    func drawHorizontalAxis(_ canvas: inout SVGCanvas, title: String) {
        for tick in horizontal.ticks {
            let x = x(tick)
            canvas.line(PicturePoint(x, frame.bottom), PicturePoint(x, frame.bottom + 4), "axis")
            canvas.text(horizontal.label(tick), PicturePoint(x, frame.bottom + 17), "s", anchor: .middle)
        }
        drawHorizontalLine(&canvas, title: title)
    }

    /// The horizontal axis without numbers.
    func drawHorizontalLine(_ canvas: inout SVGCanvas, title: String) {
        canvas.line(PicturePoint(frame.x, frame.bottom), PicturePoint(frame.right, frame.bottom), "axis")
        if !title.isEmpty {
            canvas.text(
                title, PicturePoint(frame.x + frame.width / 2, frame.bottom + 34), "t", anchor: .middle)
        }
    }
}

/// The key to the series: a mark and a name each, in rows that fit the width.
struct PictureLegend {
    let names: [String]
    let width: Double

    /// Pixels from its top to its bottom; 0 with fewer than two series.
    var height: Double { names.count < 2 ? 0 : Double(rows.count) * 18 + 6 }

    private var rows: [[(series: Int, name: String)]] {
        var rows: [[(series: Int, name: String)]] = [[]]
        var used = 0.0
        for (series, name) in names.enumerated() {
            let next = Self.width(of: name) + 26
            if used + next > width, !rows[rows.count - 1].isEmpty {
                rows.append([])
                used = 0
            }
            rows[rows.count - 1].append((series, name))
            used += next
        }
        return rows
    }

    func draw(_ canvas: inout SVGCanvas, at: PicturePoint) {
        guard names.count > 1 else { return }
        for (line, row) in rows.enumerated() {
            var x = at.x
            for (series, name) in row {
                let y = at.y + Double(line) * 18 + 8
                let style = "f\(series % PictureStyle.seriesCount)"
                canvas.mark(PicturePoint(x + 5, y), series: series, radius: 4, style)
                canvas.text(name, PicturePoint(x + 14, y + 4), "s")
                x += Self.width(of: name) + 26
            }
        }
    }

    /// About what the text takes at 11 pixels; wide enough for any usual font.
    static func width(of text: String) -> Double { Double(text.count) * 6.3 }
}

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
        let lines = Self.verticalTitle(title, height: frame.height)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            canvas.text(
                line,
                PicturePoint(
                    frame.x - Self.tickWidth(vertical) - Double(lines.count - 1 - index) * Self.lineHeight,
                    frame.y + frame.height / 2),
                "t", anchor: .middle, isVertical: true)
        }
    }

    /// From the axis to the line on which its title stands.
    private static func tickWidth(_ scale: PictureScale) -> Double {
        max(46, (scale.ticks.map { PictureText.width(of: scale.label($0)) }.max() ?? 0) + 14)
    }

    private static let lineHeight = 14.0

    private static func verticalTitle(_ title: String, height: Double) -> [String] {
        PictureText.wrapped(title, width: height + 24, size: 12)
    }

    /// Where a plot of this height must begin so that ticks and the vertical axis's title find room beside it.
    static func left(verticalTitle title: String, height: Double, scale: PictureScale) -> Double {
        18 + tickWidth(scale) + Double(verticalTitle(title, height: height).count - 1) * lineHeight
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
        canvas.text(
            Self.horizontalTitle(title, width: frame.width),
            PicturePoint(frame.x + frame.width / 2, frame.bottom + 34), "t", anchor: .middle)
    }

    private static func horizontalTitle(_ title: String, width: Double) -> [String] {
        title.isEmpty ? [] : PictureText.wrapped(title, width: width + 40, size: 12)
    }

    /// Pixels that ticks and the horizontal axis's title take below a plot.
    static func below(horizontalTitle title: String, width: Double) -> Double {
        26 + Double(horizontalTitle(title, width: width).count) * 16
    }
}

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

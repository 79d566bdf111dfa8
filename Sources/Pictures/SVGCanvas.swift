/// The body of an SVG in the making. Coordinates are in CSS pixels from the upper left corner; what things look like is
/// said by classes (``PictureStyle``), so that one drawing fits light and dark pages.
struct SVGCanvas {
    private(set) var body = ""

    mutating func line(_ from: PicturePoint, _ to: PicturePoint, _ style: String) {
        guard from.isFinite, to.isFinite else { return }
        body += "<path class=\"\(style)\" d=\"M\(Self.pair(from))L\(Self.pair(to))\"/>"
    }

    /// A line through points; a point that is not finite interrupts it.
    mutating func polyline(_ points: [PicturePoint], _ style: String) {
        var data = ""
        var isDown = false
        for point in points {
            guard point.isFinite else {
                isDown = false
                continue
            }
            data += (isDown ? "L" : "M") + Self.pair(point)
            isDown = true
        }
        if !data.isEmpty { body += "<path class=\"\(style)\" d=\"\(data)\"/>" }
    }

    /// A filled outline; nothing when a point is not finite.
    mutating func polygon(_ points: [PicturePoint], _ style: String) {
        guard points.count > 2, points.allSatisfy(\.isFinite) else { return }
        body += "<path class=\"\(style)\" d=\"M\(points.map(Self.pair).joined(separator: "L"))Z\"/>"
    }

    /// Many short lines in one element.
    mutating func segments(_ segments: [(PicturePoint, PicturePoint)], _ style: String) {
        let data = segments.filter { $0.0.isFinite && $0.1.isFinite }.map { "M\(Self.pair($0.0))L\(Self.pair($0.1))" }
        if !data.isEmpty { body += "<path class=\"\(style)\" d=\"\(data.joined())\"/>" }
    }

    mutating func rectangle(_ frame: PictureFrame, _ style: String, fill: String? = nil, title: String? = nil) {
        guard [frame.x, frame.y, frame.width, frame.height].allSatisfy(\.isFinite) else { return }
        let paint = fill.map { " style=\"fill:\($0)\"" } ?? ""
        let start =
            "<rect class=\"\(style)\"\(paint) x=\"\(Self.number(frame.x))\" y=\"\(Self.number(frame.y))\" "
            + "width=\"\(Self.number(max(0, frame.width)))\" height=\"\(Self.number(max(0, frame.height)))\""
        body += title.map { start + "><title>\(MarkupText.escape($0))</title></rect>" } ?? start + "/>"
    }

    /// A mark whose shape goes with its series, so that colour is never the only difference.
    mutating func mark(_ at: PicturePoint, series: Int, radius: Double, _ style: String, title: String? = nil) {
        guard at.isFinite else { return }
        let r = radius
        func p(_ dx: Double, _ dy: Double) -> String { Self.pair(PicturePoint(at.x + dx * r, at.y + dy * r)) }
        let shape: String
        switch series % 5 {
        case 0: shape = "<circle cx=\"\(Self.number(at.x))\" cy=\"\(Self.number(at.y))\" r=\"\(Self.number(r))\""
        case 1: shape = "<path d=\"M\(p(-0.9, -0.9))L\(p(0.9, -0.9))L\(p(0.9, 0.9))L\(p(-0.9, 0.9))Z\""
        case 2: shape = "<path d=\"M\(p(0, -1.2))L\(p(1.1, 0.8))L\(p(-1.1, 0.8))Z\""
        case 3: shape = "<path d=\"M\(p(0, -1.3))L\(p(1.3, 0))L\(p(0, 1.3))L\(p(-1.3, 0))Z\""
        default: shape = "<path d=\"M\(p(0, 1.2))L\(p(1.1, -0.8))L\(p(-1.1, -0.8))Z\""
        }
        let start = shape + " class=\"\(style)\""
        body +=
            title.map {
                start + "><title>\(MarkupText.escape($0))</title>" + (series % 5 == 0 ? "</circle>" : "</path>")
            }
            ?? start + "/>"
    }

    mutating func text(
        _ text: String, _ at: PicturePoint, _ style: String = "t", anchor: PictureAnchor = .start,
        isVertical: Bool = false
    ) {
        guard at.isFinite else { return }
        let turn = isVertical ? " transform=\"rotate(-90 \(Self.number(at.x)) \(Self.number(at.y)))\"" : ""
        let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
        body +=
            "<text class=\"\(style)\" x=\"\(Self.number(at.x))\" y=\"\(Self.number(at.y))\"\(place)\(turn)>"
            + "\(MarkupText.escape(text))</text>"
    }

    /// Several lines, the first at `at`.
    mutating func text(
        _ lines: [String], _ at: PicturePoint, _ style: String = "t", anchor: PictureAnchor = .start,
        lineHeight: Double = 15
    ) {
        for (index, line) in lines.enumerated() {
            text(line, PicturePoint(at.x, at.y + Double(index) * lineHeight), style, anchor: anchor)
        }
    }

    mutating func image(_ dataURI: String, _ frame: PictureFrame, title: String) {
        body +=
            "<image x=\"\(Self.number(frame.x))\" y=\"\(Self.number(frame.y))\" width=\"\(Self.number(frame.width))\" "
            + "height=\"\(Self.number(frame.height))\" preserveAspectRatio=\"none\" href=\"\(dataURI)\">"
            + "<title>\(MarkupText.escape(title))</title></image>"
    }

    /// Tenths of a pixel, without the digits that mean nothing.
    static func number(_ value: Double) -> String {
        let tenths = (min(max(value, -1e6), 1e6) * 10).rounded()
        let whole = Int(tenths)
        let sign = whole < 0 ? "-" : ""
        let digit = abs(whole) % 10
        return sign + String(abs(whole) / 10) + (digit == 0 ? "" : "." + String(digit))
    }

    private static func pair(_ point: PicturePoint) -> String { number(point.x) + " " + number(point.y) }
}

/// A place in a picture, CSS pixels from its upper left corner.
struct PicturePoint {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    var isFinite: Bool { x.isFinite && y.isFinite }
}

/// A rectangle in a picture.
struct PictureFrame {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    var right: Double { x + width }
    var bottom: Double { y + height }
}

/// Which point of a text its place is.
enum PictureAnchor: String {
    case start, middle, end
}

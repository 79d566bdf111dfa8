/// A finished picture with the numbers it was drawn from.
public struct Figure: Sendable, Equatable {
    /// A plain word for files and anchors.
    public var name: String
    /// What is shown, one line.
    public var title: String
    /// How to read it, one or two sentences.
    public var caption: String
    /// What it shows, in numbers: what a screen reader says after the caption.
    public var summary: String
    /// Width in CSS pixels.
    public var width: Double
    /// Height in CSS pixels.
    public var height: Double
    /// Elements of the SVG, styled by classes.
    public var body: String
    /// The numbers behind the picture: RFC 4180, a header and one record a number.
    public var csv: String

    /// Creates a figure.
    init(
        name: String, title: String, caption: String, summary: String, width: Double, height: Double, body: String,
        csv: String
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.summary = summary
        self.width = width
        self.height = height
        self.body = body
        self.csv = csv
    }

    /// An SVG document of its own, on white, with its style and title inside.
    public var document: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) role=\"img\" aria-labelledby=\"title\" "
            + "aria-describedby=\"description\">\(description("title", "description"))"
            + "<style>\(PictureStyle.standaloneStyle)</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
            + body + "</svg>\n"
    }

    /// The SVG for a page whose style sheet holds ``PictureStyle/shared`` and the colours; `id` is unique in the page.
    public func inline(id: String) -> String {
        "<svg \(size) role=\"img\" aria-labelledby=\"\(id)-title\" aria-describedby=\"\(id)-text\">"
            + description("\(id)-title", "\(id)-text") + body + "</svg>"
    }

    private func description(_ titleID: String, _ textID: String) -> String {
        "<title id=\"\(titleID)\">\(MarkupText.escape(title))</title>"
            + "<desc id=\"\(textID)\">\(MarkupText.escape(caption + " " + summary))</desc>"
    }

    private var size: String {
        let (w, h) = (SVGCanvas.number(width), SVGCanvas.number(height))
        return "viewBox=\"0 0 \(w) \(h)\" width=\"\(w)\" height=\"\(h)\""
    }
}

/// Rows of text as RFC 4180 csv.
package enum FigureTable {
    static func csv(_ head: [String], _ rows: [[String]]) -> String {
        ([head] + rows).map { $0.map(quote).joined(separator: ",") + "\r\n" }.joined()
    }

    /// The shortest text that reads back as the same double; empty for nil and what is not finite.
    static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return value == 0 ? "0.0" : value.description
    }

    /// A field in quotes when it holds a comma, a quote, a line break or spaces at an end.
    package static func quote(_ field: String) -> String {
        let special = field.unicodeScalars.contains { [",", "\"", "\r", "\n"].contains($0) }
        guard special || field.hasPrefix(" ") || field.hasSuffix(" ") else { return field }
        var quoted = "\""
        // By scalars: Swift reads CR LF as one character, and a quote with a combining mark as another.
        for scalar in field.unicodeScalars {
            quoted.unicodeScalars.append(scalar)
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "\""
    }
}

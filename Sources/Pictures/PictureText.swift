/// Text whose width must be known before it is drawn: broken into lines so that nothing of it is lost.
package enum PictureText {
    /// About what the text takes in pixels; wide enough for any usual font.
    package static func width(of text: String, size: Double = 11) -> Double {
        // East Asian letters and pictographs are as wide as high.
        let ems = text.unicodeScalars.reduce(0.0) { sum, scalar in sum + (scalar.value >= 0x1100 ? 1.05 : 0.61) }
        return ems * size
    }

    /// Lines that fit `width`: broken after commas and spaces, then after hyphens, then anywhere. More than `limit` lines
    /// end in an ellipsis.
    package static func wrapped(_ text: String, width: Double, size: Double = 11, limit: Int = 6) -> [String] {
        var lines: [String] = []
        var line = ""
        for piece in pieces(text).flatMap({ cut($0, width: width, size: size) }) {
            if line.isEmpty || Self.width(of: trimmed(line + piece), size: size) <= width {
                line += piece
            } else {
                lines.append(trimmed(line))
                line = piece
            }
        }
        lines.append(trimmed(line))
        guard lines.count > limit else { return lines }
        return lines.prefix(limit - 1) + [lines[limit - 1] + "…"]
    }

    /// Words with the space or hyphen that ends them.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in text {
            piece.append(character)
            if character == " " || character == "-" {
                pieces.append(piece)
                piece = ""
            }
        }
        return pieces + [piece]
    }

    /// A word that is longer than a line, in parts.
    private static func cut(_ word: String, width: Double, size: Double) -> [String] {
        guard Self.width(of: trimmed(word), size: size) > width else { return [word] }
        var parts: [String] = []
        var part = ""
        for character in word {
            if !part.isEmpty, Self.width(of: part + String(character), size: size) > width {
                parts.append(part)
                part = ""
            }
            part.append(character)
        }
        return parts + [part]
    }

    private static func trimmed(_ line: String) -> String {
        line.hasSuffix(" ") ? String(line.dropLast()) : line
    }

    /// Three digits, for sentences about a picture.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "not finite" }
        return PictureScale.decimal(value, step: value == 0 ? 1 : abs(value) / 10)
    }

    /// A list with at most `limit` parts; how many more there are is said.
    static func list(_ parts: [String], limit: Int = 40) -> String {
        parts.prefix(limit).joined(separator: "; ")
            + (parts.count > limit ? "; and \(parts.count - limit) more in the table of numbers" : "") + "."
    }
}

import Catalog

/// Text as a terminal shows it: nothing that moves the cursor, and its width in columns.
public enum DisplayText {
    /// `text` with control, bidirectional-override and invisible characters written as `\u{…}`.
    public static func visible(_ text: String) -> String {
        visible(text, keeping: [])
    }

    /// As ``visible(_:)``, but the scalars in `kept` stay as they are.
    public static func visible(_ text: String, keeping kept: Set<Unicode.Scalar>) -> String {
        if text.utf8.allSatisfy({ 0x20 <= $0 && $0 < 0x7F }) { return text }
        func isHidden(_ scalar: Unicode.Scalar) -> Bool { self.isHidden(scalar) && !kept.contains(scalar) }
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return false
        }
    }

    /// A configuration value in a table: strings bare, numbers shortest, the rest as JSON; always visible characters.
    public static func value(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return visible(text)
        default: return visible(JSONText.canonical(value))
        }
    }

    /// Columns that `text` takes in a terminal: two for East Asian wide characters and emoji, none for combining marks.
    public static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        var total = 0
        for character in text {
            guard let first = character.unicodeScalars.first else { continue }
            total += isWide(first) ? 2 : first.properties.canonicalCombiningClass == .notReordered ? 1 : 0
        }
        return total
    }

    /// The East Asian Wide and Fullwidth blocks of Unicode Standard Annex 11, coarsely.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return true
        default: return false
        }
    }

    /// `text` cut to `width` columns, with an ellipsis where something is missing.
    public static func truncated(_ text: String, to width: Int) -> String {
        guard self.width(text) > width else { return text }
        guard width > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let next = self.width(String(character))
            if used + next > width - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// `text` broken at spaces into lines of at most `width` columns; later lines are indented.
    public static func wrapped(_ text: String, width: Int, indent: Int = 2) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if line.isEmpty {
                line = String(word)
            } else if self.width(line) + 1 + self.width(String(word)) <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            }
        }
        lines.append(line)
        return lines.joined(separator: "\n")
    }
}

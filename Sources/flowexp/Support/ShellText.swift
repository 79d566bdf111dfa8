import Reports

/// Text as an argument of a POSIX shell.
enum ShellText {
    /// The words as one line that a shell reads as these words again.
    static func command(_ words: [String]) -> String { words.map(quote).joined(separator: " ") }

    /// `text` in quotes where it needs them. What a terminal or a page would not show as it is becomes bytes in `$'…'`.
    static func quote(_ text: String) -> String {
        if !text.isEmpty, text.unicodeScalars.allSatisfy(isPlain) { return text }
        guard text != DisplayText.visible(text) else { return "'" + text.replacing("'", with: "'\\''") + "'" }
        var quoted = "$'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'", "\\": quoted += "\\\(scalar)"
            case _ where DisplayText.visible(String(scalar)) == String(scalar): quoted.unicodeScalars.append(scalar)
            // Always three octal digits: a digit may follow.
            default: quoted += String(scalar).utf8.map(octal).joined()
            }
        }
        return quoted + "'"
    }

    private static func octal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 8)
        return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "_-./,:@%+=".unicodeScalars.contains(scalar))
    }
}

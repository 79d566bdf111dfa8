import Pictures

/// Fields of RFC 4180 csv.
enum CSVText {
    /// A field in quotes when it holds a comma, a quote, a line break or spaces at an end; other control characters,
    /// which RFC 4180 does not allow, are written as `\u{…}`.
    static func field(_ raw: String) -> String {
        FigureTable.quote(DisplayText.visible(raw, keeping: ["\r", "\n", "\t"]))
    }
}

/// Text in markdown.
enum MarkdownText {
    /// Without characters that markdown or HTML would read as markup.
    static func escaped(_ text: String) -> String {
        var result = ""
        // By scalars: a bar with a combining mark is a character of its own to Swift, and still a bar to markdown.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "|", "`", "*", "_", "[", "]", "~", "#": result += "\\" + String(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

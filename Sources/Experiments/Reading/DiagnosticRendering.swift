import Catalog

extension SpecDiagnostics {
    /// Like a compiler: `file:line:column: error: …`, the line of the text with a caret under the place, then what is
    /// allowed and what to do. Safe to print: control characters of the file are shown as `�`.
    public func render() -> String {
        let lines = Self.lines(of: source, wanted: Set(diagnostics.map(\.line)))
        return diagnostics.map { render($0, lineText: lines[$0.line] ?? "") }.joined(separator: "\n")
    }

    private func render(_ diagnostic: SpecDiagnostic, lineText: String) -> String {
        let place = "\(printable(fileName)):\(diagnostic.line):\(diagnostic.column)"
        var text = "\(place): \(diagnostic.severity.rawValue): "
        if !diagnostic.keyPath.isEmpty { text += "\(printable(diagnostic.keyPath)): " }
        text += printable(diagnostic.message)
        if let found = diagnostic.found { text += ", found \(printable(found))" }
        if let suggestion = diagnostic.suggestion { text += "; did you mean '\(suggestion)'?" }
        let number = String(diagnostic.line)
        let (shown, caret) = Self.window(lineText, column: diagnostic.column)
        if !shown.isEmpty {
            text += "\n  \(number) | \(shown)"
            text += "\n  \(String(repeating: " ", count: number.count)) | \(String(repeating: " ", count: caret))^"
        }
        if let allowed = diagnostic.allowed { text += "\n      allowed: \(printable(allowed))" }
        if let remedy = diagnostic.remedy { text += "\n      to mend it: \(printable(remedy))" }
        return text
    }

    /// At most 100 characters of the line around the column, and how far in the caret stands.
    private static func window(_ line: String, column: Int) -> (String, Int) {
        let scalars = Array(line.unicodeScalars.map { isPrintable($0) ? $0 : $0 == "\t" ? " " : "\u{FFFD}" })
        let place = min(max(column - 1, 0), scalars.count)
        let start = place > 80 ? place - 60 : 0
        let end = min(scalars.count, start + 100)
        var view = String.UnicodeScalarView()
        if start > 0 { view.append("…") }
        view.append(contentsOf: scalars[start..<end])
        if end < scalars.count { view.append("…") }
        return (String(view), place - start + (start > 0 ? 1 : 0))
    }

    private static func lines(of source: [UInt8], wanted: Set<Int>) -> [Int: String] {
        var result: [Int: String] = [:]
        var number = 1
        var start = 0
        var index = 0
        func keep(upTo end: Int) {
            // Of a line too long to read nothing is shown.
            if wanted.contains(number), end - start <= 20_000 {
                result[number] = String(decoding: source[start..<end], as: UTF8.self)
            }
        }
        if source.starts(with: [0xEF, 0xBB, 0xBF]) {
            start = 3
            index = 3
        }
        while index < source.count {
            let byte = source[index]
            if byte == 0x0A || byte == 0x0D {
                keep(upTo: index)
                if byte == 0x0D, index + 1 < source.count, source[index + 1] == 0x0A { index += 1 }
                number += 1
                start = index + 1
            }
            index += 1
        }
        keep(upTo: source.count)
        return result
    }
}

/// A text with control characters replaced, so that a hostile file cannot drive the terminal.
private func printable(_ text: String) -> String {
    var view = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { view.append(isPrintable(scalar) ? scalar : "\u{FFFD}") }
    return String(view)
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
    default: return true
    }
}

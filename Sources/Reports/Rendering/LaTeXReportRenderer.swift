/// The report as LaTeX: one `tabular` with booktabs rules a metric, what it means as a comment and as notes below.
package struct LaTeXReportRenderer {
    func render(_ report: Report) -> String {
        let wording = ReportWording(report: report)
        var blocks = ["% Needs \\usepackage{booktabs}."]
        for section in report.sections {
            var lines = ["% " + Self.comment(wording.heading(section))]
            if section.rows.isEmpty {
                blocks.append((lines + ["% no runs"]).joined(separator: "\n"))
                continue
            }
            lines += table(report, section)
            let notes =
                wording.shownHeadlines(section).map { wording.headline($0, section) } + wording.improvements(section)
                + wording.footnotes(section)
            lines += notes.map { "\n\\noindent {\\footnotesize " + Self.escape($0) + "}\\par" }
            blocks.append(lines.joined(separator: "\n"))
        }
        let end = report.verdicts.map(wording.verdict) + report.notes.map { $0 + "." }
        if !end.isEmpty {
            blocks.append(
                end.map { "\\noindent {\\footnotesize " + Self.escape($0) + "}\\par" }.joined(separator: "\n"))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private func table(_ report: Report, _ section: ReportSection) -> [String] {
        let columns = ReportColumns(
            report: report, section: section, showsDifferenceInterval: true, showsMeanInterval: true
        ).columns
        let shape = columns.map { $0.table.alignment == .right ? "r" : "l" }.joined()
        func line(_ cells: [String]) -> String { cells.map(Self.escape).joined(separator: " & ") + " \\\\" }
        return ["\\begin{tabular}{\(shape)}", "\\toprule", line(columns.map(\.table.title)), "\\midrule"]
            + section.rows.map { row in line(columns.map { $0.text(row) }) } + ["\\bottomrule", "\\end{tabular}"]
    }

    /// A comment ends with its line and is read as bytes: visible characters only.
    private static func comment(_ text: String) -> String { DisplayText.visible(text) }

    /// Text as LaTeX sets it: markup escaped, the signs that reports use in mathematics mode. Letters beyond Latin, which a
    /// plain document has no font for, are named by their code.
    package static func escape(_ text: String) -> String {
        var result = ""
        for scalar in DisplayText.visible(text).unicodeScalars {
            if let known = signs[scalar] {
                result += known
            } else if scalar.isASCII || (0xA0...0x17F).contains(scalar.value) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\texttt{U+" + String(scalar.value, radix: 16, uppercase: true) + "}"
            }
        }
        return result
    }

    private static let signs: [Unicode.Scalar: String] = [
        "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "%": "\\%", "#": "\\#", "_": "\\_",
        "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "\"": "{''}",
        "−": "$-$", "±": "$\\pm$", "≈": "$\\approx$", "Δ": "$\\Delta$", "†": "$\\dagger$", "×": "$\\times$",
        "·": "$\\cdot$", "—": "---", "–": "--", "…": "\\ldots{}", "→": "$\\to$", "∞": "$\\infty$", "½": "$\\frac12$",
        "ⁿ": "$^{n}$", "²": "$^{2}$", "θ": "$\\theta$", "\u{302}": "\\^{}", "≤": "$\\le$", "≥": "$\\ge$",
        "α": "$\\alpha$",
        "χ": "$\\chi$", "√": "$\\surd$", "\u{A0}": "~",
    ]
}

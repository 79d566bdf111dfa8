/// The report as LaTeX: one floating `table` a metric with booktabs rules, what it means as its caption, notes below.
package struct LaTeXReportRenderer {
    func render(_ report: Report) -> String {
        let wording = ReportWording(report: report)
        var blocks = ["% Needs \\usepackage{booktabs}."]
        blocks += report.sections.map { table(report, $0, wording) }
        let end = report.verdicts.map(wording.verdict) + report.notes.map { $0 + "." }
        if !end.isEmpty {
            blocks.append(
                end.map { "\\noindent {\\footnotesize " + Self.escape($0) + "}\\par" }.joined(separator: "\n"))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// Small letters and little space between columns: a line of `article` holds some 90 letters.
    private func table(_ report: Report, _ section: ReportSection, _ wording: ReportWording) -> String {
        let columns = ReportColumns(
            report: report, section: section, showsDifferenceInterval: true, showsMeanInterval: true
        ).columns
        // What every row has alike is said once, which leaves room for the rest.
        let common = columns.filter { column in
            Self.worthSayingOnce.contains(column.table.title) && Set(section.rows.map(column.text)).count == 1
        }
        let shown = columns.filter { column in !common.contains { $0.table.title == column.table.title } }
        let caption = ([wording.heading(section)] + common.map { "\($0.table.title) = \($0.text(section.rows[0]))" })
            .joined(separator: " · ")
        var lines = [
            "\\begin{table}", "\\centering", "\\footnotesize", "\\setlength{\\tabcolsep}{3.5pt}",
            "\\caption{\(Self.escape(caption))}", "\\smallskip",
        ]
        if section.rows.isEmpty {
            lines.append("no runs")
        } else {
            let shape = shown.map { $0.table.alignment == .right ? "r" : "l" }.joined()
            func line(_ cells: [String]) -> String { cells.map(Self.escape).joined(separator: " & ") + " \\\\" }
            lines += [
                "\\begin{tabular}{@{}\(shape)@{}}", "\\toprule", line(shown.map(\.table.title)), "\\midrule",
            ]
            lines += section.rows.map { row in line(shown.map { $0.text(row) }) }
            lines += ["\\bottomrule", "\\end{tabular}"]
            let notes =
                wording.shownHeadlines(section).map { wording.headline($0, section) } + wording.improvements(section)
                + wording.footnotes(section)
            if !notes.isEmpty {
                lines += ["\\par\\smallskip\\raggedright"] + notes.map { Self.escape($0) + "\\par" }
            }
        }
        return (lines + ["\\end{table}"]).joined(separator: "\n")
    }

    /// Columns that go into the caption where they are alike.
    private static let worthSayingOnce = ["n", "floor"]

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

/// The report as GitHub-flavoured markdown: a heading, a table and notes for each metric.
struct MarkdownReportRenderer {
    func render(_ report: Report) -> String {
        let wording = ReportWording(report: report)
        var blocks: [String] = []
        if !report.sweeps.isEmpty {
            blocks.append("## " + report.sweeps.map { escape(DisplayText.visible($0)) }.joined(separator: ", "))
        }
        for (section, footnotes) in zip(report.sections, wording.footnotesOnce) {
            blocks.append("### " + escape(DisplayText.visible(section.metric)))
            blocks.append(escape(wording.heading(section)))
            if section.rows.isEmpty {
                blocks.append("no runs")
                continue
            }
            blocks.append(table(report, section))
            let lines =
                wording.shownHeadlines(section).map { wording.headline($0, section) } + wording.improvements(section)
                + footnotes
            if !lines.isEmpty { blocks.append(lines.map { "- " + escape($0) }.joined(separator: "\n")) }
        }
        let end = report.verdicts.map(wording.verdict) + report.notes.map { DisplayText.visible($0) + "." }
        if !end.isEmpty { blocks.append(end.map { "- " + escape($0) }.joined(separator: "\n")) }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private func table(_ report: Report, _ section: ReportSection) -> String {
        let columns = ReportColumns(
            report: report, section: section, showsDifferenceInterval: true, showsMeanInterval: true
        ).columns
        let head = columns.map { escape(DisplayText.visible($0.table.title)) }
        let rule = columns.map { $0.table.alignment == .right ? "---:" : "---" }
        let rows = section.rows.map { row in columns.map { escape($0.text(row)) } }
        return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private func escape(_ text: String) -> String { MarkdownText.escaped(text) }
}

/// The report for a terminal: aligned, fitted to a width, repeated axis values left blank.
struct TableReportRenderer {
    let width: Int?

    func render(_ report: Report) -> String {
        let wording = ReportWording(report: report)
        var blocks: [String] = []
        if !report.sweeps.isEmpty {
            blocks.append(fit(report.sweeps.map(DisplayText.visible).joined(separator: ", ")))
        }
        for (section, footnotes) in zip(report.sections, wording.footnotesOnce) {
            var lines = [fit(wording.heading(section))]
            if section.rows.isEmpty {
                lines.append("no runs")
            } else {
                let (table, left) = self.table(report, section)
                lines.append(table)
                lines += wording.shownHeadlines(section).map { fit(wording.headline($0, section)) }
                lines += wording.improvements(section).map(fit)
                lines += footnotes.map(fit)
                if !left.isEmpty {
                    lines.append(fit("Left out at this width: \(left.joined(separator: ", ")); --format csv has all."))
                }
            }
            blocks.append(lines.joined(separator: "\n"))
        }
        let end =
            report.verdicts.map { fit(wording.verdict($0)) } + report.notes.map { fit(DisplayText.visible($0) + ".") }
        if !end.isEmpty { blocks.append(end.joined(separator: "\n")) }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// The widest form that fits: first all, then without Δ's interval, then without any interval, then fewer columns.
    private func table(_ report: Report, _ section: ReportSection) -> (text: String, left: [String]) {
        let forms = [(true, true, [String]()), (false, true, ["interval of Δ"]), (false, false, ["intervals"])]
        var last = (text: "", left: [String]())
        for (showsDifference, showsMean, left) in forms {
            let columns = ReportColumns(
                report: report, section: section, showsDifferenceInterval: showsDifference,
                showsMeanInterval: showsMean
            ).columns
            let table = TextTable(columns: columns.map(\.table), rows: rows(section, columns))
            let (text, dropped) = table.render(width: width)
            let fits = width.map { limit in
                text.split(separator: "\n").allSatisfy { DisplayText.width(String($0)) <= limit }
            }
            last = (text, left + dropped)
            // Pool limit and floor go before an interval does; the rest only when nothing else helps.
            if fits ?? true, dropped.allSatisfy({ ["floor", "pool limit"].contains($0) }) { return last }
        }
        return last
    }

    /// Leading axis values equal to the row above are blank.
    private func rows(_ section: ReportSection, _ columns: [ReportColumns.Column]) -> [[String]] {
        var previous: [String] = []
        return section.rows.map { row in
            let texts = columns.map { $0.text(row) }
            var shown = texts
            if !previous.isEmpty {
                // The last axis stays: a row must name what it is.
                let lastAxis = columns.lastIndex(where: \.isAxis) ?? 0
                for index in 0..<max(0, lastAxis) {
                    guard texts[index] == previous[index] else { break }
                    shown[index] = ""
                }
            }
            previous = texts
            return shown
        }
    }

    private func fit(_ text: String) -> String {
        width.map { DisplayText.wrapped(text, width: max($0, 20)) } ?? text
    }
}

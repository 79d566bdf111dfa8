import Catalog
import Foundation
import Pictures

/// The report as one HTML file: tables, pictures, provenance; nothing is loaded from anywhere.
public struct HTMLPage {
    private let content: PageContent
    private let wording: ReportWording

    /// A page of `content`.
    public init(_ content: PageContent) {
        self.content = content
        wording = ReportWording(report: content.report)
    }

    /// The whole file.
    public var text: String {
        let parts = content.figures
        let report = content.report
        let metrics = report.sections.map(\.metric)
        let title = report.sweeps.isEmpty ? "flowexp report" : report.sweeps.joined(separator: ", ")
        var body = header(title)
        let others = parts.filter { !metrics.contains($0.part) }
        let names = metrics + others.map(\.part) + (failures.isEmpty ? [] : ["Failed runs"]) + ["Provenance"]
        body += "<nav aria-label=\"Contents\"><ul>"
        body += names.map { "<li><a href=\"#\(anchor($0))\">\(escape($0))</a></li>" }.joined() + "</ul></nav>\n"
        body += "<main id=\"main\">\n"
        for section in report.sections {
            body += metric(section, parts.first { $0.part == section.metric }?.figures ?? [])
        }
        for part in others { body += pictures(part.part, part.figures) }
        body += failures + provenance + "</main>\n"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="color-scheme" content="light dark">
            <title>\(escape(title)) · flowexp</title>
            <style>\(PageStyle.text)</style>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the comparison</a>
            \(body)<p class="said" role="status"></p>
            <script>\(PageScript.text)</script>
            </body>
            </html>

            """
    }

    /// The page may not load anything, whatever a spec's texts contain.
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"

    /// Text of several lines; HTML has no carriage returns, the script puts them back into csv.
    private static func template(_ text: String) -> String {
        MarkupText.escape(text.components(separatedBy: "\r\n").joined(separator: "\n"), keepsLines: true)
    }

    private func escape(_ text: String) -> String { MarkupText.escape(DisplayText.visible(text)) }
    private func anchor(_ name: String) -> String { "part-" + PageLabels.word(name) }

    // MARK: Parts

    private func header(_ title: String) -> String {
        let report = content.report
        var lines = "<header><h1>\(escape(title))</h1>\n<p class=\"lead\">\(escape(wording.counts))"
        if let baseline = report.baseline { lines += " · compared with \(escape(baseline)), paired by seed" }
        lines += "</p>\n"
        let sentences =
            report.sections.flatMap { section in
                section.headlines.map { DisplayText.visible(section.metric) + ", " + wording.headline($0, section) }
            }
        let verdicts = report.verdicts.map(wording.verdict)
        if !verdicts.isEmpty || !sentences.isEmpty {
            lines += "<ul class=\"findings\">"
            lines += verdicts.map { "<li><strong>\(MarkupText.escape($0))</strong></li>" }.joined()
            lines += sentences.prefix(Self.sentenceLimit).map { "<li>\(MarkupText.escape($0))</li>" }.joined()
            if sentences.count > Self.sentenceLimit {
                lines += "<li>\(sentences.count - Self.sentenceLimit) more below, under their metrics</li>"
            }
            lines += "</ul>\n"
        }
        return lines + "<button type=\"button\" class=\"theme\" hidden>Dark or light</button></header>\n"
    }

    /// Findings that stand at the top.
    private static let sentenceLimit = 12

    private func opening(_ part: String) -> String {
        let name = anchor(part)
        return
            "<section id=\"\(name)\" aria-labelledby=\"\(name)-title\"><h2 id=\"\(name)-title\">\(escape(part))</h2>\n"
    }

    /// The beginning of a table that may be wider than the page: it scrolls on its own, also by keyboard.
    private func tableOpening(_ name: String, caption: String) -> String {
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"\(name)-caption\"><table>"
            + "<caption id=\"\(name)-caption\">\(caption)</caption>"
    }

    private func metric(_ section: ReportSection, _ figures: [Figure]) -> String {
        var text = opening(section.metric)
        text += "<p>\(MarkupText.escape(wording.heading(section)))</p>\n"
        if section.rows.isEmpty { return text + "<p>no runs</p></section>\n" }
        text += table(section)
        let lines =
            wording.shownHeadlines(section).map { wording.headline($0, section) } + wording.improvements(section)
            + wording.footnotes(section)
        if !lines.isEmpty {
            text += "<ul class=\"notes\">" + lines.map { "<li>\(MarkupText.escape($0))</li>" }.joined() + "</ul>\n"
        }
        return text + drawn(figures) + "</section>\n"
    }

    private func table(_ section: ReportSection) -> String {
        let columns = ReportColumns(
            report: content.report, section: section, showsDifferenceInterval: true, showsMeanInterval: true
        ).columns
        let name = anchor(section.metric)
        var alone = content.report
        alone.sections = [section]
        var text = tableOpening(
            name,
            caption: "\(escape(section.metric)) of every cell."
                + "<span class=\"tools\" hidden> A column's heading sorts.</span>")
        text += "<thead><tr>"
        text += columns.map { column in
            let side = column.table.alignment == .right ? " class=\"right\"" : ""
            return "<th scope=\"col\"\(side)><button type=\"button\">\(escape(column.table.title))</button></th>"
        }.joined()
        text += "</tr></thead>\n<tbody>"
        for row in section.rows {
            text += "<tr\(row.isBaseline ? " class=\"baseline\"" : "")>"
            text += columns.map { column in
                let key = column.number(row).flatMap { $0.isFinite ? " data-key=\"\($0)\"" : nil } ?? ""
                let side = column.table.alignment == .right ? " class=\"right\"" : ""
                return "<td\(side)\(key)>\(MarkupText.escape(column.text(row)))</td>"
            }.joined()
            text += "</tr>\n"
        }
        text += "</tbody></table></div>\n<p class=\"tools\" hidden>"
        text += "<button type=\"button\" data-copy=\"\(name)-csv\">Copy as CSV</button> "
        text += "<button type=\"button\" data-copy=\"\(name)-latex\">Copy as LaTeX</button></p>\n"
        text += "<template id=\"\(name)-csv\">\(Self.template(ReportFormat.csv.render(alone)))</template>"
        text += "<template id=\"\(name)-latex\">\(MarkupText.escape(ReportFormat.latex.render(alone)))</template>\n"
        return text
    }

    private func pictures(_ part: String, _ figures: [Figure]) -> String {
        var text = opening(part)
        if let introduction = PageParts.introduction(part) { text += "<p>\(escape(introduction))</p>\n" }
        return text + drawn(figures) + "</section>\n"
    }

    /// Numbers of larger pictures stay out of the page; `plot` writes them.
    private static let csvLimit = 60_000

    private func drawn(_ figures: [Figure]) -> String {
        guard !figures.isEmpty else { return "" }
        // Said once where all figures read alike.
        let shared = PageLabels.distinct(figures.map(\.caption)).first { caption in
            figures.filter { $0.caption == caption }.count > 1
        }
        var text = shared.map { "<p class=\"caption\">\(escape($0))</p>\n" } ?? ""
        text += "<div class=\"figures\">"
        for figure in figures {
            let title = escape(figure.title)
            text += "<figure data-name=\"\(figure.name)\" style=\"width:\(Int(figure.width.rounded(.up)))px\">"
            text += figure.inline(id: "picture-" + figure.name) + "<figcaption>"
            if figure.caption != shared { text += "<span>\(escape(figure.caption))</span> " }
            text += "<span class=\"tools\" hidden><button type=\"button\" data-save=\"svg\" "
            text += "aria-label=\"SVG of \(title)\">SVG</button>"
            let holdsCSV = figure.csv.utf8.count <= Self.csvLimit
            if holdsCSV {
                text += " <button type=\"button\" data-save=\"csv\" aria-label=\"CSV of \(title)\">CSV</button>"
            }
            text += "</span>"
            if holdsCSV { text += "<template>\(Self.template(figure.csv))</template>" }
            text += "</figcaption></figure>\n"
        }
        return text + "</div>\n"
    }

    private var failures: String {
        let failed = content.runs.filter { $0.state == .failed }
        guard !failed.isEmpty else { return "" }
        let labels = PageCells(runs: failed, report: content.report)
        var text = opening("Failed runs")
        text += tableOpening(
            anchor("Failed runs"), caption: "Every failed run and why. Each counts against its side of a pair.")
        text += "<thead><tr>"
        text += ["run", "what", "seed", "reason", "message"].map { "<th scope=\"col\">\($0)</th>" }.joined()
        text += "</tr></thead>\n<tbody>"
        for cell in labels.cells {
            for run in cell.runs {
                let fields = [
                    String(run.id.prefix(12)), cell.group + ", " + cell.series, "\(run.seed)",
                    run.failureCode ?? "failed",
                    content.failureMessages[run.id] ?? "",
                ]
                text += "<tr>" + fields.dropLast().map { "<td>\(escape($0))</td>" }.joined()
                text += "<td class=\"prose\">\(escape(fields[fields.count - 1]))</td></tr>\n"
            }
        }
        return text + "</tbody></table></div>\n</section>\n"
    }

    private var provenance: String {
        var text = opening("Provenance") + "<dl>"
        text += content.provenance.map { name, value in
            "<dt>\(escape(name))</dt><dd>\(name == Self.command ? command(value) : lines(value))</dd>"
        }.joined(separator: "\n")
        text += "</dl>\n"
        if !content.report.notes.isEmpty {
            text += "<ul class=\"notes\">" + content.report.notes.map { "<li>\(escape($0)).</li>" }.joined() + "</ul>\n"
        }
        return text + "</section>\n"
    }

    /// The name of the provenance that is a command to copy.
    private static let command = "command"

    private func command(_ value: String) -> String {
        "<code>\(escape(value))</code> <span class=\"tools\" hidden><button type=\"button\" data-copy=\"page-command\">"
            + "Copy command</button></span><template id=\"page-command\">\(escape(value))</template>"
    }

    /// Text of several lines, such as a spec, as it is.
    private func lines(_ value: String) -> String {
        guard value.contains("\n") else { return escape(value) }
        let shown = value.split(separator: "\n", omittingEmptySubsequences: false).map { escape(String($0)) }
        return "<details><summary>show</summary><pre>\(shown.joined(separator: "\n"))</pre></details>"
    }
}

/// How a report is written. A new format is a file with its renderer and a case here.
public enum ReportFormat: String, Sendable, CaseIterable {
    case table, markdown, csv, json, latex

    /// The whole report as text, its last line ended.
    ///
    /// `width` (terminal columns, nil for any) matters to `table` only.
    public func render(_ report: Report, width: Int? = nil) -> String {
        switch self {
        case .table: return TableReportRenderer(width: width).render(report)
        case .markdown: return MarkdownReportRenderer().render(report)
        case .csv: return CSVReportRenderer().render(report)
        case .json: return JSONReportRenderer().render(report)
        case .latex: return LaTeXReportRenderer().render(report)
        }
    }
}

/// Writes a ``DataTable``.
public struct DataTableRenderer: Sendable {
    /// A terminal's columns, to which long cells are cut in the format `table`; nil cuts nothing.
    private let width: Int?
    /// A cell of a terminal is no longer than this, however wide the terminal: the rest would only be cut again.
    private static let longestCell = 400

    /// Creates a renderer.
    public init(width: Int? = nil) { self.width = width }

    /// The whole table as text, its last line ended.
    public func render(_ table: DataTable, _ format: ReportFormat) -> String {
        switch format {
        case .table: return aligned(table)
        case .markdown: return markdown(table)
        case .csv: return csv(table)
        case .json: return json(table)
        case .latex: return latex(table)
        }
    }

    private func latex(_ table: DataTable) -> String {
        let shape = table.columns.indices.map { isNumeric(table, $0) ? "r" : "l" }.joined()
        func line(_ cells: [String]) -> String {
            cells.map(LaTeXReportRenderer.escape).joined(separator: " & ") + " \\\\"
        }
        let head = ["% Needs \\usepackage{booktabs}.", "\\begin{tabular}{\(shape)}", "\\toprule", line(table.columns)]
        let rows = table.rows.map { row in line(row.map(\.text)) }
        return (head + ["\\midrule"] + rows + ["\\bottomrule", "\\end{tabular}", ""]).joined(separator: "\n")
    }

    private func aligned(_ table: DataTable) -> String {
        let columns = table.columns.enumerated().map { index, name in
            TextTable.Column(
                short(name), isNumeric(table, index) ? .right : .left, minimumWidth: isNumeric(table, index) ? nil : 4)
        }
        let rows = table.rows.map { row in row.map { short($0.text) } }
        return TextTable(columns: columns, rows: rows).render(width: width).text + "\n"
    }

    private func short(_ text: String) -> String {
        guard width != nil, text.utf8.count > Self.longestCell else { return text }
        return String(text.prefix(Self.longestCell)) + "…"
    }

    private func isNumeric(_ table: DataTable, _ index: Int) -> Bool {
        table.rows.allSatisfy { row in
            switch row[index] {
            case .null, .integer, .number: return true
            case .text, .bytes: return false
            }
        }
    }

    private func markdown(_ table: DataTable) -> String {
        let head = table.columns.map { MarkdownText.escaped(DisplayText.visible($0)) }
        let rule = table.columns.indices.map { isNumeric(table, $0) ? "---:" : "---" }
        let rows = table.rows.map { row in row.map { MarkdownText.escaped(DisplayText.visible($0.text)) } }
        return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
    }

    /// RFC 4180; NULL is an empty field, an empty text `""`.
    private func csv(_ table: DataTable) -> String {
        let head = table.columns.map(CSVText.field).joined(separator: ",")
        let rows = table.rows.map { row in
            row.map { cell in
                switch cell {
                case .null: return ""
                case .text(""): return "\"\""
                default: return CSVText.field(cell.text)
                }
            }.joined(separator: ",")
        }
        return ([head] + rows).joined(separator: "\r\n") + "\r\n"
    }

    /// Schema `flowexp.query/1`: rows are arrays, because names of columns may repeat.
    private func json(_ table: DataTable) -> String {
        JSONNode.object([
            ("schema", .text("flowexp.query/1")), ("columns", .raw(row(table.columns.map { .text($0) }))),
            ("isCut", .flag(table.isCut)), ("rows", .array(table.rows.map { .raw(row($0)) })),
        ]).document
    }

    private func row(_ cells: [DataTable.Cell]) -> String {
        "["
            + cells.map { cell in
                switch cell {
                case .null, .integer: return cell.text
                case .number(let value) where value.isFinite: return cell.text
                default: return JSONText.string(cell.text)
                }
            }.joined(separator: ",") + "]"
    }
}

import Catalog
import Reports
import Testing

/// A damaged run is counted, in no number, and neither wins nor loses a pair.
@Suite struct DamagedRunsTests {
    private func report(damaging ids: Set<String>, withoutCell: Int = 0) throws -> Report {
        let runs = Example.complete.map { run in
            guard ids.contains(run.id) else { return run }
            var run = run
            run.state = .damaged
            run.metrics = [:]
            return run
        }
        return try Report(
            runs: runs, options: ReportOptions(metrics: ["mmd"], damagedWithoutCell: withoutCell))
    }

    @Test func itIsLeftOutOfItsCellAndItsPair() throws {
        let id = try #require(Example.complete.first { $0.base == "gmm" }?.id)
        let report = try report(damaging: [id], withoutCell: 2)
        let whole = try Report(runs: Example.complete, options: ReportOptions(metrics: ["mmd"]))
        let row = try #require(report.sections[0].rows.first { $0.damaged > 0 })
        #expect(row.damaged == 1 && row.n == 4 && row.runs == 5 && row.failed == 0 && row.unfinished == 0)
        #expect(row.comparison?.pairs == 4 && row.comparison?.isOfSurvivors == false)
        #expect(report.sections[0].rows.count == whole.sections[0].rows.count)
        #expect(report.runs == whole.runs + 2 && report.stateCounts[.damaged] == 3)
        #expect(report.notes.first == "3 runs are damaged: no number of them is in this report")
        let table = ReportFormat.table.render(report)
        #expect(table.contains(", 3 damaged") && table.contains("1 damaged") && !table.contains("unfinished"))
    }

    @Test func tablesOfAnythingFitTheirTerminal() {
        let long = String(repeating: "x", count: 100_000)
        let table = DataTable(
            columns: ["a", "b"],
            rows: [[.text(long), .integer(1)], [.null, .number(2.5)], [.bytes([255]), .text("é\n")]])
        let narrow = DataTableRenderer(width: 60).render(table, .table)
        #expect(narrow.split(separator: "\n").allSatisfy { DisplayText.width(String($0)) <= 60 })
        #expect(narrow.contains("…") && narrow.contains("\\u{a}"))
        #expect(DataTableRenderer().render(table, .table).contains(long))
        #expect(DataTableRenderer(width: 60).render(table, .csv).contains(long))
        #expect(DataTableRenderer().render(table, .csv).hasSuffix("ff,\"é\n\"\r\n"))
    }
}

import Foundation
import Reports
import Testing

/// Whole texts against files under Fixtures/snapshots. After a wanted change: look at the difference, then run the tests
/// once with FLOWEXP_RECORD_SNAPSHOTS=1.
@Suite struct SnapshotTests {
    private func check(_ text: String, _ name: String) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/snapshots/\(name)")
        if ProcessInfo.processInfo.environment["FLOWEXP_RECORD_SNAPSHOTS"] == "1" {
            try Data(text.utf8).write(to: url)
        }
        let expected = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        #expect(text.utf8.elementsEqual(expected.utf8), "\(name) is now:\n\(text)")
    }

    @Test(arguments: ReportFormat.allCases)
    func complete(_ format: ReportFormat) throws {
        try check(format.render(try Example.report(Example.complete)), "complete.\(format.rawValue)")
    }

    @Test(arguments: ReportFormat.allCases)
    func troubled(_ format: ReportFormat) throws {
        try check(format.render(try Example.report(Example.troubled)), "troubled.\(format.rawValue)")
    }

    @Test(arguments: ReportFormat.allCases)
    func hostile(_ format: ReportFormat) throws {
        try check(
            format.render(try Example.report(Example.hostile, sweeps: ["<b>\u{7}"])), "hostile.\(format.rawValue)")
    }

    @Test func singleSeed() throws {
        let runs = Example.complete.filter { $0.seed == 0 }
        try check(ReportFormat.table.render(try Example.report(runs)), "single-seed.table")
    }

    @Test(arguments: [40, 60, 80, 100])
    func narrow(_ width: Int) throws {
        let text = ReportFormat.table.render(try Example.report(Example.complete), width: width)
        for line in text.split(separator: "\n") { #expect(DisplayText.width(String(line)) <= width, "\(line)") }
        try check(text, "narrow-\(width).table")
    }
}

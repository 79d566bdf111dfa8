import Experiments
import Foundation
import Testing

/// `docs/spec.md` says what the program does. With `FLOWEXP_WRITE_DOCS=1` the table is written instead of compared.
@Suite struct SpecReferenceTests {
    private let file = repository.appending(path: "docs/spec.md")

    @Test func docsHoldTheTableOfTheCatalogs() throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: SpecReference.tableMarkers.begin + "\n"))
        let end = try #require(text.range(of: SpecReference.tableMarkers.end))
        try #require(begin.upperBound <= end.lowerBound)
        let table = SpecReference.markdownTable()
        if ProcessInfo.processInfo.environment["FLOWEXP_WRITE_DOCS"] == "1" {
            let updated = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: table)
            try updated.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        #expect(
            text[begin.upperBound..<end.lowerBound] == table,
            "write it anew: FLOWEXP_WRITE_DOCS=1 swift test --filter SpecReferenceTests")
    }

    /// The table has a row for every parameter of every component, and one default each.
    @Test func tableIsComplete() {
        let table = SpecReference.markdownTable(vocabulary: SpecTest.vocabulary)
        for row in [
            "| `task.modes` | `ring` | a whole number from 2 to 100 | `8` | M |",
            "| `base.components` | `gmm` | a whole number from 1 to 64, or \"match\" | `\"match\"` | K |",
            "| `flow.hiddenSizes` |  | a list of 0 to 4 values, each a whole number from 1 to 1024 | `[64,64]` | widths |",
            "| `training.learningRate` |  | a number above 0, at most 10 | `0.001` | rate |",
            "| `evaluation.samples` |  | a whole number from 100 to 100000 | `1000` | n |",
        ] { #expect(table.contains(row + "\n"), "\(table)") }
        let lines = table.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("|") && $0.hasSuffix("|") })
        #expect(Set(lines).count == lines.count)
    }
}

/// The directory of Package.swift.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

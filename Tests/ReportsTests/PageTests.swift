import Catalog
import Foundation
import Pictures
import Reports
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The HTML page: nothing of a spec becomes markup, nothing is loaded, every part is there.
struct PageTests {
    private func content(_ runs: [ReportRun], sweeps: [String] = ["gmm_vs_gauss"]) throws -> PageContent {
        let options = ReportOptions(metrics: ["mmd"], sweeps: sweeps)
        let report = try Report(runs: runs, options: options)
        var histories: [String: [HistoryPoint]] = [:]
        var densities: [String: [PosteriorGrid]] = [:]
        for run in runs {
            histories[run.id] = (1...5).map { step in
                HistoryPoint(
                    step: step * 10, loss: 2 / Double(step) + Double(run.seed), validationLoss: nil, gradientNorm: 1,
                    effectiveSampleSize: 100, likelihoodEvaluations: step * 1000)
            }
            densities[run.id] = [
                PosteriorGrid(
                    coordinates: [0, 1], window: [-1...1, 0...2], cells: 4, truth: (0..<16).map(Double.init),
                    flow: (0..<16).map { Double($0) + 0.5 }, isSampled: false)
            ]
        }
        return PageContent(
            report: report, runs: runs, options: options, histories: histories, densities: densities,
            failureMessages: ["ring-gaussian-0-8-2-": "<b>loss</b> is not finite"],
            provenance: [("spec", "{\n  \"name\": \"<i>x</i>\"\n}\n"), ("host", "a&b")])
    }

    @Test("every figure is well-formed, named once and has its numbers")
    func figures() throws {
        let parts = try content(Example.complete).figures
        #expect(parts.map(\.part) == ["mmd", "Posterior densities", "Training"])
        let figures = parts.flatMap(\.figures)
        // All cells and a picture a task along the depths; a density a task; loss and draws a task. No matrix of two bases.
        #expect(parts.map(\.figures.count) == [3, 2, 4])
        // The histories are alike, so that one line stands for both bases and says so.
        #expect(parts[2].figures.allSatisfy { $0.title.hasSuffix(", the same for every base") })
        #expect(Set(figures.map(\.name)).count == figures.count)
        for figure in figures {
            #expect(XMLParser(data: Data(figure.document.utf8)).parse(), "\(figure.name)")
            #expect(figure.csv.components(separatedBy: "\r\n").count > 2, "\(figure.name)")
        }
        #expect(figures.first?.name == "mmd-overview")
        let metric = try #require(figures.dropFirst().first)
        #expect(metric.name == "mmd-two-moons-flow-couplinglayers" && metric.csv.contains("gmm 2,8,mean,"))
    }

    @Test("every base against every other: who is better, and one p a pair")
    func pairs() throws {
        let options = ReportOptions(metrics: ["mmd"])
        let third = Example.complete.filter { $0.base == "gmm" }.map { run in
            Example.run(
                task: run.task, base: "uniform", depth: run["flow.couplingLayers"]?.integerValue ?? 8, seed: run.seed,
                metrics: Example.mmd(0.5))
        }
        // Of two bases the headline says it all.
        #expect(EffectMatrix(metric: "mmd", runs: Example.complete, options: options) == nil)
        let matrix = try #require(EffectMatrix(metric: "mmd", runs: Example.complete + third, options: options))
        #expect(matrix.names == ["gaussian", "gmm", "uniform"])
        let row = try #require(matrix.cells[1][0])
        let column = try #require(matrix.cells[0][1])
        // Every gmm run is below every gaussian run: in the same setting it is better with probability 1.
        #expect(row.headline.improvement?.value == 1 && column.headline.improvement?.value == 0)
        // Three pairs of bases, all as significant as ten units can be: Holm triples the least of p.
        #expect(row.adjustedP == column.adjustedP && row.adjustedP == row.headline.p.map { 3 * $0 })
        #expect(matrix.cells[0][0] == nil)
        #expect(
            EffectMatrix(metric: "mmd", runs: Example.complete.filter { $0.base == "gmm" }, options: options) == nil)
    }

    @Test("the page loads nothing, and keeps all that the table says")
    func page() throws {
        let content = try content(Example.complete)
        let text = HTMLPage(content).text
        #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("default-src 'none'"))
        for forbidden in ["http://", "https://", "src=\"", "@import", "url("] {
            #expect(!text.replacing("http://www.w3.org/2000/svg", with: "").contains(forbidden), "\(forbidden)")
        }
        #expect(text.contains("gmm below gaussian in 20 of 20 pairs"))
        let rows = text.components(separatedBy: "<tbody>")[1].components(separatedBy: "</tbody>")[0]
        #expect(rows.components(separatedBy: "<tr").count - 1 == content.report.sections[0].rows.count)
        let tables = text.components(separatedBy: "<table>").count
        #expect(text.components(separatedBy: "<caption").count == tables)
        let figures = content.figures.flatMap(\.figures).count
        #expect(!text.contains("<th>") && text.components(separatedBy: "<desc id=").count == figures + 1)
        #expect(text.components(separatedBy: "<section").count == text.components(separatedBy: "</section>").count)
    }

    @Test("names, messages and specs never become markup")
    func hostile() throws {
        for runs in [Example.hostile, Example.troubled] {
            let text = HTMLPage(try content(runs, sweeps: ["<script>alert(1)</script>\u{202E}"])).text
            // The one script is the page's own.
            #expect(text.components(separatedBy: "<script").count == 2)
            #expect(!text.contains("<i>x") && !text.contains("<b>loss") && !text.contains("\u{202E}"))
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        }
        #expect(HTMLPage(try content(Example.troubled)).text.contains("Failed runs"))
    }

    @Test("a page of no runs is a page")
    func empty() throws {
        let text = HTMLPage(try content([])).text
        #expect(text.contains("no runs") && text.hasSuffix("</html>\n"))
    }

    @Test("densities counted from a sample are merged four to one and keep their mass")
    func calmed() {
        let grid = PosteriorGrid(
            coordinates: [0, 1], window: [0...1, 0...1], cells: 4, truth: (0..<16).map(Double.init),
            flow: [Double](repeating: 1, count: 16), isSampled: true)
        let calmed = grid.calmed
        #expect(calmed.cells == 2 && calmed.flow == [1, 1, 1, 1])
        #expect(calmed.truth == [2.5, 4.5, 10.5, 12.5])
    }

    @Test(
        "LaTeX sets what reports print",
        arguments: [
            ("a_b & 50 %", "a\\_b \\& 50 \\%"), ("−0.02 ± .1", "$-$0.02 $\\pm$ .1"),
            ("\\{x}~^", "\\textbackslash{}\\{x\\}\\textasciitilde{}\\textasciicircum{}"), ("日", "\\texttt{U+65E5}"),
            ("é", "é"), ("p < .1", "p $<$ .1"),
        ])
    func latex(text: String, expected: String) {
        #expect(LaTeXReportRenderer.escape(text) == expected)
    }
}

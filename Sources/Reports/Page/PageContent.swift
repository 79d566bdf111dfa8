import Catalog
import Pictures

/// The density of one run's posterior beside the truth, over two coordinates.
public struct PosteriorGrid: Sendable, Equatable {
    /// Numbers of the two coordinates.
    public var coordinates: [Int]
    /// Their ranges.
    public var window: [ClosedRange<Double>]
    /// Cells along each coordinate.
    public var cells: Int
    /// Densities, `[i * cells + j]` for cell i of the first and j of the second coordinate.
    public var truth: [Double]
    /// The flow's, likewise.
    public var flow: [Double]
    /// The densities are shares of a sample in each cell, so they scatter; else they are exact.
    public var isSampled: Bool

    /// Creates a grid.
    public init(
        coordinates: [Int], window: [ClosedRange<Double>], cells: Int, truth: [Double], flow: [Double],
        isSampled: Bool
    ) {
        self.isSampled = isSampled
        self.coordinates = coordinates
        self.window = window
        self.cells = cells
        self.truth = truth
        self.flow = flow
    }
}

extension PosteriorGrid {
    /// Four cells in one where the densities scatter: what is left is less noise than picture.
    package var calmed: PosteriorGrid {
        guard isSampled, cells % 2 == 0, cells > 2 else { return self }
        var result = self
        result.cells = cells / 2
        func merged(_ values: [Double]) -> [Double] {
            (0..<result.cells * result.cells).map { index in
                let (i, j) = (2 * (index / result.cells), 2 * (index % result.cells))
                let sum = values[i * cells + j] + values[i * cells + j + 1] + values[(i + 1) * cells + j]
                return (sum + values[(i + 1) * cells + j + 1]) / 4
            }
        }
        guard truth.count == cells * cells, flow.count == truth.count else { return self }
        result.truth = merged(truth)
        result.flow = merged(flow)
        return result
    }
}

/// Everything a page is made from: plain values, so that drawing reads no file and evaluates no flow.
public struct PageContent: Sendable {
    /// The comparison.
    public var report: Report
    /// The runs it was made from, in plan order.
    public var runs: [ReportRun]
    /// The options it was made with.
    public var options: ReportOptions
    /// Histories by run id.
    public var histories: [String: [HistoryPoint]]
    /// Densities by run id; runs without are left out.
    public var densities: [String: [PosteriorGrid]]
    /// Message of each failed run by id.
    public var failureMessages: [String: String]
    /// Names and values: where the numbers come from.
    public var provenance: [(name: String, value: String)]

    /// Creates the content.
    public init(
        report: Report, runs: [ReportRun], options: ReportOptions, histories: [String: [HistoryPoint]] = [:],
        densities: [String: [PosteriorGrid]] = [:], failureMessages: [String: String] = [:],
        provenance: [(name: String, value: String)] = []
    ) {
        self.report = report
        self.runs = runs
        self.options = options
        self.histories = histories
        self.densities = densities
        self.failureMessages = failureMessages
        self.provenance = provenance
    }

    /// Ids of the runs whose densities the page shows, so that a caller loads no others.
    public static func runsWithDensities(_ runs: [ReportRun], report: Report) -> [String] {
        DensityFigures.chosenRuns(runs, report: report)
    }

    /// Every figure of the page by part, in the order of the page.
    public var figures: [(part: String, figures: [Figure])] {
        let labels = PageLabels(report: report)
        var parts = report.sections.map { section in
            (part: section.metric, figures: MetricFigures(section: section, labels: labels).figures)
        }
        for section in report.sections {
            if let matrix = EffectMatrix(metric: section.metric, runs: runs, options: options)?.figure {
                if let place = parts.firstIndex(where: { $0.part == section.metric }) {
                    parts[place].figures.append(matrix)
                }
            }
        }
        let cells = PageCells(runs: runs, report: report)
        parts.append((PageParts.densities, DensityFigures(content: self, cells: cells).figures))
        parts.append((PageParts.curves, CurveFigures(content: self, cells: cells).figures))
        parts.append((PageParts.calibration, CalibrationFigures(cells: cells).figures))
        parts.append((PageParts.cost, CostFigures(report: report, labels: labels).figures))
        return Self.distinctlyNamed(parts.filter { !$0.figures.isEmpty })
    }

    /// Equal names, of tasks that differ in signs only, get numbers.
    private static func distinctlyNamed(
        _ parts: [(part: String, figures: [Figure])]
    ) -> [(part: String, figures: [Figure])] {
        var used: Set<String> = []
        return parts.map { part, figures in
            (
                part,
                figures.map { figure in
                    var named = figure
                    var number = 1
                    while !used.insert(named.name).inserted {
                        number += 1
                        named.name = "\(figure.name)-\(number)"
                    }
                    return named
                }
            )
        }
    }
}

/// Names of the page's parts that are not metrics.
enum PageParts {
    static let densities = "Posterior densities"
    static let curves = "Training"
    static let calibration = "Calibration"
    static let cost = "Cost against quality"

    /// The sentence under the part's heading.
    static func introduction(_ part: String) -> String? {
        switch part {
        case densities:
            return
                "One seed of each base beside the exact posterior: the one whose value is the median of the first base's seeds."
        case curves: return "Loss, and the effective sample size of the draws in use."
        case calibration:
            return
                "Amortised runs over the prior predictive: ranks of the truth among draws, and the share of truths inside "
                + "regions of each level. A right flow has flat ranks and stays near the dashed line; so does the prior, so "
                + "read it with the information gain."
        case cost: return "What a run spent on likelihood evaluations against how good it became."
        default: return nil
        }
    }
}

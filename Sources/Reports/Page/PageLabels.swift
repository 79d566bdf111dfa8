import Catalog
import Foundation

/// Names for groups and series, made from the axes that vary.
struct PageLabels {
    let report: Report

    /// Axes along which a picture can go: varying, with a number in at least two different rows.
    func numericAxes(_ rows: [ReportRow]) -> [AxisColumn] {
        report.axes.filter { axis in
            let values = rows.map { value(axis.path, $0) }
            return Set(values.compactMap(\.doubleValue)).count > 1
                && values.allSatisfy { $0 == .null || $0.doubleValue != nil }
        }
    }

    func value(_ path: String, _ row: ReportRow) -> JSONValue { row.axes.first { $0.path == path }?.value ?? .null }

    /// The task with what varies of it, without `excluded`: `ring, modes 4`.
    func group(_ row: ReportRow, without excluded: String? = nil) -> String {
        let others = report.axes.filter { $0.path.hasPrefix(ReportPaths.task + ".") && $0.path != excluded }
        return ([DisplayText.visible(row.task)] + others.compactMap { named($0, row) }).joined(separator: ", ")
    }

    /// Base, components and whatever else varies, without `excluded`: `gmm 8, init random`.
    func series(_ row: ReportRow, without excluded: String? = nil) -> String {
        var parts: [String] = []
        let paths = report.axes.map(\.path)
        if paths.contains(ReportPaths.base), excluded != ReportPaths.base {
            let components = excluded == ReportPaths.components ? "" : DisplayText.value(row.components)
            parts.append(DisplayText.visible(row.base) + (components.isEmpty ? "" : " " + components))
        }
        for axis in report.axes where axis.path != excluded && !ReportPaths.isWithin(axis.path, ReportPaths.task) {
            if axis.path == ReportPaths.base { continue }
            if axis.path == ReportPaths.components, !parts.isEmpty { continue }
            if let text = named(axis, row) { parts.append(text) }
        }
        return parts.isEmpty ? DisplayText.visible(row.base) : parts.joined(separator: ", ")
    }

    /// What a colour stands for in a picture of all tasks: everything that varies but the task and what follows it.
    func variant(_ row: ReportRow) -> [String] {
        let settings = report.axes.filter { axis in
            !ReportPaths.isWithin(axis.path, ReportPaths.task) && axis.path != ReportPaths.components
        }
        return [row.base] + settings.map { DisplayText.value(value($0.path, row)) }
    }

    private func named(_ axis: AxisColumn, _ row: ReportRow) -> String? {
        let value = value(axis.path, row)
        return value == .null ? nil : "\(DisplayText.visible(axis.title)) \(DisplayText.value(value))"
    }

    /// Names without the parts that all of them share; the first part, the base, always stays.
    static func shortened(_ names: [String]) -> [String] {
        let parts = names.map { $0.components(separatedBy: ", ") }
        guard let first = parts.first, parts.count > 1 else { return names.map { $0.components(separatedBy: ", ")[0] } }
        let shared = Set(first.dropFirst().filter { part in parts.allSatisfy { $0.dropFirst().contains(part) } })
        return parts.map { ([$0[0]] + $0.dropFirst().filter { !shared.contains($0) }).joined(separator: ", ") }
    }

    /// `θ₁₂`.
    static func coordinate(_ number: Int) -> String {
        "θ" + String("\(max(number, 0))".compactMap { $0.wholeNumberValue.map { Array("₀₁₂₃₄₅₆₇₈₉")[$0] } })
    }

    /// Distinct values in order of first appearance.
    static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
        var seen: Set<Value> = []
        return values.filter { seen.insert($0).inserted }
    }

    /// A plain word for files: letters, digits and dashes.
    static func word(_ parts: String...) -> String {
        let text = parts.joined(separator: "-").lowercased()
        let safe = text.unicodeScalars.map { scalar -> Character in
            let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            return isPlain ? Character(scalar) : "-"
        }
        return String(safe).split(separator: "-").joined(separator: "-")
    }
}

/// The runs by what differs besides the seed, with the labels of the report's rows.
struct PageCells {
    struct Cell {
        var group: String
        var series: String
        var runs: [ReportRun]
    }

    let cells: [Cell]

    init(runs: [ReportRun], report: Report) {
        let labels = PageLabels(report: report)
        var cells = makeCells(runs).cells.map { cell in
            let row = Self.row(cell, report: report)
            return Cell(group: labels.group(row), series: labels.series(row), runs: cell.runs)
        }
        for group in PageLabels.distinct(cells.map(\.group)) {
            let places = cells.indices.filter { cells[$0].group == group }
            for (place, name) in zip(places, PageLabels.shortened(places.map { cells[$0].series })) {
                cells[place].series = name
            }
        }
        self.cells = cells
    }

    /// The names of groups, in order.
    var groups: [String] { PageLabels.distinct(cells.map(\.group)) }

    func cells(of group: String) -> [Cell] { cells.filter { $0.group == group } }

    /// A row that has the cell's axes and no numbers, for the labels.
    private static func row(_ cell: ReportCell, report: Report) -> ReportRow {
        ReportRow(
            task: cell.example.task, base: cell.example.base, components: cell.example.components,
            componentsUsed: nil, couplingLayers: cell.settings[ReportPaths.couplingLayers] ?? .null,
            axes: report.axes.map { ReportSetting($0.path, cell.settings[$0.path] ?? .null) }, metric: "",
            direction: .lower, parameters: "{}", version: 0, sampleSizes: [], seeds: [], values: [], mean: nil,
            standardDeviation: nil, interval: nil, interquartileMean: nil, floor: nil, poolLimit: nil, isNoise: false,
            isBaseline: false, comparison: nil, runs: cell.runs.count, failures: [], nulls: [], notEvaluated: 0,
            unfinished: 0, damaged: 0)
    }
}

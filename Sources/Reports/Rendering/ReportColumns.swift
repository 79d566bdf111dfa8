import Catalog

/// The columns of a report's table and their texts: shared by the terminal table and markdown.
struct ReportColumns {
    /// A column and what it says about a row.
    struct Column {
        let table: TextTable.Column
        let text: (ReportRow) -> String
        let isAxis: Bool
        /// What the column is sorted by where its text is no plain number.
        var number: (ReportRow) -> Double? = { _ in nil }
    }

    let columns: [Column]

    init(report: Report, section: ReportSection, showsDifferenceInterval: Bool, showsMeanInterval: Bool) {
        var columns: [Column] = []
        let paths = report.shownAxes.map(\.path)
        // `gmm 8` in one column, when both vary and nobody asked for other columns.
        let fuses = paths.contains(ReportPaths.base) && paths.contains(ReportPaths.components)
        for axis in report.shownAxes {
            if fuses, axis.path == ReportPaths.components { continue }
            let isNumeric = section.rows.allSatisfy { row in
                guard let value = row.axes.first(where: { $0.path == axis.path })?.value else { return true }
                return value == .null || value.doubleValue != nil
            }
            let isBase = axis.path == ReportPaths.base
            columns.append(
                Column(
                    table: .init(axis.title, isNumeric && !isBase ? .right : .left, minimumWidth: 4),
                    text: { row in
                        if isBase, fuses { return Self.baseText(row) }
                        if axis.path == ReportPaths.components { return Self.componentsText(row) }
                        if let value = row.axes.first(where: { $0.path == axis.path })?.value {
                            return DisplayText.value(value)
                        }
                        return Self.constantText(row, axis.path)
                    }, isAxis: true))
        }
        func add(
            _ title: String, _ alignment: TextTable.Alignment, drop: Int = 0,
            by number: @escaping (ReportRow) -> Double?, _ text: @escaping (ReportRow) -> String
        ) {
            columns.append(
                Column(
                    table: .init(title, alignment, dropOrder: drop), text: text, isAxis: false, number: number))
        }
        add("n", .right, drop: 2, by: { Double($0.n) }) { "\($0.n)" }
        add(section.metric, .left, by: { $0.estimate?.value }) { row in
            let (mean, interval) = NumberText.estimate(row.estimate)
            var text = mean
            if showsMeanInterval, !interval.isEmpty { text += " " + interval }
            if row.isNoise { text += " ≈" }
            return text
        }
        if section.rows.contains(where: { $0.comparison != nil }) {
            add("Δ", .left, by: { $0.comparison?.estimate?.value }) { row in
                guard let comparison = row.comparison else { return "—" }
                let (mean, interval) = NumberText.estimate(comparison.estimate)
                var text = mean
                if showsDifferenceInterval, !interval.isEmpty { text += " " + interval }
                if comparison.isOfSurvivors { text += " †" }
                return text
            }
            add("p", .left, drop: 1, by: { $0.comparison?.adjustedP }) { NumberText.p($0.comparison?.adjustedP) }
        }
        if section.rows.contains(where: { $0.floor != nil }) {
            add("floor", .left, drop: 3, by: { $0.floor?.mean }) { $0.floor.map(NumberText.floor) ?? "" }
        }
        if section.rows.contains(where: { $0.poolLimit != nil }) {
            add("pool limit", .left, drop: 4, by: { $0.poolLimit }) {
                $0.poolLimit.map { NumberText.plain($0, significant: 2) } ?? ""
            }
        }
        if section.rows.contains(where: { !ReportWording.missing($0).isEmpty }) {
            columns.append(
                Column(
                    table: .init("missing", .left, minimumWidth: 8), text: ReportWording.missing, isAxis: false))
        }
        self.columns = columns
    }

    private static func baseText(_ row: ReportRow) -> String {
        let components = componentsText(row)
        return components.isEmpty ? DisplayText.visible(row.base) : "\(DisplayText.visible(row.base)) \(components)"
    }

    /// `8`, or `auto → 5`, `auto → 4–6`.
    private static func componentsText(_ row: ReportRow) -> String {
        let asked = DisplayText.value(row.components)
        guard row.components.doubleValue == nil, !asked.isEmpty, let used = row.componentsUsed else { return asked }
        return asked + " → "
            + (used.lowerBound == used.upperBound ? "\(used.lowerBound)" : "\(used.lowerBound)–\(used.upperBound)")
    }

    /// A column that was asked for although it does not vary.
    private static func constantText(_ row: ReportRow, _ path: String) -> String {
        switch path {
        case ReportPaths.task: return DisplayText.visible(row.task)
        case ReportPaths.base: return DisplayText.visible(row.base)
        case ReportPaths.couplingLayers: return DisplayText.value(row.couplingLayers)
        default: return ""
        }
    }
}

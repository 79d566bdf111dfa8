import Catalog

/// Which cells are the baseline, and which cell is whose.
struct BaselineSelector {
    /// Paths and the values that a baseline cell has there.
    let conditions: [(path: String, value: String)]
    let label: String

    /// Parses `path=value[,path=value]` and checks that some cell meets it.
    init(_ text: String, axes: ReportAxes, cells: [ReportCell]) throws(ReportError) {
        var conditions: [(path: String, value: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else { throw .badBaseline(text) }
            let name = String(part[..<equals].trimmed)
            let value = String(part[part.index(after: equals)...].trimmed)
            guard !value.isEmpty else { throw .badBaseline(text) }
            conditions.append((try axes.resolve(name), value))
        }
        self.conditions = conditions
        // `base=gmm,components=1` reads `gmm 1`.
        let hasBase = conditions.first?.path == ReportPaths.base
        label = conditions.enumerated().map { index, condition in
            if condition.path == ReportPaths.base { return (index > 0 ? ", " : "") + condition.value }
            if hasBase, index == 1, condition.path == ReportPaths.components { return " " + condition.value }
            return (index > 0 ? ", " : "") + "\(axes.title(condition.path)) = \(condition.value)"
        }.joined()
        if !cells.contains(where: isBaseline) {
            let path = conditions[0].path
            var available: [String] = []
            for cell in cells {
                let shown = cell.settings[path].map(DisplayText.value) ?? "none"
                if !available.contains(shown) { available.append(shown) }
            }
            throw .noSuchBaseline(text, available: available)
        }
    }

    /// base=gaussian when the base varies and there is one, else the first base; nil when the base does not vary.
    static func standard(axes: ReportAxes, cells: [ReportCell]) -> String? {
        guard axes.varying.contains(ReportPaths.base), let first = cells.first else { return nil }
        let hasGaussian = cells.contains { $0.settings[ReportPaths.base]?.stringValue == "gaussian" }
        return "base=" + (hasGaussian ? "gaussian" : first.settings[ReportPaths.base].map(DisplayText.value) ?? "none")
    }

    func isBaseline(_ cell: ReportCell) -> Bool {
        conditions.allSatisfy { condition in
            // `components=match` is every cell that was asked for so, whatever number it means there.
            if condition.path == ReportPaths.components, let asked = cell.example.componentsInSpec,
                DisplayText.value(asked) == condition.value
            {
                return true
            }
            guard let value = cell.settings[condition.path] else { return condition.value == "none" }
            if DisplayText.value(value) == condition.value || JSONText.canonical(value) == condition.value {
                return true
            }
            guard let number = value.doubleValue, let wanted = Double(condition.value) else { return false }
            return number == wanted
        }
    }

    /// Paths that may differ between a cell and its baseline: the conditions' own, and everything below a choice.
    func isFreed(_ path: String) -> Bool {
        conditions.contains { ReportPaths.isWithin(path, $0.path) }
    }

    /// The baseline cell of every cell that has exactly one, by index, and how many had several to choose from.
    func pairing(_ cells: [ReportCell]) -> (baselineOf: [Int: Int], ambiguous: Int) {
        let paths = cells.first?.table.paths ?? []
        let isKept = paths.map { !isFreed($0) }
        // Below what the conditions name.
        let chosen = paths.indices.filter { number in
            !isKept[number] && !conditions.contains { $0.path == paths[number] }
        }
        var candidates: [[Int32]: [Int]] = [:]
        for cell in cells where isBaseline(cell) { candidates[cell.key(isKept), default: []].append(cell.index) }
        var baselineOf: [Int: Int] = [:]
        var ambiguous = 0
        for cell in cells where !isBaseline(cell) {
            var matches = candidates[cell.key(isKept)] ?? []
            if matches.count > 1 {
                // Several variants of the baseline: the one that agrees wherever both have a setting.
                matches = matches.filter { index in
                    chosen.allSatisfy { number in
                        let (its, own) = (cells[index].code(number), cell.code(number))
                        return its == SettingTable.absent || own == SettingTable.absent || its == own
                    }
                }
                if matches.count != 1 { ambiguous += 1 }
            }
            if matches.count == 1 { baselineOf[cell.index] = matches[0] }
        }
        return (baselineOf, ambiguous)
    }
}

extension Substring {
    /// Without spaces at both ends.
    var trimmed: Substring {
        var result = self
        while result.first == " " { result.removeFirst() }
        while result.last == " " { result.removeLast() }
        return result
    }
}

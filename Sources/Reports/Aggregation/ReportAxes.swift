import Catalog

/// The axes of a set of cells: which paths vary, in which order, under which names.
struct ReportAxes {
    /// Every path of any cell, in order of first appearance.
    let allPaths: [String]
    /// Paths that vary in their own right, components of the base always included when they vary.
    let varying: [String]
    /// Varying paths that do not follow from task and base alone: those that make a variant.
    let independent: [String]

    /// Finds them. `declared` paths (a spec's axes) come first and are kept whenever they vary.
    init(cells: [ReportCell], declared: [String]) {
        let paths = cells.first?.table.paths ?? []
        let seen = Set(paths)
        allPaths = paths
        let usual = [ReportPaths.task, ReportPaths.base, ReportPaths.components, ReportPaths.couplingLayers]
        var candidates: [String] = []
        for path in declared + usual + paths where seen.contains(path) && !candidates.contains(path) {
            candidates.append(path)
        }
        let known = Set(declared)
        var varying: [String] = []
        var independent: [String] = []
        for path in candidates {
            guard Self.varies(path, in: cells) else { continue }
            // What the chosen variant alone decides (its own parameters, a component count that matches the task)
            // is no axis: `task.noise` exists for some tasks only.
            var parents = Self.ancestors(of: path).filter(seen.contains)
            if ReportPaths.isWithin(path, ReportPaths.base) { parents.append(ReportPaths.task) }
            let follows = !known.contains(path) && Self.isFunction(path, of: parents, in: cells)
            if !follows { independent.append(path) }
            if !follows || path == ReportPaths.components { varying.append(path) }
        }
        self.varying = varying
        self.independent = independent
    }

    private static func varies(_ path: String, in cells: [ReportCell]) -> Bool {
        guard let first = cells.first, let number = first.table.number(of: path) else { return false }
        return cells.contains { $0.code(number) != first.code(number) }
    }

    /// `a.b.c` has `a.b` and `a`.
    private static func ancestors(of path: String) -> [String] {
        var result: [String] = []
        var rest = Substring(path)
        while let dot = rest.lastIndex(of: ".") {
            rest = rest[..<dot]
            result.append(String(rest))
        }
        return result
    }

    /// Whether cells that agree on `parents` agree on `path`.
    private static func isFunction(_ path: String, of parents: [String], in cells: [ReportCell]) -> Bool {
        guard !parents.isEmpty, let table = cells.first?.table else { return false }
        let numbers = parents.compactMap(table.number)
        var value: [[Int32]: String?] = [:]
        for cell in cells {
            let key = numbers.map(cell.code)
            let text = cell.groupingText(path)
            if let known = value[key] {
                if known != text { return false }
            } else {
                value[key] = .some(text)
            }
        }
        return true
    }

    /// The name shown for a path: its last part where that is unambiguous among the varying paths, else the path.
    func title(_ path: String) -> String {
        let short = Self.shortName(path)
        let rivals = (varying + [path]).filter { Self.shortName($0) == short }
        return Set(rivals).count > 1 ? path : short
    }

    static func shortName(_ path: String) -> String {
        if path == ReportPaths.couplingLayers { return "depth" }
        return path.split(separator: ".").last.map(String.init) ?? path
    }

    /// The path that a user's name stands for: a full path, or a short name that is unambiguous among the varying
    /// paths, else among all.
    func resolve(_ name: String) throws(ReportError) -> String {
        if allPaths.contains(name) { return name }
        for pool in [varying, allPaths] {
            let matches = pool.filter { Self.shortName($0) == name || $0.hasSuffix("." + name) }
            if matches.count == 1 { return matches[0] }
            if matches.count > 1 { throw .ambiguousAxis(name, candidates: matches) }
        }
        throw .unknownAxis(name, available: varying)
    }

    /// The rank of every value of the path with this number, by code: none first, then numbers by size, then the rest in
    /// order of appearance.
    static func ranks(of path: Int, in cells: [ReportCell], first: (ReportCell) -> Bool) -> [Int32: Int] {
        typealias Value = (code: Int32, number: Double?, isFirst: Bool)
        var distinct: [Value] = []
        var seen: Set<Int32> = []
        for cell in cells where seen.insert(cell.code(path)).inserted {
            let value = cell.table.value(cell.code(path), ofPath: path)
            distinct.append((cell.code(path), value?.doubleValue, first(cell)))
        }
        func group(_ value: Value) -> Int {
            if value.isFirst { return 0 }
            return value.code == SettingTable.absent ? 1 : value.number != nil ? 2 : 3
        }
        let order = distinct.indices.sorted { left, right in
            let a = (group(distinct[left]), distinct[left].number ?? 0, left)
            let b = (group(distinct[right]), distinct[right].number ?? 0, right)
            return a < b
        }
        var ranks: [Int32: Int] = [:]
        for (rank, index) in order.enumerated() { ranks[distinct[index].code] = rank }
        return ranks
    }
}

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
        var paths: [String] = []
        var seen: Set<String> = []
        for cell in cells {
            for setting in cell.example.configuration where seen.insert(setting.path).inserted {
                paths.append(setting.path)
            }
        }
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
            guard Set(cells.map { $0.texts[path] }).count > 1 else { continue }
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
        guard !parents.isEmpty else { return false }
        var value: [[String?]: String?] = [:]
        for cell in cells {
            let key = parents.map { cell.texts[$0] }
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

    /// The rank of every value of `path`: none first, then numbers by size, then the rest in order of appearance.
    static func ranks(of path: String, in cells: [ReportCell], first: (ReportCell) -> Bool) -> [String?: Int] {
        var distinct: [(text: String?, number: Double?, isFirst: Bool)] = []
        var seen: Set<String?> = []
        for cell in cells where seen.insert(cell.texts[path]).inserted {
            distinct.append((cell.texts[path], cell.settings[path]?.doubleValue, first(cell)))
        }
        func group(_ value: (text: String?, number: Double?, isFirst: Bool)) -> Int {
            if value.isFirst { return 0 }
            return value.text == nil ? 1 : value.number != nil ? 2 : 3
        }
        let order = distinct.indices.sorted { left, right in
            let a = (group(distinct[left]), distinct[left].number ?? 0, left)
            let b = (group(distinct[right]), distinct[right].number ?? 0, right)
            return a < b
        }
        var ranks: [String?: Int] = [:]
        for (rank, index) in order.enumerated() { ranks[distinct[index].text] = rank }
        return ranks
    }
}

import Catalog

extension Report {
    /// Aggregates runs into cells, compares the cells with their baseline and tests the differences.
    ///
    /// Every comparison of a metric among `runs` is in its Holm family, whatever `options.by` shows. Give runs in plan
    /// order: names are listed in the order in which they first appear. Throws ``ReportError`` for a metric, axis or
    /// baseline that these runs do not have.
    public init(runs given: [ReportRun], options: ReportOptions) throws(ReportError) {
        let (cells, runs, hasTwins) = makeCells(given)
        let axes = ReportAxes(cells: cells, declared: options.declaredAxes)
        let available = Self.metricNames(in: runs)
        let metrics = try Self.metrics(options.metrics, available: available)
        var selector: BaselineSelector?
        var notes: [String] = []
        if let text = options.baseline ?? BaselineSelector.standard(axes: axes, cells: cells) {
            selector = try BaselineSelector(text, axes: axes, cells: cells)
        } else if axes.varying.contains(where: { $0 != ReportPaths.task }) {
            notes.append("no comparison: the base does not vary; --baseline path=value compares along another axis")
        }
        notes += MetricCompanions.missing(of: metrics, available: available, sweeps: options.sweeps)
        if hasTwins {
            notes.append("runs with one configuration and seed but different component versions are kept apart")
        }
        if selector != nil, cells.contains(where: { $0.settings[ReportPaths.proposal] == .string("adaptive") }) {
            notes.append(
                "pairs of runs with adaptive proposals share the draws of their first round only: later rounds follow "
                    + "each run's own flow")
        }
        let order = Self.columnOrder(axes: axes, selector: selector)
        var shown = order
        if let by = options.by {
            shown = []
            for name in by {
                let path = try axes.resolve(name)
                if !shown.contains(path) { shown.append(path) }
            }
            let hidden = axes.independent.filter { !shown.contains($0) }
            if !hidden.isEmpty {
                notes.append("rows also differ in \(hidden.map(axes.title).joined(separator: ", ")), not shown")
            }
        }
        let sortOrder = shown + order.filter { !shown.contains($0) }
        let sorted = Self.sort(cells, by: sortOrder, baselineFirst: selector)
        let sectionBuilder = SectionBuilder(
            axes: axes, columns: order, selector: selector, statistics: options.statistics)
        let sections = metrics.map { sectionBuilder.section($0, cells: sorted) }
        var counts: [ReportRunState: Int] = [:]
        for place in runs.indices { counts[runs[place].state, default: 0] += 1 }
        if options.damagedWithoutCell > 0 { counts[.damaged, default: 0] += options.damagedWithoutCell }
        if let damaged = counts[.damaged] {
            notes.insert(
                "\(damaged == 1 ? "1 run is" : "\(damaged) runs are") damaged: no number of "
                    + "\(damaged == 1 ? "it" : "them") is in this report", at: 0)
        }
        self.init(
            sweeps: options.sweeps, axes: order.map { AxisColumn(path: $0, title: axes.title($0)) },
            shownAxes: shown.map { AxisColumn(path: $0, title: axes.title($0)) }, baseline: selector?.label,
            statistics: options.statistics, sections: sections, verdicts: VerdictBuilder.verdicts(sections),
            runs: runs.count + options.damagedWithoutCell, stateCounts: counts,
            failures: countReasons(
                runs.indices.compactMap { runs[$0].state == .failed ? runs[$0].failureCode ?? "failed" : nil }),
            notes: notes)
    }

    /// What a report of these metrics shows besides them, where it is there.
    public static func companions(of metrics: Set<String>) -> Set<String> {
        Set(metrics.flatMap { MetricCompanions.of[$0] ?? [] })
    }

    /// What some run has.
    private static func metricNames(in runs: [ReportRun]) -> Set<String> {
        var names: Set<String> = []
        for place in runs.indices where !runs[place].metrics.keys.allSatisfy(names.contains) {
            names.formUnion(runs[place].metrics.keys)
        }
        return names
    }

    /// The asked metrics, checked, each followed by its companions where some run has them.
    private static func metrics(_ asked: [String], available: Set<String>) throws(ReportError) -> [String] {
        var result: [String] = []
        for name in asked {
            // Before any run has finished there is nothing to check against.
            guard available.isEmpty || available.contains(name) else {
                throw .unknownMetric(name, available: available.sorted())
            }
            if !result.contains(name) { result.append(name) }
        }
        for name in asked {
            for companion in MetricCompanions.of[name] ?? []
            where available.contains(companion) && !result.contains(companion) {
                result.append(companion)
            }
        }
        return result
    }

    /// Axes in column order: the compared ones last, so that a cell and its baseline stand below each other.
    private static func columnOrder(axes: ReportAxes, selector: BaselineSelector?) -> [String] {
        guard let selector else { return axes.varying }
        return axes.varying.filter { !selector.isFreed($0) } + axes.varying.filter(selector.isFreed)
    }

    private static func sort(
        _ cells: [ReportCell], by paths: [String], baselineFirst selector: BaselineSelector?
    ) -> [ReportCell] {
        guard let table = cells.first?.table else { return [] }
        let ranks = paths.compactMap { path in
            table.number(of: path).map { number in
                let ranks = ReportAxes.ranks(of: number, in: cells) { cell in
                    selector.map { $0.conditions.contains { $0.path == path } && $0.isBaseline(cell) } ?? false
                }
                return (number: number, ranks: ranks)
            }
        }
        let keys = cells.map { cell in ranks.map { $0.ranks[cell.code($0.number)] ?? 0 } }
        return cells.indices.sorted { left, right in
            for (a, b) in zip(keys[left], keys[right]) where a != b { return a < b }
            return left < right
        }.map { cells[$0] }
    }
}

/// Builds one metric's rows, comparisons and headlines.
struct SectionBuilder {
    let axes: ReportAxes
    let columns: [String]
    let selector: BaselineSelector?
    let statistics: ReportStatistics

    func section(_ metric: String, cells: [ReportCell]) -> ReportSection {
        let groups = cells.flatMap { CellMetric.split($0, metric: metric) }
        var notes: [String] = []
        if groups.count > cells.count {
            notes.append("runs evaluated with different parameters or versions of \(metric) are kept in rows apart")
        }
        let measured = groups.reduce(0) { $0 + $1.measured }
        for warning in countReasons(groups.flatMap(\.warnings)) {
            notes.append("\(warning.count) of \(measured) runs: \(warning.reason)")
        }
        let direction = groups.lazy.compactMap(\.direction).first ?? .lower
        var rows = groups.map { group in
            group.row(
                axes: columns, isBaseline: selector?.isBaseline(group.cell) ?? false, direction: direction,
                statistics: statistics)
        }
        var headlines: [Headline] = []
        if let selector {
            headlines = compare(
                groups, rows: &rows, cells: cells, selector: selector, direction: direction, notes: &notes)
        }
        adjust(&rows)
        let family = rows.filter { $0.comparison?.p != nil }.count
        if direction == .target, rows.contains(where: { $0.comparison?.isOfSurvivors == true }) {
            notes.append("\(metric) has no better direction: pairs with a failed run cannot be tested")
        }
        return ReportSection(
            metric: metric, direction: direction, rows: rows, headlines: headlines, familySize: family, notes: notes)
    }

    /// Fills in every row's comparison; returns the headlines.
    private func compare(
        _ groups: [CellMetric], rows: inout [ReportRow], cells: [ReportCell], selector: BaselineSelector,
        direction: ReportDirection, notes: inout [String]
    ) -> [Headline] {
        // `pairing` wants cells by index.
        let (baselineOf, ambiguous) = selector.pairing(cells.sorted { $0.index < $1.index })
        if ambiguous > 0 {
            notes.append("\(ambiguous) cells have several baseline cells; name one, for example base=gmm,components=1")
        }
        let without = cells.filter { !selector.isBaseline($0) && baselineOf[$0.index] == nil }.count - ambiguous
        if without > 0 {
            let what = without == 1 ? "1 cell has" : "\(without) cells have"
            notes.append("\(what) no baseline cell that is equal in everything but \(selector.label)")
        }
        var groupsOfCell: [Int: [CellMetric]] = [:]
        for group in groups { groupsOfCell[group.cell.index, default: []].append(group) }
        let builder = HeadlineBuilder(axes: axes, selector: selector, direction: direction, statistics: statistics)
        var variants: [String] = []
        var rowsOfVariant: [String: [RowPairs]] = [:]
        for (index, group) in groups.enumerated() {
            guard let baseline = baselineOf[group.cell.index], let others = groupsOfCell[baseline] else { continue }
            // A side without any value has no parameters; it is paired with whatever the other has.
            let other = others.first { $0.key == group.key || $0.key == nil || group.key == nil }
            guard let other else { continue }
            let pairs = group.pairs(with: other)
            rows[index].comparison = Comparison(
                pairs.map(\.outcome), direction: direction, statistics: statistics)
            let variant = builder.variant(group.cell)
            if rowsOfVariant[variant] == nil { variants.append(variant) }
            rowsOfVariant[variant, default: []].append(RowPairs(cell: group.cell, pairs: pairs))
        }
        var headlines = variants.compactMap { builder.headline(variant: $0, rows: rowsOfVariant[$0] ?? []) }
        let tested = headlines.indices.filter { headlines[$0].p != nil }
        for (index, p) in zip(tested, holmAdjusted(tested.compactMap { headlines[$0].p })) {
            headlines[index].adjustedP = p
        }
        return headlines
    }

    /// Holm over all of the metric's comparisons.
    private func adjust(_ rows: inout [ReportRow]) {
        let tested = rows.indices.filter { rows[$0].comparison?.p != nil }
        for (index, p) in zip(tested, holmAdjusted(tested.compactMap { rows[$0].comparison?.p })) {
            rows[index].comparison?.adjustedP = p
        }
    }
}

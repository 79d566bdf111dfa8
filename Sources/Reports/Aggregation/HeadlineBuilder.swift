import Catalog

/// The pairs of one row, kept for its variant's headline.
struct RowPairs {
    let cell: ReportCell
    let pairs: [(seed: Int, outcome: PairOutcome)]
}

/// Pools one variant's rows into a headline.
///
/// Runs of one task and seed at several depths share their draws, so they are flipped together: the independent unit
/// is (task configuration, seed). A unit's score is the mean over its pairs, tasks weigh the same.
struct HeadlineBuilder {
    let axes: ReportAxes
    let selector: BaselineSelector
    let direction: ReportDirection

    /// The name of a cell's variant: base, components and whatever else is freed and varies on its own.
    func variant(_ cell: ReportCell) -> String {
        var parts: [String] = []
        let freed = axes.independent.filter(selector.isFreed)
        if freed.contains(ReportPaths.base) || freed.contains(where: { $0.hasPrefix("base.") }) {
            parts.append(cell.example.base)
        }
        for path in freed where path != ReportPaths.base {
            let value = path == ReportPaths.components ? cell.example.componentsInSpec : nil
            guard let shown = value ?? cell.settings[path] else { continue }
            if path == ReportPaths.components, !parts.isEmpty {
                parts[0] += " " + DisplayText.value(shown)
            } else {
                parts.append("\(axes.title(path)) = \(DisplayText.value(shown))")
            }
        }
        return parts.joined(separator: ", ")
    }

    /// The headline of `rows`, which all have one variant; nil without a pair that has a value.
    func headline(variant: String, rows: [RowPairs]) -> Headline? {
        let outcomes = rows.flatMap { $0.pairs.map(\.outcome) }
        guard outcomes.contains(where: { $0 != .bothFailed }) else { return nil }
        let differences = outcomes.compactMap(\.difference)
        let isRankTest = differences.count < outcomes.count
        let strata = Self.units(rows) { row in
            row.pairs.compactMap { pair in pair.outcome.difference.map { (pair.seed, $0) } }
        }
        let estimate = StratifiedEstimate(strata)
        var scoreStrata: [[Double]]? = strata
        if isRankTest {
            scoreStrata =
                direction == .target
                ? nil
                : Self.units(rows) { row in
                    // Ranks inside a row are on one scale whatever its task.
                    let scored = PairedScores.scores(row.pairs.map(\.outcome), direction: direction)?.scores ?? []
                    let ranks = PairedScores.signedMidranks(scored)
                    return zip(row.pairs, ranks).map { ($0.seed, $1 / Double(row.pairs.count + 1)) }
                }
        }
        // Equal weight for every task: the statistic is (number of tasks) × (pooled mean).
        let scores = scoreStrata.map { $0.flatMap { stratum in stratum.map { $0 / Double(stratum.count) } } }
        let sum = compensatedSum(scores ?? [])
        return Headline(
            variant: variant, baseline: selector.label, scope: scope(rows.map(\.cell)),
            below: differences.filter { $0 < 0 }.count, equal: differences.filter { $0 == 0 }.count,
            above: differences.filter { $0 > 0 }.count, pairs: outcomes.count,
            againstVariant: outcomes.filter { $0 == .cellFailed }.count,
            againstBaseline: outcomes.filter { $0 == .baselineFailed }.count,
            difference: estimate?.mean, interval: estimate?.interval, units: scores?.count ?? 0,
            p: scores.flatMap(SignFlip.p), adjustedP: nil,
            minimumP: scores.flatMap { SignFlip.minimumP(count: $0.filter { $0 != 0 }.count) },
            isRankTest: isRankTest, sign: sum < 0 ? -1 : sum > 0 ? 1 : 0)
    }

    /// Mean score of every (task configuration, seed), by task; tasks and seeds in order of first appearance.
    private static func units(_ rows: [RowPairs], scores: (RowPairs) -> [(seed: Int, score: Double)]) -> [[Double]] {
        var tasks: [String] = []
        var bySeed: [String: [Int: [Double]]] = [:]
        for row in rows {
            let task = row.cell.key { ReportPaths.isWithin($0, ReportPaths.task) }
            if bySeed[task] == nil { tasks.append(task) }
            for (seed, score) in scores(row) { bySeed[task, default: [:]][seed, default: []].append(score) }
            if bySeed[task] == nil { bySeed[task] = [:] }
        }
        return tasks.map { task in
            let seeds = bySeed[task] ?? [:]
            return seeds.keys.sorted().map { seed in
                let values = seeds[seed] ?? []
                return compensatedSum(values) / Double(values.count)
            }
        }.filter { !$0.isEmpty }
    }

    /// For example `all 4 tasks × 2 depths`.
    private func scope(_ cells: [ReportCell]) -> String {
        var parts: [String] = []
        let tasks = Set(cells.map(\.example.task))
        parts.append(tasks.count > 1 ? "all \(tasks.count) tasks" : tasks.first ?? "")
        for path in axes.independent where path != ReportPaths.task && !selector.isFreed(path) {
            let count = Set(cells.map { $0.texts[path] }).count
            guard count > 1 else { continue }
            let title = axes.title(path)
            parts.append(path == ReportPaths.couplingLayers ? "\(count) depths" : "\(count) values of \(title)")
        }
        return parts.joined(separator: " × ")
    }
}

/// d-plus alone can be gamed by dropping modes, so these three are read together.
enum VerdictBuilder {
    static let metrics = ["d-plus", "kl", "mode-tv"]

    /// A verdict for each variant with a headline in all three sections; none unless all three are reported.
    static func verdicts(_ sections: [ReportSection]) -> [Verdict] {
        let chosen = metrics.compactMap { name in sections.first { $0.metric == name } }
        guard chosen.count == metrics.count else { return [] }
        return chosen[0].headlines.compactMap { first in
            let headlines = chosen.compactMap { section in
                section.headlines.first { $0.variant == first.variant }.map { (section, $0) }
            }
            guard headlines.count == metrics.count else { return nil }
            return Verdict(
                variant: first.variant, baseline: first.baseline,
                outcomes: headlines.map { ($0.metric, outcome($1, direction: $0.direction)) })
        }
    }

    private static func outcome(_ headline: Headline, direction: ReportDirection) -> Verdict.Outcome {
        // All scores 0: the two are the same wherever they were compared.
        if headline.sign == 0, headline.p == 1 { return .tied }
        guard let p = headline.adjustedP, let least = headline.minimumP, least < 0.05 else { return .undecided }
        guard p < 0.05 else { return .tied }
        return (headline.sign < 0) == (direction == .lower) ? .better : .worse
    }
}

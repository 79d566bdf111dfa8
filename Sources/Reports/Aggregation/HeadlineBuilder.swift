import Catalog

/// The pairs of one row, kept for its variant's headline.
struct RowPairs {
    let cell: ReportCell
    let pairs: [SeedPair]
}

/// One pair's part of a unit's score.
private struct SeedScore {
    let seed: Int
    let score: Double
}

/// Pools one variant's rows into a headline.
///
/// Runs of one task and seed at several depths share their draws, so they are flipped together: the independent unit
/// is (task configuration, seed). A unit's score is the mean over its pairs, tasks weigh the same.
struct HeadlineBuilder {
    let axes: ReportAxes
    let selector: BaselineSelector
    let direction: ReportDirection
    let statistics: ReportStatistics

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

    /// The headline of `rows`, which all have one variant; nil without a pair that has a value. Rows in which no run of
    /// either side has one (a task for which the metric has no meaning) say nothing and are left out.
    func headline(variant: String, rows: [RowPairs]) -> Headline? {
        let rows = rows.filter { $0.pairs.contains { $0.outcome != .bothFailed } }
        let outcomes = rows.flatMap { $0.pairs.map(\.outcome) }
        guard !outcomes.isEmpty else { return nil }
        let differences = outcomes.compactMap(\.difference)
        let isOfSurvivors = differences.count < outcomes.count
        let strata = Self.units(
            rows,
            scores: rows.map { row in
                row.pairs.compactMap { pair in
                    pair.outcome.difference.map { SeedScore(seed: pair.seed, score: $0) }
                }
            })
        let estimate = statistics.stratifiedMean(strata)
        let isWilcoxon = statistics.test == .wilcoxon
        let isRankTest = isOfSurvivors || isWilcoxon
        let scores = isRankTest ? rankScores(rows) : Self.weighted(strata)
        let sum = compensatedSum(scores ?? [])
        let nonzero = scores.map { $0.filter { $0 != 0 }.count }
        return Headline(
            variant: variant, baseline: selector.label, scope: scope(rows.map(\.cell)),
            below: differences.filter { $0 < 0 }.count, equal: differences.filter { $0 == 0 }.count,
            above: differences.filter { $0 > 0 }.count, pairs: outcomes.count,
            againstVariant: outcomes.filter { $0 == .cellFailed }.count,
            againstBaseline: outcomes.filter { $0 == .baselineFailed }.count,
            difference: estimate?.value, interval: estimate?.interval,
            interquartileDifference: statistics.stratifiedInterquartileMean(strata),
            improvement: statistics.showsImprovement ? improvement(rows) : nil, units: scores?.count ?? 0,
            p: scores.flatMap(isWilcoxon ? Wilcoxon.p : SignFlip.p), adjustedP: nil,
            minimumP: nonzero.flatMap(isWilcoxon ? Wilcoxon.minimumP : SignFlip.minimumP),
            isRankTest: isRankTest, isOfSurvivors: isOfSurvivors, sign: sum < 0 ? -1 : sum > 0 ? 1 : 0)
    }

    /// Every unit's score for the rank tests; nil where a failed side has nothing to lose.
    ///
    /// Ranks inside a row are on one scale whatever its task. Wilcoxon's test ranks the units of each task again, so that
    /// its statistic is the sum over tasks of their signed-rank sums.
    private func rankScores(_ rows: [RowPairs]) -> [Double]? {
        let outcomes = rows.map { $0.pairs.map(\.outcome) }
        let ranks = outcomes.map { PairedScores.doubledRanks($0, direction: direction) }
        guard ranks.allSatisfy({ $0 != nil }) else { return nil }
        let ranked = zip(rows, ranks).map { row, ranks in
            zip(row.pairs, ranks ?? []).map { SeedScore(seed: $0.seed, score: $1 / Double(row.pairs.count + 1)) }
        }
        let strata = Self.units(rows, scores: ranked)
        guard statistics.test == .wilcoxon else { return Self.weighted(strata) }
        return strata.flatMap { stratum in
            // Means of ranks that are equal but for rounding are tied.
            PairedScores.signedMidranks(stratum.map { ($0 * 0x1p40).rounded() })
        }
    }

    /// Equal weight for every task: the sum is (number of tasks) × (pooled mean).
    private static func weighted(_ strata: [[Double]]) -> [Double] {
        strata.flatMap { stratum in stratum.map { $0 / Double(stratum.count) } }
    }

    /// How probable it is that a run of the variant is better than one of the baseline.
    private func improvement(_ rows: [RowPairs]) -> Estimate? {
        guard direction != .target else { return nil }
        let sign: Double = direction == .lower ? 1 : -1
        let strata = Self.byTask(rows, rows).map { rows in
            let seeds = Set(rows.flatMap { $0.pairs.map(\.seed) }).sorted()
            let unitOfSeed = Dictionary(uniqueKeysWithValues: zip(seeds, seeds.indices))
            return ImprovementProbability.Stratum(
                units: seeds.count,
                cells: rows.map { row in
                    ImprovementProbability.Cell(
                        units: row.pairs.map { unitOfSeed[$0.seed] ?? 0 },
                        values: row.pairs.map { $0.value.map { sign * $0 } ?? .infinity },
                        baselines: row.pairs.map { $0.baseline.map { sign * $0 } ?? .infinity })
                })
        }
        return ImprovementProbability(strata)?.estimate
    }

    /// What belongs to each row, by task configuration in order of first appearance.
    private static func byTask<Value>(_ rows: [RowPairs], _ values: [Value]) -> [[Value]] {
        let isKept = (rows.first?.cell.table.paths ?? []).map { ReportPaths.isWithin($0, ReportPaths.task) }
        var placeOfTask: [[Int32]: Int] = [:]
        var groups: [[Value]] = []
        for (row, value) in zip(rows, values) {
            let task = row.cell.key(isKept)
            if let place = placeOfTask[task] {
                groups[place].append(value)
            } else {
                placeOfTask[task] = groups.count
                groups.append([value])
            }
        }
        return groups
    }

    /// Mean score of every (task configuration, seed), by task; seeds ascending, tasks without a score left out.
    private static func units(_ rows: [RowPairs], scores: [[SeedScore]]) -> [[Double]] {
        byTask(rows, scores).map { rows in
            var bySeed: [Int: [Double]] = [:]
            for score in rows.joined() { bySeed[score.seed, default: []].append(score.score) }
            return bySeed.keys.sorted().map { seed in
                let values = bySeed[seed] ?? []
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
            guard let number = cells.first?.table.number(of: path) else { continue }
            let count = Set(cells.map { $0.code(number) }).count
            guard count > 1 else { continue }
            let title = axes.title(path)
            parts.append(path == ReportPaths.couplingLayers ? "\(count) depths" : "\(count) values of \(title)")
        }
        return parts.joined(separator: " × ")
    }
}

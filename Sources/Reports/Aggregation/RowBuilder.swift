import Catalog

/// What one run of a cell says about one metric.
enum MetricOutcome {
    case value(Double)
    /// The run failed, or completed with a metric that is null: it counts against its side of a pair.
    case absent
    /// Not finished, or not evaluated: it says nothing yet.
    case pending

    var value: Double? {
        if case .value(let value) = self { return value }
        return nil
    }
}

/// A row in the making: a cell, and those of its runs that share a metric's parameters and version.
struct CellMetric {
    let cell: ReportCell
    let metric: String
    /// Parameters and version as one text; nil when no run of the cell has the metric.
    let key: String?
    let runs: [ReportRun]

    /// The cell's rows for `metric`: one, unless its runs were evaluated with different parameters or versions.
    static func split(_ cell: ReportCell, metric: String) -> [CellMetric] {
        var keys: [String] = []
        var groups: [String: [ReportRun]] = [:]
        var without: [ReportRun] = []
        for run in cell.runs {
            guard let value = run.metrics[metric] else {
                without.append(run)
                continue
            }
            let key = "\(value.version) \(value.parameters)"
            if groups[key] == nil { keys.append(key) }
            groups[key, default: []].append(run)
        }
        guard let first = keys.first else {
            return [CellMetric(cell: cell, metric: metric, key: nil, runs: without)]
        }
        groups[first] = ((groups[first] ?? []) + without).sorted { $0.seed < $1.seed }
        return keys.map { CellMetric(cell: cell, metric: metric, key: $0, runs: groups[$0] ?? []) }
    }

    static func outcome(_ run: ReportRun, _ metric: String) -> MetricOutcome {
        switch run.state {
        case .failed: return .absent
        case .planned, .running, .interrupted, .damaged: return .pending
        case .completed:
            guard let stored = run.metrics[metric] else { return .pending }
            return stored.value.map(MetricOutcome.value) ?? .absent
        }
    }

    /// The row without its comparison.
    func row(
        axes: [String], isBaseline: Bool, direction: ReportDirection, statistics: ReportStatistics
    ) -> ReportRow {
        var seeds: [Int] = []
        var values: [Double] = []
        for run in runs {
            if case .value(let value) = Self.outcome(run, metric) {
                seeds.append(run.seed)
                values.append(value)
            }
        }
        let completed = runs.filter { $0.state == .completed }
        let stored = completed.compactMap { $0.metrics[metric] }
        let estimate = MeanEstimate(values)
        let used = runs.compactMap(\.componentsUsed)
        let limits = runs.compactMap { $0.poolLimits[metric] }.filter(\.isFinite)
        let floor = stored.lazy.compactMap(\.floor).first
        var isNoise = false
        if let mean = estimate?.mean, let floor {
            isNoise = Self.isNoise(mean: mean, count: values.count, floor: floor, direction: direction)
        }
        return ReportRow(
            task: cell.example.task, base: cell.example.base, components: cell.example.components,
            componentsUsed: used.min().flatMap { low in used.max().map { low...$0 } },
            couplingLayers: cell.settings[ReportPaths.couplingLayers] ?? .null,
            axes: axes.map { ReportSetting($0, cell.settings[$0] ?? .null) },
            metric: metric, direction: direction, parameters: stored.first?.parameters ?? "",
            version: stored.first?.version ?? 0, sampleSizes: stored.first?.sampleSizes ?? [],
            seeds: seeds, values: values, mean: estimate?.mean, standardDeviation: estimate?.standardDeviation,
            interval: statistics.meanInterval(values),
            interquartileMean: statistics.interquartileMean(values), floor: floor,
            poolLimit: limits.isEmpty ? nil : compensatedSum(limits) / Double(limits.count),
            isNoise: isNoise, isBaseline: isBaseline, comparison: nil, runs: runs.count,
            failures: countReasons(runs.filter { $0.state == .failed }.map { $0.failureCode ?? "failed" }),
            nulls: countReasons(stored.filter { $0.value == nil }.map { $0.reason ?? "no value" }),
            notEvaluated: completed.count - stored.count,
            unfinished: runs.filter { [.planned, .running, .interrupted].contains($0.state) }.count,
            damaged: runs.filter { $0.state == .damaged }.count,
            likelihoodEvaluations: meanOf("likelihoodEvaluations"), effectiveSampleSize: meanOf("effectiveSampleSize"))
    }

    private func meanOf(_ name: String) -> Double? {
        MeanEstimate(runs.compactMap { $0.summary[name] }.filter(\.isFinite))?.mean
    }

    /// Whether a mean over `count` seeds could come from two samples of the exact posterior: two standard errors of
    /// the floor's own spread.
    static func isNoise(mean: Double, count: Int, floor: ReportFloor, direction: ReportDirection) -> Bool {
        let margin = 2 * floor.standardDeviation / Double(count).squareRoot()
        switch direction {
        case .lower: return mean <= floor.mean + margin
        case .higher: return mean >= floor.mean - margin
        case .target: return abs(mean - floor.mean) <= margin
        }
    }

    /// The pairs of this row with `baseline`'s, by seed.
    func pairs(with baseline: CellMetric) -> [SeedPair] {
        var others: [Int: ReportRun] = [:]
        for run in baseline.runs { others[run.seed] = run }
        return runs.compactMap { run in
            guard let other = others[run.seed] else { return nil }
            switch (Self.outcome(run, metric), Self.outcome(other, metric)) {
            case (.pending, _), (_, .pending): return nil
            case (let mine, let theirs): return SeedPair(seed: run.seed, value: mine.value, baseline: theirs.value)
            }
        }
    }
}

/// Reasons with their counts, most frequent first, then by name.
func countReasons(_ reasons: [String]) -> [ReasonCount] {
    var counts: [String: Int] = [:]
    for reason in reasons { counts[reason, default: 0] += 1 }
    return counts.map { ReasonCount($0.key, $0.value) }.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
}

extension Comparison {
    /// Compares pairs; nil when no pair has a value on either side.
    init?(_ pairs: [PairOutcome], direction: ReportDirection, statistics: ReportStatistics) {
        guard pairs.contains(where: { $0 != .bothFailed }) else { return nil }
        let differences = pairs.compactMap(\.difference)
        let test = PairedTest(pairs, direction: direction, test: statistics.test)
        self.init(
            pairs: pairs.count, completePairs: differences.count, difference: MeanEstimate(differences)?.mean,
            interval: statistics.meanInterval(differences),
            interquartileDifference: statistics.interquartileMean(differences), p: test.p, adjustedP: nil,
            minimumP: test.minimumP, isRankTest: test.isRankTest, below: differences.filter { $0 < 0 }.count,
            equal: differences.filter { $0 == 0 }.count, above: differences.filter { $0 > 0 }.count)
    }
}

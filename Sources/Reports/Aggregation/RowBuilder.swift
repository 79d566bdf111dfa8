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
    /// What values must share to be averaged.
    struct Key: Hashable {
        var version: Int
        var parameters: String
    }

    let cell: ReportCell
    /// nil when no run of the cell has the metric.
    let key: Key?
    private let metric: String
    /// Places in the list of all runs, and what each has of the metric.
    private let places: [Int]
    private let stored: [ReportMetric?]

    /// The cell's rows for `metric`: one, unless its runs were evaluated with different parameters or versions. Runs
    /// without the metric go with the first.
    static func split(_ cell: ReportCell, metric: String) -> [CellMetric] {
        let stored = cell.places.map { cell.all[$0].metrics[metric] }
        var keys: [Key] = []
        for case let value? in stored
        where keys.last.map({ $0.version != value.version || $0.parameters != value.parameters }) ?? true {
            let key = Key(version: value.version, parameters: value.parameters)
            if !keys.contains(key) { keys.append(key) }
        }
        guard keys.count > 1 else {
            return [
                CellMetric(cell: cell, key: keys.first, metric: metric, places: cell.places, stored: stored)
            ]
        }
        return keys.map { key in
            let chosen = stored.indices.filter { index in
                guard let value = stored[index] else { return key == keys[0] }
                return value.version == key.version && value.parameters == key.parameters
            }
            return CellMetric(
                cell: cell, key: key, metric: metric, places: chosen.map { cell.places[$0] },
                stored: chosen.map { stored[$0] })
        }
    }

    private func outcome(_ index: Int) -> MetricOutcome {
        switch cell.all[places[index]].state {
        case .failed: return .absent
        case .planned, .running, .interrupted, .damaged: return .pending
        case .completed:
            guard let stored = stored[index] else { return .pending }
            return stored.value.map(MetricOutcome.value) ?? .absent
        }
    }

    /// Which way the metric is better, where a run has it.
    var direction: ReportDirection? { stored.lazy.compactMap { $0?.direction }.first }

    /// Runs with a value.
    var measured: Int { stored.count { $0?.value != nil } }

    /// Why some of these values should not be trusted.
    var warnings: [String] { stored.compactMap { $0?.value == nil ? nil : $0?.warning } }

    /// The row without its comparison.
    func row(
        axes: [String], isBaseline: Bool, direction: ReportDirection, statistics: ReportStatistics
    ) -> ReportRow {
        var seeds: [Int] = []
        var values: [Double] = []
        var variances: [Double] = []
        var used: [Int] = []
        var limits: [Double] = []
        var failures: [String] = []
        var nulls: [String] = []
        var (notEvaluated, unfinished, damaged) = (0, 0, 0)
        /// Of a completed run.
        var first: ReportMetric?
        var floor: ReportFloor?
        for (index, place) in places.enumerated() {
            if let count = cell.all[place].componentsUsed { used.append(count) }
            if let limit = cell.all[place].poolLimits[metric], limit.isFinite { limits.append(limit) }
            switch cell.all[place].state {
            case .failed: failures.append(cell.all[place].failureCode ?? "failed")
            case .planned, .running, .interrupted: unfinished += 1
            case .damaged: damaged += 1
            case .completed:
                guard let stored = stored[index] else {
                    notEvaluated += 1
                    continue
                }
                first = first ?? stored
                floor = floor ?? stored.floor
                guard let value = stored.value else {
                    nulls.append(stored.reason ?? "no value")
                    continue
                }
                seeds.append(cell.all[place].seed)
                values.append(value)
                variances.append(stored.errorVariance(metric))
            }
        }
        let estimate = MeanEstimate(values)
        var isNoise = false
        if let mean = estimate?.mean, let floor {
            isNoise = Self.isNoise(mean: mean, errorVariances: variances, floor: floor, direction: direction)
        }
        return ReportRow(
            task: cell.example.task, base: cell.example.base, components: cell.example.components,
            componentsUsed: used.min().flatMap { low in used.max().map { low...$0 } },
            couplingLayers: cell.settings[ReportPaths.couplingLayers] ?? .null,
            axes: axes.map { ReportSetting($0, cell.settings[$0] ?? .null) },
            metric: metric, direction: direction, parameters: first?.parameters ?? "", version: first?.version ?? 0,
            sampleSizes: first?.sampleSizes ?? [], seeds: seeds, values: values, mean: estimate?.mean,
            standardDeviation: estimate?.standardDeviation, interval: statistics.meanInterval(values),
            interquartileMean: statistics.interquartileMean(values), floor: floor,
            poolLimit: limits.isEmpty ? nil : compensatedSum(limits) / Double(limits.count), isNoise: isNoise,
            isBaseline: isBaseline, comparison: nil, runs: places.count, failures: countReasons(failures),
            nulls: countReasons(nulls), notEvaluated: notEvaluated, unfinished: unfinished, damaged: damaged,
            likelihoodEvaluations: mean { $0.likelihoodEvaluations },
            effectiveSampleSize: mean { $0.effectiveSampleSize })
    }

    /// Over the runs that have the number.
    private func mean(_ number: (ReportRun) -> Double?) -> Double? {
        MeanEstimate(places.compactMap { number(cell.all[$0]) }.filter(\.isFinite))?.mean
    }

    /// Whether a mean over seeds, whose values have these Monte Carlo variances se², could be that of an exact sampler.
    ///
    /// An exact sampler in the flows' place has n readings too, each with the floor's sd about the floor's mean: their mean
    /// has variance sd²/n. That spread was measured on samples of the sizes the values were, so that it contains the
    /// Monte Carlo noise of a reading, of which se is an estimate from within one run. Adding se² would count this noise
    /// twice. se has something to say where it is the larger: a floor in closed form (0 ± 0 of `kl` and `js`) has no
    /// spread, and a flow's values may scatter more than an exact sampler's. So each seed's variance is taken to be the
    /// larger of the two, and the margin is two standard deviations of a mean of n:
    ///
    ///     margin = 2 √(max(sd², mean of se²)/n)
    ///
    /// With a floor of 0 ± 0, se alone decides, not the sign of a value that is 0 but for its error.
    static func isNoise(
        mean: Double, errorVariances: [Double], floor: ReportFloor, direction: ReportDirection
    ) -> Bool {
        let count = Double(max(1, errorVariances.count))
        let variance = max(
            floor.standardDeviation * floor.standardDeviation, compensatedSum(errorVariances) / count)
        let margin = 2 * (variance / count).squareRoot()
        switch direction {
        case .lower: return mean <= floor.mean + margin
        case .higher: return mean >= floor.mean - margin
        case .target: return abs(mean - floor.mean) <= margin
        }
    }

    /// The pairs of this row with `baseline`'s, by seed; both have each seed once, ascending.
    func pairs(with baseline: CellMetric) -> [SeedPair] {
        var pairs: [SeedPair] = []
        var other = 0
        for (index, place) in places.enumerated() {
            let seed = cell.all[place].seed
            while other < baseline.places.count, baseline.cell.all[baseline.places[other]].seed < seed { other += 1 }
            guard other < baseline.places.count, baseline.cell.all[baseline.places[other]].seed == seed else {
                continue
            }
            switch (outcome(index), baseline.outcome(other)) {
            case (.pending, _), (_, .pending): continue
            case (let mine, let theirs):
                pairs.append(SeedPair(seed: seed, value: mine.value, baseline: theirs.value))
            }
        }
        return pairs
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

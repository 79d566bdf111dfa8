import Catalog

/// A closed interval.
public struct Interval: Sendable, Equatable {
    /// Lower end.
    public var lower: Double
    /// Upper end.
    public var upper: Double

    /// Creates an interval.
    public init(_ lower: Double, _ upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}

/// A number with its 95 % interval.
public struct Estimate: Sendable, Equatable {
    /// The number.
    public var value: Double
    /// Nil where there are too few values for one.
    public var interval: Interval?

    /// Creates an estimate.
    public init(_ value: Double, _ interval: Interval?) {
        self.value = value
        self.interval = interval
    }
}

/// A reason and how often it occurred.
public struct ReasonCount: Sendable, Equatable {
    /// Why.
    public var reason: String
    /// How often.
    public var count: Int

    /// Creates a count.
    public init(_ reason: String, _ count: Int) {
        self.reason = reason
        self.count = count
    }
}

/// A cell against its baseline cell, paired by seed.
public struct Comparison: Sendable, Equatable {
    /// Pairs in the test: both sides finished (a failed side counts), at least one has a value.
    public var pairs: Int
    /// Pairs in which both sides have a value: those that `difference` averages.
    public var completePairs: Int
    /// Mean of cell − baseline over complete pairs.
    public var difference: Double?
    /// 95 % interval of `difference`; nil with fewer than two complete pairs.
    public var interval: Interval?
    /// Interquartile mean of cell − baseline over complete pairs; nil unless it was asked for.
    public var interquartileDifference: Estimate?
    /// p of the test that was asked for; nil without pairs.
    public var p: Double?
    /// `p` adjusted by Holm's method over the metric's whole family.
    public var adjustedP: Double?
    /// The least p that this number of pairs can give: 2/2ⁿ.
    public var minimumP: Double?
    /// p is of signed ranks: that was asked for, or a pair has a side without a value.
    public var isRankTest: Bool
    /// Complete pairs in which the cell is below, equal to, above the baseline.
    public var below: Int
    /// Complete pairs in which both are equal.
    public var equal: Int
    /// Complete pairs in which the cell is above.
    public var above: Int

    /// A pair has a side without a value, so that the means are the survivors' only.
    public var isOfSurvivors: Bool { completePairs < pairs }

    /// The difference to show: the interquartile mean where it was asked for, else the mean; nil without complete pairs.
    public var estimate: Estimate? { interquartileDifference ?? difference.map { Estimate($0, interval) } }
}

/// One cell and one metric: a row of the report. Runs in it differ only in the seed.
public struct ReportRow: Sendable, Equatable {
    /// The task's name.
    public var task: String
    /// The base's name.
    public var base: String
    /// The number asked for or `"auto"`; `.null` for bases without.
    public var components: JSONValue
    /// Least and most components that the cell's runs used.
    public var componentsUsed: ClosedRange<Int>?
    /// Number of coupling layers.
    public var couplingLayers: JSONValue
    /// Every varying axis, `.null` where the cell's variant does not have the path.
    public var axes: [ReportSetting]
    /// The metric's name.
    public var metric: String
    /// Which way is better.
    public var direction: ReportDirection
    /// Canonical JSON of the metric's parameters.
    public var parameters: String
    /// The metric's declared version.
    public var version: Int
    /// Numbers of points used, flow first.
    public var sampleSizes: [Int]
    /// Seeds with a value, ascending, and the values.
    public var seeds: [Int]
    /// The value of each of `seeds`.
    public var values: [Double]
    /// Mean of `values`.
    public var mean: Double?
    /// Standard deviation over seeds (n − 1); nil below two.
    public var standardDeviation: Double?
    /// 95 % interval of the mean; nil below two values.
    public var interval: Interval?
    /// Interquartile mean of `values`; nil unless it was asked for.
    public var interquartileMean: Estimate?
    /// The same metric between two samples of the exact posterior.
    public var floor: ReportFloor?
    /// Mean of the cell's pool limits, nil unless the pool is static and a limit is known.
    public var poolLimit: Double?
    /// The mean is at most floor.mean + 2 √(max(floor.sd², mean of the values' standard errors²)/n) (mirrored for `higher`).
    public var isNoise: Bool
    /// Whether the cell is a baseline.
    public var isBaseline: Bool
    /// Nil for baseline rows and rows without a baseline cell.
    public var comparison: Comparison?
    /// Runs of the cell, and how many of them failed, by reason.
    public var runs: Int
    /// Failed runs by reason, most frequent first.
    public var failures: [ReasonCount]
    /// Completed runs whose metric is null, by reason.
    public var nulls: [ReasonCount]
    /// Completed runs that the metric was not evaluated for.
    public var notEvaluated: Int
    /// Runs planned, running or interrupted.
    public var unfinished: Int
    /// Runs whose records do not verify; no number of them is used.
    public var damaged: Int

    /// Means over the cell's runs of what a run spent and what its pool was worth; nil when unknown.
    public var likelihoodEvaluations: Double?
    /// Mean effective sample size of the pools.
    public var effectiveSampleSize: Double?

    /// Number of values averaged.
    public var n: Int { values.count }

    /// The estimate to show: the interquartile mean where it was asked for, else the mean; nil without values.
    public var estimate: Estimate? { interquartileMean ?? mean.map { Estimate($0, interval) } }

    /// Number of failed runs.
    public var failed: Int { failures.reduce(0) { $0 + $1.count } }
}

/// One variant against the baseline over all tasks and other axes: the headline.
public struct Headline: Sendable, Equatable {
    /// For example `gmm`, and what it is compared with.
    public var variant: String
    /// What it is compared with.
    public var baseline: String
    /// What is pooled over, for example `all 4 tasks × 2 depths`.
    public var scope: String
    /// Complete pairs below, equal, above; pairs in all, failed sides included.
    public var below: Int
    /// Complete pairs in which both are equal.
    public var equal: Int
    /// Complete pairs in which the cell is above.
    public var above: Int
    /// Pairs of runs by seed.
    public var pairs: Int
    /// Pairs with a side without a value, against the variant and against the baseline.
    public var againstVariant: Int
    /// Pairs in which only the variant has a value.
    public var againstBaseline: Int
    /// Mean over tasks of the mean difference over complete pairs, with its stratified 95 % interval.
    public var difference: Double?
    /// 95 % interval.
    public var interval: Interval?
    /// Interquartile mean over all units' differences; nil unless it was asked for.
    public var interquartileDifference: Estimate?
    /// Probability that a run of the variant is better than one of the baseline; nil unless it was asked for, and for
    /// metrics without a better direction.
    public var improvement: Estimate?
    /// Independent units that are flipped: one for each (task configuration, seed).
    public var units: Int
    /// p of the test that was asked for, stratified.
    public var p: Double?
    /// Holm over the metric's headlines.
    public var adjustedP: Double?
    /// The least p that so many units can give.
    public var minimumP: Double?
    /// p is of signed ranks: that was asked for, or a run failed.
    public var isRankTest: Bool
    /// A run failed, so that the difference is the survivors' only.
    public var isOfSurvivors: Bool
    /// Sign of the tested statistic: −1 when the variant is below the baseline.
    public var sign: Int
}

/// One metric's part of a report.
public struct ReportSection: Sendable, Equatable {
    /// The metric's name.
    public var metric: String
    /// Which way is better.
    public var direction: ReportDirection
    /// One a cell, in the order of the table.
    public var rows: [ReportRow]
    /// One a variant.
    public var headlines: [Headline]
    /// Number of comparisons that Holm's method adjusts for.
    public var familySize: Int
    /// Sentences for the reader (limits of the tests, cells that were kept apart, …).
    public var notes: [String]
}

/// A column of axis values.
public struct AxisColumn: Sendable, Equatable {
    /// Full path.
    public var path: String
    /// Short name where unambiguous, else the path.
    public var title: String
}

/// A whole report, ready to be drawn in any format.
public struct Report: Sendable, Equatable {
    /// Names of sweeps.
    public var sweeps: [String]
    /// Every varying axis, in column order.
    public var axes: [AxisColumn]
    /// The columns to show: `axes`, or those that were asked for.
    public var shownAxes: [AxisColumn]
    /// For example `gaussian`, `components = 1`; nil without a baseline.
    public var baseline: String?
    /// The statistics that were asked for.
    public var statistics: ReportStatistics
    /// One a metric.
    public var sections: [ReportSection]
    /// One a variant, when the three metrics are there.
    public var verdicts: [Verdict]
    /// Runs in all, and by state.
    public var runs: Int
    /// Runs by state.
    public var stateCounts: [ReportRunState: Int]
    /// Failed runs by reason, most frequent first.
    public var failures: [ReasonCount]
    /// Sentences for the reader.
    public var notes: [String]
}

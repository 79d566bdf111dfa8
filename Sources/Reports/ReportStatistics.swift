/// What a row's centre is.
public enum ReportSummary: String, Sendable, CaseIterable {
    /// The mean over seeds.
    case mean
    /// The mean, and beside it the interquartile mean: that of the middle half.
    case interquartileMean = "iqm"
}

/// How 95 % intervals are made.
public enum ReportInterval: String, Sendable, CaseIterable {
    /// Student's t.
    case t
    /// Seeded bootstrap, ``Bootstrap``.
    case bootstrap
}

/// How a paired difference is tested against none.
public enum ReportTest: String, Sendable, CaseIterable {
    /// Random signs of the differences, ``SignFlip``.
    case signFlip = "sign-flip"
    /// Random signs of their ranks, ``Wilcoxon``.
    case wilcoxon
}

/// The statistics that a report is asked for.
public struct ReportStatistics: Sendable, Equatable {
    /// What a row's centre is.
    public var summary: ReportSummary
    /// How 95 % intervals are made.
    public var interval: ReportInterval
    /// How differences are tested.
    public var test: ReportTest
    /// Whether headlines say how probable an improvement is.
    public var showsImprovement: Bool

    /// Creates the choice; without arguments what a report does unasked.
    public init(
        summary: ReportSummary = .mean, interval: ReportInterval = .t, test: ReportTest = .signFlip,
        showsImprovement: Bool = false
    ) {
        self.summary = summary
        self.interval = interval
        self.test = test
        self.showsImprovement = showsImprovement
    }
}

extension ReportStatistics {
    /// The interval of the mean that was asked for; nil below two values.
    func meanInterval(_ values: [Double]) -> Interval? {
        switch interval {
        case .t: return MeanEstimate(values)?.interval
        case .bootstrap: return Bootstrap.meanInterval([values])
        }
    }

    /// The interquartile mean with its interval; nil unless it was asked for and there are values.
    func interquartileMean(_ values: [Double]) -> Estimate? {
        guard summary == .interquartileMean, let estimate = InterquartileMean(values) else { return nil }
        switch interval {
        case .t: return Estimate(estimate.value, estimate.interval)
        case .bootstrap: return Estimate(estimate.value, Bootstrap.interquartileInterval([values]))
        }
    }

    /// The mean over strata of equal weight with its interval; nil without values.
    func stratifiedMean(_ strata: [[Double]]) -> Estimate? {
        guard let estimate = StratifiedEstimate(strata) else { return nil }
        switch interval {
        case .t: return Estimate(estimate.mean, estimate.interval)
        case .bootstrap: return Estimate(estimate.mean, Bootstrap.meanInterval(strata))
        }
    }

    /// The interquartile mean over all strata's values at once with its stratified bootstrap interval (Agarwal et al.
    /// 2021); nil unless it was asked for and there are values.
    func stratifiedInterquartileMean(_ strata: [[Double]]) -> Estimate? {
        guard summary == .interquartileMean, let estimate = InterquartileMean(strata.flatMap { $0 }) else { return nil }
        return Estimate(estimate.value, Bootstrap.interquartileInterval(strata))
    }
}

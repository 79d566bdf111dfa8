import Catalog

/// Every metric that a spec or `--metric` can name, and the parameters of the `evaluation` section.
public enum MetricCatalog {
    /// All metrics in the order in which they are listed.
    public static let metrics: [any Metric] = [
        ForwardKL(), ReverseKL(), BoundedDivergence(.jensenShannon), BoundedDivergence(.totalVariation),
        BoundedDivergence(.bayesClassifier), MaximumMeanDiscrepancy(mixture: true),
        MaximumMeanDiscrepancy(mixture: false), ExactTransport(squared: false), ExactTransport(squared: true),
        SlicedTransport(), EnergyDistance(), BridgeMass(), Concentration(spread: true), Concentration(spread: false),
        ModeTotalVariation(), ModesFound(), EffectiveSampleSize(), ForwardEffectiveSampleSize(), Leakage(),
        Invertibility(),
        ParetoShape(), LogEvidence(), AcceptanceRate(), PermutationMetric(), ClassifierTwoSampleTest(),
        Corrected(MaximumMeanDiscrepancy(mixture: true)), Corrected(SlicedTransport()), Corrected(BridgeMass()),
        Corrected(Concentration(spread: true)), Corrected(ModeTotalVariation()),
    ]

    /// Their descriptions, in the same order.
    public static let descriptions: [ComponentDescription] =
        metrics.map(\.description) + conditionalMetrics.map(\.description)

    /// The names of the metrics, in the same order: first those of every run, then those of amortised runs only.
    public static let names: [String] = metrics.map { $0.columns[0] } + conditionalMetrics.map(\.name)

    /// The names of the metrics that an evaluation computes when it names none: all but those that cost more than the
    /// rest together or say something of use only to those who ask.
    public static let defaultNames: [String] = allMetricNames.filter { !namesOnRequest.contains($0) }

    /// The parameters of the `evaluation` section of a spec. Not part of a run's id: a changed value re-evaluates and
    /// never retrains.
    public static let evaluationParameters: [ParameterDescription] =
        [
            ParameterDescription(
                "metrics", .list(.choice(allMetricNames), count: 0...allMetricNames.count),
                default: .array(defaultNames.map { .string($0) }), "The metrics to compute.")
        ] + settingParameters

    /// The settings named, for a metric's description.
    static func evaluationParameters(_ names: [String]) -> [ParameterDescription] {
        settingParameters.filter { names.contains($0.name) }
    }

    /// A value that an evaluation will yield: with the run it is the key of a row.
    public struct PlannedValue: Sendable, Equatable, Hashable {
        /// The column, for example `bridge-mass-tail`.
        public var name: String
        /// Canonical JSON of the settings it depends on.
        public var parameters: String
        /// The metric's declared version.
        public var version: Int

        /// Creates a key.
        public init(name: String, parameters: String, version: Int) {
            self.name = name
            self.parameters = parameters
            self.version = version
        }
    }

    /// What ``evaluateMetrics(flow:task:observation:parameters:seed:inverseError:cache:cacheKeyPrefix:conditional:)``
    /// will return for these values, in its order, without computing anything: a store asks which rows are missing.
    /// `amortised`: of a run that gives it a conditional density.
    public static func plannedValues(
        _ parameters: ParameterValues, amortised: Bool = false
    ) throws -> [PlannedValue] {
        let settings = try EvaluationSettings(parameters)
        let planned = metrics.filter { settings.metrics.contains($0.name) }.flatMap { metric in
            metric.columns.map { column in
                PlannedValue(
                    name: column, parameters: metric.parameterText(settings), version: metric.description.version)
            }
        }
        return amortised ? planned + conditionalPlan(settings) : planned
    }

    /// The metric that yields a column, if any.
    public static func metric(column: String) -> (any Metric)? {
        metrics.first { $0.columns.contains(column) }
    }
}

extension Metric {
    /// Canonical JSON of the settings the metric depends on.
    func parameterText(_ settings: EvaluationSettings) -> String {
        settings.parameterText(description.parameters.map(\.name))
    }
}

let densityParameters = MetricCatalog.evaluationParameters(["samples"])
/// Of the metrics whose floor is measured: their rows hold the floor, so its repetitions are part of the key.
let densityFloorParameters = MetricCatalog.evaluationParameters(["samples", "floorRepetitions"])
let kernelParameters = MetricCatalog.evaluationParameters(["kernelSamples", "bandwidth", "floorRepetitions"])

/// Names in catalog order. Written out because descriptions need the parameters and the parameters need the names; a
/// test compares both.
private let metricNames = [
    "kl", "reverse-kl", "js", "tv", "c2st-exact", "mmd", "mmd-median", "w1", "w2", "sliced-w2", "energy", "bridge-mass",
    "d-plus", "d-minus", "mode-tv", "modes-found", "ess", "forward-ess", "leakage", "invertibility",
    "khat", "log-evidence", "acceptance-rate", "mmd-p", "c2st",
    "mmd-corrected", "sliced-w2-corrected", "bridge-mass-corrected", "d-plus-corrected", "mode-tv-corrected",
]

private let namesOnRequest = [
    "acceptance-rate", "mmd-p", "c2st",
    "mmd-corrected", "sliced-w2-corrected", "bridge-mass-corrected", "d-plus-corrected", "mode-tv-corrected",
]

/// The same with those of amortised runs.
private let allMetricNames = metricNames + ["sbc", "coverage", "tarp", "information-gain"]

/// The settings of `evaluation` other than the list of metrics.
private let settingParameters: [ParameterDescription] = [
    ParameterDescription(
        "samples", .integer(100...10_000_000), default: .integer(50_000),
        "Points from each side for metrics of densities, modes and HPD regions."),
    ParameterDescription(
        "kernelSamples", .integer(2...50_000), default: .integer(4_000),
        "Points from each side for mmd, mmd-median and energy; time grows with the square."),
    ParameterDescription(
        "transportSamples", .integer(1...5_000), default: .integer(1_000),
        "Points from each side for w1 and w2; time grows with more than the square."),
    ParameterDescription(
        "slicedSamples", .integer(1...1_000_000), default: .integer(10_000), "Points from each side for sliced-w2."),
    ParameterDescription(
        "slicedProjections", .integer(1...4_096), default: .integer(128), "Directions of sliced-w2."),
    ParameterDescription(
        "c2stSamples", .integer(10...100_000), default: .integer(2_000),
        "Points from each side for c2st; the classifier trains on four fifths of them."),
    ParameterDescription(
        "permutations", .integer(1...100_000), default: .integer(999),
        "Permutations of mmd-p; the least p is 1/(permutations + 1)."),
    ParameterDescription(
        "correction", .choice(CorrectionMethod.allCases.map(\.rawValue)), default: .string("psis"),
        "How the corrected metrics correct the flow's sample: by Pareto-smoothed or plain weights, or by rejection."),
    ParameterDescription(
        "bandwidth", .anyOf([.choice(["median"]), .number(0...1e6, exclusiveMinimum: true)]),
        default: .string("median"),
        "The largest kernel bandwidth of mmd and the one of mmd-median, units of θ; median: of the reference."),
    ParameterDescription(
        "floorRepetitions", .integer(2...1_000), default: .integer(20),
        "Pairs of exact samples from which a metric's noise floor is measured."),
    ParameterDescription(
        "conditionalObservations", .integer(20...20_000), default: .integer(1_000),
        "Amortised runs: pairs (θ, x) of the prior predictive for sbc, coverage, tarp and information-gain."),
    ParameterDescription(
        "fixedSamples", .integer(100...1_000_000), default: .integer(10_000),
        "Amortised runs: points from each side at each of the task's ten fixed observations; the most for any metric."),
]

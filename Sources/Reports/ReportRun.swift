import Catalog

/// One value of a run's resolved configuration.
public struct ReportSetting: Sendable, Equatable, Hashable {
    /// Full path in the spec, for example `flow.couplingLayers`; a component's own path (`task`, `base`) holds its name.
    public var path: String
    /// The resolved value.
    public var value: JSONValue

    /// Creates a setting.
    public init(_ path: String, _ value: JSONValue) {
        self.path = path
        self.value = value
    }
}

/// Where a run stands, as a report counts it. A damaged run is one whose record does not verify: no number of it counts.
public enum ReportRunState: String, Sendable, Equatable, CaseIterable {
    case planned, running, completed, failed, interrupted, damaged
}

/// Which way a metric is better.
public enum ReportDirection: String, Sendable, Equatable {
    case lower, higher, target
}

/// What a metric reads between two samples of the exact posterior.
public struct ReportFloor: Sendable, Equatable {
    /// Mean.
    public var mean: Double
    /// Standard deviation of one repetition.
    public var standardDeviation: Double
    /// Repetitions measured; 0 when known in closed form.
    public var repetitions: Int

    /// Creates a floor.
    public init(mean: Double, standardDeviation: Double, repetitions: Int) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.repetitions = repetitions
    }
}

/// One metric of one run.
public struct ReportMetric: Sendable, Equatable {
    /// Nil when it could not be computed; `reason` says why. A value that is not finite is treated as nil.
    public var value: Double?
    /// Why there is no value.
    public var reason: String?
    /// Standard error where known: of the draws, or over the observations that the value is a mean of.
    public var standardError: Double?
    /// The same metric between two samples of the exact posterior.
    public var floor: ReportFloor?
    /// Which way is better.
    public var direction: ReportDirection
    /// Numbers of points used, flow first.
    public var sampleSizes: [Int]
    /// Canonical JSON of what the value depends on besides the run; runs that differ in it are never averaged.
    public var parameters: String
    /// The metric's declared version.
    public var version: Int
    /// Why the value should not be trusted; nil when nothing speaks against it.
    public var warning: String?
    /// Further numbers by name, as a JSON object: parts of the value, values at single observations.
    public var details: String

    /// Creates a metric value.
    public init(
        value: Double?, reason: String? = nil, standardError: Double? = nil, floor: ReportFloor? = nil,
        direction: ReportDirection = .lower, sampleSizes: [Int] = [], parameters: String = "{}", version: Int = 1,
        warning: String? = nil, details: String = "{}"
    ) {
        self.warning = warning
        self.details = details
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
        self.reason = self.value == nil ? reason ?? (value == nil ? nil : "not finite") : reason
        self.standardError = standardError
        self.floor = floor
        self.direction = direction
        self.sampleSizes = sampleSizes
        self.parameters = parameters
        self.version = version
    }

    /// The square of the Monte Carlo standard error; 0 where it is not known. `name` is the metric's: means over a task's
    /// fixed observations have the spread over these as their standard error. Every seed has the same observations, so
    /// that spread is no noise of a seed's value.
    func errorVariance(_ name: String) -> Double {
        guard !name.hasSuffix(MetricCompanions.overObservations), let standardError else { return 0 }
        let variance = standardError * standardError
        return variance.isFinite ? variance : 0
    }
}

/// One run as a report sees it. The caller gives runs in the order of the plan: names are listed in that order.
public struct ReportRun: Sendable, Equatable {
    /// The run id, whole.
    public var id: String
    /// Where the run stands.
    public var state: ReportRunState
    /// Stable reason of a failed run, for example `diverged`.
    public var failureCode: String?
    /// The run's seed.
    public var seed: Int
    /// The whole resolved configuration without the seed; runs with equal configurations form a cell.
    public var configuration: [ReportSetting]
    /// Components asked for: a number or `"auto"`; `.null` for bases without.
    public var components: JSONValue
    /// Components as the spec wrote them (`"match"`); only used to group a base over tasks. Nil: as `components`.
    public var componentsInSpec: JSONValue?
    /// Components the finished run used.
    public var componentsUsed: Int?
    /// By metric name.
    public var metrics: [String: ReportMetric]
    /// By metric name: the least value that a static pool of this run's effective size permits. Empty for fresh pools.
    public var poolLimits: [String: Double]
    /// What the finished run's training spent; nil when unknown.
    public var likelihoodEvaluations: Double?
    /// What its pool was worth; nil when unknown.
    public var effectiveSampleSize: Double?

    /// Creates a run from a flat configuration.
    public init(
        id: String, state: ReportRunState, failureCode: String? = nil, seed: Int, configuration: [ReportSetting],
        components: JSONValue = .null, componentsInSpec: JSONValue? = nil, componentsUsed: Int? = nil,
        metrics: [String: ReportMetric] = [:], poolLimits: [String: Double] = [:],
        likelihoodEvaluations: Double? = nil, effectiveSampleSize: Double? = nil
    ) {
        self.id = id
        self.state = state
        self.failureCode = failureCode
        self.seed = seed
        self.configuration = configuration
        self.components = components
        self.componentsInSpec = componentsInSpec
        self.componentsUsed = componentsUsed
        self.metrics = metrics
        self.poolLimits = poolLimits
        self.likelihoodEvaluations = likelihoodEvaluations
        self.effectiveSampleSize = effectiveSampleSize
    }

    /// The value at a full path, nil when this run has no such path.
    public subscript(path: String) -> JSONValue? {
        configuration.first { $0.path == path }?.value
    }

    /// The task's name; empty when the configuration has none.
    public var task: String { self["task"]?.stringValue ?? "" }

    /// The base's name; empty when the configuration has none.
    public var base: String { self["base"]?.stringValue ?? "" }
}

extension ReportSetting {
    /// The paths of a configuration object, the `seed` left out. A member `name` of an object is the value of the
    /// object's own path (`{"base": {"name": "gmm", "components": 2}}` gives `base` = gmm, `base.components` = 2).
    ///
    /// Order: task, base, flow, training, then the others by name; inside a section its name, then its keys by name.
    public static func flatten(_ configuration: JSONValue) -> [ReportSetting] {
        var settings: [ReportSetting] = []
        let sections = configuration.objectValue ?? [:]
        let first = ["task", "base", "flow", "training"]
        let order = first.filter { sections[$0] != nil } + sections.keys.filter { !first.contains($0) }.sorted()
        for key in order where key != "seed" {
            if let value = sections[key] { append(value, at: key, to: &settings) }
        }
        return settings
    }

    private static func append(_ value: JSONValue, at path: String, to settings: inout [ReportSetting]) {
        guard case .object(let members) = value else {
            settings.append(ReportSetting(path, value))
            return
        }
        if let name = members["name"] { settings.append(ReportSetting(path, name)) }
        for key in members.keys.sorted() where key != "name" {
            if let member = members[key] { append(member, at: path + "." + key, to: &settings) }
        }
    }
}

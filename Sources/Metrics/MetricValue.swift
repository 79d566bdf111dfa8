/// Which way a metric is better.
public enum MetricDirection: String, Sendable, Equatable {
    case lower
    case higher
    /// Best at a stated value (for example calibration at its nominal level).
    case target
}

/// What a metric reads when both samples come from the exact posterior: the level below which a value is noise.
public struct MetricFloor: Sendable, Equatable {
    /// Mean over the repetitions.
    public var mean: Double
    /// Standard deviation of one repetition (n − 1).
    public var standardDeviation: Double
    /// Number of repetitions; 0 when the floor is known in closed form.
    public var repetitions: Int

    /// Creates a floor.
    public init(mean: Double, standardDeviation: Double, repetitions: Int) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.repetitions = repetitions
    }
}

/// One metric of one run: a row of the store.
public struct MetricValue: Sendable, Equatable {
    /// The column's name, for example `mmd` or `bridge-mass-between`.
    public var name: String
    /// Canonical JSON of everything the value depends on besides the run (sample sizes, bandwidths); with the version
    /// it keys the row.
    public var parameters: String
    /// The metric's declared version.
    public var version: Int
    /// The value; nil when it could not be computed, and then `reason` says why.
    public var value: Double?
    /// Why there is no value.
    public var reason: String?
    /// Monte Carlo standard error where one is known.
    public var standardError: Double?
    /// Numbers of points used, flow first, reference second.
    public var sampleSizes: [Int]
    /// Which way it is better.
    public var direction: MetricDirection
    /// What it reads when the flow is the exact posterior; nil when that has no meaning or could not be computed.
    public var floor: MetricFloor?
    /// Further numbers by name (for example per-mode masses), never needed to read the value.
    public var details: [String: Double]

    /// Creates a value.
    public init(
        name: String, parameters: String, version: Int, value: Double?, reason: String? = nil,
        standardError: Double? = nil, sampleSizes: [Int], direction: MetricDirection, floor: MetricFloor? = nil,
        details: [String: Double] = [:]
    ) {
        self.name = name
        self.parameters = parameters
        self.version = version
        self.value = value
        self.reason = reason
        self.standardError = standardError
        self.sampleSizes = sampleSizes
        self.direction = direction
        self.floor = floor
        self.details = details
    }
}

/// Keeps what is computed once per task (floors, HPD levels, basin masses) between runs and processes.
///
/// Keys are content-addressed (everything the value depends on is in the key), so a cache may drop entries at any time
/// and may compute one twice; it never changes a result.
public protocol ReferenceCache: Sendable {
    /// The text stored under `key`, nil when there is none.
    func text(forKey key: String) -> String?
    /// Stores `text` under `key`.
    func store(_ text: String, forKey key: String)
}

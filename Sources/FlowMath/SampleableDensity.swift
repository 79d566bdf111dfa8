/// A density that can be sampled and evaluated: what a trained flow is to the metrics, and what an exact posterior or
/// a mixture is to their tests.
///
/// Contract: `logProbability(of: sample(…))` is finite for every sample of a proper density; the same stream gives the
/// same points; both calls are safe from several threads at once.
public protocol SampleableDensity: Sendable {
    /// D.
    var dimension: Int { get }

    /// `count` independent points, a pure function of (`stream`, count).
    func sample(count: Int, stream: RandomStream) -> Points

    /// Log density of each point, natural logarithm; −infinity outside the support.
    func logProbability(of points: Points) -> [Double]

    /// Standard error of ``logProbability(of:)`` that all points share, nats: of an estimated normaliser. 0 by default.
    var logNormalizerStandardError: Double { get }
}

extension SampleableDensity {
    /// The normaliser is known.
    public var logNormalizerStandardError: Double { 0 }
}

/// A family of densities q(θ|x), one for each x: what an amortised flow is to the conditional diagnostics.
///
/// Contract: row i of both calls depends only on row i of its arguments (and the stream), so a batch equals its rows.
public protocol ConditionalDensity: Sendable {
    /// D.
    var dimension: Int { get }

    /// C, the numbers in an x.
    var contextDimension: Int { get }

    /// One draw from q(θ|x_i) for each x.
    func sample(contexts: Points, stream: RandomStream) -> Points

    /// log q(θ_i|x_i) for each pair, nats.
    func logProbability(of points: Points, contexts: Points) -> [Double]

    /// Standard error of log q(θ|x) that all θ share at this x (contextDimension numbers), nats: of an estimated
    /// normaliser. 0 by default.
    func logNormalizerStandardError(at observation: [Double]) -> Double
}

extension ConditionalDensity {
    /// The normaliser is known.
    public func logNormalizerStandardError(at observation: [Double]) -> Double { 0 }
}

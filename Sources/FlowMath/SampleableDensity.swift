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

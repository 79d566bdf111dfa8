import FlowMath

/// What nobody can beat with a pool of given effective sample size: the noise of the modes' weights in the pool itself.
///
/// With E effectively independent draws over K modes of about equal mass the masses are known to √(p(1−p)/E) each.
public struct PoolLimit: Sendable, Equatable {
    /// √((K−1)/(2πE)): expected mode TV of a perfect fit to the pool.
    public var modeTotalVariation: Double
    /// (K−1)/(2E): expected KL of a perfect fit to the pool, nats.
    public var kl: Double

    /// Nil unless there is at least one mode and a positive effective sample size.
    public init?(modes: Int, effectiveSampleSize: Double) {
        guard modes >= 1, effectiveSampleSize > 0, effectiveSampleSize.isFinite else { return nil }
        let excess = Double(modes - 1)
        modeTotalVariation = (excess / (2 * 3.141592653589793 * effectiveSampleSize)).squareRoot()
        kl = excess / (2 * effectiveSampleSize)
    }
}

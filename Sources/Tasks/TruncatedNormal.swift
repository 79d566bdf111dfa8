import FlowMath

/// The standard normal distribution on [lower, upper], lower < upper; exact however far out the interval lies.
///
/// Rejection (Robert 1995, Simulation of truncated normal variables): from the normal itself where the interval holds 0
/// and is wide, from an exponential of the best rate where it is a tail, from the uniform where it is narrow. The chance
/// of acceptance is above ⅓ in each case.
struct TruncatedNormal: Sendable {
    private enum Proposal: Sendable {
        case normal
        /// e^(−rate (z − lower)) on the upper tail.
        case exponential(rate: Double)
        /// Uniform, accepted with e^(½ (least² − z²)), `least` the interval's point nearest to 0.
        case uniform(least: Double)
    }

    private let lower: Double
    private let upper: Double
    /// Whether the interval lay below 0 and was mirrored.
    private let isMirrored: Bool
    private let proposal: Proposal

    init(lower: Double, upper: Double) {
        isMirrored = upper < 0
        let (low, high) = isMirrored ? (-upper, -lower) : (lower, upper)
        self.lower = low
        self.upper = high
        if low <= 0 {
            proposal = high - low > 1.25 ? .normal : .uniform(least: 0)
        } else {
            let rate = Self.rate(ofTailFrom: low)
            proposal = (high - low) * rate > 1 ? .exponential(rate: rate) : .uniform(least: low)
        }
    }

    /// The rate of the exponential from `distance` on of which the most draws are accepted under the normal's tail there
    /// (Robert 1995).
    static func rate(ofTailFrom distance: Double) -> Double {
        0.5 * (distance + (distance * distance + 4).squareRoot())
    }

    /// One exact draw.
    func sample(_ stream: inout RandomStream) -> Double {
        while true {
            let z: Double
            switch proposal {
            case .normal:
                z = stream.nextNormal()
                if z < lower || z > upper { continue }
            case .exponential(let rate):
                z = lower + stream.nextExponential() / rate
                let excess = z - rate
                if z > upper || stream.nextUniform() >= Elementary.exp(-0.5 * excess * excess) { continue }
            case .uniform(let least):
                z = lower + (upper - lower) * stream.nextUniform()
                if stream.nextUniform() >= Elementary.exp(0.5 * (least * least - z * z)) { continue }
            }
            return isMirrored ? -z : z
        }
    }
}

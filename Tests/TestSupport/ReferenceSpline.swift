import FlowMath

/// One monotone rational-quadratic spline with linear tails in double precision, point by point, from the formulas of
/// Durkan, Bekasov, Murray and Papamakarios 2019: section 3.1 and appendix A for g and g′; its inverse by bisection,
/// which needs only that g is monotone.
public struct ReferenceSpline: Sendable {
    /// x and y of the K + 1 knots.
    public let knots: [(x: Double, y: Double)]
    /// g′ at the inner knots before the softplus.
    private let rawDerivatives: ArraySlice<Double>
    /// B: the identity outside [−B, B].
    public let bound: Double

    /// `raw`: K widths, K heights and K − 1 derivatives before softmax and softplus.
    public init(raw: [Double], bins: Int, bound: Double) {
        precondition(raw.count == 3 * bins - 1)
        self.bound = bound
        func positions(_ logits: ArraySlice<Double>) -> [Double] {
            let largest = logits.max()!
            let terms = logits.map { Elementary.exp($0 - largest) }
            let total = terms.reduce(0, +)
            var result = [-bound]
            for term in terms {
                let share = Self.least + (1 - Double(bins) * Self.least) * term / total
                result.append(result.last! + 2 * bound * share)
            }
            return result
        }
        knots = Array(zip(positions(raw[..<bins]), positions(raw[bins..<(2 * bins)]))).map { (x: $0, y: $1) }
        rawDerivatives = raw[(2 * bins)...]
    }

    private static let least = 1e-3
    /// softplus(shift) + least = 1.
    private static let shift = Elementary.log(Elementary.exp(1 - least) - 1)

    /// g′ at knot k.
    private func derivative(_ k: Int) -> Double {
        if k == 0 || k == knots.count - 1 { return 1 }
        let a = rawDerivatives[rawDerivatives.startIndex + k - 1] + Self.shift
        return Self.least + (a > 36 ? a : Elementary.log(1 + Elementary.exp(a)))
    }

    /// The bin that holds x ∈ [−B, B].
    public func bin(_ x: Double) -> Int {
        min((1..<knots.count).first { x < knots[$0].x } ?? knots.count - 1, knots.count - 1) - 1
    }

    /// g(x) and log g′(x).
    public func inverse(_ x: Double) -> (value: Double, logSlope: Double) {
        guard abs(x) <= bound else { return (x, 0) }
        let k = bin(x)
        let (lower, upper) = (knots[k], knots[k + 1])
        let slope = (upper.y - lower.y) / (upper.x - lower.x)
        let position = (x - lower.x) / (upper.x - lower.x)
        let (d0, d1) = (derivative(k), derivative(k + 1))
        let mixed = position * (1 - position)
        let denominator = slope + (d1 + d0 - 2 * slope) * mixed
        let value = lower.y + (upper.y - lower.y) * (slope * position * position + d0 * mixed) / denominator
        let bracket = d1 * position * position + 2 * slope * mixed + d0 * (1 - position) * (1 - position)
        return (value, Elementary.log(slope * slope * bracket / (denominator * denominator)))
    }

    /// g⁻¹(y) and the log of its derivative.
    public func forward(_ y: Double) -> (value: Double, logSlope: Double) {
        guard abs(y) <= bound else { return (y, 0) }
        var (low, high) = (-bound, bound)
        for _ in 0..<200 {
            let middle = 0.5 * (low + high)
            if inverse(middle).value < y { low = middle } else { high = middle }
        }
        let x = 0.5 * (low + high)
        return (x, -inverse(x).logSlope)
    }
}

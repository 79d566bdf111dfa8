import FlowMath

/// The density ∝ r·N(r; m, s²) on r > 0: the radius of a plane density exp(−½((‖z‖ − m)/s)²).
///
/// Exact by rejection. With t = (r − m)/s and ε = s/m, r ∝ 1 + εt ≤ e^(εt), so r·N(r; m, s²) lies under a multiple of
/// e^(εt) N(t; 0, 1) ∝ N(t; ε, 1): draw t from N(ε, 1) and accept with probability (1 + εt) e^(−εt) ≤ 1 (nothing where
/// r ≤ 0). For s/m = 0.1 less than 1 % is rejected.
struct RadialNormal: Sendable {
    let mean: Double
    let standardDeviation: Double
    private let ratio: Double

    init(mean: Double, standardDeviation: Double) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        ratio = standardDeviation / mean
    }

    /// One exact draw.
    @inline(__always)
    func sample(_ stream: inout RandomStream) -> Double {
        while true {
            let t = ratio + stream.nextNormal()
            let y = ratio * t
            let u = stream.nextUniform()
            // 1 − y² ≤ (1 + y) e^(−y) for |y| < 1 accepts without the exponential (from 1 − y ≤ e^(−y)).
            if abs(y) < 1 && u < 1 - y * y { return mean + standardDeviation * t }
            if y > -1 && u < (1 + y) * Elementary.exp(-y) { return mean + standardDeviation * t }
        }
    }

    /// ∫₀^R r exp(−½((r − m)/s)²) dr, in closed form.
    func radialMass(upTo radius: Double) -> Double {
        let m = mean
        let s = standardDeviation
        let start = m / s
        let end = (radius - m) / s
        let edges = s * s * (Elementary.exp(-0.5 * start * start) - Elementary.exp(-0.5 * end * end))
        return edges + m * s * Elementary.squareRootOfTwoPi * Elementary.normalMass(between: -start, and: end)
    }
}

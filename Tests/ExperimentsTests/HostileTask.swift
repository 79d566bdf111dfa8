import FlowMath
import Tasks

/// A task on a square whose likelihood misbehaves in one way.
struct HostileTask: InferenceTask {
    enum Manner: String, Sendable, CaseIterable {
        /// 0 at every draw.
        case zero
        /// 0 except at a draw in a few hundred.
        case zeroAlmostEverywhere
        /// Not a number at some draws.
        case notANumber
        /// +∞ at some draws.
        case infinite
        /// One draw has all the weight: log L falls by 10⁶ over the square.
        case steep
        /// Beyond the range of a double once exponentiated, equal everywhere.
        case huge, tiny
        /// Log-likelihoods at the ends of the doubles.
        case extreme
        /// All draws equal: nothing to learn.
        case flat
        /// Like `steep`, on a box as thin as rounding.
        case thin
    }

    let manner: Manner

    var dimension: Int { 2 }
    var priorBox: [ClosedRange<Double>] {
        manner == .thin ? [0...1e-30, 1e6...1_000_001] : [-1...1, -1...1]
    }
    var prior: Prior { .uniform }
    var observation: [Double] { [] }
    var modeCount: Int? { 1 }
    func modes(observation: [Double]) -> [Mode] { [] }
    func logEvidence(observation: [Double]) -> Double { 0 }
    func logSeparatingDensity(observation: [Double]) -> Double? { nil }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        (0..<points.count).map { value(points[$0, 0], points[$0, 1]) }
    }

    private func value(_ x: Double, _ y: Double) -> Double {
        switch manner {
        case .zero: return -.infinity
        case .zeroAlmostEverywhere: return abs(x) < 0.05 && abs(y) < 0.05 ? 0 : -.infinity
        case .notANumber: return x > 0.5 ? .nan : 0
        case .infinite: return x > 0.9 ? .infinity : 0
        case .steep: return -1e6 * (x + 1)
        case .huge: return 1e300
        case .tiny: return -1e300
        case .extreme: return x > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
        case .flat: return 0
        case .thin: return -y * y
        }
    }

    /// Not exact; the metrics only have to survive it.
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        samplePrior(count: count, stream: stream)
    }
}

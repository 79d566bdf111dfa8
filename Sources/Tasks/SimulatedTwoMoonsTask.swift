import Catalog
import FlowMath

/// `sbibm-two-moons`: two crescents in θ for every x, from a simulator.
struct SimulatedTwoMoonsTask: SimulatorTask {
    private static let observations = -2.0...2.0
    private static let defaultObservation = [0.0, 0.0]

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "sbibm-two-moons", version: 1,
            summary: "Simulator whose posterior is two crescents for every x.",
            definition: """
                x = (r cos a + .25 − |θ₁+θ₂|/√2, r sin a + (θ₂−θ₁)/√2), a ~ U(−π/2, π/2), r ~ N(.1, .01²), prior \
                U(−1, 1)². With u = x₁ + |θ₁+θ₂|/√2 − .25, v = x₂ − (θ₂−θ₁)/√2, r = hypot(u, v): \
                p(x|θ) = 1[u > 0] N(r; .1, .01²)/(πr). (The likelihood in sbibm itself omits 1/(πr).)
                """,
            source: "Greenberg, Nonnenmacher & Macke 2019; Lueckmann et al. 2021 (arXiv 2101.04653).",
            parameters: [
                .observation(
                    in: observations, default: defaultObservation,
                    "The observed x; it must be one that some θ of the box can yield.")
            ])
    ) { values in
        let observation = try values.numbers("observation", count: 2, in: observations)
        guard CrescentArc(observation).hasPosterior else {
            throw ParameterError(
                name: "observation", expected: "an x that some θ of the prior's box can yield",
                found: values["observation"])
        }
        return SimulatedTwoMoonsTask(observation: observation)
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-1...1, -1...1]
    let observation: [Double]
    let modeCount: Int?
    private let arc: CrescentArc

    init(observation: [Double]) {
        self.observation = observation
        arc = CrescentArc(observation)
        modeCount = arc.modes.count
    }

    private func arc(at observation: [Double]) -> CrescentArc {
        precondition(observation.count == 2, "an observation has two numbers")
        return observation == self.observation ? arc : CrescentArc(observation)
    }

    /// One point of each crescent's crest, where the density is the same all along: the one on the crescent's axis, or
    /// the nearest to it that lies in the box. One mode where the crescents have merged.
    func modes(observation: [Double]) -> [Mode] { arc(at: observation).modes.map { Mode(centre: $0) } }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        precondition(observation.count == 2, "an observation has two numbers")
        let (x, y) = (observation[0], observation[1])
        return (0..<points.count).map { i in
            CrescentArc.logDensity(points[i, 0], points[i, 1], x, y)
        }
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        precondition(observations.dimension == 2 && observations.count == points.count, "one x for each θ")
        return (0..<points.count).map { i in
            CrescentArc.logDensity(points[i, 0], points[i, 1], observations[i, 0], observations[i, 1])
        }
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        var values = points.values
        for i in 0..<points.count {
            let (first, second) = (points[i, 0], points[i, 1])
            let noise = CrescentArc.noise(&stream)
            values[2 &* i] = noise.u + 0.25 - abs(first + second) * CrescentArc.halfRoot
            values[2 &* i &+ 1] = noise.v + (second - first) * CrescentArc.halfRoot
        }
        return Points(dimension: 2, values: values)
    }

    /// −infinity where no θ of the box yields x.
    func logEvidence(observation: [Double]) -> Double { arc(at: observation).logEvidence }

    /// Exact by rejection; NaN where no θ of the box yields x (or with an evidence below 1e-6, which the simulator does
    /// not do in a million draws).
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let arc = arc(at: observation)
        guard arc.hasPosterior else {
            return Points(dimension: 2, values: [Double](repeating: .nan, count: 2 * count))
        }
        var values: [Double] = []
        values.reserveCapacity(2 * count)
        while values.count < 2 * count {
            let noise = CrescentArc.noise(&stream)
            let isPositive = stream.nextBits() >> 63 == 0
            let s = noise.u + arc.offset
            guard s >= 0 else { continue }
            let theta = CrescentArc.theta(along: isPositive ? s : -s, across: arc.x2 - noise.v)
            guard abs(theta.first) <= 1 && abs(theta.second) <= 1 else { continue }
            values.append(theta.first)
            values.append(theta.second)
        }
        return Points(dimension: 2, values: values)
    }

    /// Every path between the crescents crosses θ₁ + θ₂ = 0. There u = x₁ − .25: the density is 0 on it (−infinity) for
    /// x₁ ≤ .25; beyond, the crests themselves cross it.
    func logSeparatingDensity(observation: [Double]) -> Double? {
        let arc = arc(at: observation)
        guard arc.modes.count == 2 else { return nil }
        return arc.offset >= 0 ? -.infinity : CrescentArc.logCrest - Elementary.log(4) - arc.logEvidence
    }

    /// Drawn once from the prior predictive, rounded to three decimals.
    let fixedObservations: [[Double]] = [
        [-0.038, 0.991],
        [-0.7, 0.219],
        [0.179, -0.602],
        [-0.741, 0.423],
        [-0.485, 0.383],
        [0.247, -0.592],
        [0.185, -0.325],
        [-0.15, 0.326],
        [-0.106, -0.071],
        [0.019, 0.018],
    ]
}

/// The posterior of `sbibm-two-moons` at one x.
///
/// In the rotated coordinates s = |θ₁+θ₂|/√2 and t = (θ₂−θ₁)/√2 both crescents are the same arc
/// s = r cos a + offset, t = x₂ − r sin a, offset = .25 − x₁, with the simulator's own (r, a), cut by s ≥ 0 and by the box,
/// s + |t| ≤ √2. So the posterior is the noise's distribution on what the cuts leave, the evidence half that part's
/// probability (prior ¼, two signs).
struct CrescentArc: Sendable {
    /// 1/√2.
    static let halfRoot = 0.7071067811865476
    private static let root = 1.4142135623730951
    private static let mean = 0.1
    private static let deviation = 0.01
    /// The radius at which N(r; .1, .01²)/r is largest: r² − .1 r + .01² = 0. (Below r = 10⁻²³ the density is larger
    /// still, a mass of 10⁻⁴⁴ that nothing here can see.)
    private static let crestRadius = 0.5 * (mean + (mean * mean - 4 * deviation * deviation).squareRoot())
    /// log p(x|θ) on the crest.
    static let logCrest = logRadial(crestRadius)

    /// .25 − x₁.
    let offset: Double
    let x2: Double
    let logEvidence: Double
    /// One or two points (θ₁, θ₂); none without a posterior.
    let modes: [[Double]]

    init(_ observation: [Double]) {
        offset = 0.25 - observation[0]
        x2 = observation[1]
        logEvidence = Elementary.log(0.5 * Self.massInside(offset: offset, x2: observation[1]))
        modes = logEvidence >= Self.leastLogEvidence ? Self.modes(offset: offset, x2: observation[1]) : []
    }

    /// log 1e-6.
    private static let leastLogEvidence = -13.815510557964274

    var hasPosterior: Bool { logEvidence >= Self.leastLogEvidence }

    /// log p(x|θ).
    @inline(__always)
    static func logDensity(_ first: Double, _ second: Double, _ x1: Double, _ x2: Double) -> Double {
        let u = x1 + abs(first + second) * halfRoot - 0.25
        let v = x2 - (second - first) * halfRoot
        return u > 0 ? logRadial((u * u + v * v).squareRoot()) : -.infinity
    }

    /// log N(r; .1, .01²) − log πr.
    private static func logRadial(_ radius: Double) -> Double {
        let z = (radius - mean) / deviation
        // −log(.01 √2π) − log π.
        return -0.5 * z * z + 2.5415017669340187 - Elementary.log(radius)
    }

    /// (r cos a, r sin a); a radius ≤ 0, ten standard deviations away, is drawn again.
    @inline(__always)
    static func noise(_ stream: inout RandomStream) -> (u: Double, v: Double) {
        let angle = Elementary.sineCosineOfTurns(0.5 * stream.nextUniform() - 0.25)
        var radius: Double
        repeat { radius = mean + deviation * stream.nextNormal() } while radius <= 0
        return (radius * angle.cosine, radius * angle.sine)
    }

    /// (θ₁, θ₂) of (θ₁+θ₂)/√2 and (θ₂−θ₁)/√2.
    static func theta(along: Double, across: Double) -> (first: Double, second: Double) {
        (halfRoot * (along - across), halfRoot * (along + across))
    }

    /// The probability that the noise's point lies in s ≥ 0, s + |t| ≤ √2.
    ///
    /// For a fixed angle the cuts are linear in r and leave an interval, whose probability is closed form; the integral
    /// over the angle has kinks where one cut takes over from another.
    private static func massInside(offset: Double, x2: Double) -> Double {
        let farthest = mean + 10 * deviation
        if offset >= 0 && offset + abs(x2) + root * farthest <= root { return 1 }
        let f = { (angle: Double) -> Double in
            let (sine, cosine) = Elementary.sineCosine(angle)
            var (low, high) = (0.0, Double.infinity)
            // r·slope ≤ limit.
            for (slope, limit) in [
                (-cosine, offset), (cosine - sine, root - offset - x2), (cosine + sine, root - offset + x2),
            ] {
                if slope > 0 {
                    high = min(high, limit / slope)
                } else if slope < 0 {
                    low = max(low, limit / slope)
                } else if limit < 0 {
                    high = -1
                }
            }
            guard high > low else { return 0 }
            return Elementary.normalMass(between: (low - mean) / deviation, and: (high - mean) / deviation)
        }
        let quarter = 1.5707963267948966
        let rough = GaussLegendre.integrate(from: -quarter, to: quarter, panels: 32, f)
        if rough == 0 { return 0 }
        let mass = GaussLegendre.integrateAdaptively(
            from: -quarter, to: quarter, panels: 32, tolerance: 1e-14 * rough, f)
        return min(1, mass / (2 * quarter))
    }

    private static func modes(offset: Double, x2: Double) -> [[Double]] {
        func pair(_ s: Double, _ t: Double) -> [[Double]] {
            let points = (s > 0 ? [-s, s] : [0]).map { theta(along: $0, across: t) }
            // Rounding must not carry a point over the box's face.
            return points.map { [min(max($0.first, -1), 1), min(max($0.second, -1), 1)] }
        }
        // Both crests have passed s = 0: one mode, where u = −offset.
        if -offset >= crestRadius { return pair(0, min(max(x2, -root), root)) }
        // The crest, from its axis outwards; if all of it is cut away, the highest point of other radii.
        let steps = 1000
        var best: (s: Double, t: Double, height: Double)?
        for ring in 0...400 {
            let radius = ring == 0 ? crestRadius : 0.25 * deviation * Double(ring)
            let height = logRadial(radius)
            if let best, best.height >= height { continue }
            search: for k in 0..<steps {
                for sign in [1.0, -1] {
                    let angle = Elementary.sineCosineOfTurns(0.25 * sign * Double(k) / Double(steps))
                    let (s, t) = (radius * angle.cosine + offset, x2 - radius * angle.sine)
                    guard s >= 0 && s + abs(t) <= root else { continue }
                    best = (s, t, height)
                    break search
                }
            }
            if ring == 0, best != nil { break }
        }
        guard let best else { return pair(max(offset, 0), 0) }
        return pair(best.s, best.t)
    }
}

import Catalog
import FlowMath

/// `quadratic-2d` and `quadratic-3d`: the sign-symmetric inverse problem x_d = θ_d² + noise.
struct QuadraticTask: SimulatorTask {
    private static let noises = 0.02...3.0
    private static let halfWidths = 0.5...10.0
    private static let observations = -10.0...100.0

    static let entry2D = entry(name: "quadratic-2d", observation: [4, 2.25])
    static let entry3D = entry(name: "quadratic-3d", observation: [4, 2.25, 3.0625])

    private static func entry(name: String, observation: [Double]) -> TaskCatalog.Entry {
        let dimension = observation.count
        let description = ComponentDescription(
            name: name, version: 1,
            summary: "Inverse problem with sign symmetry: \(1 << dimension) skewed modes in \(dimension)D.",
            definition: """
                x_d = θ_d² + ε_d, ε_d ~ N(0, noise²), d = 1 … \(dimension), prior U(−halfWidth, halfWidth)^\(dimension). \
                Given x the posterior is a product over d with peaks at ±min(√x_d, halfWidth), or one peak at 0 where \
                x_d ≤ 0. Normaliser: product of one-dimensional quadratures.
                """,
            source: "Own definition, after the multi-modal inverse problems of Baruah 2025 (arXiv 2512.04954).",
            parameters: [
                .number("noise", in: noises, default: 0.3, "Standard deviation of the observation noise."),
                .number("halfWidth", in: halfWidths, default: 3, "The prior is uniform on ±halfWidth."),
                .observation(
                    in: observations, default: observation, "The observed x, one number per dimension."),
            ])
        return TaskCatalog.Entry(description) { values in
            QuadraticTask(
                observation: try values.numbers("observation", count: dimension, in: observations),
                noise: try values.number("noise", in: noises),
                halfWidth: try values.number("halfWidth", in: halfWidths))
        }
    }

    let dimension: Int
    let priorBox: [ClosedRange<Double>]
    let observation: [Double]
    private let noise: Double
    private let halfWidth: Double
    /// The factors at the task's own observation.
    private let factors: [QuadraticFactor]

    init(observation: [Double], noise: Double, halfWidth: Double) {
        dimension = observation.count
        priorBox = Array(repeating: -halfWidth...halfWidth, count: observation.count)
        self.observation = observation
        self.noise = noise
        self.halfWidth = halfWidth
        factors = observation.map { QuadraticFactor(observed: $0, noise: noise, halfWidth: halfWidth) }
    }

    private func factors(at observation: [Double]) -> [QuadraticFactor] {
        if observation == self.observation { return factors }
        precondition(observation.count == dimension, "an observation has one number per dimension")
        return observation.map { QuadraticFactor(observed: $0, noise: noise, halfWidth: halfWidth) }
    }

    var modeCount: Int? { factors.reduce(1) { $0 * $1.peaks.count } }

    func modes(observation: [Double]) -> [Mode] {
        // Dimension 0 varies fastest.
        var centres: [[Double]] = [[]]
        for factor in factors(at: observation) {
            centres = factor.peaks.flatMap { peak in centres.map { $0 + [peak] } }
        }
        return centres.map { Mode(centre: $0) }
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        precondition(observation.count == dimension, "an observation has one number per dimension")
        let constant = -Double(dimension) * Elementary.log(noise * Elementary.squareRootOfTwoPi)
        let scale = 1 / noise
        return (0..<points.count).map { i in
            var square = 0.0
            for d in 0..<dimension {
                let theta = points[i, d]
                let t = (observation[d] - theta * theta) * scale
                square += t * t
            }
            return constant - 0.5 * square
        }
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        var values = points.values
        for index in values.indices { values[index] = values[index] * values[index] + noise * stream.nextNormal() }
        return Points(dimension: dimension, values: values)
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        precondition(observations.dimension == dimension && observations.count == points.count, "one x for each θ")
        let constant = -Double(dimension) * Elementary.log(noise * Elementary.squareRootOfTwoPi)
        let scale = 1 / noise
        return (0..<points.count).map { i in
            var square = 0.0
            for d in 0..<dimension {
                let theta = points[i, d]
                let t = (observations[i, d] - theta * theta) * scale
                square += t * t
            }
            return constant - 0.5 * square
        }
    }

    /// Drawn once with the default noise and half-width (rounded to three decimals): some with clear modes, some where
    /// they merge.
    /// With another half-width they are scaled with it, as θ² is.
    var fixedObservations: [[Double]] {
        let scale = (halfWidth / 3) * (halfWidth / 3)
        return Self.fixed.map { $0.prefix(dimension).map { scale * $0 } }
    }

    private static let fixed: [[Double]] = [
        [4.604, 2.362, 7.362],
        [2.793, 5.412, 2.157],
        [5.304, 1.038, 0.689],
        [1.598, 1.44, 2.238],
        [0.67, 0.551, 1.411],
        [7.787, 2.088, 0.497],
        [0.002, 0.101, 2.893],
        [6.636, 2.289, 6.565],
        [4.913, 3.549, -0.175],
        [8.869, 1.08, 6.467],
    ]

    func logEvidence(observation: [Double]) -> Double {
        factors(at: observation).reduce(Double(dimension) * -Elementary.log(2 * halfWidth)) { $0 + $1.logIntegral }
    }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let samplers = factors(at: observation).map(\.sampler)
        var values = [Double](repeating: 0, count: count * dimension)
        var index = 0
        for _ in 0..<count {
            for sampler in samplers {
                values[index] = sampler.sample(&stream)
                index &+= 1
            }
        }
        return Points(dimension: dimension, values: values)
    }

    /// The best path between neighbouring modes takes one coordinate through 0 while the others stay at their peaks;
    /// nil when no dimension has two peaks.
    func logSeparatingDensity(observation: [Double]) -> Double? {
        let factors = factors(at: observation)
        let heights = factors.reduce(0) { $0 + $1.logPeakDensity }
        var best: Double?
        for factor in factors where factor.peaks.count == 2 {
            let saddle = heights - factor.logPeakDensity + factor.logDensityAtZero
            best = max(best ?? saddle, saddle)
        }
        return best
    }
}

/// One dimension of the quadratic task at one observed value.
struct QuadraticFactor: Sendable {
    /// Positions of the maxima on ±halfWidth, ascending.
    let peaks: [Double]
    /// log ∫ N(x; θ², noise²) dθ over ±halfWidth.
    let logIntegral: Double
    /// log of the normalised density at a maximum.
    let logPeakDensity: Double
    /// log of the normalised density at θ = 0.
    let logDensityAtZero: Double
    let sampler: PiecewiseEnvelopeSampler

    init(observed: Double, noise: Double, halfWidth: Double) {
        let scale = 1 / noise
        let shape: @Sendable (Double) -> Double = { theta in
            let t = (observed - theta * theta) * scale
            return -0.5 * t * t
        }
        let peak = observed > 0 ? min(observed.squareRoot(), halfWidth) : 0
        peaks = peak > 0 ? [-peak, peak] : [0]
        let logHeight = shape(peak)
        // The shape rises from 0 to the peak and falls beyond it, mirrored for negative θ.
        let relative = { (theta: Double) in Elementary.exp(shape(theta) - logHeight) }
        var half = 0.0
        if peak > 0 { half += GaussLegendre.integrateFalling(fromPeak: peak, to: 0, relative) }
        if peak < halfWidth { half += GaussLegendre.integrateFalling(fromPeak: peak, to: halfWidth, relative) }
        let logShapeIntegral = logHeight + Elementary.log(2 * half)
        logIntegral = logShapeIntegral - Elementary.log(noise * Elementary.squareRootOfTwoPi)
        logPeakDensity = logHeight - logShapeIntegral
        logDensityAtZero = shape(0) - logShapeIntegral
        var breakpoints = [-halfWidth, -peak, 0, peak, halfWidth]
        if peak == 0 { breakpoints = [-halfWidth, 0, halfWidth] }
        if peak == halfWidth { breakpoints = [-halfWidth, 0, halfWidth] }
        sampler = PiecewiseEnvelopeSampler(breakpoints: breakpoints, logDensity: shape)
    }
}

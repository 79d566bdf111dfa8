import Catalog
import FlowMath

/// `two-scale`: noise of two widths about one point, the control with one mode that is not normal.
struct TwoScaleTask: SimulatorTask {
    private static let observations = -12.0...12.0
    private static let defaultObservation = [2.5, -4.0]
    private static let deviations = [1.0, 0.1]
    private static let halfWidth = 10.0

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "two-scale", version: 1,
            summary: "Control: one mode, a narrow peak on a wide one.",
            definition: """
                x ~ ½ N(θ, I) + ½ N(θ, .01 I), prior U(−10, 10)². The posterior is the same mixture about x, truncated \
                by the box.
                """,
            source: "Sisson, Fan & Tanaka 2007; Lueckmann et al. 2021 (arXiv 2101.04653).",
            parameters: [
                .observation(in: observations, default: defaultObservation, "The observed x.")
            ])
    ) { values in
        TwoScaleTask(observation: try values.numbers("observation", count: 2, in: observations))
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-halfWidth...halfWidth, -halfWidth...halfWidth]
    let observation: [Double]
    let modeCount: Int? = 1

    init(observation: [Double]) { self.observation = observation }

    /// The point of the box nearest to x.
    func modes(observation: [Double]) -> [Mode] {
        [Mode(centre: observation.map { min(max($0, -Self.halfWidth), Self.halfWidth) })]
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        precondition(observation.count == 2, "an observation has two numbers")
        let (x, y) = (observation[0], observation[1])
        return (0..<points.count).map { Self.logNoise(x - points[$0, 0], y - points[$0, 1]) }
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        precondition(observations.dimension == 2 && observations.count == points.count, "one x for each θ")
        return (0..<points.count).map {
            Self.logNoise(observations[$0, 0] - points[$0, 0], observations[$0, 1] - points[$0, 1])
        }
    }

    /// log(½ N(d; 0, I) + ½ N(d; 0, .01 I)), with log ½ − log 2π = −log 4π.
    @inline(__always)
    private static func logNoise(_ x: Double, _ y: Double) -> Double {
        let square = x * x + y * y
        let wide = -0.5 * square
        let narrow = 4.605170185988092 - 50 * square
        let tail = Elementary.logOnePlus(Elementary.exp(-abs(wide - narrow)))
        return max(wide, narrow) + tail - 2.5310242469692907
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        var values = points.values
        for i in 0..<points.count {
            let deviation = Self.deviations[stream.nextUniform() < 0.5 ? 0 : 1]
            values[2 &* i] += deviation * stream.nextNormal()
            values[2 &* i &+ 1] += deviation * stream.nextNormal()
        }
        return Points(dimension: 2, values: values)
    }

    /// The mass of N(x, s² I) in the box, for either width.
    private static func masses(_ observation: [Double]) -> [Double] {
        deviations.map { s in
            observation.reduce(1) { product, x in
                product * Elementary.normalMass(between: (-halfWidth - x) / s, and: (halfWidth - x) / s)
            }
        }
    }

    func logEvidence(observation: [Double]) -> Double {
        let masses = Self.masses(observation)
        return Elementary.log(0.5 * (masses[0] + masses[1])) - Elementary.log(400)
    }

    /// A width in proportion to its mass in the box, then a truncated normal number for each coordinate.
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let masses = Self.masses(observation)
        let shareOfWide = masses[0] / (masses[0] + masses[1])
        let normals = Self.deviations.map { s in
            observation.map { x in
                TruncatedNormal(lower: (-Self.halfWidth - x) / s, upper: (Self.halfWidth - x) / s)
            }
        }
        var values = [Double](repeating: 0, count: 2 * count)
        for i in 0..<count {
            let k = stream.nextUniform() < shareOfWide ? 0 : 1
            for d in 0..<2 {
                let value = observation[d] + Self.deviations[k] * normals[k][d].sample(&stream)
                // Rounding must not carry a value over the box's face.
                values[2 &* i &+ d] = min(max(value, -Self.halfWidth), Self.halfWidth)
            }
        }
        return Points(dimension: 2, values: values)
    }

    /// Drawn once from the prior predictive, rounded to three decimals.
    let fixedObservations: [[Double]] = [
        [-1.014, 1.63],
        [-4.511, -9.876],
        [9.375, -11.214],
        [2.737, 9.617],
        [-1.565, 8.375],
        [-1.466, 5.54],
        [-6.676, -5.049],
        [-3.057, 6.987],
        [5.899, -1.784],
        [5.343, -1.12],
    ]
}

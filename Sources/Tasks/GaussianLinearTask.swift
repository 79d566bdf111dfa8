import Catalog
import FlowMath

/// `gaussian-linear`: a normal prior and a normal likelihood, the control in which everything is normal.
struct GaussianLinearTask: SimulatorTask {
    private static let dimensions = 2...10
    private static let observations = -10.0...10.0
    /// Of the prior and of the noise.
    private static let variance = 0.1

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "gaussian-linear", version: 1,
            summary: "Control: normal prior, normal noise, one normal posterior.",
            definition: """
                x ~ N(θ, .1 I), prior N(0, .1 I) on all of R^D, D = dimension; posterior N(x/2, .05 I), evidence \
                N(x; 0, .2 I). The prior is not bounded: `flow.box` does not apply.
                """,
            source: "Lueckmann et al. 2021, Benchmarking Simulation-Based Inference (arXiv 2101.04653).",
            parameters: [
                .integer("dimension", in: dimensions, default: 10, "D, the number of coordinates."),
                .observation(
                    in: observations, default: defaultObservation,
                    "The observed x: ten numbers, of which the first D are used."),
            ])
    ) { values in
        let dimension = try values.integer("dimension", in: dimensions)
        let observation = try values.numbers("observation", count: defaultObservation.count, in: observations)
        return GaussianLinearTask(observation: Array(observation.prefix(dimension)))
    }

    let dimension: Int
    let priorBox: [ClosedRange<Double>]
    let prior: Prior
    let observation: [Double]
    let modeCount: Int? = 1

    init(observation: [Double]) {
        dimension = observation.count
        self.observation = observation
        priorBox = Array(repeating: -Double.infinity...Double.infinity, count: observation.count)
        prior = .normal(
            means: Array(repeating: 0, count: observation.count),
            standardDeviations: Array(repeating: Self.variance.squareRoot(), count: observation.count))
    }

    func modes(observation: [Double]) -> [Mode] { [Mode(centre: observation.map { 0.5 * $0 })] }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        precondition(observation.count == dimension, "an observation has one number per dimension")
        return (0..<points.count).map { i in
            logNoise(points, i) { observation[$0] }
        }
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        precondition(observations.dimension == dimension && observations.count == points.count, "one x for each θ")
        return (0..<points.count).map { i in
            logNoise(points, i) { observations[i, $0] }
        }
    }

    /// log N(x; θ_i, .1 I).
    @inline(__always)
    private func logNoise(_ points: Points, _ i: Int, _ x: (Int) -> Double) -> Double {
        var square = 0.0
        for d in 0..<dimension {
            let difference = x(d) - points[i, d]
            square += difference * difference
        }
        return Self.logNormalConstant(dimension, variance: Self.variance) - 0.5 * square / Self.variance
    }

    /// −D/2 log 2πv.
    private static func logNormalConstant(_ dimension: Int, variance: Double) -> Double {
        -Double(dimension) * (Elementary.halfLogTwoPi + 0.5 * Elementary.log(variance))
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        let deviation = Self.variance.squareRoot()
        return Points(dimension: dimension, values: points.values.map { $0 + deviation * stream.nextNormal() })
    }

    func logEvidence(observation: [Double]) -> Double {
        let square = observation.reduce(0) { $0 + $1 * $1 }
        return Self.logNormalConstant(dimension, variance: 2 * Self.variance) - 0.25 * square / Self.variance
    }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let deviation = (0.5 * Self.variance).squareRoot()
        var values = [Double](repeating: 0, count: count * dimension)
        for i in 0..<count {
            for d in 0..<dimension {
                values[i &* dimension &+ d] = 0.5 * observation[d] + deviation * stream.nextNormal()
            }
        }
        return Points(dimension: dimension, values: values)
    }

    var fixedObservations: [[Double]] { Self.fixed.map { Array($0.prefix(dimension)) } }

    private static let defaultObservation = [0.5, -0.25, 0, 0.75, -0.5, 0.25, -0.75, 0.1, -0.1, 0.3]

    /// Drawn once from the prior predictive, rounded to three decimals.
    private static let fixed: [[Double]] = [
        [0.503, 0.305, -0.702, -0.511, 0.277, -0.313, -0.246, -0.547, 0.342, -0.075],
        [-0.223, -0.036, -0.717, -0.452, 0.382, -0.267, -0.777, 0.47, -0.059, -0.184],
        [-0.736, -0.632, -0, 0.026, -0.19, 0.179, -0.147, 0.401, 0.15, 0.261],
        [0.353, 0.193, -0.017, 0.483, 0.8, -0.644, 0.233, 0.308, -0.013, -0.213],
        [0.815, 0.521, 0.055, 0.235, 0.284, 0.316, -0.187, -0.064, 0.087, 0.36],
        [-0.362, 0.042, -0.1, 0.051, -0.416, 0.094, -0.207, 0.162, -0.899, -0.026],
        [-0.453, 0.159, -0.012, -0.784, -0.095, 0.735, -0.097, 0.444, -0.037, 0.24],
        [-0.122, 0.294, -0.002, 0.521, 0.377, -0.414, 0.156, -0.963, 0.382, 0.567],
        [0.821, 0.392, 0.314, -0.645, 0.013, -0.142, -0.006, -0.784, -0.091, -0.516],
        [0.119, 0.636, -0.434, 0.133, 0.177, -0.635, 0.252, -0.914, 0.405, -0.585],
    ]
}

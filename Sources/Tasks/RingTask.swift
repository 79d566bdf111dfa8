import Catalog
import FlowMath

/// `ring`: M equal Gaussians evenly spaced on the circle of radius 2.
struct RingTask: InferenceTask {
    private static let counts = 2...64
    private static let relativeWidths = 0.1...2.0

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "ring", version: 1,
            summary: "M equal Gaussian modes on a circle of radius 2.",
            definition: """
                L(θ) = (1/M) Σ_k N(θ; (2 sin 2πk/M, 2 cos 2πk/M), s² I), k = 0 … M−1, s = w·(2/3) sin(π/M), so that \
                neighbouring centres are 6/w standard deviations apart; prior U(−5, 5)². M = 8, w = 1 is circle8.
                """,
            source: "Stimper, Schölkopf & Hernández-Lobato 2022, Resampling Base Distributions of Normalizing Flows.",
            parameters: [
                .integer("modes", in: counts, default: 8, "Number of modes M."),
                .number(
                    "relativeWidth", in: relativeWidths, default: 1,
                    "Standard deviation of every mode in units of (2/3) sin(π/M)."),
            ])
    ) { values in
        RingTask(
            modes: try values.integer("modes", in: counts),
            relativeWidth: try values.number("relativeWidth", in: relativeWidths))
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-5...5, -5...5]
    let observation: [Double] = []
    let modeCount: Int?
    private let mixture: BoxedGaussianMixture
    private let storedModes: [Mode]
    private let storedLogEvidence: Double
    private let storedLogSeparatingDensity: Double

    /// Neighbours must stay distinct: modes ≥ 2 and relativeWidth ≤ 2 (3 standard deviations apart).
    init(modes: Int, relativeWidth: Double) {
        let halfStep = Elementary.sineCosineOfTurns(0.5 / Double(modes))
        let width = relativeWidth * (2.0 / 3) * halfStep.sine
        let centres = (0..<modes).map { k in
            let angle = Elementary.sineCosineOfTurns(Double(k) / Double(modes))
            return [2 * angle.sine, 2 * angle.cosine]
        }
        let mixture = BoxedGaussianMixture(
            box: priorBox, weights: Array(repeating: 1 / Double(modes), count: modes), means: centres,
            standardDeviations: Array(repeating: width, count: modes))
        self.mixture = mixture
        modeCount = modes
        storedModes = (0..<modes).map { Mode(centre: mixture.localMaximum(fromComponent: $0)) }
        let logBoxMass = Elementary.log(mixture.massInside)
        storedLogEvidence = logBoxMass - Elementary.log(100)
        // A path between neighbours crosses the bisector of their angles, a line of mirror symmetry: the saddle is the
        // largest density on it.
        storedLogSeparatingDensity =
            maximum(
                of: { radius in
                    let point = [radius * halfStep.sine, radius * halfStep.cosine]
                    return mixture.logDensity(of: Points(dimension: 2, values: point))[0]
                }, from: 0, to: 4
            ).value - logBoxMass
    }

    func modes(observation: [Double]) -> [Mode] { storedModes }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] { mixture.logDensity(of: points) }

    func logEvidence(observation: [Double]) -> Double { storedLogEvidence }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        mixture.sample(count: count, stream: stream)
    }

    func logSeparatingDensity(observation: [Double]) -> Double? { storedLogSeparatingDensity }
}

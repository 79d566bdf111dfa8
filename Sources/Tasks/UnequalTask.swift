import Catalog
import FlowMath

/// `unequal`: three Gaussians of different weights and widths.
struct UnequalTask: InferenceTask {
    private static let relativeWidths = 0.1...1.5

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "unequal", version: 1,
            summary: "Three Gaussian modes of unequal weight and width.",
            definition: """
                L(θ) = .6 N(θ; (−2, −1), (.35 w)² I) + .3 N(θ; (2, −1), (.2 w)² I) + .1 N(θ; (0, 2), (.5 w)² I), \
                prior U(−4, 4)².
                """,
            source: "Own definition.",
            parameters: [
                .number("relativeWidth", in: relativeWidths, default: 1, "Factor w on all three standard deviations.")
            ])
    ) { values in
        UnequalTask(relativeWidth: try values.number("relativeWidth", in: relativeWidths))
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-4...4, -4...4]
    let observation: [Double] = []
    let modeCount: Int? = 3
    private let mixture: BoxedGaussianMixture
    private let storedModes: [Mode]
    private let storedLogEvidence: Double

    init(relativeWidth: Double) {
        let mixture = BoxedGaussianMixture(
            box: priorBox, weights: [0.6, 0.3, 0.1], means: [[-2, -1], [2, -1], [0, 2]],
            standardDeviations: [0.35, 0.2, 0.5].map { $0 * relativeWidth })
        self.mixture = mixture
        storedModes = (0..<3).map { Mode(centre: mixture.localMaximum(fromComponent: $0)) }
        storedLogEvidence = Elementary.log(mixture.massInside) - Elementary.log(64)
    }

    func modes(observation: [Double]) -> [Mode] { storedModes }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] { mixture.logDensity(of: points) }

    func logEvidence(observation: [Double]) -> Double { storedLogEvidence }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        mixture.sample(count: count, stream: stream)
    }
}

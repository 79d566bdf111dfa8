import Catalog
import FlowMath

/// `gmm40`: forty equal Gaussians scattered over a wide box.
struct GaussianMixture40Task: InferenceTask {
    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "gmm40", version: 1,
            summary: "Forty equal Gaussians at random places of a wide plane, some of them overlapping.",
            definition: """
                L(θ) = (1/40) Σ N(θ; μ_k, s² I), s = softplus(1) = 1.3133, the 40 means of FAB's benchmark, prior \
                U(−50, 50)². Only 36 local maxima: modes are the 40 components, basins the nearest mean (the largest \
                responsibility).
                """,
            source: "Midgley et al. 2023, Flow Annealed Importance Sampling Bootstrap (arXiv 2208.01893).",
            parameters: [])
    ) { _ in GaussianMixture40Task() }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-50...50, -50...50]
    let observation: [Double] = []
    let modeCount: Int? = 40
    let modeGeometry = ModeGeometry.components
    private let mixture: BoxedGaussianMixture
    private let storedLogEvidence: Double

    init() {
        let count = Self.means.count
        let mixture = BoxedGaussianMixture(
            box: priorBox, weights: Array(repeating: 1 / Double(count), count: count), means: Self.means,
            standardDeviations: Array(repeating: Self.standardDeviation, count: count))
        self.mixture = mixture
        storedLogEvidence = Elementary.log(mixture.massInside) - Elementary.log(10_000)
    }

    func modes(observation: [Double]) -> [Mode] { Self.means.map { Mode(centre: $0) } }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] { mixture.logDensity(of: points) }

    func logEvidence(observation: [Double]) -> Double { storedLogEvidence }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        mixture.sample(count: count, stream: stream)
    }

    /// softplus(1) = log(1 + e).
    private static let standardDeviation = 1.3132616875182228

    /// 80·(u − ½) in single precision, u = `torch.rand((40, 2))` after `torch.manual_seed(0)`: the low 24 bits of the
    /// Mersenne Twister's outputs over 2²⁴.
    private static let means: [[Double]] = [
        [-0.299472809, 21.4577446], [-32.9218063, -29.437561], [-15.4061747, 10.7262945], [-0.792527199, 31.71558],
        [-3.54976177, 10.5845022], [-12.0885229, -7.86261559], [-38.2139397, -26.4912834], [-16.488924, 1.48174286],
        [15.8134079, 24.0009117], [-27.1176434, -17.4185143], [14.5286846, 33.215519], [-8.23200703, 29.9324703],
        [-6.44733429, 4.23256397], [36.2190475, -37.1068153], [-25.1815186, -10.1266098], [-15.5919981, 34.5600319],
        [-25.9271851, -18.4133148], [-27.9456177, -37.4624405], [-23.3496189, 34.3839226], [17.8487358, 19.3869019],
        [2.10366249, -20.5073395], [6.76738739, -37.3477898], [-28.9026489, -20.6212006], [25.2375183, 23.4528503],
        [-17.7398014, -1.44329548], [25.582428, 39.7653236], [15.8752871, 5.40371418], [26.8194542, -23.5520935],
        [7.4537611, -31.0122204], [-27.7234459, -20.6633415], [18.0989227, 16.0864162], [-23.6940994, 12.0842838],
        [21.9588814, -5.04869461], [1.52726173, 9.26818848], [24.8150635, 38.4077644], [-30.8249435, -14.6587896],
        [15.720396, 33.1419754], [34.8082924, 35.2942696], [7.96058178, -34.7833061], [3.6796999, -25.0242138],
    ]
}

import Catalog
import FlowMath

/// `slcp`, simple likelihood and complex posterior: four points of a bivariate normal distribution whose mean and
/// covariance are θ.
struct SimpleLikelihoodTask: SimulatorTask {
    private static let observations = -30.0...30.0
    private static let defaultObservation = [0.663, -2.143, 0.162, -0.274, 1.97, -0.599, 1.123, -2.519]

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "slcp", version: 1,
            summary: "Simple likelihood, complex posterior: four symmetric modes in 5D.",
            definition: """
                x is four independent draws from N((θ₁, θ₂), Σ + 10⁻⁶ I), Σ = [[s₁², ρ s₁ s₂], [ρ s₁ s₂, s₂²]], s₁ = θ₃², \
                s₂ = θ₄², ρ = tanh θ₅; prior U(−3, 3)⁵. The signs of θ₃ and θ₄ make four modes. The default x was \
                simulated once at θ = (.7, −1.5, −1, −.9, .6).
                """,
            source: "Papamakarios, Sterratt & Murray 2019 (arXiv 1805.07226); Lueckmann et al. 2021.",
            parameters: [
                .observation(
                    in: observations, default: defaultObservation,
                    "The observed x: both coordinates of the four points, one point after the other.")
            ])
    ) { values in
        let observation = try values.numbers("observation", count: 8, in: observations)
        return SimpleLikelihoodTask(observation: observation)
    }

    let dimension = 5
    let priorBox = [ClosedRange<Double>](
        repeating: -PlanarNormalSample.halfWidth...PlanarNormalSample.halfWidth, count: 5)
    let observation: [Double]
    let modeCount: Int?
    private let samplers: ObservationCache<SimpleLikelihoodSampler>
    private let evidences: ObservationCache<Double>
    private let maxima = ObservationCache { CovarianceModes(PlanarNormalSample($0)).maximum }

    init(observation: [Double]) {
        self.observation = observation
        let samplers = ObservationCache { SimpleLikelihoodSampler(PlanarNormalSample($0)) }
        self.samplers = samplers
        evidences = ObservationCache {
            let sample = PlanarNormalSample($0)
            let blocks = sample.hasMeanInBox ? sample : samplers.value(at: $0).covarianceDensity
            return CovarianceQuadrature(sample, blocksBy: blocks).logIntegral
        }
        modeCount = Self.modes(maximum: maxima.value(at: observation)).count
    }

    /// The maximum with every sign of θ₃ and θ₄, θ₃ varying fastest; found numerically.
    func modes(observation: [Double]) -> [Mode] { Self.modes(maximum: maxima.value(at: observation)) }

    private static func modes(maximum: [Double]) -> [Mode] {
        var centres = [maximum]
        for d in 2...3 where maximum[d] != 0 {
            centres = [-maximum[d], maximum[d]].flatMap { value in
                centres.map { centre in
                    var centre = centre
                    centre[d] = value
                    return centre
                }
            }
        }
        return centres.map { Mode(centre: $0) }
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        precondition(observation.count == 8, "an observation has eight numbers")
        return points.values.withUnsafeBufferPointer { theta in
            observation.withUnsafeBufferPointer { x in
                (0..<points.count).map { Self.logLikelihood(theta.baseAddress! + 5 * $0, x.baseAddress!) }
            }
        }
    }

    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        precondition(observations.dimension == 8 && observations.count == points.count, "one x for each θ")
        return points.values.withUnsafeBufferPointer { theta in
            observations.values.withUnsafeBufferPointer { x in
                (0..<points.count).map {
                    Self.logLikelihood(theta.baseAddress! + 5 * $0, x.baseAddress! + 8 * $0)
                }
            }
        }
    }

    @inline(__always)
    private static func logLikelihood(_ theta: UnsafePointer<Double>, _ x: UnsafePointer<Double>) -> Double {
        let covariance = PlanarNormalSample.Covariance(theta[2], theta[3], theta[4])
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for k in 0..<4 {
            let (dx, dy) = (x[2 &* k] - theta[0], x[2 &* k &+ 1] - theta[1])
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }
        return PlanarNormalSample.logConstant - 2 * covariance.logDeterminant - 0.5 * covariance.form(xx, yy, xy)
    }

    func simulate(at points: Points, stream: RandomStream) -> Points {
        var stream = stream
        var values = [Double](repeating: 0, count: 8 * points.count)
        for i in 0..<points.count {
            let covariance = PlanarNormalSample.Covariance(points[i, 2], points[i, 3], points[i, 4])
            let conditional = covariance.remainder.squareRoot()
            for k in 0..<4 {
                let (first, second) = (stream.nextNormal(), stream.nextNormal())
                values[8 &* i &+ 2 &* k] = points[i, 0] + first / covariance.precisionX
                values[8 &* i &+ 2 &* k &+ 1] =
                    points[i, 1] + (covariance.correlation * first + conditional * second) / covariance.precisionY
            }
        }
        return Points(dimension: 8, values: values)
    }

    func logEvidence(observation: [Double]) -> Double {
        -5 * Elementary.log(2 * PlanarNormalSample.halfWidth) + PlanarNormalSample.logMarginalConstant
            + evidences.value(at: observation)
    }

    /// By ``SimpleLikelihoodSampler``, for every x: exact.
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        guard count > 0 else { return Points(dimension: 5, values: []) }
        return Points(dimension: 5, values: samplers.value(at: observation).draws(count, stream))
    }

    /// A path between modes crosses θ₃ = 0 or θ₄ = 0, where one variance is 10⁻⁶ and r = 0; on either the largest density
    /// is closed form.
    func logSeparatingDensity(observation: [Double]) -> Double? {
        guard modes(observation: observation).count >= 2 else { return nil }
        let sample = PlanarNormalSample(observation)
        let logDensity =
            sample.logSaddle - 5 * Elementary.log(2 * PlanarNormalSample.halfWidth)
            - logEvidence(observation: observation)
        return logDensity
    }

    /// Drawn once from the prior predictive, rounded to three decimals.
    let fixedObservations: [[Double]] = [
        [-8.228, -3.802, -12.025, -4.622, 0.311, -2.459, -4.471, -2.816],
        [-5.367, -5.15, -6.18, -7.128, 9.417, 8.295, 1.94, 1.951],
        [0.424, 0.01, 7.734, -0.094, -1.173, -0.178, 5.9, -0.195],
        [-3.854, 1.341, -5.685, 2.336, -1.295, -0.102, -1.788, 0.391],
        [-1.019, -0.369, 0.299, -0.281, -0.172, -0.315, -0.01, -0.3],
        [0.146, -1.389, -2.897, 6.399, 0.214, -1.052, 1.532, -3.627],
        [0.049, 2.136, 4.709, 2.001, 7.826, 1.78, 1.179, 2.026],
        [4.985, -2.445, 0.828, -1.49, -2.645, -0.932, -4.081, -0.903],
        [5.834, 1.074, -2.75, 1.392, 1.463, 1.345, 1.116, 1.168],
        [-4.064, 2.989, -5.943, -1.886, 6.357, 3.832, 5.948, 4.969],
    ]
}

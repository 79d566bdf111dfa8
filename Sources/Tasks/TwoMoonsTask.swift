import Catalog
import FlowMath

/// `two-moons`: two facing crescents.
struct TwoMoonsTask: InferenceTask {
    private static let radialWidths = 0.05...0.4
    private static let horizontalWidths = 0.05...0.6

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "two-moons", version: 1,
            summary: "Two facing crescents on the circle of radius 2.",
            definition: """
                log L(θ) = −½((‖θ‖ − 2)/s)² + log(exp(−½((θ₁ − 2)/h)²) + exp(−½((θ₁ + 2)/h)²)), prior U(−3, 3)²; with \
                h = .3 the last term is −½((|θ₁| − 2)/.3)² + log(1 + e^(−4|θ₁|/.09)).
                """,
            source: """
                Rezende & Mohamed 2015, Variational Inference with Normalizing Flows, table 1; constants of Stimper et \
                al. 2022.
                """,
            parameters: [
                .number("radialWidth", in: radialWidths, default: 0.2, "Standard deviation s across the crescents."),
                .number(
                    "horizontalWidth", in: horizontalWidths, default: 0.3,
                    "Standard deviation h of the horizontal factor; larger makes longer crescents."),
            ])
    ) { values in
        TwoMoonsTask(
            radialWidth: try values.number("radialWidth", in: radialWidths),
            horizontalWidth: try values.number("horizontalWidth", in: horizontalWidths))
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [-3...3, -3...3]
    let observation: [Double] = []
    let modeCount: Int? = 2
    private let radius: RadialNormal
    private let radialWidth: Double
    private let horizontalWidth: Double
    private let logIntegral: Double

    init(radialWidth: Double, horizontalWidth: Double) {
        self.radialWidth = radialWidth
        self.horizontalWidth = horizontalWidth
        radius = RadialNormal(mean: 2, standardDeviation: radialWidth)
        // One quadrant by symmetry; panels no wider than the narrower factor.
        let panels = Int(3 / min(radialWidth, horizontalWidth)) + 1
        let quadrant = GaussLegendre.integrate(from: 0, to: 3, panels: panels) { x in
            let horizontal = Self.horizontalFactor(x, width: horizontalWidth)
            if horizontal < 1e-20 { return 0 }
            let column = GaussLegendre.integrate(from: 0, to: 3, panels: panels) { y in
                let t = ((x * x + y * y).squareRoot() - 2) / radialWidth
                return abs(t) > 10 ? 0 : Elementary.exp(-0.5 * t * t)
            }
            return horizontal * column
        }
        logIntegral = Elementary.log(4 * quadrant)
    }

    /// exp(−½((x − 2)/h)²) + exp(−½((x + 2)/h)²).
    private static func horizontalFactor(_ x: Double, width: Double) -> Double {
        let left = (x + 2) / width
        let right = (x - 2) / width
        return Elementary.exp(-0.5 * left * left) + Elementary.exp(-0.5 * right * right)
    }

    /// (±2, 0): on the circle and at the peaks of the horizontal factor. (The other crescent moves the exact maximum by
    /// less than e^(−8/h²)·8/h², 3e−9 for the widest h.)
    func modes(observation: [Double]) -> [Mode] { [Mode(centre: [-2, 0]), Mode(centre: [2, 0])] }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        let slope = -4 / (horizontalWidth * horizontalWidth)
        return (0..<points.count).map { i in
            let x = points[i, 0]
            let y = points[i, 1]
            let t = ((x * x + y * y).squareRoot() - 2) / radialWidth
            let v = (abs(x) - 2) / horizontalWidth
            return -0.5 * (t * t + v * v) + Elementary.logOnePlus(Elementary.exp(slope * abs(x)))
        }
    }

    func logEvidence(observation: [Double]) -> Double { logIntegral - Elementary.log(36) }

    /// Exact by rejection from the full circle: radius from ``RadialNormal``, uniform angle, accepted with probability
    /// proportional to the horizontal factor. For x ≥ 0 that factor's first term is ≤ 1 and its second ≤ e^(−2/h²), so
    /// 1 + e^(−2/h²) bounds it.
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let bound = 1 + Elementary.exp(-2 / (horizontalWidth * horizontalWidth))
        var values = [Double](repeating: 0, count: 2 * count)
        for i in 0..<count {
            while true {
                let r = radius.sample(&stream)
                let angle = Elementary.sineCosineOfTurns(stream.nextUniform())
                let threshold = bound * stream.nextUniform()
                let x = r * angle.cosine
                let y = r * angle.sine
                if abs(x) > 3 || abs(y) > 3 { continue }
                let near = (abs(x) - 2) / horizontalWidth
                let exponent = 0.5 * near * near
                // The factor is at most 2 e^(−exponent) ≤ 2 / (1 + exponent + exponent²/2): a test without exponential.
                if threshold * (1 + exponent * (1 + 0.5 * exponent)) >= 2 { continue }
                let nearFactor = Elementary.exp(-exponent)
                if threshold >= nearFactor {
                    // The far term is at most the near one: most rejections need no second exponential.
                    if threshold >= 2 * nearFactor { continue }
                    let far = (abs(x) + 2) / horizontalWidth
                    if threshold >= nearFactor + Elementary.exp(-0.5 * far * far) { continue }
                }
                values[2 &* i] = x
                values[2 &* i &+ 1] = y
                break
            }
        }
        return Points(dimension: 2, values: values)
    }

    /// θ₁ = 0 is a line of mirror symmetry that every path between the crescents crosses; the density on it is largest
    /// at (0, ±2), where the circle's path passes.
    func logSeparatingDensity(observation: [Double]) -> Double? {
        -0.5 * (2 / horizontalWidth) * (2 / horizontalWidth) + Elementary.log(2) - logIntegral
    }
}

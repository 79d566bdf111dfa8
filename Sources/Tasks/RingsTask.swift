import Catalog
import FlowMath

/// `rings`: concentric annuli about the origin.
struct RingsTask: InferenceTask {
    private static let counts = 2...5
    private static let widths = 0.03...0.25

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "rings", version: 1,
            summary: "Nested rings: a topology that no mixture of points can match.",
            definition: """
                log L(θ) = log Σ_i exp(−½((‖θ‖ − i)/s)²), i = 1 … R, prior U(−(R+1), R+1)². The reported modes are \
                one point of each ring; basins are nearest radii.
                """,
            source: "Stimper, Schölkopf & Hernández-Lobato 2022, Resampling Base Distributions of Normalizing Flows.",
            parameters: [
                .integer("rings", in: counts, default: 2, "Number of rings R."),
                .number("standardDeviation", in: widths, default: 0.125, "Radial standard deviation s of every ring."),
            ])
    ) { values in
        RingsTask(
            rings: try values.integer("rings", in: counts),
            standardDeviation: try values.number("standardDeviation", in: widths))
    }

    let dimension = 2
    let priorBox: [ClosedRange<Double>]
    let observation: [Double] = []
    let modeCount: Int?
    let modeGeometry: ModeGeometry
    private let rings: [RadialNormal]
    private let cumulativeMasses: [Double]
    private let halfPrecision: Double
    private let storedModes: [Mode]
    private let storedLogEvidence: Double
    private let storedLogSeparatingDensity: Double

    init(rings count: Int, standardDeviation: Double) {
        let halfWidth = Double(count + 1)
        let rings = (1...count).map { RadialNormal(mean: Double($0), standardDeviation: standardDeviation) }
        let halfPrecision = 0.5 / (standardDeviation * standardDeviation)
        self.rings = rings
        self.halfPrecision = halfPrecision
        priorBox = [-halfWidth...halfWidth, -halfWidth...halfWidth]
        modeCount = count
        // Rings are mixed in proportion to their mass in the whole plane; the box rejects afterwards.
        let masses = rings.map { $0.radialMass(upTo: .infinity) }
        let total = masses.reduce(0, +)
        var sum = 0.0
        cumulativeMasses = masses.map {
            sum += $0
            return sum / total
        }
        // The box in polar coordinates: eight triangles 0 ≤ φ ≤ π/4, r ≤ W / cos φ, the inner integral in closed form.
        let insideBox =
            8
            * GaussLegendre.integrate(from: 0, to: 0.125, panels: 32) { turns in
                let reach = halfWidth / Elementary.sineCosineOfTurns(turns).cosine
                return rings.reduce(0) { $0 + $1.radialMass(upTo: reach) }
            } * 6.283185307179586
        let logInsideBox = Elementary.log(insideBox)
        storedLogEvidence = logInsideBox - 2 * Elementary.log(2 * halfWidth)

        let radial = { (radius: Double) in Self.logRadial(radius, count: count, halfPrecision: halfPrecision) }
        // The other rings' tails move the crests a little: fixed point of r = Σ w_i i / Σ w_i, as for a 1D mixture.
        let radii = (1...count).map { ring in
            var radius = Double(ring)
            for _ in 0..<100 {
                let weights = (1...count).map { other in
                    Elementary.exp(-halfPrecision * (radius - Double(other)) * (radius - Double(other)))
                }
                let moment = weights.indices.reduce(0) { $0 + weights[$1] * Double($1 + 1) }
                radius = moment / weights.reduce(0, +)
            }
            return radius
        }
        storedModes = radii.map { Mode(centre: [$0, 0]) }
        modeGeometry = .radii(radii, betweenBelow: halfWidth - 1)
        // The density depends on the radius alone, so the saddle between neighbours is the valley between their radii.
        let valleys = (1..<count).map { i in
            -maximum(of: { -radial($0) }, from: Double(i) + 0.25, to: Double(i) + 0.75).value
        }
        storedLogSeparatingDensity = (valleys.max() ?? 0) - logInsideBox
    }

    /// log Σ exp(−(r − i)²/(2s²)).
    @inline(__always)
    private static func logRadial(_ radius: Double, count: Int, halfPrecision: Double) -> Double {
        // The nearest ring's term is the largest.
        let nearest = min(max(Elementary.nearestInteger(radius), 1), Double(count))
        let largest = -halfPrecision * (radius - nearest) * (radius - nearest)
        var sum = 1.0
        for ring in 1...count where Double(ring) != nearest {
            let difference = radius - Double(ring)
            let exponent = -halfPrecision * difference * difference - largest
            // Below e^−45 a term cannot change the sum's last bit.
            if exponent > -45 { sum += Elementary.exp(exponent) }
        }
        return largest + Elementary.log(sum)
    }

    func modes(observation: [Double]) -> [Mode] { storedModes }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        let count = rings.count
        return (0..<points.count).map { i in
            let x = points[i, 0]
            let y = points[i, 1]
            return Self.logRadial((x * x + y * y).squareRoot(), count: count, halfPrecision: halfPrecision)
        }
    }

    func logEvidence(observation: [Double]) -> Double { storedLogEvidence }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let halfWidth = priorBox[0].upperBound
        let last = rings.count - 1
        var values = [Double](repeating: 0, count: 2 * count)
        for i in 0..<count {
            var x: Double
            var y: Double
            repeat {
                let u = stream.nextUniform()
                var ring = 0
                while ring < last && cumulativeMasses[ring] <= u { ring &+= 1 }
                let radius = rings[ring].sample(&stream)
                let angle = Elementary.sineCosineOfTurns(stream.nextUniform())
                x = radius * angle.cosine
                y = radius * angle.sine
            } while abs(x) > halfWidth || abs(y) > halfWidth
            values[2 &* i] = x
            values[2 &* i &+ 1] = y
        }
        return Points(dimension: 2, values: values)
    }

    func logSeparatingDensity(observation: [Double]) -> Double? { storedLogSeparatingDensity }
}

import FlowMath

/// Equal isotropic Gaussians at all sign patterns (±c, …, ±c), truncated by a symmetric box: what `corners` and `cube`
/// are.
///
/// The mixture is a product over dimensions of the one-dimensional f(x) = ½N(x; c, s²) + ½N(x; −c, s²), so density,
/// evidence, sampler, peaks and saddle are all one-dimensional closed forms:
/// log f(x) = −½((|x| − c)/s)² + log(1 + e^(−2c|x|/s²)) − log 2 − log s√2π.
struct SignedPeaks: InferenceTask {
    let dimension: Int
    let priorBox: [ClosedRange<Double>]
    let observation: [Double] = []

    private let centre: Double
    private let standardDeviation: Double
    private let logNormaliser: Double
    private let storedLogEvidence: Double
    /// The positive maximum of f.
    private let peak: Double

    /// Requires centre > standardDeviation (else f has one peak) and halfWidth > centre.
    init(dimension: Int, centre: Double, standardDeviation: Double, halfWidth: Double) {
        precondition(centre > standardDeviation && halfWidth > centre && standardDeviation > 0)
        self.dimension = dimension
        self.centre = centre
        self.standardDeviation = standardDeviation
        priorBox = Array(repeating: -halfWidth...halfWidth, count: dimension)
        logNormaliser = -Elementary.log(2 * standardDeviation * Elementary.squareRootOfTwoPi)
        // By symmetry both components keep the same mass inside the box.
        let inside = Elementary.normalMass(
            between: (-halfWidth - centre) / standardDeviation, and: (halfWidth - centre) / standardDeviation)
        storedLogEvidence = Double(dimension) * (Elementary.log(inside) - Elementary.log(2 * halfWidth))
        // f′ = 0 is x = c tanh(c x / s²); the iteration is a contraction near the peak (EM's fixed point).
        var x = centre
        for _ in 0..<200 { x = centre * Elementary.tanh(centre * x / (standardDeviation * standardDeviation)) }
        peak = x
    }

    var modeCount: Int? { 1 << dimension }

    func modes(observation: [Double]) -> [Mode] {
        (0..<(1 << dimension)).map { pattern in
            Mode(centre: (0..<dimension).map { pattern >> $0 & 1 == 0 ? -peak : peak })
        }
    }

    private func logFactor(_ x: Double) -> Double {
        peakExponent(x) + Elementary.logOnePlus(Elementary.exp(tailExponent(x))) + logNormaliser
    }

    /// −½((|x| − c)/s)².
    @inline(__always)
    private func peakExponent(_ x: Double) -> Double {
        let t = (abs(x) - centre) / standardDeviation
        return -0.5 * t * t
    }

    /// −2c|x|/s².
    @inline(__always)
    private func tailExponent(_ x: Double) -> Double {
        -2 * centre * abs(x) / (standardDeviation * standardDeviation)
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        // logFactor of every coordinate, the logarithm by the vector kernels.
        var corrections = points.values
        for index in corrections.indices { corrections[index] = tailExponent(corrections[index]) }
        Elementary.exp(&corrections)
        Elementary.logOnePlus(&corrections)
        var result = [Double](repeating: 0, count: points.count)
        let dimension = dimension
        points.values.withUnsafeBufferPointer { values in
            corrections.withUnsafeBufferPointer { corrections in
                for i in 0..<result.count {
                    var sum = 0.0
                    for d in 0..<dimension {
                        let index = i &* dimension &+ d
                        sum += peakExponent(values[index]) + corrections[index] + logNormaliser
                    }
                    result[i] = sum
                }
            }
        }
        return result
    }

    func logEvidence(observation: [Double]) -> Double { storedLogEvidence }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let halfWidth = priorBox[0].upperBound
        var values = [Double](repeating: 0, count: count * dimension)
        for index in values.indices {
            // The truncated product factorises, so a coordinate outside the box is redrawn alone.
            var x: Double
            repeat {
                let sign = stream.nextBits() >> 63 == 0 ? 1.0 : -1.0
                x = sign * (centre + standardDeviation * stream.nextNormal())
            } while abs(x) > halfWidth
            values[index] = x
        }
        return Points(dimension: dimension, values: values)
    }

    /// The best path between two neighbouring modes changes one coordinate's sign: that coordinate passes 0, the
    /// others stay at their peaks.
    func logSeparatingDensity(observation: [Double]) -> Double? {
        logFactor(0) + Double(dimension - 1) * logFactor(peak) + logPriorInside - storedLogEvidence
    }
}

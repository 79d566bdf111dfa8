import FlowMath

extension Flow {
    /// Parameters at step 0, in this order: conditioners (last layer zero, so every coupling is the identity), mixing, the weighted standardisation of θ, ActNorm from the draws, the base.
    ///
    /// - `draws`: n ≥ 1 points in θ-space with normalised importance `weights`. Only draws with weight matter.
    /// - `isProvisional`: the draws only lead to better ones: a mixture is fitted in fewer iterations.
    /// - `contexts`: the x of each draw, for a conditional flow; they are standardised by their weighted moments.
    /// - A pure function of (architecture, draws, weights, seed). Streams are keyed by purpose, never by the base, so
    ///   that runs that differ only in the base start from the same bijection.
    public func initialParameters(
        draws: Points, weights: [Double], contexts: Points? = nil, seed: UInt64, isProvisional: Bool = false
    ) -> AlignedBuffer {
        let parameters = makeParameters()
        initializeConditioners(parameters, seed: seed)
        let mixing = initializeMixing(parameters, seed: seed)
        if box != nil {
            write(bounds.map(\.lowerBound), to: "box.lower", in: parameters)
            write(bounds.map(\.upperBound), to: "box.upper", in: parameters)
        }
        let standardizedContexts = contexts.map { initializeContext(parameters, contexts: $0, weights: weights) }
        initializeScales(
            parameters, draws: draws, weights: weights, contexts: standardizedContexts, mixing: mixing)
        initializeBase(
            parameters, draws: draws, weights: weights, contexts: contexts, seed: seed,
            isProvisional: isProvisional)
        return parameters
    }

    private func write(_ values: [Double], to name: String, in parameters: AlignedBuffer) {
        guard let tensor = layout.tensor(named: name) else { return }
        for (i, value) in values.enumerated() { parameters.pointer[tensor.offset + i] = Float(value) }
    }

    /// The standardisation of x by its weighted moments; returns the contexts of the draws that carry weight, standardised.
    private func initializeContext(_ parameters: AlignedBuffer, contexts: Points, weights: [Double]) -> Points {
        let active = ActiveDraws(contexts, weights: weights)
        var points = Points(dimension: contextDimension, values: active.values)
        let (shift, logScale) = weightedMoments(points, weights: active.weights)
        write(shift, to: "context.shift", in: parameters)
        write(logScale, to: "context.logScale", in: parameters)
        for c in 0..<contextDimension {
            let factor = Elementary.exp(-logScale[c])
            for i in 0..<points.count { points[i, c] = (points[i, c] - shift[c]) * factor }
        }
        return points
    }

    private func initializeConditioners(_ parameters: AlignedBuffer, seed: UInt64) {
        for coupling in 0..<configuration.couplingLayers {
            initializeNetwork(
                parameters, prefix: "layers.\(coupling).coupling.conditioner",
                hiddenLayers: configuration.hiddenSizes.count,
                stream: RandomStream(seed: seed, purpose: .flowInit, substream: UInt32(coupling)))
        }
    }

    /// Uniform(−1/√inputs, 1/√inputs) for weights and biases of the hidden layers; the last layer stays zero.
    func initializeNetwork(
        _ parameters: AlignedBuffer, prefix: String, hiddenLayers: Int, stream: RandomStream
    ) {
        var stream = stream
        for l in 0..<hiddenLayers {
            guard let weight = layout.tensor(named: "\(prefix).\(l).weight"),
                let bias = layout.tensor(named: "\(prefix).\(l).bias")
            else { continue }
            let bound = 1 / Double(max(weight.shape[1], 1)).squareRoot()
            for index in weight.range { parameters.pointer[index] = Float(stream.nextUniform(-bound, bound)) }
            for index in bias.range { parameters.pointer[index] = Float(stream.nextUniform(-bound, bound)) }
        }
    }

    /// Returns the orthogonal matrices, by coupling, that the mixings start as (empty without mixing).
    private func initializeMixing(_ parameters: AlignedBuffer, seed: UInt64) -> [[Float]] {
        var matrices = [[Float]](repeating: [], count: configuration.couplingLayers)
        guard configuration.mixing != .none else { return matrices }
        for coupling in 1..<max(configuration.couplingLayers, 1) {
            // Substreams of the mixing lie beyond those of the conditioners.
            var stream = RandomStream(seed: seed, purpose: .flowInit, substream: 0x10000 + UInt32(coupling))
            let name = "layers.\(coupling).mixing"
            let matrix =
                configuration.mixing == .permutation
                ? randomCyclicPermutation(dimension: dimension, stream: &stream)
                : randomRotation(dimension: dimension, stream: &stream)
            if configuration.mixing == .triangular {
                let factors = TriangularFactors(matrix, dimension: dimension)
                write(factors.lower, to: "\(name).lower", in: parameters)
                write(factors.upper, to: "\(name).upper", in: parameters)
                write(factors.diagonal.map { Elementary.log(abs($0)) }, to: "\(name).logDiagonal", in: parameters)
                write(factors.permutation.map(Double.init), to: "\(name).permutation", in: parameters)
                write(factors.diagonal.map { $0 < 0 ? -1 : 1 }, to: "\(name).sign", in: parameters)
            } else {
                write(matrix, to: "\(name).matrix", in: parameters)
            }
            matrices[coupling] = matrix.map { Float($0) }
        }
        return matrices
    }

    /// Standardisation and ActNorm: while couplings are the identity, each makes the weighted draws' coordinates have
    /// mean 0 and variance 1 at its place. The shift by x takes out what a linear regression explains.
    private func initializeScales(
        _ parameters: AlignedBuffer, draws: Points, weights: [Double], contexts: Points?, mixing: [[Float]]
    ) {
        let active = ActiveDraws(draws, weights: weights)
        var points = Points(dimension: dimension, values: active.values)
        if let box { points = box.unconstrained(points, parameters: parameters, kernels: .current) }
        func standardize(_ name: String) {
            let (shift, logScale) = weightedMoments(points, weights: active.weights)
            write(shift, to: "\(name).shift", in: parameters)
            write(logScale, to: "\(name).logScale", in: parameters)
            for d in 0..<dimension {
                let factor = Elementary.exp(-logScale[d])
                for i in 0..<points.count { points[i, d] = (points[i, d] - shift[d]) * factor }
            }
        }
        standardize("standardization")
        if let contexts, layout.tensor(named: ContextShift.tensorName) != nil {
            let slopes = linearRegression(points, on: contexts, weights: active.weights)
            write(slopes, to: ContextShift.tensorName, in: parameters)
            for i in 0..<points.count {
                for d in 0..<dimension {
                    var shift = 0.0
                    for c in 0..<contextDimension { shift += slopes[d &* contextDimension &+ c] * contexts[i, c] }
                    points[i, d] -= shift
                }
            }
        }
        for coupling in stride(from: configuration.couplingLayers - 1, through: 0, by: -1) {
            if configuration.actNorm { standardize("layers.\(coupling).actNorm") }
            if !mixing[coupling].isEmpty { points = rotatedBack(points, matrix: mixing[coupling]) }
        }
    }

    /// z = Rᵀ x.
    private func rotatedBack(_ points: Points, matrix: [Float]) -> Points {
        var result = points
        for i in 0..<points.count {
            for c in 0..<dimension {
                var sum = 0.0
                for r in 0..<dimension { sum += Double(matrix[r &* dimension &+ c]) * points[i, r] }
                result[i, c] = sum
            }
        }
        return result
    }

    private func weightedMoments(_ points: Points, weights: [Double]) -> (mean: [Double], logScale: [Double]) {
        var means: [Double] = []
        var logScales: [Double] = []
        for d in 0..<points.dimension {
            var mean = 0.0
            for i in 0..<points.count { mean += weights[i] * points[i, d] }
            var variance = 0.0
            for i in 0..<points.count {
                let difference = points[i, d] - mean
                variance += weights[i] * difference * difference
            }
            means.append(mean)
            // A single draw has no spread: leave the scale alone then.
            logScales.append(variance > 1e-30 && variance.isFinite ? 0.5 * Elementary.log(variance) : 0)
        }
        return (means, logScales)
    }
}

/// A rotation (or reflection) uniform over the orthogonal group: Gram–Schmidt on a Gaussian matrix (Stewart 1980).
/// D × D row-major.
func randomRotation(dimension: Int, stream: inout RandomStream) -> [Double] {
    var rows: [[Double]] = []
    while rows.count < dimension {
        var row = (0..<dimension).map { _ in stream.nextNormal() }
        // Twice, so that rounding leaves it orthogonal to working precision.
        for _ in 0..<2 {
            for other in rows {
                let product = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
                for d in 0..<dimension { row[d] -= product * other[d] }
            }
        }
        let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if norm > 1e-8 { rows.append(row.map { $0 / norm }) }
    }
    return rows.flatMap { $0 }
}

/// The matrix of a random cyclic permutation (Sattolo 1986): every coordinate moves.
func randomCyclicPermutation(dimension: Int, stream: inout RandomStream) -> [Double] {
    var order = Array(0..<dimension)
    for i in stride(from: dimension - 1, to: 0, by: -1) { order.swapAt(i, stream.nextIndex(below: i)) }
    var matrix = [Double](repeating: 0, count: dimension * dimension)
    for (r, c) in order.enumerated() { matrix[r * dimension + c] = 1 }
    return matrix
}

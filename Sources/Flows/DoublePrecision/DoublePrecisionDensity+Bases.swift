import FlowMath

/// The bases' log densities at the tile's values, added to the log-determinants.
extension DoublePrecisionDensity {
    func addBaseDensity() {
        switch flow.base {
        case .standardNormal: addNormal()
        case .gaussianMixture(let mixture):
            let rows = MixtureRows(
                logits: parameters + mixture.logits, means: parameters + mixture.means,
                logScales: parameters + mixture.logScales, lower: parameters + max(mixture.lower, 0), stride: 1,
                components: mixture.components, isFull: mixture.isFull, smallestLogScale: -.infinity)
            for t in 0..<Self.width { logDet[t] += logMixture(rows, t) }
        case .conditionalGaussianMixture(let mixture):
            let output = output(of: mixture.network, at: conditioning)
            let (k, d) = (mixture.components, mixture.dimension)
            for t in 0..<Self.width {
                let rows = MixtureRows(
                    logits: output + t, means: output + k * Self.width + t,
                    logScales: output + k * (1 + d) * Self.width + t, lower: output + k * (1 + 2 * d) * Self.width + t,
                    stride: Self.width, components: k, isFull: mixture.isFull,
                    smallestLogScale: Double(GaussianMixture.smallestLogScale))
                logDet[t] += logMixture(rows, t)
            }
        case .studentT(let student): add(student)
        case .uniform:
            let (a, temperature) = (SmoothUniform.halfWidth, SmoothUniform.temperature)
            forEachCoordinate { z, _ in -Self.softplus((abs(z) - a) / temperature) - Elementary.log(2 * a) }
        case .resampled(let resampled): add(resampled)
        }
    }

    private func forEachCoordinate(_ logDensity: (_ z: Double, _ d: Int) -> Double) {
        for d in 0..<flow.dimension {
            for t in 0..<Self.width { logDet[t] += logDensity(values[d * Self.width + t], d) }
        }
    }

    private func addNormal() { forEachCoordinate { z, _ in -0.5 * z * z - Elementary.halfLogTwoPi } }

    private func add(_ student: StudentT) {
        forEachCoordinate { z, d in
            let rho = parameters[student.logExcess + d]
            let excess = Elementary.exp(rho)
            let exponent = 0.5 * (excess + 3)
            return Elementary.logGamma(exponent) - Elementary.logGamma(0.5 * (excess + 2))
                - 0.5 * (rho + Elementary.logPi) - exponent * Elementary.logOnePlus(z * z / excess)
        }
    }

    private func add(_ resampled: ResampledNormal) {
        let margin = ResampledNormal.normalizerMargin
        let z = min(max(parameters[resampled.normalizer], margin), 1 - margin)
        let logTruncated = Double(resampled.truncation - 1) * Elementary.logOnePlus(-z)
        let logAccepted = Elementary.log(-Elementary.expMinusOne(logTruncated) / z)
        let logits = output(of: resampled.network, at: values)
        for t in 0..<Self.width {
            let accepted = logAccepted - Self.softplus(-logits[t])
            let larger = max(accepted, logTruncated)
            logDet[t] += larger + Elementary.logOnePlus(Elementary.exp(-abs(accepted - logTruncated)))
        }
        addNormal()
    }

    /// A mixture's parameters as ``GaussianMixture`` keeps them, element i at i · stride.
    private struct MixtureRows {
        let logits: UnsafePointer<Double>
        let means: UnsafePointer<Double>
        let logScales: UnsafePointer<Double>
        let lower: UnsafePointer<Double>
        let stride: Int
        let components: Int
        let isFull: Bool
        let smallestLogScale: Double
    }

    private func logMixture(_ rows: MixtureRows, _ t: Int) -> Double {
        let (stride, n) = (rows.stride, flow.dimension)
        let floor = GaussianMixture.weightFloor(components: rows.components)
        let free = 1 - Double(rows.components) * floor
        var maximum = -Double.infinity
        for k in 0..<rows.components { maximum = max(maximum, rows.logits[k * stride]) }
        var total = 0.0
        for k in 0..<rows.components { total += Elementary.exp(rows.logits[k * stride] - maximum) }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.components) { terms in
            for k in 0..<rows.components {
                let share = Elementary.exp(rows.logits[k * stride] - maximum) / total
                var term = Elementary.log(floor + free * share) - Double(n) * Elementary.halfLogTwoPi
                for r in 0..<n {
                    let logScale = max(rows.logScales[(k * n + r) * stride], rows.smallestLogScale)
                    var v = Elementary.exp(-logScale) * offset(rows, k, r, t)
                    if rows.isFull {
                        let row = k * n * (n - 1) / 2 + r * (r - 1) / 2
                        for e in 0..<r { v += rows.lower[(row + e) * stride] * offset(rows, k, e, t) }
                    }
                    term -= logScale + 0.5 * v * v
                }
                terms[k] = term
            }
            var largest = -Double.infinity
            for k in 0..<rows.components { largest = max(largest, terms[k]) }
            guard largest.isFinite else { return largest }
            var sum = 0.0
            for k in 0..<rows.components { sum += Elementary.exp(terms[k] - largest) }
            return largest + Elementary.log(sum)
        }
    }

    @inline(__always)
    private func offset(_ rows: MixtureRows, _ k: Int, _ d: Int, _ t: Int) -> Double {
        values[d * Self.width + t] - rows.means[(k * flow.dimension + d) * rows.stride]
    }
}

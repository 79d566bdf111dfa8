import FlowMath
import Flows

/// The same flow in plain double-precision loops, read from the formulas and not from the engine: one point at a time,
/// parameters by name. Finite differences of it are the oracle for the engine's gradients.
public struct ReferenceFlow {
    /// The architecture and its parameters' layout.
    public let flow: Flow
    /// Values by tensor name, row-major.
    public var tensors: [String: [Double]]
    /// The x of a conditional flow.
    public var observation: [Double]

    /// Copies the parameters of an engine flow.
    public init(flow: Flow, parameters: AlignedBuffer, observation: [Double] = []) {
        self.flow = flow
        self.observation = observation
        tensors = [:]
        for tensor in flow.layout.tensors {
            tensors[tensor.name] = parameters.array(tensor.range).map(Double.init)
        }
    }

    /// f⁻¹(θ) and the log-determinant of the inverse.
    public func inverse(_ theta: [Double]) -> (latent: [Double], logDet: Double) {
        var x = theta
        var logDet = 0.0
        boxInverse(&x, &logDet)
        affineInverse("standardization", &x, &logDet)
        for d in x.indices { x[d] -= contextShift(d) }
        for i in stride(from: flow.configuration.couplingLayers - 1, through: 0, by: -1) {
            if flow.configuration.actNorm { affineInverse("layers.\(i).actNorm", &x, &logDet) }
            let (identity, transformed) = parts(i)
            let raw = conditioner(i, identity.map { x[$0] })
            for (j, d) in transformed.enumerated() {
                let (value, logSlope) = coupled(x[d], raw, row: j, rows: transformed.count, inverse: true)
                x[d] = value
                logDet += logSlope
            }
            if let matrix = tensors["layers.\(i).mixing.matrix"] {
                let copy = x
                for c in x.indices { x[c] = x.indices.reduce(0) { $0 + matrix[$1 * x.count + c] * copy[$1] } }
            } else if tensors["layers.\(i).mixing.sign"] != nil {
                triangularInverse("layers.\(i).mixing", &x, &logDet)
            }
        }
        return (x, logDet)
    }

    /// f(z) and the log-determinant of the forward map.
    public func forward(_ latent: [Double]) -> (theta: [Double], logDet: Double) {
        var x = latent
        var logDet = 0.0
        for i in 0..<flow.configuration.couplingLayers {
            if let matrix = tensors["layers.\(i).mixing.matrix"] {
                let copy = x
                for r in x.indices { x[r] = x.indices.reduce(0) { $0 + matrix[r * x.count + $1] * copy[$1] } }
            } else if tensors["layers.\(i).mixing.sign"] != nil {
                triangularForward("layers.\(i).mixing", &x, &logDet)
            }
            let (identity, transformed) = parts(i)
            let raw = conditioner(i, identity.map { x[$0] })
            for (j, d) in transformed.enumerated() {
                let (value, logSlope) = coupled(x[d], raw, row: j, rows: transformed.count, inverse: false)
                x[d] = value
                logDet += logSlope
            }
            if flow.configuration.actNorm { affineForward("layers.\(i).actNorm", &x, &logDet) }
        }
        for d in x.indices { x[d] += contextShift(d) }
        affineForward("standardization", &x, &logDet)
        boxForward(&x, &logDet)
        return (x, logDet)
    }

    /// log q(θ), nats.
    public func logProbability(_ theta: [Double]) -> Double {
        let (latent, logDet) = inverse(theta)
        return logBase(latent) + logDet
    }

    /// log density of the base.
    public func logBase(_ z: [Double]) -> Double {
        let dimension = z.count
        let half = 0.5 * Double(dimension) * Elementary.log(2 * Double.pi)
        var logits = tensors["base.logits"] ?? []
        var means = tensors["base.means"] ?? []
        var logScales = tensors["base.logScales"] ?? []
        var lower = tensors["base.lower"]
        if case .conditionalGaussianMixture(let mixture) = flow.baseConfiguration {
            var outputs = network("base.network", standardizedObservation)[...]
            func take(_ count: Int) -> [Double] {
                defer { outputs = outputs.dropFirst(count) }
                return Array(outputs.prefix(count))
            }
            logits = take(mixture.components)
            means = take(mixture.components * dimension)
            logScales = take(mixture.components * dimension)
            lower = mixture.isFull ? take(mixture.components * dimension * (dimension - 1) / 2) : nil
        }
        if let logExcess = tensors["base.logExcessFreedom"] {
            return zip(z, logExcess).reduce(0) { $0 + Self.logStudentT($1.0, logExcess: $1.1) }
        }
        if flow.baseConfiguration == .uniform { return z.reduce(0) { $0 + Self.logSmoothUniform($1) } }
        if let normalizer = tensors["base.normalizer"]?[0], case .resampled(let resampled) = flow.baseConfiguration {
            return logResampled(z, normalizer: normalizer, truncation: resampled.truncation)
        }
        if logits.isEmpty { return -0.5 * z.reduce(0) { $0 + $1 * $1 } - half }
        let components = logits.count
        let floor = min(1e-3, 0.1 / Double(components))
        let total = logSumExp(logits)
        return logSumExp(
            (0..<components).map { k in
                let weight = floor + (1 - Double(components) * floor) * Elementary.exp(logits[k] - total)
                var value = Elementary.log(weight) - half
                for r in 0..<dimension {
                    let logScale = logScales[k * dimension + r]
                    var v = (z[r] - means[k * dimension + r]) * Elementary.exp(-logScale)
                    if let lower {
                        let start = k * dimension * (dimension - 1) / 2 + r * (r - 1) / 2
                        for e in 0..<r { v += lower[start + e] * (z[e] - means[k * dimension + e]) }
                    }
                    value -= logScale + 0.5 * v * v
                }
                return value
            })
    }

    /// log π + log [a (1 − α)/Z + α] as written, Z given.
    public func logResampled(_ z: [Double], normalizer: Double, truncation: Int) -> Double {
        let alpha = Elementary.exp(Double(truncation - 1) * Elementary.log(1 - normalizer))
        let factor = acceptance(z) * (1 - alpha) / normalizer + alpha
        return z.reduce(0) { $0 - 0.5 * $1 * $1 - 0.5 * Elementary.log(2 * Double.pi) } + Elementary.log(factor)
    }

    /// a(z) of a resampled base.
    public func acceptance(_ z: [Double]) -> Double {
        1 / (1 + Elementary.exp(-network("base.acceptance", z)[0]))
    }

    /// t of ν = 2 + e^ρ degrees of freedom scaled to variance 1: density of T = z √(ν/(ν−2)).
    static func logStudentT(_ z: Double, logExcess: Double) -> Double {
        let nu = 2 + Elementary.exp(logExcess)
        let stretch = (nu / (nu - 2)).squareRoot()
        let t = z * stretch
        return Elementary.logGamma((nu + 1) / 2) - Elementary.logGamma(nu / 2) - 0.5 * Elementary.log(nu * Double.pi)
            - (nu + 1) / 2 * Elementary.logOnePlus(t * t / nu) + Elementary.log(stretch)
    }

    /// log {[σ((z+a)/τ) − σ((z−a)/τ)]/(2a)} at |z|, as the sum of what each edge takes: exact also far out, where the
    /// difference itself underflows.
    static func logSmoothUniform(_ z: Double) -> Double {
        let (a, tau) = (3.0.squareRoot(), 0.05)
        func logSigmoid(_ x: Double) -> Double {
            x < 0 ? x - Elementary.logOnePlus(Elementary.exp(x)) : -Elementary.logOnePlus(Elementary.exp(-x))
        }
        // σ(u) − σ(v) = σ(u) σ(−v) (1 − e^{v−u}).
        let (u, v) = ((abs(z) + a) / tau, (abs(z) - a) / tau)
        return logSigmoid(u) + logSigmoid(-v) + Elementary.logOnePlus(-Elementary.exp(v - u)) - Elementary.log(2 * a)
    }

    private func parts(_ i: Int) -> (identity: Range<Int>, transformed: Range<Int>) {
        let half = flow.dimension / 2
        let last = flow.configuration.mixing == .permutation || i % 2 == 0
        return last ? (0..<half, half..<flow.dimension) : (half..<flow.dimension, 0..<half)
    }

    /// One transformed coordinate and the log of its derivative, from the conditioner's output.
    private func coupled(
        _ value: Double, _ raw: [Double], row: Int, rows: Int, inverse: Bool
    ) -> (value: Double, logSlope: Double) {
        switch flow.configuration.coupling {
        case .affine(let limit):
            let scale = limit * Elementary.tanh(raw[row] / limit)
            let shift = raw[rows + row]
            return inverse
                ? ((value - shift) * Elementary.exp(-scale), -scale) : (value * Elementary.exp(scale) + shift, scale)
        case .spline(let bins, let tailBound):
            let count = 3 * bins - 1
            let spline = ReferenceSpline(
                raw: Array(raw[(row * count)..<((row + 1) * count)]), bins: bins, bound: tailBound)
            return inverse ? spline.inverse(value) : spline.forward(value)
        }
    }

    private func conditioner(_ i: Int, _ input: [Double]) -> [Double] {
        network("layers.\(i).coupling.conditioner", input + standardizedObservation)
    }

    /// (W c)_d.
    private func contextShift(_ d: Int) -> Double {
        guard let weight = tensors["contextShift.weight"] else { return 0 }
        let context = standardizedObservation
        return context.indices.reduce(0) { $0 + weight[d * context.count + $1] * context[$1] }
    }

    private var standardizedObservation: [Double] {
        observation.indices.map {
            (observation[$0] - tensors["context.shift"]![$0]) * Elementary.exp(-tensors["context.logScale"]![$0])
        }
    }

    /// A ReLU network without an activation after its last layer.
    private func network(_ name: String, _ input: [Double]) -> [Double] {
        var values = input
        var l = 0
        while let weight = tensors["\(name).\(l).weight"], let bias = tensors["\(name).\(l).bias"] {
            let isLast = tensors["\(name).\(l + 1).weight"] == nil
            values = bias.indices.map { o in
                var sum = bias[o]
                for (k, value) in values.enumerated() { sum += weight[o * values.count + k] * value }
                return isLast ? sum : max(0, sum)
            }
            l += 1
        }
        return values
    }

    private func affineInverse(_ name: String, _ x: inout [Double], _ logDet: inout Double) {
        for d in x.indices {
            let logScale = tensors["\(name).logScale"]![d]
            x[d] = (x[d] - tensors["\(name).shift"]![d]) * Elementary.exp(-logScale)
            logDet -= logScale
        }
    }

    private func affineForward(_ name: String, _ x: inout [Double], _ logDet: inout Double) {
        for d in x.indices {
            let logScale = tensors["\(name).logScale"]![d]
            x[d] = x[d] * Elementary.exp(logScale) + tensors["\(name).shift"]![d]
            logDet += logScale
        }
    }
}

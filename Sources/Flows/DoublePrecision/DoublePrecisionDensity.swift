import FlowMath

/// log q in double precision from the parameters as they are: what another program computes from an export, to the last
/// digits. Training and metrics use the engine, whose single precision is off by 10⁻³ where a flow is steep; a person who
/// compares or reweights densities should not see that. Several times slower than the engine; no sampling, no gradients.
/// θ and x are rounded to single precision first, so that the engine's draws and these densities are of the same points.
///
/// Holds memory for one tile of 64 points, feature-major; used by one thread.
final class DoublePrecisionDensity {
    static let width = 64
    private typealias Vector = SIMD8<Double>
    private static let vectors = width / 8

    let flow: Flow
    /// The parameters, laid out like the flow's.
    let parameters: UnsafeMutablePointer<Double>
    /// dimension × width: θ, and then what the layers make of it.
    let values: UnsafeMutablePointer<Double>
    let logDet: UnsafeMutablePointer<Double>
    /// contextDimension × width: standardised.
    let conditioning: UnsafeMutablePointer<Double>
    /// What a network sees, and two blocks between which its layers pass.
    let input: UnsafeMutablePointer<Double>
    private let first: UnsafeMutablePointer<Double>
    private let second: UnsafeMutablePointer<Double>
    private let memory: UnsafeMutableRawPointer

    init(flow: Flow, parameters source: AlignedBuffer) {
        self.flow = flow
        let width = Self.width
        let rows = max(flow.workspacePlan.scratchRows, flow.dimension + flow.contextDimension)
        let sizes = [
            AlignedBuffer.padded(flow.layout.count), flow.dimension * width, width, flow.contextDimension * width,
            rows * width, rows * width, rows * width,
        ]
        memory = .allocate(byteCount: 8 * sizes.reduce(0, +), alignment: 64)
        let start = memory.initializeMemory(as: Double.self, repeating: 0, count: sizes.reduce(0, +))
        var place = start
        var parts: [UnsafeMutablePointer<Double>] = []
        for size in sizes {
            parts.append(place)
            place += size
        }
        (parameters, values, logDet, conditioning) = (parts[0], parts[1], parts[2], parts[3])
        (input, first, second) = (parts[4], parts[5], parts[6])
        for i in 0..<flow.layout.count { parameters[i] = Double(source.pointer[i]) }
    }

    deinit { memory.deallocate() }

    /// log q(θ_i|x_i) of each point, nats. `contexts`: an x for each point, or a single one for all; contextDimension
    /// numbers each.
    func logProbability(of points: Points, contexts: Points) -> [Double] {
        var result = [Double](repeating: 0, count: points.count)
        var start = 0
        while start < points.count {
            let filled = min(Self.width, points.count - start)
            load(points, from: start, count: filled, into: values)
            if flow.contextDimension > 0 {
                load(
                    contexts, from: contexts.count == 1 ? 0 : start, count: contexts.count == 1 ? 1 : filled,
                    into: conditioning)
                if let context = flow.contextStandardization { inverse(context, conditioning) }
            }
            logDet.update(repeating: 0, count: Self.width)
            for layer in flow.layers.reversed() { inverse(layer) }
            addBaseDensity()
            for t in 0..<filled { result[start + t] = logDet[t] }
            start += filled
        }
        return result
    }

    /// Rows of points as columns of a tile; the columns behind repeat the last one.
    private func load(_ points: Points, from start: Int, count: Int, into tile: UnsafeMutablePointer<Double>) {
        for d in 0..<points.dimension {
            for t in 0..<Self.width {
                tile[d * Self.width + t] = Double(Float(points[start + min(t, count - 1), d]))
            }
        }
    }

    private func inverse(_ layer: FlowLayer) {
        switch layer {
        case .affineCoupling(let coupling): inverse(coupling)
        case .splineCoupling(let coupling): inverse(coupling)
        case .elementwiseAffine(let affine):
            inverse(affine, values)
            for d in 0..<affine.dimension {
                for t in 0..<Self.width { logDet[t] -= parameters[affine.logScaleOffset + d] }
            }
        case .rotation(let rotation): inverse(rotation)
        case .triangularLinear(let linear): inverse(linear)
        case .contextShift(let shift): inverse(shift)
        case .box(let box): inverse(box)
        }
    }

    private func inverse(_ affine: ElementwiseAffine, _ tile: UnsafeMutablePointer<Double>) {
        for d in 0..<affine.dimension {
            let scale = Elementary.exp(-parameters[affine.logScaleOffset + d])
            let shift = parameters[affine.shiftOffset + d]
            for t in (d * Self.width)..<((d + 1) * Self.width) { tile[t] = (tile[t] - shift) * scale }
        }
    }

    private func inverse(_ coupling: AffineCoupling) {
        let rows = coupling.split.transformedCount
        let output = output(of: coupling.conditioner, split: coupling.split)
        let limit = Double(coupling.limit)
        let transformed = values + coupling.split.transformedStart * Self.width
        for at in 0..<(rows * Self.width) {
            let logScale = limit * Elementary.tanh(output[at] / limit)
            transformed[at] = (transformed[at] - output[rows * Self.width + at]) * Elementary.exp(-logScale)
            logDet[at % Self.width] -= logScale
        }
    }

    /// A coupling's network at the identity rows and the context.
    func output(of conditioner: CouplingConditioner, split: CouplingSplit) -> UnsafePointer<Double> {
        let identity = split.identityCount * Self.width
        input.update(from: values + split.identityStart * Self.width, count: identity)
        (input + identity).update(from: conditioning, count: conditioner.contextCount * Self.width)
        return output(of: conditioner.network, at: input)
    }

    /// A network's output rows; valid until the next call.
    func output(of network: MultilayerPerceptron, at input: UnsafePointer<Double>) -> UnsafePointer<Double> {
        var current = input
        var (next, other) = (first, second)
        for l in 0..<network.layerCount {
            let layer = network.layers[l]
            let isLast = l == network.layerCount - 1
            let source = UnsafeRawPointer(current).assumingMemoryBound(to: Vector.self)
            let target = UnsafeMutableRawPointer(next).assumingMemoryBound(to: Vector.self)
            for o in 0..<layer.outputs {
                let weights = parameters + layer.weightOffset + o * layer.inputs
                for v in 0..<Self.vectors {
                    var sum = Vector(repeating: parameters[layer.biasOffset + o])
                    for i in 0..<layer.inputs { sum += weights[i] * source[i &* Self.vectors &+ v] }
                    // A comparison, not max: NaN stays NaN.
                    target[o &* Self.vectors &+ v] = isLast ? sum : sum.replacing(with: 0, where: sum .< 0)
                }
            }
            current = UnsafePointer(next)
            swap(&next, &other)
        }
        return current
    }

    /// z = Rᵀ y.
    private func inverse(_ shift: ContextShift) {
        for d in 0..<shift.dimension {
            for c in 0..<shift.contextDimension {
                let slope = parameters[shift.weightOffset + d * shift.contextDimension + c]
                for t in 0..<Self.width { values[d * Self.width + t] -= slope * conditioning[c * Self.width + t] }
            }
        }
    }

    private func inverse(_ rotation: FixedRotation) {
        let n = rotation.dimension
        transform { y, z in
            for c in 0..<n {
                for r in 0..<n { z[c] += parameters[rotation.matrixOffset + r * n + c] * y[r] }
            }
        }
    }

    /// L U z = Pᵀ y by substitution.
    private func inverse(_ linear: TriangularLinear) {
        let n = linear.dimension
        transform { y, z in
            for r in 0..<n { z[Int(parameters[linear.permutationOffset + r])] = y[r] }
            for r in 0..<n {
                for c in 0..<r { z[r] -= parameters[linear.lowerOffset + r * (r - 1) / 2 + c] * z[c] }
            }
            for r in (0..<n).reversed() {
                // Row r of the strictly upper triangle begins after n − 1, n − 2, … entries.
                let row = linear.upperOffset + r * (n - 1) - r * (r - 1) / 2 - r - 1
                for c in (r + 1)..<max(n, r + 1) { z[r] -= parameters[row + c] * z[c] }
                let scale =
                    parameters[linear.signOffset + r] * Elementary.exp(-parameters[linear.logDiagonalOffset + r])
                z[r] *= scale
            }
        }
        for r in 0..<n {
            for t in 0..<Self.width { logDet[t] -= parameters[linear.logDiagonalOffset + r] }
        }
    }

    /// Replaces each point y by the z that `body` makes, which starts as zeros.
    private func transform(_ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void) {
        let n = flow.dimension
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * n) { buffer in
            guard let y = buffer.baseAddress else { return }
            let z = y + n
            for t in 0..<Self.width {
                for d in 0..<n {
                    y[d] = values[d * Self.width + t]
                    z[d] = 0
                }
                body(y, z)
                for d in 0..<n { values[d * Self.width + t] = z[d] }
            }
        }
    }
}

extension TrainedFlow {
    /// log q of each point as ``logProbability(of:)`` gives it, computed in double precision; each at its own observation
    /// where `contexts` are given, as many as points.
    public func doublePrecisionLogProbability(of points: Points, contexts: Points? = nil) -> [Double] {
        precondition(points.dimension == dimension, "points must have the flow's dimension")
        precondition(
            contexts == nil || contexts!.count == points.count && contexts!.dimension == flow.contextDimension,
            "one observation for each point, of the flow's context dimension")
        let own = Points(dimension: max(1, flow.contextDimension), values: observation)
        let values = DoublePrecisionDensity(flow: flow, parameters: parameters)
            .logProbability(of: points, contexts: contexts ?? own)
        return restricted(values, of: points, contexts: contexts)
    }
}

import FlowMath
import Flows
import TestSupport
import Testing

@Suite struct FlowPropertyTests {
    @Test(arguments: FlowCase.all)
    func logProbabilityEqualsTheDoublePrecisionReference(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let points = row.points(count: 150)
        let reference = ReferenceFlow(flow: flow, parameters: parameters, observation: row.observation)
        let values = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
            .logProbability(of: points)
        for i in 0..<points.count {
            let exact = reference.logProbability((0..<row.dimension).map { points[i, $0] })
            #expect(abs(values[i] - exact) <= 2e-4 * max(1, abs(exact)), "point \(i): \(values[i]) against \(exact)")
        }
    }

    @Test(arguments: FlowCase.all)
    func inverseUndoesForward(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
        let points = row.points(count: 100)
        let latent = trained.inverse(points).latent
        let largest = latent.values.reduce(1) { max($0, abs($1)) }
        #expect(trained.inverseError(of: points) < 1e-4 * largest)
    }

    @Test func aRoundTripThatIsNotANumberIsNotHidden() {
        let (flow, parameters) = FlowCase.all[0].makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters)
        // Points of one tile are independent, so the finite ones behind the overflowing one do round-trip.
        #expect(trained.inverseError(of: Points(dimension: 2, values: [1e300, 1, 0.5, 0.5])).isNaN)
    }

    @Test func aPointFarFromEveryComponentHasDensityZero() {
        let flow = Flow(
            dimension: 2, configuration: FlowConfiguration(couplingLayers: 0), base: FlowCase.all[1].base)
        let trained = TrainedFlow(flow: flow, parameters: flow.makeParameters())
        let values = trained.logProbability(of: Points(dimension: 2, values: [1e30, 0, 0, 0]))
        #expect(values[0] == -.infinity)
        #expect(values[1].isFinite)
    }

    @Test(arguments: FlowCase.all.filter { $0.contextDimension > 0 })
    func observationsPerPointEqualOneObservationAtATime(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
        let points = row.points(count: 70)
        let contexts = row.contexts(count: 70)
        let together = trained.logProbability(of: points, contexts: contexts)
        let draws = trained.sample(contexts: contexts, stream: RandomStream(seed: 1, purpose: .latent))
        for i in [0, 1, 33, 69] {
            let single = trained.conditioned(on: (0..<row.contextDimension).map { contexts[i, $0] })
            #expect(single.logProbability(of: points)[i].bitPattern == together[i].bitPattern)
            let same = single.sample(count: 70, stream: RandomStream(seed: 1, purpose: .latent))
            for d in 0..<row.dimension { #expect(same[i, d].bitPattern == draws[i, d].bitPattern) }
        }
        // The context matters at all.
        #expect(Set(together).isDisjoint(with: trained.logProbability(of: points)))
    }

    @Test(arguments: FlowCase.all)
    func logDetEqualsTheNumericJacobian(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let reference = ReferenceFlow(flow: flow, parameters: parameters, observation: row.observation)
        let points = row.points(count: 5)
        for i in 0..<points.count {
            let theta = (0..<row.dimension).map { points[i, $0] }
            let (_, logDet) = reference.inverse(theta)
            let numeric = logAbsoluteDeterminant(
                numericJacobian(at: theta) { reference.inverse($0).latent }, dimension: row.dimension)
            #expect(abs(logDet - numeric) < 1e-5 * max(1, abs(logDet)))
        }
    }

    @Test(arguments: FlowCase.all)
    func everyGradientByNameEqualsFiniteDifferences(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let points = row.points(count: 75)
        let batch = makeBatch(row, points) { Float(1 + $0 % 3) / 150 }
        let workspace = FlowWorkspace(flow: flow)
        let loss = flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace)
        let reference = ReferenceFlow(flow: flow, parameters: parameters)
        func referenceLoss(_ reference: ReferenceFlow) -> Double {
            var reference = reference
            return (0..<points.count).reduce(0) { sum, i in
                reference.observation = (0..<row.contextDimension).map {
                    Double(batch.context.pointer[i * row.contextDimension + $0])
                }
                let theta = (0..<row.dimension).map { Double(batch.values.pointer[i * row.dimension + $0]) }
                return sum - Double(batch.weights.pointer[i]) * reference.logProbability(theta)
            }
        }
        #expect(abs(loss - referenceLoss(reference)) < 1e-4 * max(1, abs(loss)))
        for tensor in flow.layout.tensors where tensor.role.isTrained {
            let engine = workspace.gradient.array(tensor.range).map(Double.init)
            let scale = engine.reduce(1e-3) { max($0, abs($1)) }
            // All entries of small tensors, a spread of the large ones.
            for index in stride(from: 0, to: tensor.count, by: max(1, tensor.count / 23)) {
                var shifted = reference
                let h = 1e-5
                let value = shifted.tensors[tensor.name]![index]
                shifted.tensors[tensor.name]![index] = value + h
                let up = referenceLoss(shifted)
                shifted.tensors[tensor.name]![index] = value - h
                let down = referenceLoss(shifted)
                let numeric = (up - down) / (2 * h)
                #expect(
                    abs(engine[index] - numeric) < 2e-3 * scale,
                    "\(tensor.name)[\(index)]: \(engine[index]) against \(numeric)")
            }
        }
    }

    @Test(arguments: FlowCase.all.filter { $0.dimension <= 2 })
    func samplesFollowTheDensity(_ row: FlowCase) {
        // Counts in cells against the integral of the density over each cell (midpoint rule), by Pearson's chi-square.
        let (flow, parameters) = row.makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
        let count = 20_000
        let samples = trained.sample(count: count, stream: RandomStream(seed: 1, purpose: .latent))
        #expect(samples.prefix(70) == trained.sample(count: 70, stream: RandomStream(seed: 1, purpose: .latent)))
        // A density on a box can be steep next to its edges, so there cells are cut in log odds y: θ = lower + W/(1 + e^−y).
        func chart(_ theta: Double, _ d: Int) -> Double {
            let range = row.bounds[d]
            guard row.configuration.box != .none else { return theta }
            return Elementary.log((theta - range.lowerBound) / (range.upperBound - theta))
        }
        func parametrization(_ y: Double, _ d: Int) -> (theta: Double, slope: Double) {
            guard row.configuration.box != .none, d < row.dimension else { return (y, 1) }
            let (range, u) = (row.bounds[d], 1 / (1 + Elementary.exp(-y)))
            let side = range.upperBound - range.lowerBound
            return (range.lowerBound + side * u, side * u * (1 - u))
        }
        let (cells, fine) = (8, 40)
        let axes = (0..<2).map { d -> (lower: Double, step: Double) in
            guard d < row.dimension else { return (0, 1) }
            let column = (0..<count).map { chart(samples[$0, d], d) }.sorted()
            let (low, high) = (column[count / 50], column[count * 49 / 50])
            return (low, (high - low) / Double(cells))
        }
        let rows = row.dimension == 2 ? cells * fine : 1
        var grid: [Double] = []
        var slopes: [Double] = []
        for i in 0..<(cells * fine) {
            for j in 0..<rows {
                let first = parametrization(axes[0].lower + (Double(i) + 0.5) * axes[0].step / Double(fine), 0)
                let second = parametrization(axes[1].lower + (Double(j) + 0.5) * axes[1].step / Double(fine), 1)
                grid.append(first.theta)
                if row.dimension == 2 { grid.append(second.theta) }
                slopes.append(first.slope * (row.dimension == 2 ? second.slope : 1))
            }
        }
        let density = trained.logProbability(of: Points(dimension: row.dimension, values: grid))
        let area = axes[0].step / Double(fine) * (row.dimension == 2 ? axes[1].step / Double(fine) : 1)
        let columns = row.dimension == 2 ? cells : 1
        var expected = [Double](repeating: 0, count: cells * columns)
        for i in 0..<(cells * fine) {
            for j in 0..<rows {
                expected[(i / fine) * columns + j / fine] +=
                    Double(count) * area * slopes[i * rows + j] * Elementary.exp(density[i * rows + j])
            }
        }
        var observed = [Double](repeating: 0, count: cells * columns)
        for i in 0..<count {
            let a = ((chart(samples[i, 0], 0) - axes[0].lower) / axes[0].step).rounded(.down)
            let b = row.dimension == 2 ? ((chart(samples[i, 1], 1) - axes[1].lower) / axes[1].step).rounded(.down) : 0
            if a >= 0, a < Double(cells), b >= 0, b < Double(columns) { observed[Int(a) * columns + Int(b)] += 1 }
        }
        var statistic = 0.0
        var freedom = 0.0
        for (o, e) in zip(observed, expected) where e > 8 {
            statistic += (o - e) * (o - e) / e
            freedom += 1
        }
        #expect(freedom >= 6)
        // Five standard deviations above the mean of chi-square.
        #expect(statistic < freedom + 5 * (2 * freedom).squareRoot(), "chi-square \(statistic) on \(freedom) cells")
    }

    @Test(arguments: FlowCase.all, ["avx2", "portable"])
    func instructionSetsAgree(_ row: FlowCase, _ isa: String) {
        guard let other = Kernels.named(isa) else { return }
        let (flow, parameters) = row.makeRandom()
        let points = row.points(count: 100)
        let batch = makeBatch(row, points) { _ in 0.01 }
        func gradient(_ kernels: Kernels) -> (loss: Double, gradient: [Float]) {
            let workspace = FlowWorkspace(flow: flow)
            let loss = flow.accumulateGradient(
                parameters: parameters, batch: batch, workspace: workspace, kernels: kernels)
            return (loss, workspace.gradient.array(0..<workspace.gradient.count))
        }
        let (mine, theirs) = (gradient(.current), gradient(other))
        if other.numericsVariant == Kernels.current.numericsVariant {
            #expect(mine.loss.bitPattern == theirs.loss.bitPattern)
            #expect(mine.gradient == theirs.gradient)
        } else {
            #expect(abs(mine.loss - theirs.loss) < 1e-4 * max(1, abs(mine.loss)))
            let scale = mine.gradient.reduce(1e-3) { max($0, abs($1)) }
            for (a, b) in zip(mine.gradient, theirs.gradient) { #expect(abs(a - b) < 1e-3 * scale) }
        }
    }
}

/// A batch of `points`, each with an observation of its own where the row is conditional.
func makeBatch(_ row: FlowCase, _ points: Points, weight: (Int) -> Float) -> WeightedBatch {
    var batch = WeightedBatch(
        dimension: row.dimension, contextDimension: row.contextDimension, capacity: points.count)
    batch.count = points.count
    for i in points.values.indices { batch.values.pointer[i] = Float(points.values[i]) }
    if row.contextDimension > 0 {
        let contexts = row.contexts(count: points.count, seed: 3)
        for (i, value) in contexts.values.enumerated() { batch.context.pointer[i] = Float(value) }
    }
    for i in 0..<points.count { batch.weights.pointer[i] = weight(i) }
    return batch
}

/// d f_r / d x_c by central differences, row-major.
func numericJacobian(at x: [Double], _ function: ([Double]) -> [Double]) -> [Double] {
    let h = 1e-6
    var jacobian = [Double](repeating: 0, count: x.count * x.count)
    for c in x.indices {
        var (up, down) = (x, x)
        up[c] += h
        down[c] -= h
        let (high, low) = (function(up), function(down))
        for r in x.indices { jacobian[r * x.count + c] = (high[r] - low[r]) / (2 * h) }
    }
    return jacobian
}

/// log |det| by Gaussian elimination with partial pivoting.
func logAbsoluteDeterminant(_ matrix: [Double], dimension: Int) -> Double {
    var m = matrix
    var result = 0.0
    for c in 0..<dimension {
        let pivot = (c..<dimension).max { abs(m[$0 * dimension + c]) < abs(m[$1 * dimension + c]) }!
        for k in 0..<dimension { m.swapAt(c * dimension + k, pivot * dimension + k) }
        result += Elementary.log(abs(m[c * dimension + c]))
        for r in (c + 1)..<max(dimension, c + 1) {
            let factor = m[r * dimension + c] / m[c * dimension + c]
            for k in c..<dimension { m[r * dimension + k] -= factor * m[c * dimension + k] }
        }
    }
    return result
}

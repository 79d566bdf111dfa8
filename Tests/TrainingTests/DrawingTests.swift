import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

@Suite struct SobolSequenceTests {
    private static let boxes: [[ClosedRange<Double>]] = [
        [0...1], [-4...4, -1...3], [-3...3, -3...3, -3...3], Array(repeating: -0.5...2, count: 10),
    ]

    @Test(arguments: boxes)
    func pointsLieInTheBoxAndDoNotDependOnTheBlock(_ box: [ClosedRange<Double>]) {
        let stream = RandomStream(seed: 4, purpose: .pool, step: 2)
        let points = SobolSequence.points(0..<5000, box: box, stream: stream)
        #expect(points.count == 5000)
        for i in 0..<points.count {
            for d in box.indices { #expect(box[d].contains(points[i, d])) }
        }
        let later = SobolSequence.points(1234..<5000, box: box, stream: stream)
        #expect(later.values == Array(points.values[(1234 * box.count)...]))
    }

    @Test(arguments: boxes)
    func everyDyadicIntervalHasOnePoint(_ box: [ClosedRange<Double>]) {
        // The first 2^m points put exactly one into each of 2^m equal intervals of every coordinate, scrambled or not.
        let points = SobolSequence.points(0..<4096, box: box, stream: RandomStream(seed: 1, purpose: .pool))
        for d in box.indices {
            var counts = [Int](repeating: 0, count: 4096)
            for i in 0..<points.count {
                let fraction = (points[i, d] - box[d].lowerBound) / (box[d].upperBound - box[d].lowerBound)
                counts[Int(fraction * 4096)] += 1
            }
            // Rounding of lower + width·u may move a point across a border.
            #expect(counts.reduce(0) { $0 + abs($1 - 1) } <= 4, "dimension \(d)")
        }
    }

    @Test func planesAreFilledEvenly() {
        // The first two coordinates are a (0, 2)-sequence: 4096 points put one into each cell of every 2^a × 2^(12−a) grid.
        let points = SobolSequence.points(
            0..<4096, box: [0...1, 0...1], stream: RandomStream(seed: 5, purpose: .pool))
        for a in 0...12 {
            var counts = [Int](repeating: 0, count: 4096)
            for i in 0..<4096 {
                counts[Int(points[i, 0] * Double(1 << a)) << (12 - a) | Int(points[i, 1] * Double(1 << (12 - a)))] += 1
            }
            #expect(counts.allSatisfy { $0 == 1 }, "grid of 2^\(a) columns")
        }
    }

    /// A normal prior gets the quantiles of points that fill the cube evenly: exactly one of 1024 points in each of 1024
    /// intervals of equal probability, and averages far closer than independent draws come. A uniform prior gets the
    /// points in its box.
    @Test func pointsFollowThePrior() throws {
        let stream = RandomStream(seed: 2, purpose: .pool)
        let normal = try TaskCatalog.make(ComponentChoice(name: "gaussian-linear"))
        let points = SobolSequence.points(0..<1024, task: normal, stream: stream)
        for d in 0..<10 {
            var counts = [Int](repeating: 0, count: 1024)
            var (mean, square) = (0.0, 0.0)
            for i in 0..<1024 {
                let z = points[i, d] / 0.1.squareRoot()
                counts[Int(Elementary.normalCumulative(z) * 1024)] += 1
                mean += z / 1024
                square += z * z / 1024
            }
            #expect(counts.reduce(0) { $0 + abs($1 - 1) } <= 4, "dimension \(d)")
            // Independent draws: ±.031 and ±.044.
            #expect(abs(mean) < 0.004 && abs(square - 1) < 0.01, "dimension \(d)")
        }
        let later = SobolSequence.points(700..<1024, task: normal, stream: stream)
        #expect(later.values == Array(points.values[7000...]))

        let uniform = try TaskCatalog.make(ComponentChoice(name: "cube"))
        #expect(
            SobolSequence.points(0..<500, task: uniform, stream: stream)
                == SobolSequence.points(0..<500, box: uniform.priorBox, stream: stream))
    }

    @Test func directionNumbersAreValid() {
        // Coordinate d is a (0, 1)-sequence only if column k's leading digit is digit k: then the matrix is triangular
        // with a unit diagonal.
        for coordinate in 0..<21 {
            for (k, number) in SobolSequence.directionNumbers(coordinate: coordinate).enumerated() {
                #expect(number.trailingZeroBitCount == 63 - k)
            }
        }
        // By hand from m_k = 2 m_{k−1} ⊕ m_{k−1} (x + 1) and m_k = 2 m_{k−1} ⊕ 4 m_{k−2} ⊕ m_{k−2} (x² + x + 1).
        for (coordinate, expected) in [(1, [1, 3, 5, 15, 17, 51]), (2, [1, 3, 3, 9, 29, 23])] as [(Int, [UInt64])] {
            let numbers = SobolSequence.directionNumbers(coordinate: coordinate)
            #expect(expected.indices.map { numbers[$0] >> UInt64(63 - $0) } == expected)
        }
    }

    @Test(arguments: ["corners", "two-moons", "quadratic-2d", "quadratic-3d"])
    func evidenceIsUnbiasedAndMoreExactThanFromIndependentDraws(_ name: String) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        let evidence = Elementary.exp(task.logEvidence(observation: task.observation))
        // About 70 effective draws in 3D, 400 and more in 2D.
        let count = task.dimension == 2 ? 8192 : 65_536
        func errors(_ draw: (RandomStream) -> Points) -> [Double] {
            (0..<40).map { round in
                let points = draw(RandomStream(seed: 7, purpose: .pool, step: UInt32(round)))
                let likelihoods = task.logLikelihood(of: points, observation: task.observation).map(Elementary.exp)
                return likelihoods.reduce(0, +) / Double(points.count) / evidence - 1
            }
        }
        func rootMeanSquare(_ values: [Double]) -> Double {
            (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        let quasi = errors { SobolSequence.points(0..<count, box: task.priorBox, stream: $0) }
        let random = errors { task.samplePrior(count: count, stream: $0) }
        // The advantage falls with the dimension.
        #expect(rootMeanSquare(quasi) < (task.dimension == 2 ? 0.4 : 0.75) * rootMeanSquare(random))
        // The mean of 40 unbiased errors is within five of its standard errors of 0.
        #expect(abs(quasi.reduce(0, +) / 40) < 5 * rootMeanSquare(quasi) / 40.0.squareRoot())
    }
}

@Suite struct HilbertCurveTests {
    @Test(arguments: [(1, 5), (2, 1), (2, 5), (3, 3), (4, 2), (5, 2)])
    func everyCellHasItsPlaceAndNeighboursAreNeighbours(_ dimension: Int, _ bits: Int) {
        let count = 1 << (dimension * bits)
        var cellAtPlace = [[UInt32]?](repeating: nil, count: count)
        for number in 0..<count {
            let cell = (0..<dimension).map { UInt32(number >> ($0 * bits) & (1 << bits - 1)) }
            var scratch = cell
            let key = Int(HilbertCurve.key(&scratch, bits: bits))
            #expect(key < count && cellAtPlace[key] == nil)
            cellAtPlace[key] = cell
        }
        for place in 1..<count {
            guard let (a, b) = cellAtPlace[place - 1].flatMap({ a in cellAtPlace[place].map { (a, $0) } }) else {
                continue
            }
            let distance = zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            #expect(distance == 1, "places \(place - 1) and \(place)")
        }
    }

    @Test func sortingKeepsEveryIndexOnce() {
        var stream = RandomStream(seed: 2, purpose: .reference)
        for dimension in [1, 2, 3, 17] {
            var points = Points(
                dimension: dimension, values: (0..<(500 * dimension)).map { _ in stream.nextNormal() })
            // Some points coincide.
            for d in 0..<dimension { points[7, d] = points[3, d] }
            let chosen = (0..<500).filter { $0 % 3 == 0 || $0 == 7 }
            let sorted = HilbertCurve.sorted(chosen, of: points)
            #expect(sorted.sorted() == chosen)
            #expect(HilbertCurve.sorted(chosen, of: points) == sorted)
        }
        #expect(HilbertCurve.sorted([], of: Points(dimension: 2, values: [])).isEmpty)
        #expect(HilbertCurve.sorted([0, 1], of: Points(dimension: 2, values: [1, 1, 1, 1])) == [0, 1])
    }

    @Test(arguments: ["two-moons", "quadratic-3d"])
    func orderedBatchesAreUnbiasedAndLessNoisy(_ name: String) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        let points = task.samplePrior(count: 100_000, stream: RandomStream(seed: 3, purpose: .pool))
        let raw = RawDraws(points: points, logWeights: task.logLikelihood(of: points, observation: task.observation))
        var deviations: [PoolOrdering: Double] = [:]
        for ordering in [PoolOrdering.drawn, .hilbert] {
            let pool = try TrainingPool(raw, ordering: ordering)
            // A smooth function of the position, averaged by each batch of 128.
            func value(_ at: (Int) -> Double) -> Double { at(0) * at(0) + 0.5 * at(1) }
            var exact = 0.0
            for i in 0..<pool.activeCount {
                exact += pool.weights[i] * value { Double(pool.values[i * task.dimension + $0]) }
            }
            var batch = WeightedBatch(dimension: task.dimension, capacity: 128)
            var (sum, squares) = (0.0, 0.0)
            for step in 0..<1000 {
                BatchSelection.resample(pool, size: 128, seed: 6, step: step, into: &batch)
                var mean = 0.0
                for i in 0..<128 {
                    mean += value { Double(batch.values.pointer[i * task.dimension + $0]) } / 128
                }
                sum += (mean - exact) / 1000
                squares += (mean - exact) * (mean - exact) / 1000
            }
            #expect(abs(sum) < 5 * (squares / 1000).squareRoot() + 1e-6)
            deviations[ordering] = squares.squareRoot()
        }
        #expect(deviations[.hilbert]! < (task.dimension == 2 ? 0.35 : 0.6) * deviations[.drawn]!)
    }
}

@Suite struct RecipeTests {
    @Test func pruningLeavesOutOnlyLightDraws() throws {
        // Six draws, weights 1, ½, 10⁻², 10⁻⁴, 10⁻⁶, 0 before normalisation; one batch holds them all.
        let weights = [1, 0.5, 1e-2, 1e-4, 1e-6, 0]
        let raw = RawDraws(
            points: Points(dimension: 1, values: (0..<6).map(Double.init)), logWeights: weights.map(Elementary.log))
        for (threshold, kept) in [(0.0, 6), (1e-5, 4), (1e-3, 3), (0.1, 2)] {
            var batch = WeightedBatch(dimension: 1, capacity: 6)
            var latest: ShuffledPass?
            let order = PoolOrder(count: 6, size: 6, number: 0, seed: 1, round: 0, latest: &latest)
            #expect(BatchSelection.slice(raw, order: order, size: 6, pruneBelow: threshold, into: &batch))
            #expect(batch.count == kept)
            var seen: Set<Int> = []
            for i in 0..<batch.count {
                let index = Int(batch.values.pointer[i])
                seen.insert(index)
                let expected = weights[index] / weights.reduce(0, +)
                #expect(abs(Double(batch.weights.pointer[i]) - expected) < 1e-6 * expected + 1e-30)
            }
            // The heaviest ones are those kept.
            #expect(seen == Set(0..<kept))
        }
    }

    @Test(arguments: [1, 3])
    func averagedParametersAreTheWeightedMeanOfAllSteps(_ power: Int) throws {
        // γ_t = (η + 1)/(t + η) means weights in proportion to t (t + 1) … (t + η − 1): for η = 1 the weights grow linearly.
        let trainer = try TrainerCase(description: "", changes: ["averaging": .number(Double(power))]).make()
        var sums = [Double](repeating: 0, count: trainer.flow.layout.count)
        var total = 0.0
        while !trainer.isFinished {
            _ = try trainer.advance()
            let state = trainer.state
            let weight = (0..<power).reduce(1) { $0 * Double(trainer.step + $1) }
            total += weight
            for (i, value) in state.parameters.enumerated() { sums[i] += weight * Double(value) }
            for (i, value) in state.averageParameters.enumerated() {
                #expect(abs(Double(value) - sums[i] / total) < 2e-6 * max(1, abs(Double(value))))
            }
            let all = 0..<trainer.flow.layout.count
            #expect(trainer.trained().parameters.array(all) == state.averageParameters)
        }
    }

    @Test func averagingChangesOnlyWhatIsEvaluated() throws {
        let plain = try TrainerCase(description: "").make()
        let averaged = try TrainerCase(description: "", changes: ["averaging": .number(8)]).make()
        while !plain.isFinished {
            _ = try plain.advance()
            _ = try averaged.advance()
        }
        var state = averaged.state
        #expect(state.averageParameters != state.parameters)
        state.averageParameters = []
        #expect(state == plain.state)
    }

    @Test(arguments: ["random", "quasi"])
    func poolsReachTheirEffectiveSize(_ sequence: String) throws {
        // corners keeps about 7 % of prior draws.
        for size in [1.0, 60, 500, 2000] {
            var row = TrainerCase(description: "")
            row.changes = [
                "poolEffectiveSize": .number(size), "drawSequence": .string(sequence), "validationFraction": .number(0),
            ]
            let trainer = try row.make()
            let first = trainer.likelihoodEvaluations
            #expect(trainer.firstPoolEffectiveSampleSize >= size && first % 600 == 0)
            // No more than a block or a third too many.
            let share = trainer.firstPoolEffectiveSampleSize / Double(first)
            #expect(Double(first) < 1.4 * size / share + 600)
            while !trainer.isFinished { _ = try trainer.advance() }
            // Four rounds of at least one block.
            #expect(trainer.likelihoodEvaluations >= 4 * min(first, 600) && trainer.likelihoodEvaluations % 600 == 0)
        }
    }

    @Test func poolsWithoutAnEffectiveSizeAreAsBefore() throws {
        // A size that the first block already has changes nothing but the counter.
        let plain = try TrainerCase(description: "").make()
        let sized = try TrainerCase(description: "", changes: ["poolEffectiveSize": .number(1)]).make()
        while !plain.isFinished {
            _ = try plain.advance()
            _ = try sized.advance()
            #expect(sized.likelihoodEvaluations == plain.likelihoodEvaluations)
        }
        var state = sized.state
        #expect(state.laterDraws == 3 * 600)
        state.laterDraws = 0
        #expect(state == plain.state)
    }
}

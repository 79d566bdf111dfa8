import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

@Suite struct KroneckerSequenceTests {
    private static let boxes: [[ClosedRange<Double>]] = [
        [0...1], [-4...4, -1...3], [-3...3, -3...3, -3...3], Array(repeating: -0.5...2, count: 10),
    ]

    @Test(arguments: boxes)
    func pointsLieInTheBoxAndDoNotDependOnTheBlock(_ box: [ClosedRange<Double>]) {
        let stream = RandomStream(seed: 4, purpose: .pool, step: 2)
        let points = KroneckerSequence.points(0..<5000, box: box, stream: stream)
        #expect(points.count == 5000)
        for i in 0..<points.count {
            for d in box.indices { #expect(box[d].contains(points[i, d])) }
        }
        let later = KroneckerSequence.points(1234..<5000, box: box, stream: stream)
        #expect(later.values == Array(points.values[(1234 * box.count)...]))
    }

    @Test(arguments: boxes)
    func everyIntervalGetsItsShareOfPoints(_ box: [ClosedRange<Double>]) {
        // Three-gap theorem: n points of a badly approximable rotation leave no interval of length 1/50 with a count
        // far from n/50; 5 % of independent draws would be further off than 2 standard deviations, 28 points.
        let points = KroneckerSequence.points(
            0..<10_000, box: box, stream: RandomStream(seed: 1, purpose: .pool))
        for d in box.indices {
            var counts = [Int](repeating: 0, count: 50)
            for i in 0..<points.count {
                let fraction = (points[i, d] - box[d].lowerBound) / (box[d].upperBound - box[d].lowerBound)
                counts[min(Int(fraction * 50), 49)] += 1
            }
            #expect(counts.allSatisfy { abs($0 - 200) <= 12 }, "dimension \(d): \(counts)")
        }
    }

    @Test(arguments: ["corners", "two-moons", "quadratic-2d", "quadratic-3d"])
    func evidenceIsUnbiasedAndMoreExactThanFromIndependentDraws(_ name: String) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        let evidence = Elementary.exp(task.logEvidence(observation: task.observation))
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
        let quasi = errors { KroneckerSequence.points(0..<8192, box: task.priorBox, stream: $0) }
        let random = errors { task.samplePrior(count: 8192, stream: $0) }
        #expect(rootMeanSquare(quasi) < 0.4 * rootMeanSquare(random))
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
        #expect(deviations[.hilbert]! < 0.35 * deviations[.drawn]!)
    }
}

@Suite struct RecipeTests {
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

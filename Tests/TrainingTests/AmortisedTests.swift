import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

@Suite struct AmortisedTests {
    private static func configuration(_ changes: [String: JSONValue]) throws -> TrainingConfiguration {
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        values["objective"] = .string("amortised")
        for (name, value) in changes { values[name] = value }
        return try TrainingConfiguration(values)
    }

    private static func task() throws -> any SimulatorTask {
        try #require(try TaskCatalog.make(ComponentChoice(name: "quadratic-2d")) as? any SimulatorTask)
    }

    /// Mean and standard error over pools of the pool's weighted mean of θ₀² x₀.
    private func moment(_ changes: [String: JSONValue]) throws -> (mean: Double, error: Double) {
        let configuration = try Self.configuration(changes)
        let task = try Self.task()
        let readings = try (0..<200).map { seed -> Double in
            let pool = try AmortisedPool(
                task: task, configuration: configuration, seed: UInt64(seed), purpose: .pool, round: 0, draws: 2000)
            let batch = pool.wholeBatch()
            var sum = 0.0
            for i in 0..<batch.count {
                let (theta, x) = (Double(batch.values.pointer[2 * i]), Double(batch.context.pointer[2 * i]))
                sum += Double(batch.weights.pointer[i]) * theta * theta * x
            }
            return sum
        }
        let mean = readings.reduce(0, +) / 200
        let variance = readings.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 199
        return (mean, (variance / 200).squareRoot())
    }

    /// E[θ² x] over the joint distribution of θ ~ U(−3, 3) and x = θ² + noise is E θ⁴ = 3⁴/5 = 16.2.
    @Test(arguments: [1, 2, 5, 40], ["random", "quasi"])
    func theWeightedPairsFollowTheJointDistribution(candidates: Int, sequence: String) throws {
        let (mean, error) = try moment(["candidates": .integer(candidates), "drawSequence": .string(sequence)])
        #expect(abs(mean - 16.2) < 4.5 * error, "\(mean) ± \(error)")
        // Var θ⁴ = 3⁸/9 − 16.2² = 467; the fewest observations are 48 in each of 200 pools: √(467/9600) = .22.
        #expect(error < 0.26)
    }

    /// The ablation's bias in closed form: with two candidates all weight lies on an independent prior draw, so the
    /// moment is E θ² · E x = 3 · 3.
    @Test func withoutTheGeneratingDrawTheWeightingIsBiased() throws {
        let (mean, error) = try moment(["candidates": .integer(2), "includeGenerating": .bool(false)])
        #expect(abs(mean - 9) < 4.5 * error, "\(mean) ± \(error)")
        // Many candidates repair it: the self-normalised estimate is consistent.
        let (many, manyError) = try moment(["candidates": .integer(400), "includeGenerating": .bool(false)])
        #expect(many > 13 && many < 16.2 + 4.5 * manyError, "\(many) ± \(manyError)")
    }

    @Test func batchesDrawCandidatesByTheirWeights() throws {
        let configuration = try Self.configuration(["candidates": .integer(6)])
        let pool = try AmortisedPool(
            task: try Self.task(), configuration: configuration, seed: 3, purpose: .pool, round: 0, draws: 700)
        let whole = pool.wholeBatch()
        func mean(_ batch: WeightedBatch) -> Double {
            (0..<batch.count).reduce(0) {
                $0 + Double(batch.weights.pointer[$1]) * Double(batch.values.pointer[2 * $1])
                    * Double(batch.values.pointer[2 * $1]) * Double(batch.context.pointer[2 * $1 + 1])
            }
        }
        var batch = WeightedBatch(dimension: 2, contextDimension: 2, capacity: pool.observations)
        var latest: ShuffledPass?
        let readings = (0..<400).map { step -> Double in
            let order = PoolOrder(
                count: pool.observations, size: pool.observations, number: step, seed: 1, round: 0, latest: &latest)
            pool.fill(step: step, order: order, size: pool.observations, seed: 1, into: &batch)
            return mean(batch)
        }
        let average = readings.reduce(0, +) / 400
        let variance = readings.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 399
        #expect(abs(average - mean(whole)) < 4.5 * (variance / 400).squareRoot())
        #expect(variance > 0)
    }

    @Test func everySimulationAndLikelihoodIsCounted() throws {
        #expect(AmortisedPool.cost(draws: 1000, candidates: 1) == 1000)
        #expect(AmortisedPool.cost(draws: 1000, candidates: 9) == 1000)
        #expect(AmortisedPool.cost(draws: 1005, candidates: 9) == 1000)
        #expect(AmortisedPool.cost(draws: 3, candidates: 9) == 10)
        let trainer = try TrainerCase(
            description: "", task: "quadratic-2d",
            changes: ["objective": .string("amortised"), "candidates": .integer(5)]
        ).make()
        // 600 draws make pools of 100 observations; validation: 60 draws, 10 observations.
        #expect(trainer.likelihoodEvaluations == 600 + 60)
        while !trainer.isFinished { _ = try trainer.advance() }
        // 11 steps in rounds of 3 take four pools.
        #expect(trainer.likelihoodEvaluations == 4 * 600 + 60)
    }

    /// A flow whose mixture sees x learns the joint distribution: mean log q(θ|x) rises towards mean log p(θ|x).
    @Test func trainingApproachesThePosterior() throws {
        let configuration = try Self.configuration([
            "draws": .integer(20_000), "steps": .integer(600), "batch": .integer(256), "stepsPerRound": .integer(100),
            "learningRate": .number(5e-3),
        ])
        let task = try Self.task()
        let flow = Flow(
            dimension: 2, contextDimension: 2, configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [32]),
            base: .conditionalGaussianMixture(ConditionalGaussianMixtureConfiguration(components: 4, hiddenSizes: [32]))
        )
        let trainer = try Trainer(task: task, flow: flow, configuration: configuration, seed: 1)
        func gap(_ trained: TrainedFlow) -> Double {
            let theta = task.samplePrior(count: 500, stream: RandomStream(seed: 9, purpose: .reference))
            let x = task.simulate(at: theta, stream: RandomStream(seed: 9, purpose: .reference, substream: 1))
            let q = trained.logProbability(of: theta, contexts: x)
            return (0..<500).reduce(0) { sum, i in
                let one = Points(dimension: 2, values: [theta[i, 0], theta[i, 1]])
                return sum + (task.logPosterior(of: one, observation: [x[i, 0], x[i, 1]])[0] - q[i]) / 500
            }
        }
        let before = gap(trainer.trained())
        while !trainer.isFinished { _ = try trainer.advance() }
        let after = gap(trainer.trained())
        #expect(before > 1.5 && after > -0.1 && after < 0.35, "\(before) → \(after)")
    }

    @Test func densitiesCannotBeAmortised() throws {
        let error = #expect(throws: TrainingError.self) {
            _ = try TrainerCase(description: "", changes: ["objective": .string("amortised")]).make()
        }
        #expect(error?.description.contains("simulator") == true)
    }
}

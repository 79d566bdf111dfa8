import Catalog
import FlowMath
import Flows
import Foundation
import Tasks
import Testing
import Training

@Suite struct AdaptiveProposalTests {
    /// Rounds 0, 1, … of fixed normal proposals instead of a flow that is trained.
    private func rounds(
        _ proposals: [TrainedFlow], task: any InferenceTask, changes: [String: JSONValue], seed: UInt64 = 3
    ) throws -> AdaptiveProposal {
        let settings: [String: JSONValue] = [
            "proposal": .string("adaptive"), "drawSequence": .string("random"), "validationFraction": .number(0),
        ]
        let configuration = try trainingConfiguration(settings.merging(changes) { $1 })
        let points = task.samplePrior(
            count: configuration.draws, stream: RandomStream(seed: seed, purpose: .pool))
        let first = RawDraws(points: points, logWeights: task.logLikelihood(of: points, observation: task.observation))
        let adaptive = try AdaptiveProposal(
            task: task, flow: proposals[0].flow, configuration: configuration, seed: seed, first: first)
        for (i, flow) in proposals.enumerated() { try adaptive.begin(round: i + 1, flow: flow) }
        return adaptive
    }

    /// The weights of the draws of three rounds, two of them from normal proposals, as Tests/Oracles/adaptive.py finds
    /// them for the same points with SciPy.
    struct Oracle: Decodable {
        struct Case: Decodable {
            var roundsKept: Int
            var temperingTarget: Double
            var points: [[Double]]
            var weights: [Double]
            var inverseTemperature: Double
            var effectiveSampleSize: Double
            var posteriorEffectiveSampleSize: Double
        }
        var cases: [Case]
    }

    @Test func weightsAreThoseOfTheBalanceHeuristic() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../Oracles/adaptive.json")
        let oracle = try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: file))
        #expect(oracle.cases.count == 3)
        let proposals = [
            normalFlow(shift: [0.5, -0.5], logScale: [0.25, 0.5]),
            normalFlow(shift: [0.3, -0.8], logScale: [-0.5, 0]),
        ]
        for expected in oracle.cases {
            let adaptive = try rounds(
                proposals, task: GaussianTarget(deviations: [0.1, 0.15], halfWidth: 3),
                changes: [
                    "draws": .integer(20), "roundsKept": .integer(expected.roundsKept),
                    "temperingTarget": .number(expected.temperingTarget),
                ])
            let training = adaptive.training
            try #require(training.points.count == expected.points.count)
            for (i, point) in expected.points.enumerated() {
                for d in 0..<2 { #expect(abs(training.points[i, d] - point[d]) < 1e-5) }
            }
            // The flow's densities are of single precision; β is found to one part in 10⁶.
            let total = logSumExp(training.logWeights)
            for (weight, exact) in zip(training.logWeights, expected.weights) {
                #expect(abs(Elementary.exp(weight - total) - exact) < 2e-5 * exact + 1e-7)
            }
            #expect(abs(adaptive.inverseTemperature / expected.inverseTemperature - 1) < 2e-5)
            let pool = try TrainingPool(training)
            #expect(abs(pool.effectiveSampleSize / expected.effectiveSampleSize - 1) < 2e-5)
            #expect(
                abs(adaptive.posteriorEffectiveSampleSize / expected.posteriorEffectiveSampleSize - 1) < 2e-5)
        }
    }

    @Test(arguments: ["corners", "quadratic-3d", "two-moons"])
    func meansOfWeightsAreUnbiasedEvidences(_ name: String) throws {
        // With proposals that do not depend on the draws, (1/n) Σ L p/m is unbiased for the evidence whatever the
        // proposals: one is off centre and partly outside the box, one too narrow.
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        let dimension = task.dimension
        let proposals = [
            normalFlow(
                shift: Array(repeating: 1.5, count: dimension), logScale: Array(repeating: 0.4, count: dimension)),
            normalFlow(
                shift: Array(repeating: -1.8, count: dimension), logScale: Array(repeating: -1.5, count: dimension)),
        ]
        let exact = Elementary.exp(task.logEvidence(observation: task.observation))
        var errors: [Double] = []
        for seed in 0..<60 {
            let adaptive = try rounds(
                proposals, task: task,
                changes: [
                    "draws": .integer(8000), "temperingTarget": .number(0),
                    "drawSequence": .string(seed % 2 == 0 ? "random" : "quasi"),
                ], seed: UInt64(seed))
            // Draws of no weight are not kept, but counted.
            #expect(adaptive.rounds.map(\.drawCount) == [8000, 8000, 8000])
            let sum = adaptive.training.logWeights.reduce(0) { $0 + Elementary.exp($1) }
            errors.append(sum / 24_000 / exact - 1)
        }
        let mean = errors.reduce(0, +) / Double(errors.count)
        let variance = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(errors.count - 1)
        let standardError = (variance / Double(errors.count)).squareRoot()
        #expect(abs(mean) < 4.5 * standardError, "mean relative error \(mean) ± \(standardError)")
        #expect(standardError < 0.05)
    }

    @Test func noWeightExceedsThatOfTheDefensiveShare() throws {
        // r ≥ a p everywhere, so p/m ≤ 1/a however wrong the flow is.
        let task = GaussianTarget(halfWidth: 4)
        let wrong = normalFlow(shift: [-3, 3], logScale: [-4, -4])
        for share in [0.05, 0.2, 1] {
            let adaptive = try rounds(
                [wrong, wrong, wrong], task: task,
                changes: [
                    "draws": .integer(2000), "defensiveShare": .number(share), "roundsKept": .integer(2),
                    "temperingTarget": .number(0),
                ])
            let training = adaptive.training
            let logLikelihoods = task.logLikelihood(of: training.points, observation: [])
            for (weight, logLikelihood) in zip(training.logWeights, logLikelihoods) {
                #expect(weight - logLikelihood <= -Elementary.log(share) + 1e-9)
            }
        }
    }

    @Test func everyStretchOfARoundHasItsShareOfThePrior() throws {
        // Held-out draws are the last of each round and must come from the same mixture: a proposal far from the prior
        // tells the two apart.
        let task = GaussianTarget(halfWidth: 4)
        let narrow = normalFlow(shift: [2, 2], logScale: [-6, -6])
        let adaptive = try rounds(
            [narrow], task: task,
            changes: [
                "draws": .integer(1000), "defensiveShare": .number(0.3), "roundsKept": .integer(1),
                "validationFraction": .number(0.1),
            ])
        func fromPrior(_ draws: RawDraws) -> Int {
            (0..<draws.points.count).count { abs(draws.points[$0, 0] - 2) + abs(draws.points[$0, 1] - 2) > 0.1 }
        }
        let held = try #require(adaptive.held)
        #expect(adaptive.training.points.count == 900 && held.points.count == 100)
        #expect(fromPrior(adaptive.training) == 270 && fromPrior(held) == 30)
        // The density holds the share that was drawn: .3 of 16 is 4, so r = p/4 where q is nothing.
        let few = try rounds(
            [narrow], task: task,
            changes: ["draws": .integer(16), "defensiveShare": .number(0.3), "roundsKept": .integer(1)])
        let round = try #require(few.rounds.last)
        let far = (0..<round.points.count).filter { abs(round.points[$0, 0] - 2) > 0.1 }
        #expect(far.count == 4)
        let logDensities = round.logDensities(of: round)
        for i in far { #expect(abs(logDensities[i] - Elementary.log(0.25 / 64)) < 1e-9) }
    }

    @Test func temperatureReachesItsTarget() throws {
        // A likelihood with one dominant draw needs a small β, a flat one none.
        var stream = RandomStream(seed: 8, purpose: .reference)
        let steep = TemperedWeights(
            logLikelihoods: (0..<1000).map { _ in -500 * stream.nextExponential() },
            logRatios: (0..<1000).map { _ in 0.1 * stream.nextNormal() })
        for (size, previous) in [(400.0, 1.0), (400, 1e-5), (100, 0.5), (900, 1)] {
            let found = steep.inverseTemperature(reaching: size, from: previous)
            #expect(found < 1 && steep.effectiveSampleSize(at: found) >= size)
            #expect(steep.effectiveSampleSize(at: found * (1 + 1e-5)) < size)
        }
        let flat = TemperedWeights(
            logLikelihoods: (0..<1000).map { _ in 0.1 * stream.nextNormal() },
            logRatios: [Double](repeating: 0, count: 1000))
        #expect(flat.inverseTemperature(reaching: 400, from: 1e-3) == 1)
        // Out of reach even without a likelihood: the smallest β.
        let useless = TemperedWeights(logLikelihoods: [0, 0, 0], logRatios: [0, -800, -800])
        #expect(useless.inverseTemperature(reaching: 2, from: 1) == 0x1p-40)
    }

    @Test(arguments: [false, true])
    func theFlowCarriesWherePriorDrawsDoNot(_ isMixture: Bool) throws {
        // Eight modes of sd .05 in a cube: 6 000 prior draws have an effective size below 5; for the Gaussian base, which
        // must learn to tear itself apart, sd .2. Expectations under the final weights agree with exact ones within
        // their error.
        let deviation = isMixture ? 0.05 : 0.2
        let task = try TaskCatalog.make(
            ComponentChoice(name: "cube", parameters: ParameterValues(["standardDeviation": .number(deviation)])))
        let flow = Flow(
            dimension: 3, configuration: FlowConfiguration(couplingLayers: 4, hiddenSizes: [24, 24]),
            base: isMixture
                ? .gaussianMixture(GaussianMixtureConfiguration(components: 8, isFull: true)) : .gaussian)
        let configuration = try trainingConfiguration([
            "proposal": .string("adaptive"), "draws": .integer(6000), "stepsPerRound": .integer(40),
            "batch": .integer(128), "steps": .integer(isMixture ? 400 : 1200), "warmupSteps": .integer(10),
            "roundsKept": .integer(3),
        ])
        let trainer = try Trainer(task: task, flow: flow, configuration: configuration, seed: 2)
        #expect(trainer.firstPoolEffectiveSampleSize < (isMixture ? 5 : 100))
        while !trainer.isFinished { _ = try trainer.advance() }
        let size = try #require(trainer.adaptedEffectiveSampleSize)
        #expect(trainer.inverseTemperature == 1)
        #expect(size > (isMixture ? 8000 : 2400))
        // E θ_d² = 1.5² + s² and, by symmetry, E θ_d = 0 and E θ_0 θ_1 = 0.
        let pool = trainer.trainingPool
        var moments = [0.0, 0, 0]
        for i in 0..<pool.activeCount {
            let (x, y) = (Double(pool.values[3 * i]), Double(pool.values[3 * i + 1]))
            moments[0] += pool.weights[i] * x
            moments[1] += pool.weights[i] * x * x
            moments[2] += pool.weights[i] * x * y
        }
        // Standard deviations of one exact draw, to first order in s: 1.5, 3 s, 1.5².
        for (moment, (exact, spread)) in zip(
            moments, [(0, 1.5), (2.25 + deviation * deviation, 3 * deviation), (0, 2.25)])
        {
            #expect(abs(moment - exact) < 5 * spread / size.squareRoot(), "\(moment) instead of \(exact)")
        }
    }
}

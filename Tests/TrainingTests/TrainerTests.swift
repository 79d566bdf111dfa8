import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

/// A small run of every kind: objective × proposal × weighting × base.
struct TrainerCase: Sendable, CustomStringConvertible {
    var description: String
    var task = "corners"
    var base: BaseConfiguration = .gaussian
    var changes: [String: JSONValue] = [:]

    static let small: [String: JSONValue] = [
        "draws": .integer(600), "stepsPerRound": .integer(3), "batch": .integer(40), "steps": .integer(11),
        "historyInterval": .integer(4), "warmupSteps": .integer(2),
    ]

    static let all: [TrainerCase] = [
        TrainerCase(description: "weighted, fresh, gaussian"),
        TrainerCase(
            description: "weighted, fresh, gmm em",
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 4, isFull: true))),
        TrainerCase(
            description: "weighted, static, gmm random",
            base: .gaussianMixture(
                GaussianMixtureConfiguration(components: 3, initialization: .random, freezeFraction: 0)),
            changes: ["proposal": .string("static")]),
        TrainerCase(
            description: "per-batch weights, static",
            changes: ["proposal": .string("static"), "weighting": .string("batch")]),
        TrainerCase(description: "per-batch weights, fresh", changes: ["weighting": .string("batch")]),
        TrainerCase(
            description: "maximum likelihood, early stopping", task: "two-moons",
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 2)),
            changes: [
                "objective": .string("maximum-likelihood"), "draws": .integer(2500),
                "earlyStoppingPatience": .integer(2), "weightDecay": .number(0.1), "gradientClip": .number(0.5),
            ]),
        TrainerCase(
            description: "3D, given means, fixed base", task: "cube",
            base: .gaussianMixture(
                GaussianMixtureConfiguration(
                    components: 2, initialization: .given(means: [[1, 1, 1], [-1, -1, -1]], standardDeviation: 0.5),
                    isTrainable: false))),
    ]

    func make(_ state: TrainerState? = nil) throws -> Trainer {
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        for (name, value) in Self.small { values[name] = value }
        for (name, value) in changes { values[name] = value }
        let task = try TaskCatalog.make(ComponentChoice(name: task))
        let flow = Flow(
            dimension: task.dimension, configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [16, 24]),
            base: base)
        return try Trainer(
            task: task, flow: flow, configuration: try TrainingConfiguration(values), seed: 5, state: state)
    }
}

@Suite struct TrainerTests {
    @Test(arguments: TrainerCase.all)
    func resumingAtEveryStepChangesNoBit(_ row: TrainerCase) throws {
        let straight = try row.make()
        var states = [straight.state]
        var reports: [TrainingReport] = []
        while !straight.isFinished {
            if let report = try straight.advance() { reports.append(report) }
            states.append(straight.state)
        }
        #expect(!reports.isEmpty)
        let layout = straight.flow.layout
        for state in states.dropLast() {
            // Through a file, as a real resume does.
            let file = try Safetensors(decoding: Safetensors(tensors: state.tensors(layout: layout)).encoded)
            let loaded = try TrainerState(file: file, countersJSON: state.countersJSON, layout: layout)
            #expect(loaded == state)
            let resumed = try row.make(loaded)
            var later: [TrainingReport] = []
            while !resumed.isFinished {
                if let report = try resumed.advance() { later.append(report) }
            }
            #expect(resumed.state == straight.state, "resumed at step \(state.step)")
            #expect(later == reports.filter { $0.step > state.step })
        }
    }

    @Test(arguments: TrainerCase.all)
    func takingTheStateChangesNothing(_ row: TrainerCase) throws {
        let (watched, alone) = (try row.make(), try row.make())
        while !watched.isFinished {
            _ = watched.state
            _ = watched.trained()
            _ = try watched.advance()
            _ = try alone.advance()
        }
        #expect(watched.state == alone.state)
    }

    @Test func mixtureStartsAsTheFitUnderTheInitialFlow() throws {
        // At step 0 log q(θ) must be the EM mixture's density of f₀⁻¹(θ) plus f₀'s constant log-determinant.
        let task = try TaskCatalog.make(ComponentChoice(name: "unequal"))
        for isFull in [false, true] {
            let flow = Flow(
                dimension: 2, configuration: FlowConfiguration(couplingLayers: 4),
                base: .gaussianMixture(GaussianMixtureConfiguration(components: 3, isFull: isFull)))
            let draws = task.samplePosterior(
                count: 3000, observation: task.observation, stream: RandomStream(seed: 2, purpose: .pool))
            let weights = [Double](repeating: 1 / 3000, count: 3000)
            let parameters = flow.initialParameters(draws: draws, weights: weights, seed: 2)
            let trained = TrainedFlow(flow: flow, parameters: parameters)
            let (latent, logDensity) = trained.inverse(draws)
            let fit = WeightedExpectationMaximization(components: 3, isFull: isFull)
                .fit(latent, weights: weights, stream: RandomStream(seed: 2, purpose: .baseInit))
            let reference = ReferenceLogDet(trained: trained)
            for i in 0..<500 {
                let expected = fit.logDensity(of: [latent[i, 0], latent[i, 1]]) + reference.logDet
                #expect(abs(logDensity[i] - expected) < 1e-5 * max(1, abs(expected)))
            }
            // Three separated components with unequal weights are found.
            #expect(fit.weights.sorted().map { ($0 * 10).rounded() } == [1, 3, 6])
        }
    }

    @Test(arguments: [1, 7, 64, 1000])
    func resamplingGivesEachDrawItsShare(_ size: Int) throws {
        // Systematic resampling: in every batch the number of copies of a draw differs from B·w by less than one, and
        // over many batches the mean number of copies is B·w.
        var stream = RandomStream(seed: 3, purpose: .reference)
        let count = 200
        // Draw i is recognised by its coordinate; weights span many orders of magnitude, some are nil.
        let logWeights = (0..<count).map { $0 % 17 == 0 ? -Double.infinity : 4 * stream.nextNormal() }
        let raw = RawDraws(points: Points(dimension: 1, values: (0..<count).map(Double.init)), logWeights: logWeights)
        let pool = try TrainingPool(raw)
        #expect(abs(pool.weights.reduce(0, +) - 1) < 1e-9)
        let total = logSumExp(logWeights)
        let weights = logWeights.map { Elementary.exp($0 - total) }
        #expect(abs(pool.effectiveSampleSize * weights.reduce(0) { $0 + $1 * $1 } - 1) < 1e-9)
        var batch = WeightedBatch(dimension: 1, capacity: size)
        var means = [Double](repeating: 0, count: count)
        let batches = 2000
        for step in 0..<batches {
            BatchSelection.resample(pool, size: size, seed: 9, step: step, into: &batch)
            var copies = [Double](repeating: 0, count: count)
            for i in 0..<size {
                copies[Int(batch.values.pointer[i])] += 1
                #expect(batch.weights.pointer[i] == Float(1 / Double(size)))
            }
            for i in 0..<count {
                #expect(abs(copies[i] - Double(size) * weights[i]) < 1 + 1e-6, "draw \(i) of batch \(step)")
                means[i] += copies[i] / Double(batches)
            }
        }
        for i in 0..<count {
            // The fractional part is a Bernoulli number: standard deviation at most ½; five standard errors.
            #expect(abs(means[i] - Double(size) * weights[i]) < 5 * 0.5 / Double(batches).squareRoot())
        }
    }

    @Test func drawsWithoutWeightAreAnError() {
        let raw = RawDraws(
            points: Points(dimension: 1, values: [1, 2]), logWeights: [-.infinity, -.infinity])
        #expect(throws: TrainingError.noWeight(draws: 2)) { try TrainingPool(raw) }
    }

    @Test func likelihoodEvaluationsCountEveryDraw() throws {
        let fresh = try TrainerCase(description: "").make()
        #expect(fresh.likelihoodEvaluations == 60 + 600)
        while !fresh.isFinished { _ = try fresh.advance() }
        // Rounds of steps 0–2, 3–5, 6–8, 9–10.
        #expect(fresh.likelihoodEvaluations == 60 + 4 * 600)
        let fixed = try TrainerCase(description: "", changes: ["proposal": .string("static")]).make()
        while !fixed.isFinished { _ = try fixed.advance() }
        #expect(fixed.likelihoodEvaluations == 600)
    }

    @Test func anEnormousLearningRateIsReportedAsDivergence() throws {
        let trainer = try TrainerCase(
            description: "",
            changes: [
                "learningRate": .number(10), "gradientClip": .number(0), "steps": .integer(4000),
                "warmupSteps": .integer(0), "schedule": .string("constant"), "draws": .integer(100),
            ]
        ).make()
        var diverged = false
        do {
            while !trainer.isFinished { _ = try trainer.advance() }
        } catch TrainingError.diverged {
            diverged = true
        }
        // Clamped scales may survive; then every number must be finite.
        let parameters = trainer.trained().parameters
        #expect(diverged || parameters.array(0..<parameters.count).allSatisfy(\.isFinite))
    }

    @Test func wrongGivenMeansAreRefused() {
        let base = BaseConfiguration.gaussianMixture(
            GaussianMixtureConfiguration(
                components: 2, initialization: .given(means: [[1, 2, 3]], standardDeviation: 1)))
        #expect(throws: TrainingError.self) { try TrainerCase(description: "", base: base).make() }
    }

    @Test func trainingReachesTheTarget() throws {
        // Cross-entropy of p under q can never be below p's entropy (two-moons: 1.57106, by quadrature); a few hundred
        // steps bring the matched mixture within 0.1 nat.
        var row = TrainerCase(description: "", task: "two-moons")
        row.base = .gaussianMixture(GaussianMixtureConfiguration(components: 2, isFull: true))
        row.changes = ["draws": .integer(20_000), "batch": .integer(256), "steps": .integer(300)]
        let trainer = try row.make()
        while !trainer.isFinished { _ = try trainer.advance() }
        let posterior = ExactPosterior(task: try TaskCatalog.make(ComponentChoice(name: "two-moons")))
        let points = posterior.sample(count: 20_000, stream: RandomStream(seed: 1, purpose: .reference))
        let crossEntropy = -trainer.trained().logProbability(of: points).reduce(0, +) / 20_000
        #expect(crossEntropy > 1.57106 - 0.03)
        #expect(crossEntropy < 1.57106 + 0.1)
    }
}

/// The log-determinant of a flow whose couplings are the identity: the same at every point.
private struct ReferenceLogDet {
    let logDet: Double

    init(trained: TrainedFlow) {
        var sum = 0.0
        for tensor in trained.flow.layout.tensors where tensor.name.hasSuffix("logScale") {
            sum -= trained.parameters.array(tensor.range).reduce(0) { $0 + Double($1) }
        }
        logDet = sum
    }
}

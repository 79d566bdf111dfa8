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
            description: "averaged, quasi-random pools of a given effective size along a curve",
            changes: [
                "averaging": .number(3), "drawSequence": .string("quasi"), "poolOrder": .string("hilbert"),
                "poolEffectiveSize": .number(200),
            ]),
        TrainerCase(
            description: "per-batch weights, fresh, pruned",
            changes: ["weighting": .string("batch"), "pruneBelow": .number(1e-3)]),
        TrainerCase(
            description: "averaged, early stopping, static pool", task: "two-moons",
            changes: [
                "objective": .string("maximum-likelihood"), "proposal": .string("static"), "draws": .integer(2500),
                "earlyStoppingPatience": .integer(2), "averaging": .number(8), "poolOrder": .string("hilbert"),
            ]),
        TrainerCase(
            description: "3D, given means, fixed base", task: "cube",
            base: .gaussianMixture(
                GaussianMixtureConfiguration(
                    components: 2, initialization: .given(means: [[1, 1, 1], [-1, -1, -1]], standardDeviation: 0.5),
                    isTrainable: false))),
        TrainerCase(
            description: "student-t, frozen at first", task: "two-moons",
            base: .studentT(
                StudentTConfiguration(
                    optimization: BaseOptimization(learningRateFactor: 2, freezeFraction: 0.3)))),
        TrainerCase(description: "uniform", base: .uniform),
        TrainerCase(
            description: "adaptive, gaussian, averaged",
            changes: ["proposal": .string("adaptive"), "averaging": .number(3), "roundsKept": .integer(2)]),
        TrainerCase(
            description: "adaptive, tempered mixture that is fitted again, smoothed", task: "cube",
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 8, isFull: true)),
            changes: [
                "proposal": .string("adaptive"), "drawSequence": .string("random"), "smoothing": .string("pareto"),
                "draws": .integer(400), "roundsKept": .integer(3), "defensiveShare": .number(0.3),
            ]),
        TrainerCase(
            description: "adaptive without tempering or validation, one round kept",
            changes: [
                "proposal": .string("adaptive"), "temperingTarget": .number(0), "roundsKept": .integer(1),
                "validationFraction": .number(0),
            ]),
        TrainerCase(description: "smoothed, fresh", changes: ["smoothing": .string("pareto")]),
        TrainerCase(description: "reverse KL", changes: ["objective": .string("reverse-kl")]),
        TrainerCase(
            description: "α = 2, mixture",
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 4, isFull: true)),
            changes: ["objective": .string("alpha-2"), "proposal": .string("static")]),
        TrainerCase(
            description: "resampled, early stopping", task: "two-moons",
            base: .resampled(ResampledConfiguration(hiddenSizes: [12], normalizerDraws: 100)),
            changes: [
                "objective": .string("maximum-likelihood"), "draws": .integer(2500),
                "earlyStoppingPatience": .integer(2),
            ]),
        TrainerCase(
            description: "amortised, fresh, conditional mixture", task: "quadratic-2d",
            base: .conditionalGaussianMixture(ConditionalGaussianMixtureConfiguration(components: 2, hiddenSizes: [8])),
            changes: ["objective": .string("amortised"), "candidates": .integer(4), "averaging": .number(4)]),
        TrainerCase(
            description: "amortised, static, one candidate, early stopping", task: "quadratic-3d",
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 2)),
            changes: [
                "objective": .string("amortised"), "candidates": .integer(1), "proposal": .string("static"),
                "draws": .integer(2500), "earlyStoppingPatience": .integer(2),
            ]),
    ]

    func make(_ state: TrainerState? = nil) throws -> Trainer {
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        for (name, value) in Self.small { values[name] = value }
        for (name, value) in changes { values[name] = value }
        let task = try TaskCatalog.make(ComponentChoice(name: task))
        let flow = Flow(
            dimension: task.dimension,
            contextDimension: values["objective"] == .string("amortised") ? task.observation.count : 0,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [16, 24]), base: base)
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
        let (affine, splines) = (CouplingKind.affine(logScaleLimit: 2), CouplingKind.spline(bins: 8, tailBound: 3))
        for (isFull, coupling) in [(false, affine), (true, affine), (true, splines)] {
            let flow = Flow(
                dimension: 2, configuration: FlowConfiguration(couplingLayers: 4, coupling: coupling),
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
        // Systematic resampling by its definition: positions (u + i)/B in the running sums, found by a linear search.
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
            var uniform = RandomStream(seed: 9, purpose: .resampling, step: UInt32(step))
            let offset = uniform.nextUniform()
            var (draw, sum) = (0, weights[0])
            var copies = [Double](repeating: 0, count: count)
            for i in 0..<size {
                while draw < count - 1 && sum <= (Double(i) + offset) / Double(size) {
                    draw += 1
                    sum += weights[draw]
                }
                #expect(Int(batch.values.pointer[i]) == draw, "position \(i) of batch \(step)")
                #expect(batch.weights.pointer[i] == Float(1 / Double(size)))
                copies[Int(batch.values.pointer[i])] += 1
            }
            for i in 0..<count {
                let share = Double(size) * weights[i]
                #expect(copies[i] >= (share - 1e-6).rounded(.down) && copies[i] <= (share + 1e-6).rounded(.up))
                if weights[i] == 0 { #expect(copies[i] == 0) }
                means[i] += copies[i] / Double(batches)
            }
        }
        for i in 0..<count {
            // The number of copies is ⌊Bw⌋ or one more: five standard errors of that Bernoulli number.
            let share = Double(size) * weights[i]
            let fraction = share - share.rounded(.down)
            let error = (fraction * (1 - fraction) / Double(batches)).squareRoot()
            #expect(abs(means[i] - share) < 5 * error + 2 / Double(batches))
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
        let adaptive = try TrainerCase(description: "", changes: ["proposal": .string("adaptive")]).make()
        #expect(adaptive.likelihoodEvaluations == 600)
        while !adaptive.isFinished { _ = try adaptive.advance() }
        #expect(adaptive.likelihoodEvaluations == 4 * 600)
        for objective in ["reverse-kl", "alpha-2"] {
            let own = try TrainerCase(description: "", changes: ["objective": .string(objective)]).make()
            #expect(own.likelihoodEvaluations == 60 + 600)
            while !own.isFinished { _ = try own.advance() }
            // Eleven batches of 40.
            #expect(own.likelihoodEvaluations == 60 + 600 + 11 * 40)
        }
    }

    @Test func unusableBatchesAreCountedAndEndTheRun() throws {
        // Scales up to e^10 in 32 layers at a learning rate of 10 overflow single precision at once.
        var values = ParameterValues([:])
        for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
        for (name, value) in TrainerCase.small { values[name] = value }
        let changes: [String: JSONValue] = [
            "learningRate": .number(10), "gradientClip": .number(0), "steps": .integer(2000),
            "warmupSteps": .integer(0), "schedule": .string("constant"),
        ]
        for (name, value) in changes { values[name] = value }
        let task = try TaskCatalog.make(ComponentChoice(name: "corners"))
        let flow = Flow(
            dimension: 2,
            configuration: FlowConfiguration(
                couplingLayers: 32, hiddenSizes: [16], coupling: .affine(logScaleLimit: 10), actNorm: false),
            base: .gaussian)
        let trainer = try Trainer(task: task, flow: flow, configuration: try TrainingConfiguration(values), seed: 1)
        #expect(throws: TrainingError.self) {
            while !trainer.isFinished { _ = try trainer.advance() }
        }
        #expect(!trainer.isFinished)
        #expect(trainer.nonfiniteBatches >= 20)
    }

    @Test func aMixtureIsFrozenFirst() throws {
        var row = TrainerCase(description: "")
        row.base = .gaussianMixture(GaussianMixtureConfiguration(components: 4, freezeFraction: 0.5))
        let trainer = try row.make()
        let tensor = try #require(trainer.flow.layout.tensor(named: "base.means"))
        let weight = try #require(trainer.flow.layout.tensor(named: "layers.0.coupling.conditioner.2.weight"))
        let start = trainer.state.parameters
        // Eleven steps: six frozen (5.5 rounded), then five.
        for step in 1...11 {
            _ = try trainer.advance()
            let now = trainer.state.parameters
            #expect((now[tensor.range] == start[tensor.range]) == (step <= 6), "means at step \(step)")
            #expect(now[weight.range] != start[weight.range])
        }
        #expect(trainer.state.baseUpdates == 5 && trainer.state.flowUpdates == 11)
    }

    @Test func earlyStoppingKeepsTheBestParameters() throws {
        // A learning rate that only makes things worse: the first validation stays the best.
        var row = TrainerCase(description: "", task: "two-moons")
        row.changes = [
            "objective": .string("maximum-likelihood"), "draws": .integer(2500), "steps": .integer(400),
            "earlyStoppingPatience": .integer(3), "learningRate": .number(3), "schedule": .string("constant"),
            "warmupSteps": .integer(0), "historyInterval": .integer(4),
        ]
        let trainer = try row.make()
        #expect(trainer.earlyStoppingActs)
        var losses: [(step: Int, loss: Double)] = []
        while !trainer.isFinished {
            if let report = try trainer.advance() {
                losses.append((report.step, try #require(report.validationLoss)))
            }
        }
        let best = try #require(losses.filter { $0.loss.isFinite }.min { $0.loss < $1.loss })
        #expect(trainer.stoppedEarly && trainer.step < 400)
        #expect(trainer.chosenStep == best.step && losses.count >= 4)
        #expect(losses.suffix(3).allSatisfy { $0.step > best.step })
        let all = 0..<trainer.flow.layout.count
        #expect(trainer.trained().parameters.array(all) == trainer.state.bestParameters)
        // A validation set of small effective size switches it off.
        row.changes["draws"] = .integer(1000)
        #expect(try !row.make().earlyStoppingActs)
    }

    @Test func clippingLimitsTheStep() throws {
        // With plain Adam only the ratio of gradients counts, so clipping shows in the moments: Σ m² is at most
        // ((1 − β1) · limit)² after the first step.
        for limit in [0.01, 0.05] {
            let trainer = try TrainerCase(description: "", changes: ["gradientClip": .number(limit)]).make()
            _ = try trainer.advance()
            let norm = trainer.state.firstMoment.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - 0.1 * limit) < 1e-4 * limit)
        }
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

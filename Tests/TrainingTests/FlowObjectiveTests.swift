import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

/// The gradients of reverse KL and α = 2 between two normal distributions, known in closed form.
@Suite struct FlowObjectiveTests {
    /// q = N(μ, diag e^(2λ)): a mixture base of one diagonal component and nothing else.
    private static let flow = Flow(
        dimension: 2, configuration: FlowConfiguration(couplingLayers: 0, hiddenSizes: []),
        base: .gaussianMixture(GaussianMixtureConfiguration(components: 1)))
    private static let means = [0.7, -0.2]
    private static let logScales = [-0.6, 0.1]

    private static func parameters() -> AlignedBuffer {
        let parameters = flow.makeParameters()
        for (name, values) in [("base.means", means), ("base.logScales", logScales)] {
            let tensor = flow.layout.tensor(named: name)!
            for (d, value) in values.enumerated() { parameters.pointer[tensor.offset + d] = Float(value) }
        }
        return parameters
    }

    /// The mean over `steps` batches of the gradient with respect to μ and λ and of the objective, with standard errors.
    private static func estimate(
        _ objective: String, task: any InferenceTask, batch size: Int, steps: Int, share: Double = 0.2
    ) throws -> (mean: [Double], error: [Double]) {
        let configuration = try trainingConfiguration([
            "objective": .string(objective), "batch": .integer(size), "defensiveShare": .number(share),
        ])
        let first = RawDraws(points: Points(dimension: 2, values: [0, 0]), logWeights: [0])
        let draws = try #require(FlowDraws(task: task, configuration: configuration, seed: 4, firstPool: first))
        let parameters = parameters()
        let workspace = FlowWorkspace(flow: flow)
        var batch = WeightedBatch(dimension: 2, capacity: size)
        let places = ["base.means", "base.logScales"].flatMap { flow.layout.tensor(named: $0)!.range.map { $0 } }
        var sums = [Double](repeating: 0, count: 5)
        var squares = sums
        for step in 0..<steps {
            let value = try #require(
                try draws.fill(&batch, flow: flow, parameters: parameters, workspace: workspace, step: step))
            _ = flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace)
            for (k, value) in (places.map { Double(workspace.gradient.pointer[$0]) } + [value]).enumerated() {
                sums[k] += value
                squares[k] += value * value
            }
        }
        let n = Double(steps)
        let mean = sums.map { $0 / n }
        let error = zip(squares, mean).map { (($0 / n - $1 * $1) / (n - 1)).squareRoot() }
        return (mean, error)
    }

    @Test(arguments: [2, 16, 512])
    func reverseKLHasItsAnalyticGradient(_ size: Int) throws {
        // Unbiased at every batch size, two draws included. KL(q‖p) = Σ_d log(s/σ) + (σ² + (μ − m)²)/(2s²) − ½; the
        // objective leaves out the evidence.
        let target = GaussianTarget()
        let (mean, error) = try Self.estimate(
            "reverse-kl", task: target, batch: size, steps: 200_000 / size)
        var expected = [Double](repeating: 0, count: 5)
        expected[4] = -target.logEvidence(observation: [])
        for d in 0..<2 {
            let (shift, s) = (Self.means[d] - target.means[d], target.deviations[d])
            let variance = Elementary.exp(2 * Self.logScales[d])
            expected[d] = shift / (s * s)
            expected[2 + d] = -1 + variance / (s * s)
            expected[4] += Elementary.log(s) - Self.logScales[d] + (variance + shift * shift) / (2 * s * s) - 0.5
        }
        for k in 0..<5 { #expect(abs(mean[k] - expected[k]) < 4.5 * error[k], "\(k): \(mean[k]) ± \(error[k])") }
        #expect(error.allSatisfy { $0 < 0.03 })
    }

    @Test(arguments: [0.2, 0.6])
    func chiSquaredHasItsAnalyticGradient(_ share: Double) throws {
        // log ∫ p²/q for p = N(m, s²), q = N(μ, σ²), σ² > s²/2, per dimension: with a = 1/s², b = 1/(2σ²) it is
        // log(σ a / √(2(a − b))) + a b (m − μ)²/(a − b); here differentiated by central differences of that formula.
        let target = GaussianTarget(means: [0.4, -0.4], deviations: [0.4, 0.7], halfWidth: 5)
        func objective(_ parameters: [Double]) -> Double {
            var sum = 2 * target.logEvidence(observation: [])
            for d in 0..<2 {
                let (shift, sigma) = (target.means[d] - parameters[d], Elementary.exp(parameters[2 + d]))
                let (a, b) = (1 / (target.deviations[d] * target.deviations[d]), 0.5 / (sigma * sigma))
                sum += Elementary.log(sigma * a / (2 * (a - b)).squareRoot()) + a * b * shift * shift / (a - b)
            }
            return sum
        }
        let at = Self.means + Self.logScales
        let (mean, error) = try Self.estimate("alpha-2", task: target, batch: 16_384, steps: 100, share: share)
        for k in 0..<4 {
            var (above, below) = (at, at)
            above[k] += 1e-5
            below[k] -= 1e-5
            let expected = (objective(above) - objective(below)) / 2e-5
            // The normalisation of the weights leaves a bias of the order of 1/B.
            #expect(
                abs(mean[k] - expected) < 4.5 * error[k] + 1e-3, "\(k): \(mean[k]) ± \(error[k]), not \(expected)")
            #expect(error[k] < 0.02)
        }
        #expect(abs(mean[4] - objective(at)) < 4.5 * error[4] + 1e-3)
    }

    @Test func drawsOutsideTheBoxArePenalisedButFinite() throws {
        // Half of q lies outside this box; where the likelihood is 0 it counts as its floor.
        let narrow = GaussianTarget(halfWidth: 0.7)
        let (mean, _) = try Self.estimate("reverse-kl", task: narrow, batch: 256, steps: 20)
        #expect(mean.reduce(0, +).isFinite)
        // The objective pulls q inside: narrower, and towards the centre of the box.
        #expect(mean[0] > 0 && mean[2] > 0 && mean[3] > 0)
        let (covering, _) = try Self.estimate("alpha-2", task: narrow, batch: 256, steps: 20)
        #expect(covering.reduce(0, +).isFinite)
    }

    @Test func controlVariateLeavesConstantsWithoutWeight() {
        // Adding a constant to log p̃ changes the value and no weight; the weights sum to 0.
        let logFlow = [-1.0, -2.5, 0.25, -4]
        let logTarget = [0.5, -1, -2, -3.0]
        let (weights, value) = FlowDraws.reverseWeights(logFlow: logFlow, logTarget: logTarget)
        let (shifted, other) = FlowDraws.reverseWeights(logFlow: logFlow, logTarget: logTarget.map { $0 + 8 })
        #expect(abs(weights.reduce(0, +)) < 1e-14 && abs(value - other - 8) < 1e-12)
        for (a, b) in zip(weights, shifted) { #expect(abs(a - b) < 1e-14) }
        // By hand: f = −1.5, −1.5, 2.25, −1, mean −.4375.
        for (weight, expected) in zip(weights, [1.0625, 1.0625, -2.6875, 0.5625]) {
            #expect(abs(weight - expected / 3) < 1e-14)
        }
    }
}

@Suite struct SmoothingTests {
    @Test func smoothedPoolsHaveTheSmoothedWeights() throws {
        let plain = try TrainerCase(description: "", changes: ["proposal": .string("static")]).make()
        let smoothed = try TrainerCase(
            description: "", changes: ["proposal": .string("static"), "smoothing": .string("pareto")]
        ).make()
        #expect(plain.poolTail == nil)
        // The pool as the trainer draws it: 540 of 600, the rest set aside.
        let task = try TaskCatalog.make(ComponentChoice(name: "corners"))
        let points = SobolSequence.points(
            0..<600, box: task.priorBox, stream: RandomStream(seed: 5, purpose: .pool))
        let logWeights = Array(task.logLikelihood(of: points, observation: task.observation)[..<540])
        let expected = paretoSmoothed(logWeights)
        let tail = try #require(smoothed.poolTail)
        #expect(tail.khat == expected.khat && expected.tailCount == 70)
        #expect(tail.threshold == ParetoSmoothing.threshold(count: 540))
        let total = logSumExp(expected.logWeights)
        let heaviest = try #require(expected.logWeights.max())
        #expect(abs(smoothed.trainingPool.weights.max()! / Elementary.exp(heaviest - total) - 1) < 1e-12)
        #expect(smoothed.trainingPool.effectiveSampleSize != plain.trainingPool.effectiveSampleSize)
    }
}

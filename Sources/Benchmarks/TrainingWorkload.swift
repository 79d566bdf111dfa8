import CFlowKernels
import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// The architecture that a training workload trains.
struct TrainingArchitecture: Sendable {
    var dimension = 2
    /// C of a conditional flow q(θ|x); 0 for q(θ).
    var contextDimension = 0
    var configuration: FlowConfiguration
    var base = BaseConfiguration.gaussian
    /// Points in a step.
    var batch = 1024

    func makeFlow() -> Flow {
        Flow(
            dimension: dimension, contextDimension: contextDimension, configuration: configuration, base: base)
    }

    /// Multiplications and additions of one step, 10⁹: three forward passes of the networks, nothing else.
    var gigaflopsPerStep: Double {
        let weights = makeFlow().layout.tensors.reduce(0) { $0 + ($1.decays ? $1.count : 0) }
        return 3 * 2 * Double(weights) * Double(batch) / 1e9
    }

    /// W1.
    static let realNVP = TrainingArchitecture(
        configuration: FlowConfiguration(couplingLayers: 8, hiddenSizes: [64, 64], actNorm: false, mixing: .none))
    /// W2: W1 with a trainable mixture of 4.
    static let realNVPMixture = TrainingArchitecture(
        configuration: realNVP.configuration, base: .gaussianMixture(GaussianMixtureConfiguration(components: 4)))
    /// W4.
    static let splines = TrainingArchitecture(
        configuration: FlowConfiguration(
            couplingLayers: 6, hiddenSizes: [64, 64], coupling: .spline(bins: 8, tailBound: 3), actNorm: false,
            mixing: .none))
    /// W3.
    static let conditional = TrainingArchitecture(
        dimension: 3, contextDimension: 3,
        configuration: FlowConfiguration(couplingLayers: 8, hiddenSizes: [128, 128], actNorm: false, mixing: .none))
}

/// W1 to W4: literal training steps, each on fresh draws, with one Adam step on −Σ w log q.
///
/// Without context: θ ~ U(−4, 4)², weighted by the normalised likelihood of `corners`. With context (C = D): pairs from
/// θ ~ U(−3, 3)^D and x_d = θ_d² + N(0, 0.3²), with equal weights.
final class TrainingWorkload {
    private let task: any InferenceTask
    private let flow: Flow
    private let parameters: AlignedBuffer
    private let workspace: FlowWorkspace
    private let adam: AdamUpdater
    private var batch: WeightedBatch
    private var step: UInt32 = 0

    init(_ architecture: TrainingArchitecture) throws {
        task = try TaskCatalog.make(ComponentChoice(name: "corners"))
        flow = architecture.makeFlow()
        workspace = FlowWorkspace(flow: flow)
        adam = AdamUpdater(AdamConfiguration(beta1: 0.9, beta2: 0.999, weightDecay: 0), layout: flow.layout)
        batch = WeightedBatch(
            dimension: flow.dimension, contextDimension: flow.contextDimension, capacity: architecture.batch)
        batch.count = architecture.batch
        let weights = [Double](repeating: 1.0 / 1024, count: 1024)
        if flow.contextDimension > 0 {
            let (points, contexts) = Self.pairs(count: 1024, dimension: flow.dimension, step: 0)
            parameters = flow.initialParameters(draws: points, weights: weights, contexts: contexts, seed: 0)
        } else {
            let draws = task.samplePosterior(
                count: 1024, observation: task.observation, stream: RandomStream(seed: 0, purpose: .pool))
            parameters = flow.initialParameters(draws: draws, weights: weights, seed: 0)
        }
    }

    func run(steps: Int) {
        for _ in 0..<steps {
            step &+= 1
            if flow.contextDimension > 0 { fillPairs() } else { fillWeighted() }
            _ = flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace)
            adam.update(
                parameters, gradient: workspace.gradient, scale: 1, flowRate: 1e-3,
                baseRate: 1e-4, kernels: .current)
            flow.project(parameters)
        }
    }

    private func fillWeighted() {
        let points = task.samplePrior(
            count: batch.count, stream: RandomStream(seed: 0, purpose: .pool, step: step))
        var weights = task.logLikelihood(of: points, observation: task.observation)
        let total = logSumExp(weights)
        for i in 0..<batch.count { weights[i] -= total }
        Elementary.exp(&weights)
        for i in 0..<batch.count { batch.weights.pointer[i] = Float(weights[i]) }
        for i in points.values.indices { batch.values.pointer[i] = Float(points.values[i]) }
    }

    private func fillPairs() {
        let (points, contexts) = Self.pairs(count: batch.count, dimension: flow.dimension, step: step)
        for i in 0..<batch.count { batch.weights.pointer[i] = 1 / Float(batch.count) }
        for i in points.values.indices {
            batch.values.pointer[i] = Float(points.values[i])
            batch.context.pointer[i] = Float(contexts.values[i])
        }
    }

    private static func pairs(count: Int, dimension: Int, step: UInt32) -> (points: Points, contexts: Points) {
        var stream = RandomStream(seed: 0, purpose: .pool, step: step)
        var (points, contexts): ([Double], [Double]) = ([], [])
        points.reserveCapacity(count * dimension)
        contexts.reserveCapacity(count * dimension)
        for _ in 0..<(count * dimension) {
            let theta = stream.nextUniform(-3, 3)
            points.append(theta)
            contexts.append(theta * theta + 0.3 * stream.nextNormal())
        }
        return (Points(dimension: dimension, values: points), Points(dimension: dimension, values: contexts))
    }
}

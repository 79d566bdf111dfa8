import CFlowKernels
import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// W1 and W2: literal likelihood-weighted training steps on `corners`. Each step draws θ ~ U(−4, 4)², weights it by the
/// normalised likelihood and takes one Adam step on −Σ w log q.
final class TrainingWorkload {
    private let task: any InferenceTask
    private let flow: Flow
    private let parameters: AlignedBuffer
    private let workspace: FlowWorkspace
    private let adam: AdamUpdater
    private var batch: WeightedBatch
    private var step: UInt32 = 0

    init(base: BaseConfiguration, batch size: Int = 1024) throws {
        task = try TaskCatalog.make(ComponentChoice(name: "corners"))
        flow = Flow(
            dimension: task.dimension,
            configuration: FlowConfiguration(couplingLayers: 8, hiddenSizes: [64, 64], actNorm: false, mixing: .none),
            base: base)
        let draws = task.samplePosterior(
            count: 1024, observation: task.observation, stream: RandomStream(seed: 0, purpose: .pool))
        parameters = flow.initialParameters(
            draws: draws, weights: [Double](repeating: 1.0 / 1024, count: 1024), seed: 0)
        workspace = FlowWorkspace(flow: flow)
        adam = AdamUpdater(
            AdamConfiguration(beta1: 0.9, beta2: 0.999, weightDecay: 0), layout: flow.layout)
        batch = WeightedBatch(dimension: task.dimension, capacity: size)
        batch.count = size
    }

    func run(steps: Int) {
        for _ in 0..<steps {
            step &+= 1
            let points = task.samplePrior(
                count: batch.count, stream: RandomStream(seed: 0, purpose: .pool, step: step))
            let logWeights = task.logLikelihood(of: points, observation: task.observation)
            let total = logSumExp(logWeights)
            for i in 0..<batch.count {
                batch.weights.pointer[i] = Float(Elementary.exp(logWeights[i] - total))
                for d in 0..<2 { batch.values.pointer[2 &* i &+ d] = Float(points[i, d]) }
            }
            _ = flow.accumulateGradient(parameters: parameters, batch: batch, workspace: workspace)
            adam.update(
                parameters, gradient: workspace.gradient, layout: flow.layout, scale: 1, flowRate: 1e-3,
                baseRate: 1e-4, kernels: .current)
            flow.project(parameters)
        }
    }

    /// Multiplications and additions of one step, 10⁹: three forward passes of the conditioners.
    static let gigaflopsPerStep = 3 * 2 * Double(1 * 64 + 64 * 64 + 64 * 2) * 8 * 1024 / 1e9
}

import FlowMath
import Flows
import Tasks

/// A run's first draws with their validation part set aside: what a flow is initialised from, and where the number of a
/// mixture's components comes from when the configuration does not say it.
public struct FirstPool: Sendable {
    /// All draws of the pool itself.
    let all: RawDraws
    /// Those that are trained on.
    let training: RawDraws
    /// Those that are held back: the pool's last ones, or with fresh pools draws of their own.
    let held: RawDraws?
    private let configuration: TrainingConfiguration
    private let seed: UInt64

    /// Draws it; a pure function of its arguments.
    public init(
        task: any InferenceTask, configuration: TrainingConfiguration, seed: UInt64
    ) throws(TrainingError) {
        self.configuration = configuration
        self.seed = seed
        all = try RawDraws.draw(task: task, configuration: configuration, seed: seed, purpose: .pool, round: 0)
        (training, held) = try Trainer.split(all, task: task, configuration: configuration, seed: seed)
    }

    /// ESS of the draws that are trained on.
    public var effectiveSampleSize: Double { training.effectiveSampleSize }

    /// Chooses the number of components of a mixture base; `flow` is the run's with such a base of any number of
    /// components, and is not trained.
    public func selectComponents(for flow: Flow) throws(TrainingError) -> ComponentSelection {
        let pool = try TrainingPool(training, ordering: configuration.usedOrdering)
        return flow.selectComponents(draws: pool.points, weights: pool.weights, seed: seed)
    }
}

import FlowMath
import Flows
import Tasks

// What is set aside of the pools, and what a flow must fulfil.
extension Trainer {
    /// The validation draws. Static pools: the last fraction by index is set aside before anything is weighted. Fresh
    /// pools: a pool of its own, that fraction of a pool's size.
    static func split(
        _ first: RawDraws, task: any InferenceTask, configuration: TrainingConfiguration, seed: UInt64
    ) throws(TrainingError) -> (training: RawDraws, held: RawDraws?) {
        guard configuration.validationFraction > 0 else { return (first, nil) }
        if configuration.proposal == .fresh {
            let count = Int((configuration.validationFraction * Double(first.logWeights.count)).rounded(.up))
            let held = try RawDraws.draw(
                task: task, configuration: configuration, seed: seed, purpose: .validation, round: 0, count: count)
            return (first, held)
        }
        let count = first.logWeights.count
        let training = count - Int((configuration.validationFraction * Double(count)).rounded())
        return (first.slice(0..<training), training < count ? first.slice(training..<count) : nil)
    }

    static func validationBatch(_ pool: TrainingPool) -> WeightedBatch {
        var batch = WeightedBatch(dimension: pool.dimension, capacity: pool.activeCount)
        batch.count = pool.activeCount
        for (i, value) in pool.values.enumerated() { batch.values.pointer[i] = value }
        for (i, weight) in pool.weights.enumerated() { batch.weights.pointer[i] = Float(weight) }
        return batch
    }

    static func checkGivenMeans(_ flow: Flow) throws(TrainingError) {
        guard case .gaussianMixture(let mixture) = flow.baseConfiguration,
            case .given(let means, _) = mixture.initialization
        else { return }
        guard means.count == mixture.components, means.allSatisfy({ $0.count == flow.dimension }) else {
            throw .configuration(
                "base.means must hold \(mixture.components) means of \(flow.dimension) coordinates each")
        }
        // A map onto a box has no base point for a mean outside it.
        guard flow.configuration.box != .reject else { return }
        for mean in means {
            for (d, range) in flow.bounds.enumerated() where !(range.lowerBound < mean[d] && mean[d] < range.upperBound)
            {
                throw .configuration(
                    "with flow.box, base.means must lie inside the prior's box: coordinate \(d) of \(mean) is outside "
                        + "\(range.lowerBound)…\(range.upperBound)")
            }
        }
    }
}

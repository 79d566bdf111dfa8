/// The trainer's whole state between two steps. Pools are not in it: they are re-derived from their streams and, with
/// adaptive proposals, from the flows that they were drawn from.
public struct TrainerState: Sendable, Equatable {
    /// Optimiser steps done.
    public var step = 0
    /// Adam's update counts.
    public var flowUpdates = 0
    /// Updates of the base's parameters.
    public var baseUpdates = 0
    /// Batches skipped because loss or gradient was not finite.
    public var nonfiniteBatches = 0
    /// The latest of them in a row.
    public var consecutiveNonfinite = 0
    /// Training loss summed since the last report.
    public var lossSum = 0.0
    /// Number of losses in it.
    public var lossCount = 0
    /// Draws of the pools after the first, counted when a pool's size is found by its effective sample size.
    public var laterDraws = 0
    /// Early stopping: the best validation loss so far, its step and the validations since.
    public var bestValidationLoss = Double.infinity
    /// Step of the best validation loss.
    public var bestStep = 0
    /// Validations without improvement.
    public var validationsSinceBest = 0
    /// Whether early stopping ended the training.
    public var stoppedEarly = false
    /// Adaptive proposals: the rounds weighted together, oldest first; β of their weights.
    public var proposalRounds: [ProposalState] = []
    /// β, the likelihood's exponent.
    public var inverseTemperature = 1.0
    /// Flat buffers, laid out by the flow's parameter layout.
    public var parameters: [Float] = []
    /// Adam's first moment.
    public var firstMoment: [Float] = []
    /// Adam's second moment.
    public var secondMoment: [Float] = []
    /// The parameters' running average; empty when averaging is off.
    public var averageParameters: [Float] = []
    /// Parameters of the best validation; empty when early stopping is off.
    public var bestParameters: [Float] = []

    /// A round of an adaptive proposal.
    public struct ProposalState: Sendable, Equatable {
        /// 0-based.
        public var number: Int
        /// Parameters of the flow it was drawn from; empty for round 0, which was drawn from the prior.
        public var parameters: [Float]
    }

    /// A state before the first step.
    public init() {}
}

extension TrainerState {
    /// Why no run of this configuration can have come to these counters, nil if one can: arithmetic goes on from them.
    func problem(in configuration: TrainingConfiguration) -> String? {
        guard step <= configuration.steps else {
            return "the checkpoint's step \(step) is beyond the run's \(configuration.steps)"
        }
        let counted = [
            flowUpdates, baseUpdates, nonfiniteBatches, consecutiveNonfinite, lossCount, bestStep, validationsSinceBest,
        ]
        guard counted.allSatisfy({ (0...step).contains($0) }), (0...(1 << 50)).contains(laterDraws) else {
            return "the checkpoint's counters cannot be those of step \(step)"
        }
        let numbers = proposalRounds.map(\.number)
        guard numbers.count <= configuration.roundsKept, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }),
            numbers.allSatisfy({ (0...configuration.round(ofStep: step)).contains($0) }),
            (0...1).contains(inverseTemperature)
        else { return "the checkpoint's proposals cannot be those of step \(step)" }
        return nil
    }
}

import FlowMath

/// How many components a mixture base takes where the spec says `auto`, with the evidence.
public struct ComponentSelection: Sendable, Equatable {
    /// K: the base's components, those of the least criterion.
    public var components: Int
    /// Modes of that fit: components with no density dip between them count once (``MixtureFit/modeCount(dip:)``).
    public var modes: Int
    /// ESS of the draws that were fitted.
    public var effectiveSampleSize: Double
    /// Every K that was tried, from 1 on.
    public var evidence: [ComponentEvidence]

    /// K is never larger.
    public static let largest = 64
    /// Draws that are fitted at the most; of more, those of little weight are thinned.
    static let drawLimit = 4000
    /// The search ends when this many K in a row were no better than the best before them.
    static let patience = 4

    /// Creates a selection from its parts.
    public init(components: Int, modes: Int, effectiveSampleSize: Double, evidence: [ComponentEvidence]) {
        self.components = components
        self.modes = modes
        self.effectiveSampleSize = effectiveSampleSize
        self.evidence = evidence
    }

    /// Chooses K for `points` (n ≥ 1) with `weights` (non-negative, not all zero): weighted EM for K = 1, 2, … until the
    /// criterion stops falling. A pure function of its arguments; streams are substreams of base-init.
    public init(_ points: Points, weights: [Double], isFull: Bool, seed: UInt64) {
        // Substream 0 … 255 of step 0 belong to the base's own initialisation.
        let draws = ActiveDraws(points, weights: weights).thinned(
            to: Self.drawLimit, stream: RandomStream(seed: seed, purpose: .baseInit, substream: 0x10000))
        evidence = []
        var best: (fit: MixtureFit, criterion: Double)?
        for k in 1...min(Self.largest, draws.count) {
            var method = WeightedExpectationMaximization(components: k, isFull: isFull)
            method.tolerance = 1e-5
            let fit = method.fit(draws, stream: RandomStream(seed: seed, purpose: .baseInit, step: UInt32(k)))
            let found = ComponentEvidence(fit, draws, isFull: isFull)
            evidence.append(found)
            // One component is what remains when nothing else is supported.
            if best == nil || found.criterion < best!.criterion { best = (fit, found.criterion) }
            if k - best!.fit.components >= Self.patience { break }
        }
        effectiveSampleSize = draws.effectiveSampleSize
        components = best!.fit.components
        modes = best!.fit.modeCount()
    }
}

extension Flow {
    /// Chooses the number of components of a mixture base for draws as the flow at its start sees them. This flow's own
    /// base must be such a mixture, of any number of components: its covariances decide what is fitted.
    ///
    /// `draws` and `weights` as in ``initialParameters(draws:weights:contexts:seed:isProvisional:)``.
    public func selectComponents(draws: Points, weights: [Double], seed: UInt64) -> ComponentSelection {
        guard case .gaussianMixture(let mixture) = baseConfiguration else {
            preconditionFailure("only a mixture has components to choose")
        }
        let active = ActiveDraws(draws, weights: weights)
        let start = atAnyObservation(initialParameters(draws: draws, weights: weights, seed: seed))
        let latent = start.inverse(Points(dimension: dimension, values: active.values)).latent
        return ComponentSelection(latent, weights: active.weights, isFull: mixture.isFull, seed: seed)
    }
}

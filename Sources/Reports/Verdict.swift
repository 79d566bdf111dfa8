/// How a variant does on the three metrics that must be read together.
public struct Verdict: Sendable, Equatable {
    /// A metric's outcome for the variant.
    public enum Outcome: String, Sendable, Equatable {
        case better, tied, worse
        /// Too few pairs for any p below 0.05.
        case undecided
    }
    /// For example `gmm match`.
    public var variant: String
    /// What it is compared with.
    public var baseline: String
    /// d-plus, kl, mode-tv in this order.
    public var outcomes: [VerdictReason]

    /// Better on at least one and not worse or undecided on any.
    public var wins: Bool { word == .wins }

    /// The outcomes in one word.
    public enum Word: String, Sendable, Equatable {
        /// Better on at least one, tied or better on the others.
        case wins
        /// Worse on at least one, better on none.
        case loses
        /// Better on one, worse on another.
        case mixed
        case tied
        /// Not worse on any, and one has too few pairs.
        case undecided
    }

    /// The outcomes in one word.
    public var word: Word {
        let isBetter = outcomes.contains { $0.outcome == .better }
        if outcomes.contains(where: { $0.outcome == .worse }) { return isBetter ? .mixed : .loses }
        if outcomes.contains(where: { $0.outcome == .undecided }) { return .undecided }
        return isBetter ? .wins : .tied
    }
}

/// A variant's outcome on one metric of a verdict, and what it rests on.
public struct VerdictReason: Sendable, Equatable {
    /// The metric's name.
    public var metric: String
    /// How the variant does on it.
    public var outcome: Verdict.Outcome
    /// The headline's pooled mean difference; nil without complete pairs.
    public var difference: Estimate?
    /// The headline's p, adjusted by Holm's method over the variants.
    public var adjustedP: Double?
}

import Catalog

/// The parameters of the `training` section of a spec.
public enum TrainingParameters {
    /// The objectives, each with the parameters of this section that only some objectives look at. Their versions are
    /// part of the run id.
    public static let objectives: [ComponentDescription] = kinds.map {
        $0.taking(ownParameters[$0.name] ?? [], of: parameters)
    }

    private static let ownParameters = [
        "likelihood-weighted": [
            "proposal", "draws", "poolEffectiveSize", "defensiveShare", "temperingTarget", "roundsKept", "smoothing",
            "weighting", "pruneBelow",
        ],
        "maximum-likelihood": ["draws"],
        "amortised": ["draws", "candidates", "includeGenerating"],
        "reverse-kl": ["draws"],
        "alpha-2": ["draws", "defensiveShare"],
    ]

    private static let kinds: [ComponentDescription] = [
        ComponentDescription(
            name: "likelihood-weighted", version: 1,
            summary:
                "Forward KL to the posterior by self-normalised importance sampling from the prior; no posterior samples.",
            definition: "loss(φ) = −Σ_i w_i log q_φ(θ_i), w_i = L(θ_i) / Σ_j L(θ_j), θ_i drawn from the prior",
            source: "Baruah 2025 (arXiv 2512.04954)"),
        ComponentDescription(
            name: "maximum-likelihood", version: 1,
            summary: "Maximum likelihood on exact posterior samples: the oracle that removes the weighting's error.",
            definition: "loss(φ) = −mean_i log q_φ(θ_i), θ_i drawn from the exact posterior",
            source:
                "Closed form: the forward KL divergence up to the posterior's entropy, on draws of the task's exact sampler."
        ),
        ComponentDescription(
            name: "amortised", version: 1,
            summary: "One conditional flow q(θ|x) for every x, by conditional likelihood weighting; needs a simulator.",
            definition: """
                loss(φ) = −mean_j Σ_i w_ij log q_φ(θ_i|x_j), x_j ~ p(x|θ_j), θ_j from the prior, w_ij = softmax_i log \
                p(x_j|θ_i) over θ_j and N − 1 further prior draws; N = 1 is neural posterior estimation
                """,
            source:
                "Baruah 2025 (arXiv 2512.04954); Andrieu, Lee and Vihola 2018 (i-SIR); Papamakarios and Murray 2016 (NPE)"
        ),
        ComponentDescription(
            name: "reverse-kl", version: 1,
            summary: "Reverse KL on draws from the flow, by the score function: for comparison; seeks modes.",
            definition: """
                loss(φ) = KL(q_φ ‖ p), gradient (1/(B−1)) Σ_i (f_i − mean f) ∇ log q_φ(θ_i), f = log q_φ − log L − log p, \
                θ_i drawn from q_φ; outside the prior's box log L p is that of the nearest point less 100 per width
                """,
            source: "Kool, van Hoof and Welling 2019 (leave-one-out); Richter et al. 2020 (log-variance loss)"),
        ComponentDescription(
            name: "alpha-2", version: 1,
            summary: "The χ² divergence (α = 2) on draws from the flow and the prior: for comparison; covers modes.",
            definition: """
                loss(φ) = log ∫ (L p)²/q_φ, gradient −Σ_i w_i ∇ log q_φ(θ_i), w_i ∝ (L p)²/(q_φ r), Σ w_i = 1, θ_i drawn \
                from r = (1 − a) q_φ + a p
                """,
            source: "Midgley et al. 2023 (FAB), without annealing"),
    ]

    /// The version of the trainer: optimiser, schedule, batching, initialisation order.
    public static let trainerVersion = 1

    /// All parameters of the section.
    public static let parameters: [ParameterDescription] = [
        ParameterDescription(
            "objective", .choice(kinds.map(\.name)), default: .string("likelihood-weighted"), "What is minimised."),
        ParameterDescription(
            "proposal", .choice(["static", "fresh", "adaptive"]), default: .string("fresh"),
            "`static`: one pool of draws for the whole run (the paper's setting); `fresh`: a new pool every round; "
                + "`adaptive`: rounds drawn from the flow and the prior, weighted together and tempered."),
        ParameterDescription(
            "draws", .integer(16...100_000_000), default: .integer(100_000),
            "Draws in a pool; each is one likelihood evaluation (one exact sample with maximum-likelihood). Amortised: what a "
                + "pool may cost in simulations and likelihoods. With `reverse-kl` and `alpha-2`: the pool to start from."
        ),
        ParameterDescription(
            "poolEffectiveSize", .number(0...1e7, exclusiveMinimum: false), default: .number(0), absent: .number(0),
            "Every pool is drawn in multiples of `draws` until its effective sample size reaches this, or it has 16 777 216 "
                + "draws; 0: exactly `draws`."),
        ParameterDescription(
            "drawSequence", .choice(["random", "quasi"]), default: .string("quasi"), absent: .string("random"),
            "How prior draws fill the prior's box: independently, or as scrambled Sobol' points (every draw is still uniform)."
        ),
        ParameterDescription(
            "poolOrder", .choice(["drawn", "hilbert"]), default: .string("hilbert"), absent: .string("drawn"),
            "With `weighting: pool`: the order in which resampling runs through the pool; along a Hilbert curve every "
                + "batch is spread evenly over the posterior."),
        ParameterDescription(
            "stepsPerRound", .integer(1...1_000_000), default: .integer(100),
            "With fresh pools and adaptive rounds: steps before the next is drawn."),
        ParameterDescription(
            "defensiveShare", .number(0...1, exclusiveMinimum: true), default: .number(0.2), absent: .number(0.2),
            "With adaptive proposals and `alpha-2`: the prior's share of a proposal, the rest being the flow's."),
        ParameterDescription(
            "temperingTarget", .number(0...1, exclusiveMinimum: false), default: .number(0.4), absent: .number(0.4),
            "With adaptive proposals: the likelihood enters as L^β with the largest β ≤ 1 that leaves an effective sample "
                + "size of this share of a round's draws; 0: always β = 1."),
        ParameterDescription(
            "roundsKept", .integer(1...64), default: .integer(4), absent: .integer(4),
            "With adaptive proposals: the latest rounds that are weighted together."),
        ParameterDescription(
            "smoothing", .choice(["none", "pareto"]), default: .string("none"), absent: .string("none"),
            "`pareto`: a pool's largest min(S/5, 3√S) weights of S are replaced by the order statistics of a generalised "
                + "Pareto distribution fitted to them (PSIS)."),
        ParameterDescription(
            "weighting", .choice(["pool", "batch"]), default: .string("pool"),
            "`pool`: weights normalised once over the pool, equal-weight batches by systematic resampling; `batch`: the "
                + "literal method, batches of raw draws with weights normalised in each batch."),
        ParameterDescription(
            "pruneBelow", .number(0...0.1, exclusiveMinimum: false), default: .number(0), absent: .number(0),
            "With `weighting: batch`: draws of less than this share of the batch's largest weight skip the flow; their "
                + "weight is lost, at most this share of the largest for each. 0 keeps all."),
        ParameterDescription(
            "candidates", .integer(1...65_536), default: .integer(8), absent: .integer(8),
            "With objective `amortised`: N, the draws that compete for each simulated x by their likelihood; 1: only the one "
                + "that x was simulated from (neural posterior estimation)."),
        ParameterDescription(
            "includeGenerating", .boolean, default: .bool(true), absent: .bool(true),
            "With objective `amortised`: whether the draw that x was simulated from is among the candidates; without it "
                + "the weighting is biased (an ablation)."),
        ParameterDescription(
            "batch", .integer(1...1_048_576), default: .integer(512), "Points per optimiser step."),
        ParameterDescription(
            "steps", .integer(0...100_000_000), default: .integer(2_000), "Optimiser steps."),
        ParameterDescription(
            "optimizer", .choice(["adam"]), default: .string("adam"),
            "Adam with decoupled weight decay (Loshchilov and Hutter 2019)."),
        ParameterDescription(
            "learningRate", .number(0...10, exclusiveMinimum: true), default: .number(3e-3), "Peak learning rate."),
        ParameterDescription(
            "weightDecay", .number(0...1, exclusiveMinimum: false), default: .number(0),
            "Decoupled weight decay of conditioner weights, per step times the learning rate."),
        ParameterDescription(
            "beta1", .number(0...0.9999, exclusiveMinimum: false), default: .number(0.9), "Adam's first-moment decay."),
        ParameterDescription(
            "beta2", .number(0...0.999999, exclusiveMinimum: false), default: .number(0.999),
            "Adam's second-moment decay."),
        ParameterDescription(
            "gradientClip", .number(0...1e9, exclusiveMinimum: false), default: .number(5),
            "Largest global norm of the gradient; 0 turns clipping off."),
        ParameterDescription(
            "schedule", .choice(["cosine", "constant"]), default: .string("cosine"),
            "Learning rate after the warm-up: cosine decay to finalLearningRateFraction, or constant."),
        ParameterDescription(
            "warmupSteps", .integer(0...1_000_000), default: .integer(50),
            "Steps over which the learning rate rises linearly from 0."),
        ParameterDescription(
            "finalLearningRateFraction", .number(0...1, exclusiveMinimum: false), default: .number(0.01),
            "The learning rate at the last step as a fraction of the peak."),
        ParameterDescription(
            "averaging", .number(0...1000, exclusiveMinimum: false), default: .number(0), absent: .number(0),
            "η > 0: evaluate a running average of the parameters that gives step t the weight (η + 1)/(t + η), about the "
                + "last 1/η of all steps; 0: the latest parameters."),
        ParameterDescription(
            "validationFraction", .number(0...0.5, exclusiveMinimum: false), default: .number(0.1),
            "Validation set as a fraction of a pool: its last draws with a static pool or adaptive rounds, a pool of its own "
                + "with fresh ones and amortised runs; 0 turns validation off."),
        ParameterDescription(
            "earlyStoppingPatience", .integer(0...1_000_000), default: .integer(0),
            "Validations without improvement after which training stops and the best parameters are used; 0 turns it "
                + "off. It acts only when the validation set's effective sample size is at least 200."),
        ParameterDescription(
            "historyInterval", .integer(1...1_000_000), default: .integer(100),
            "Steps between rows of the training history (loss, validation loss, gradient norm, ESS)."),
    ]
}

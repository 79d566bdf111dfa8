import Catalog

/// Every base distribution that a spec can name under `base`.
public enum DistributionCatalog {
    /// N(0, I): the paper's baseline.
    public static let gaussian = ComponentDescription(
        name: "gaussian", version: 1,
        summary: "The standard normal distribution N(0, I): unimodal and connected, the paper's baseline.",
        definition: "log p(z) = −½‖z‖² − (D/2) log 2π",
        source: "Baruah 2025 (arXiv 2512.04954); Dinh, Sohl-Dickstein and Bengio 2017 (RealNVP)")

    /// A Gaussian mixture.
    public static let gaussianMixture = ComponentDescription(
        name: "gmm", version: 1,
        summary: "A mixture of K Gaussians: disconnected mass before the flow starts, so the flow need not tear it.",
        definition: "p(z) = Σ_k π_k N(z; μ_k, Σ_k), π_k ≥ min(10⁻³, 0.1/K), Σ_k diagonal or full with log sd ≥ −7",
        source:
            "Baruah 2025 (arXiv 2512.04954); weighted EM: Dempster, Laird and Rubin 1977; k-means++: Arthur and Vassilvitskii 2007",
        parameters: [
            ParameterDescription(
                "components", .anyOf([.integer(1...256), .choice(["match", "auto"])]), default: .string("match"),
                "Number of components K; `match` takes the task's number of modes, `auto` chooses K ≤ 64 from the first pool's "
                    + "weighted draws."),
            ParameterDescription(
                "covariance", .choice(["diagonal", "full"]), default: .string("full"),
                "Shape of each component's covariance; the mixing between couplings rotates base space, which only `full` follows."
            ),
            ParameterDescription(
                "init", .choice(["em", "random", "given"]), default: .string("em"),
                "Where the mixture starts: weighted EM on the training draws, standard normal means, or `means` as given."
            ),
            ParameterDescription(
                "trainable", .boolean, default: .bool(true), "Whether the mixture is trained together with the flow."),
            ParameterDescription(
                "freezeFraction", .number(0...1, exclusiveMinimum: false), default: .number(0.1),
                "Fraction of the steps during which a trainable mixture is held fixed first."),
            ParameterDescription(
                "learningRateFactor", .number(0...10, exclusiveMinimum: false), default: .number(0.1),
                "The mixture's learning rate as a multiple of the flow's."),
            ParameterDescription(
                "means", .list(.list(.number(-1e6...1e6, exclusiveMinimum: false), count: 1...64), count: 1...256),
                default: nil, "With init `given`: K means in θ-space, each with D coordinates."),
            ParameterDescription(
                "standardDeviation", .number(0...1e6, exclusiveMinimum: true), default: nil,
                "With init `given`: the standard deviation of every component in θ-space."),
        ])

    /// A Gaussian mixture that a network makes from x.
    public static let conditionalGaussianMixture = ComponentDescription(
        name: "conditional-gmm", version: 1,
        summary:
            "A mixture of K Gaussians whose weights, means and covariances a network makes from x: modes move with x.",
        definition: """
            p(z|x) = Σ_k π_k(x) N(z; μ_k(x), Σ_k(x)), all of it the output of a network of the standardised x; weights \
            and scales are bounded as in gmm. Only with training.objective amortised
            """,
        source: "Bishop 1994, Mixture density networks; as the base of a flow: flowexp",
        parameters: [
            ParameterDescription(
                "components", .anyOf([.integer(1...256), .choice(["match"])]), default: .string("match"),
                "Number of components K; `match` takes the task's number of modes at its own observation."),
            ParameterDescription(
                "covariance", .choice(["diagonal", "full"]), default: .string("full"),
                "Shape of each component's covariance."),
            ParameterDescription(
                "hiddenSizes", .list(.integer(1...2048), count: 0...8), default: .array([.integer(64), .integer(64)]),
                "Width of each hidden layer of the network (ReLU)."),
        ])

    /// Student t distributions.
    public static let studentT = ComponentDescription(
        name: "student-t", version: 1,
        summary:
            "Independent Student t distributions of variance 1 with trained degrees of freedom: heavy tails, one mode.",
        definition: """
            log p(z) = Σ_d [log Γ((ν_d+1)/2) − log Γ(ν_d/2) − ½ log(π(ν_d−2)) − (ν_d+1)/2 · log(1 + z_d²/(ν_d−2))], \
            ν_d = 2 + e^{ρ_d} within [2.01, 1002]
            """,
        source:
            "Student 1908; as base of a flow: Alexanderson and Henter 2020, Jaini et al. 2020; sampling: Bailey 1994",
        parameters: [
            ParameterDescription(
                "degreesOfFreedom", .number(2.01...1002, exclusiveMinimum: false), default: .number(5),
                "ν of every dimension at the start; 5 is the least whole number with a finite fourth moment."),
            ParameterDescription(
                "trainable", .boolean, default: .bool(true), "Whether ν is trained together with the flow."),
            freezeFraction(0), learningRateFactor(1),
        ])

    /// The uniform distribution with logistic edges.
    public static let uniform = ComponentDescription(
        name: "uniform", version: 1,
        summary: "A uniform box with logistic edges, variance 1: compact support in effect, one plateau.",
        definition: "p(z) = Π_d [σ((z_d+a)/τ) − σ((z_d−a)/τ)]/(2a), a = √3, τ = 0.05: the law of a(2U−1) + τ·logistic",
        source: "Closed form: convolution of the uniform and the logistic distribution")

    /// A learned rejection of normal proposals.
    public static let resampled = ComponentDescription(
        name: "resampled", version: 1,
        summary:
            "LARS: normal proposals kept with a learned probability, so the base can have holes, gaps and many modes.",
        definition: """
            q(z) = π(z) [a(z)(1−α)/Z + α], π = N(0, I), a = σ(network), Z = E_π a, α = (1−Z)^{T−1}. Z in training: moving \
            average (rate 0.05) of the mean of a over each step's fresh draws, gradient through that mean; at the end: \
            10⁶ draws, their standard error added to that of KL
            """,
        source: "Bauer and Mnih 2019, Resampled priors; Stimper, Schölkopf and Hernández-Lobato 2022, arXiv 2110.15828",
        parameters: [
            ParameterDescription(
                "hiddenSizes", .list(.integer(1...2048), count: 0...8), default: .array([.integer(64), .integer(64)]),
                "Width of each hidden layer of the acceptance network (ReLU)."),
            ParameterDescription(
                "truncation", .integer(2...10_000), default: .integer(100),
                "T: the number of the proposal that is always kept."),
            ParameterDescription(
                "normalizerDraws", .integer(1...1_048_576), default: .integer(1024),
                "Fresh normal draws per training step that estimate Z."),
            freezeFraction(0), learningRateFactor(1),
        ])

    private static func freezeFraction(_ value: Double) -> ParameterDescription {
        ParameterDescription(
            "freezeFraction", .number(0...1, exclusiveMinimum: false), default: .number(value),
            "Fraction of the steps during which the base is held fixed first.")
    }

    private static func learningRateFactor(_ value: Double) -> ParameterDescription {
        ParameterDescription(
            "learningRateFactor", .number(0...10, exclusiveMinimum: false), default: .number(value),
            "The base's learning rate as a multiple of the flow's.")
    }

    /// All bases in the order in which they are listed.
    public static let descriptions: [ComponentDescription] = [
        gaussian, gaussianMixture, conditionalGaussianMixture, studentT, uniform, resampled,
    ]
}

import Catalog

/// Every base distribution that a spec can name under `base`.
public enum DistributionCatalog {
    /// N(0, I): the paper's baseline.
    public static let gaussian = ComponentDescription(
        name: "gaussian", version: 1,
        summary: "The standard normal distribution N(0, I): unimodal and connected, the paper's baseline.",
        definition: "log p(z) = −½‖z‖² − (D/2) log 2π",
        source: "arXiv 2512.04954; Dinh, Sohl-Dickstein and Bengio 2017 (RealNVP)")

    /// A Gaussian mixture.
    public static let gaussianMixture = ComponentDescription(
        name: "gmm", version: 1,
        summary: "A mixture of K Gaussians: disconnected mass before the flow starts, so the flow need not tear it.",
        definition: "p(z) = Σ_k π_k N(z; μ_k, Σ_k), π_k ≥ min(10⁻³, 0.1/K), Σ_k diagonal or full with log sd ≥ −7",
        source:
            "arXiv 2512.04954; weighted EM: Dempster, Laird and Rubin 1977; k-means++: Arthur and Vassilvitskii 2007",
        parameters: [
            ParameterDescription(
                "components", .anyOf([.integer(1...256), .choice(["match"])]), default: .string("match"),
                "Number of components K; `match` takes the task's number of modes."),
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

    /// All bases in the order in which they are listed.
    public static let descriptions: [ComponentDescription] = [gaussian, gaussianMixture]
}

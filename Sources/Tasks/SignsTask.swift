import Catalog

/// `signs`: 2^D narrow Gaussians at all sign patterns, the curve of the effective sample size's collapse with D.
enum SignsTask {
    private static let dimensions = 2...8
    private static let widths = 0.02...0.75

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "signs", version: 1,
            summary: "2^D narrow Gaussian modes at (±1.5, …, ±1.5): prior draws become useless as D grows.",
            definition: """
                L(θ) = 2^−D Σ N(θ; (±1.5, …, ±1.5), s² I) over all sign patterns, D = dimension, prior U(−3, 3)^D. \
                ESS/N of prior draws is (2·2√π s/6)^D.
                """,
            source: "Own definition.",
            parameters: [
                .integer("dimension", in: dimensions, default: 5, "D, the number of coordinates; 2^D modes."),
                .number("standardDeviation", in: widths, default: 0.1, "Standard deviation s of every mode."),
            ])
    ) { values in
        SignedPeaks(
            dimension: try values.integer("dimension", in: dimensions), centre: 1.5,
            standardDeviation: try values.number("standardDeviation", in: widths), halfWidth: 3)
    }
}

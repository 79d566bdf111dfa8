import Catalog

/// `cube`: eight equal Gaussians at (±1.5, ±1.5, ±1.5).
enum CubeTask {
    private static let widths = 0.02...0.75

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "cube", version: 1,
            summary: "Eight equal Gaussian modes at the corners of a cube.",
            definition: """
                L(θ) = ⅛ Σ N(θ; (±1.5, ±1.5, ±1.5), s² I) over the eight sign patterns, prior U(−3, 3)³. A Gaussian \
                mixture itself: a matched mixture base solves it at step 0, so it tests plumbing.
                """,
            source: "Own definition, after the multi-modal examples of Baruah 2025 (arXiv 2512.04954).",
            parameters: [
                .number("standardDeviation", in: widths, default: 0.25, "Standard deviation s of every mode.")
            ])
    ) { values in
        let width = try values.number("standardDeviation", in: widths)
        return SignedPeaks(dimension: 3, centre: 1.5, standardDeviation: width, halfWidth: 3)
    }
}

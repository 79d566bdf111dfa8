import Catalog

/// `corners`: four equal Gaussians at (±2, ±2).
enum CornersTask {
    private static let widths = 0.02...1.0

    static let entry = TaskCatalog.Entry(
        ComponentDescription(
            name: "corners", version: 1,
            summary: "Four equal Gaussian modes at the corners of a square.",
            definition: """
                L(θ) = ¼ Σ N(θ; (±2, ±2), s² I) over the four sign patterns, prior U(−4, 4)². A Gaussian mixture \
                itself: a matched mixture base solves it at step 0, so it tests plumbing.
                """,
            source: "Own definition, after the multi-modal examples of Baruah 2025 (arXiv 2512.04954).",
            parameters: [
                .number("standardDeviation", in: widths, default: 0.3, "Standard deviation s of every mode.")
            ])
    ) { values in
        let width = try values.number("standardDeviation", in: widths)
        return SignedPeaks(dimension: 2, centre: 2, standardDeviation: width, halfWidth: 4)
    }
}

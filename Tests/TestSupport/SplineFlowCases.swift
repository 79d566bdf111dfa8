import Flows

extension FlowCase {
    /// Spline couplings: 2 to 16 bins, tails that points reach, every mixing, with and without context.
    static let splines: [FlowCase] = [
        FlowCase(
            description: "2D splines", dimension: 2,
            configuration: FlowConfiguration(
                couplingLayers: 4, hiddenSizes: [64, 64], coupling: .spline(bins: 8, tailBound: 5)), base: .gaussian),
        FlowCase(
            description: "3D splines, gmm full, odd sizes", dimension: 3,
            configuration: FlowConfiguration(
                couplingLayers: 3, hiddenSizes: [33, 47], coupling: .spline(bins: 5, tailBound: 4)),
            base: mixture(3, full: true)),
        FlowCase(
            description: "2D splines of 2 bins with near tails", dimension: 2,
            configuration: FlowConfiguration(
                couplingLayers: 3, hiddenSizes: [20], coupling: .spline(bins: 2, tailBound: 0.8), mixing: .permutation),
            base: mixture(2)),
        FlowCase(
            description: "5D splines of 16 bins, permutation, no ActNorm", dimension: 5,
            configuration: FlowConfiguration(
                couplingLayers: 2, hiddenSizes: [17, 21], coupling: .spline(bins: 16, tailBound: 3), actNorm: false,
                mixing: .permutation), base: .gaussian),
        FlowCase(
            description: "2D conditional splines", dimension: 2, contextDimension: 3,
            configuration: FlowConfiguration(
                couplingLayers: 3, hiddenSizes: [24, 70], coupling: .spline(bins: 8, tailBound: 5)),
            base: mixture(2, full: true)),
        FlowCase(
            description: "1D splines", dimension: 1,
            configuration: FlowConfiguration(
                couplingLayers: 2, hiddenSizes: [8], coupling: .spline(bins: 4, tailBound: 3)), base: mixture(2)),
    ]
}

import Catalog

/// How much work a run is, relative to others.
public enum RunCost {
    /// Multiplications of one training step's forward passes times the steps, plus a constant share for everything that
    /// does not grow with the steps. Only ratios matter: it weighs runs for the time left, nothing else.
    public static func of(configuration: JSONValue) -> Double {
        let training = configuration["training"]
        let flow = configuration["flow"]
        let steps = training?["steps"]?.doubleValue ?? 1
        let batch = training?["batch"]?.doubleValue ?? 1
        let layers = flow?["couplingLayers"]?.doubleValue ?? 1
        let widths = (flow?["hiddenSizes"]?.arrayValue ?? []).compactMap(\.doubleValue)
        // Input and output of a conditioner are a few coordinates wide; 8 stands for them. Splines take some 3 K
        // outputs per coordinate instead of 2; a K at its default is not written into a configuration.
        let outputs = flow?["coupling"]?.stringValue == "spline" ? 3 * (flow?["bins"]?.doubleValue ?? 8) : 8
        let sizes = [8] + widths + [outputs]
        let conditioner = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        let perPoint = 64 + layers * conditioner
        let evaluationPoints = 200_000.0
        return perPoint * (steps * batch + evaluationPoints)
    }

    /// Optimiser steps of a run.
    public static func steps(of configuration: JSONValue) -> Int {
        configuration["training"]?["steps"]?.integerValue ?? 0
    }
}

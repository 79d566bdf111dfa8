import Catalog
import Flows

/// How much memory a run would need, roughly: a spec that would exhaust the machine is refused before it starts.
struct RunMemory: Equatable {
    /// Parameters, gradients, Adam's moments and copies for checkpoints, bytes.
    let flow: Double
    /// One pool with its copies, bytes.
    let pool: Double
    /// Responsibilities of the mixture fit, bytes.
    let fit: Double

    /// A run above this is refused: 8 GiB, a third of a machine of the size that flowexp is made for.
    static let limit = 8.0 * 1024 * 1024 * 1024

    var total: Double { flow + pool + fit }

    /// From resolved sections; absent or mistyped parameters count as nothing (they are reported elsewhere).
    init(dimension: Int, base: ParameterValues, flow: ParameterValues, training: ParameterValues) {
        let hidden = (flow["hiddenSizes"]?.arrayValue ?? []).compactMap(\.doubleValue)
        let perCoordinate =
            flow["coupling"]?.stringValue == "spline" ? 3 * (flow["bins"]?.doubleValue ?? 0) : 2
        let sizes = [Double(dimension)] + hidden + [perCoordinate * Double(dimension)]
        let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        // Parameters, gradient, two moments, best parameters and their copies in a checkpoint: ten times four bytes.
        let layers = weights * (flow["couplingLayers"]?.doubleValue ?? 0)
        // Every round kept holds the flow that it was drawn from, twice in a checkpoint.
        let rounds =
            training["proposal"]?.stringValue == "adaptive" ? training["roundsKept"]?.doubleValue ?? 0 : 0
        // The network of a conditional mixture or of a resampled base (one output).
        let baseSizes = (base["hiddenSizes"]?.arrayValue ?? []).compactMap(\.doubleValue)
        let d = Double(dimension)
        let outputs = (base["components"]?.doubleValue ?? 0) * (1 + 2 * d + d * (d - 1) / 2)
        let baseNetwork = zip(baseSizes, baseSizes.dropFirst() + [max(outputs, 1)]).reduce(0) { $0 + $1.0 * $1.1 }
        self.flow = (40 + 12 * rounds) * (layers + baseNetwork)
        // An effective sample is at least one draw.
        let draws = max(training["draws"]?.doubleValue ?? 0, training["poolEffectiveSize"]?.doubleValue ?? 0)
        // Coordinates in double precision twice and in single precision once, log weights and weights.
        let copies = draws * (20 * Double(dimension) + 40)
        // Rounds kept: coordinates, log-likelihood and prior, and a log density under each round; all weighted at once.
        pool = rounds == 0 ? copies : rounds * (copies + draws * 8 * (Double(dimension) + 4 + rounds))
        // What `auto` will choose is not known: as many as it may.
        let largest = base["components"]?.stringValue == "auto" ? Double(ComponentSelection.largest) : 0
        let components = base["init"]?.stringValue == "em" ? base["components"]?.doubleValue ?? largest : 0
        fit = 8 * draws * components
    }
}

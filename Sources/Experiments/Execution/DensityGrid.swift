import FlowMath
import Flows
import Tasks
import Training

/// The flow's density beside the truth on a grid, kept with the run so that reports draw files and never evaluate a
/// flow.
///
/// 2D: log densities at cell centres. Otherwise, for each pair of the first four coordinates: the fraction of 20 000
/// samples in each cell, of the flow and of the exact posterior.
struct DensityGrid {
    static let cells = 96
    static let samples = 20_000
    /// Coordinates that have pictures: six pairs, 0.4 MiB.
    static let coordinates = 4

    let file: Safetensors

    init(trained: TrainedFlow, task: any InferenceTask, seed: UInt64) {
        let posterior = ExactPosterior(task: task)
        // The window: where the posterior is, with a margin, inside the prior's box.
        let reference = posterior.sample(
            count: Self.samples, stream: RandomStream(seed: seed, purpose: .reference, step: 2))
        let window = (0..<task.dimension).map { d -> ClosedRange<Double> in
            var (low, high) = (Double.infinity, -Double.infinity)
            for i in 0..<reference.count {
                low = min(low, reference[i, d])
                high = max(high, reference[i, d])
            }
            let margin = 0.15 * (high - low)
            let box = task.priorBox[d]
            return max(low - margin, box.lowerBound)...min(high + margin, box.upperBound)
        }
        var tensors = window.enumerated().map { d, range in
            Safetensors.Tensor(name: "window.\(d)", shape: [2], doubles: [range.lowerBound, range.upperBound])
        }
        if task.dimension == 2 {
            let grid = Self.centres(window)
            tensors.append(Self.tensor("flow.logDensity", trained.logProbability(of: grid)))
            tensors.append(Self.tensor("posterior.logDensity", posterior.logProbability(of: grid)))
        } else {
            let samples = trained.sample(
                count: Self.samples, stream: RandomStream(seed: seed, purpose: .latent, step: 2))
            let count = min(task.dimension, Self.coordinates)
            for a in 0..<count {
                for b in (a + 1)..<max(count, a + 1) {
                    tensors.append(Self.tensor("flow.marginal.\(a).\(b)", Self.fractions(samples, a, b, window)))
                    tensors.append(Self.tensor("posterior.marginal.\(a).\(b)", Self.fractions(reference, a, b, window)))
                }
            }
        }
        file = Safetensors(
            tensors: tensors.sorted { $0.name < $1.name }, metadata: ["format": "flowexp.density/1"])
    }

    private static func tensor(_ name: String, _ values: [Double]) -> Safetensors.Tensor {
        Safetensors.Tensor(name: name, shape: [cells, cells], floats: values.map(Float.init))
    }

    /// Row i, column j: coordinate 0 at cell i, coordinate 1 at cell j.
    private static func centres(_ window: [ClosedRange<Double>]) -> Points {
        var values: [Double] = []
        for i in 0..<cells {
            for j in 0..<cells {
                for (range, index) in [(window[0], i), (window[1], j)] {
                    let step = (range.upperBound - range.lowerBound) / Double(cells)
                    values.append(range.lowerBound + (Double(index) + 0.5) * step)
                }
            }
        }
        return Points(dimension: 2, values: values)
    }

    private static func fractions(_ points: Points, _ a: Int, _ b: Int, _ window: [ClosedRange<Double>]) -> [Double] {
        var counts = [Double](repeating: 0, count: cells * cells)
        for i in 0..<points.count {
            guard let row = cell(points[i, a], window[a]), let column = cell(points[i, b], window[b]) else { continue }
            counts[row * cells + column] += 1 / Double(points.count)
        }
        return counts
    }

    private static func cell(_ value: Double, _ range: ClosedRange<Double>) -> Int? {
        guard range.contains(value), range.upperBound > range.lowerBound else { return nil }
        let position = (value - range.lowerBound) / (range.upperBound - range.lowerBound) * Double(cells)
        return min(Int(position), cells - 1)
    }
}

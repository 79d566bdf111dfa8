import Foundation
import Tasks

import struct FlowMath.Points
import struct FlowMath.RandomStream

/// The posterior on a midpoint grid over the prior's box: an integral, an entropy, cell masses and the highest saddle,
/// all from `logPosterior` alone and none of them by the methods that the tasks use.
public struct TaskGrid {
    /// Grid points per dimension.
    public let side: Int
    private let task: any InferenceTask
    private let step: [Double]
    /// log p at every midpoint; dimension 0 varies slowest.
    private let logs: [Double]

    /// Evaluates `side`^D midpoints; or, `scattered`, a random point of every cell: where the density jumps along a
    /// diagonal, midpoints err together, random points each for itself.
    public init(task: any InferenceTask, side: Int, scattered: Bool = false) {
        self.task = task
        self.side = side
        let dimension = task.dimension
        let box = task.priorBox
        let step = box.map { ($0.upperBound - $0.lowerBound) / Double(side) }
        self.step = step
        var count = 1
        for _ in 0..<dimension { count *= side }
        var values = [Double](repeating: 0, count: count * dimension)
        var stream = RandomStream(seed: 3, purpose: .projection)
        for i in 0..<count {
            var rest = i
            for d in stride(from: dimension - 1, through: 0, by: -1) {
                values[i * dimension + d] =
                    box[d].lowerBound + step[d] * (Double(rest % side) + (scattered ? stream.nextUniform() : 0.5))
                rest /= side
            }
        }
        logs = task.logPosterior(
            of: Points(dimension: dimension, values: values), observation: task.observation)
    }

    private var cellVolume: Double { step.reduce(1, *) }

    /// ∫ p and −∫ p log p.
    public var massAndEntropy: (mass: Double, entropy: Double) {
        var mass = 0.0
        var entropy = 0.0
        for value in logs where value > -700 {
            let p = Foundation.exp(value)
            mass += p
            entropy -= p * value
        }
        return (mass * cellVolume, entropy * cellVolume)
    }

    /// Chi-square statistic of samples against the masses of `cells`^D cells (cells must divide `side`), and its
    /// degrees of freedom. Cells that expect fewer than 10 samples are counted together.
    public func chiSquare(_ samples: Points, cells: Int) -> (statistic: Double, freedom: Int) {
        let dimension = task.dimension
        let perCell = side / cells
        var cellCount = 1
        for _ in 0..<dimension { cellCount *= cells }
        var expected = [Double](repeating: 0, count: cellCount)
        var observed = expected
        for (i, value) in logs.enumerated() where value > -700 {
            var rest = i
            var cell = 0
            var scale = 1
            for _ in 0..<dimension {
                cell += rest % side / perCell * scale
                rest /= side
                scale *= cells
            }
            expected[cell] += Foundation.exp(value) * cellVolume * Double(samples.count)
        }
        for i in 0..<samples.count {
            var cell = 0
            for d in 0..<dimension {
                let position = (samples[i, d] - task.priorBox[d].lowerBound) / (step[d] * Double(perCell))
                cell = cell * cells + min(max(Int(position), 0), cells - 1)
            }
            observed[cell] += 1
        }
        var statistic = 0.0
        var freedom = -1
        var rare = (expected: 0.0, observed: 0.0)
        for (e, o) in zip(expected, observed) {
            if e < 10 {
                rare.expected += e
                rare.observed += o
            } else {
                statistic += (o - e) * (o - e) / e
                freedom += 1
            }
        }
        if rare.expected >= 1 {
            statistic += (rare.observed - rare.expected) * (rare.observed - rare.expected) / rare.expected
            freedom += 1
        } else if rare.observed > 12 {
            // Twelve or more where less than one is expected: never by chance.
            statistic = .infinity
        }
        return (statistic, freedom)
    }

    /// log of the highest saddle between two of the task's modes on this 2D grid: cells are added from the highest down
    /// and joined with their neighbours; the first join of two regions that hold different modes is the saddle.
    public var highestSaddle: Double? {
        precondition(task.dimension == 2, "the search is two-dimensional")
        var parent = [Int32](repeating: -1, count: logs.count)
        var mode = [Int32](repeating: -1, count: logs.count)
        for (k, centre) in task.modes(observation: task.observation).enumerated() {
            let index = (0..<2).map { d in
                min(max(Int((centre.centre[d] - task.priorBox[d].lowerBound) / step[d]), 0), side - 1)
            }
            mode[index[0] * side + index[1]] = Int32(k)
        }
        func root(_ start: Int) -> Int {
            var i = start
            while Int(parent[i]) != i {
                parent[i] = parent[Int(parent[i])]
                i = Int(parent[i])
            }
            return i
        }
        for i in logs.indices.sorted(by: { logs[$0] > logs[$1] }) {
            parent[i] = Int32(i)
            let (row, column) = (i / side, i % side)
            for rowStep in -1...1 {
                for columnStep in -1...1 {
                    let (r, c) = (row + rowStep, column + columnStep)
                    guard r >= 0, r < side, c >= 0, c < side, parent[r * side + c] >= 0 else { continue }
                    let (a, b) = (root(i), root(r * side + c))
                    if a == b { continue }
                    if mode[a] >= 0 && mode[b] >= 0 && mode[a] != mode[b] { return logs[i] }
                    parent[b] = Int32(a)
                    mode[a] = max(mode[a], mode[b])
                }
            }
        }
        return nil
    }
}

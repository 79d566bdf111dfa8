import FlowMath
import Tasks

/// The log posterior of a 2D task on a regular grid of cell centres over the prior's box.
package struct DensityGrid {
    static let side = 1000
    /// log p, cell (row r, column c) at r·side + c; column along θ₀, row along θ₁.
    let logDensity: [Double]
    let cellArea: Double
    private let box: [ClosedRange<Double>]

    /// Nil unless the task is two-dimensional with a bounded box.
    package init?(task: any InferenceTask, observation: [Double]) {
        guard task.dimension == 2 else { return nil }
        box = task.priorBox
        let widths = box.map { $0.upperBound - $0.lowerBound }
        guard widths.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
        cellArea = widths[0] * widths[1] / Double(Self.side * Self.side)
        var values: [Double] = []
        values.reserveCapacity(Self.side * Self.side)
        for row in 0..<Self.side {
            values += task.logPosterior(of: Self.points(row: row, box: box), observation: observation)
        }
        logDensity = values
    }

    /// The cell centres of one row.
    static func points(row: Int, box: [ClosedRange<Double>]) -> Points {
        var coordinates: [Double] = []
        coordinates.reserveCapacity(2 * side)
        for column in 0..<side {
            coordinates.append(coordinate(column, box[0]))
            coordinates.append(coordinate(row, box[1]))
        }
        return Points(dimension: 2, values: coordinates)
    }

    private static func coordinate(_ index: Int, _ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * (Double(index) + 0.5) / Double(side)
    }

    /// ∫p by the midpoint rule.
    package var integral: Double {
        var sum = 0.0
        for value in logDensity { sum += Elementary.exp(value) }
        return sum * cellArea
    }

    /// The highest density at which two of the modes that the seeds climb to become connected: the saddle, as log p.
    /// Cells are added from the highest down and joined with their eight neighbours (union-find) until two different
    /// modes meet. Nil when fewer than two different modes are reached.
    package func logSeparatingDensity(seeds: [[Double]]) -> Double? {
        var peaks: [Int] = []
        for seed in seeds {
            let peak = climb(from: cell(of: seed))
            if !peaks.contains(peak) { peaks.append(peak) }
        }
        guard peaks.count >= 2 else { return nil }

        // Cells by descending density; the cell's number rides in the low bits, below any difference that matters.
        let mask: UInt64 = (1 << 20) - 1
        let keys = logDensity.indices.map { Double(bitPattern: logDensity[$0].bitPattern & ~mask | UInt64($0)) }
        let order = PairwiseKernels.current.sorted(keys)

        var parent = [Int32](repeating: -1, count: logDensity.count)
        var label = [Int16](repeating: -1, count: logDensity.count)
        func root(_ cell: Int) -> Int {
            var node = Int32(cell)
            while parent[Int(node)] != node {
                parent[Int(node)] = parent[Int(parent[Int(node)])]
                node = parent[Int(node)]
            }
            return Int(node)
        }
        for key in order.reversed() {
            let cell = Int(key.bitPattern & mask)
            if logDensity[cell] == -.infinity { return nil }
            parent[cell] = Int32(cell)
            label[cell] = Int16(peaks.firstIndex(of: cell) ?? -1)
            var current = cell
            var met = false
            forEachNeighbour(of: cell) { neighbour in
                guard parent[neighbour] >= 0, !met else { return }
                let other = root(neighbour)
                if other == current { return }
                if label[current] >= 0 && label[other] >= 0 {
                    met = true
                    return
                }
                // The older component keeps its root: paths stay short without ranks.
                parent[current] = Int32(other)
                label[other] = max(label[other], label[current])
                current = other
            }
            if met { return logDensity[cell] }
        }
        return nil
    }

    private func cell(of point: [Double]) -> Int {
        let indices = (0..<2).map { d -> Int in
            let width = box[d].upperBound - box[d].lowerBound
            let position = (point[d] - box[d].lowerBound) / width * Double(Self.side)
            return position.isNaN ? 0 : Int(min(max(position, 0), Double(Self.side - 1)))
        }
        return indices[1] * Self.side + indices[0]
    }

    private func climb(from start: Int) -> Int {
        var cell = start
        while true {
            var best = cell
            forEachNeighbour(of: cell) { neighbour in
                if logDensity[neighbour] > logDensity[best] { best = neighbour }
            }
            if best == cell { return cell }
            cell = best
        }
    }

    @inline(__always)
    private func forEachNeighbour(of cell: Int, _ body: (Int) -> Void) {
        let row = cell / Self.side
        let column = cell % Self.side
        for r in max(0, row - 1)...min(Self.side - 1, row + 1) {
            for c in max(0, column - 1)...min(Self.side - 1, column + 1) where r != row || c != column {
                body(r * Self.side + c)
            }
        }
    }
}

import CFlowKernels

/// A minimum-cost perfect matching of a square cost matrix, with the dual prices that prove it.
///
/// Optimality certificate: cost[i, j] − rowPrices[i] − columnPrices[j] ≥ 0 everywhere, = 0 on the matching (up to
/// rounding), hence Σ rowPrices + Σ columnPrices = the cost.
public struct Assignment: Sendable {
    /// The column of each row.
    public var columnOfRow: [Int]
    /// u: one per row.
    public var rowPrices: [Double]
    /// v: one per column.
    public var columnPrices: [Double]
}

/// Solves the linear assignment problem exactly (Jonker and Volgenant 1987, "A shortest augmenting path algorithm for
/// dense and sparse linear assignment problems": column reduction, reduction transfer, augmenting row reduction, then
/// shortest augmenting paths), with row scans in the pairwise kernels.
public struct AssignmentSolver {
    private let n: Int
    private let stride: Int
    private let kernels: PairwiseKernels
    private let costs: [Double]
    /// v, padded with −infinity (a finished column, see `relax`).
    private var prices: [Double]
    private var columnOfRow: [Int]
    private var rowOfColumn: [Int]

    /// The optimal assignment of a square matrix of finite costs; nil when the matrix is not square or a cost is not
    /// finite. O(n³) worst case, about n² · small for costs between point sets.
    public static func solve(_ matrix: CostMatrix, kernels: PairwiseKernels = .current) -> Assignment? {
        guard matrix.rows == matrix.columns else { return nil }
        if matrix.rows == 0 { return Assignment(columnOfRow: [], rowPrices: [], columnPrices: []) }
        guard matrix.isFinite else { return nil }
        var solver = AssignmentSolver(matrix, kernels)
        return solver.solve()
    }

    private init(_ matrix: CostMatrix, _ kernels: PairwiseKernels) {
        n = matrix.rows
        stride = matrix.stride
        costs = matrix.values
        self.kernels = kernels
        prices = [Double](repeating: -.infinity, count: stride)
        columnOfRow = [Int](repeating: -1, count: n)
        rowOfColumn = [Int](repeating: -1, count: n)
    }

    private mutating func solve() -> Assignment {
        reduceColumns()
        var free = (0..<n).filter { columnOfRow[$0] < 0 }
        for _ in 0..<2 where !free.isEmpty { free = reduceRows(free) }
        augment(free)
        var rowPrices = [Double](repeating: 0, count: n)
        for i in 0..<n {
            let j = columnOfRow[i]
            rowPrices[i] = costs[i &* stride &+ j] - prices[j]
        }
        return Assignment(columnOfRow: columnOfRow, rowPrices: rowPrices, columnPrices: Array(prices.prefix(n)))
    }

    /// v_j = min_i cost[i, j]; a row that is free takes its column.
    private mutating func reduceColumns() {
        var minima = Array(costs[0..<n])
        var rows = [Int](repeating: 0, count: n)
        costs.withUnsafeBufferPointer { costs in
            minima.withUnsafeMutableBufferPointer { minima in
                for i in 1..<n {
                    let row = costs.baseAddress! + i &* stride
                    for j in 0..<n where row[j] < minima[j] {
                        minima[j] = row[j]
                        rows[j] = i
                    }
                }
            }
        }
        for j in (0..<n).reversed() {
            prices[j] = minima[j]
            if columnOfRow[rows[j]] < 0 {
                columnOfRow[rows[j]] = j
                rowOfColumn[j] = rows[j]
            }
        }
        // Reduction transfer: an assigned row's slack to its second best column lowers the price of its column.
        for i in 0..<n where columnOfRow[i] >= 0 {
            let own = columnOfRow[i]
            let keep = prices[own]
            prices[own] = -.infinity
            let second = twoMinima(row: i).first
            prices[own] = keep
            let slack = second - (costs[i &* stride &+ own] - keep)
            if slack.isFinite && slack > 0 { prices[own] = keep - slack }
        }
    }

    /// Augmenting row reduction: each free row bids for its best column and may displace that column's row.
    private mutating func reduceRows(_ free: [Int]) -> [Int] {
        var remaining: [Int] = []
        // Rounding can make two rows displace each other for ever by amounts that change nothing: bids are bounded.
        var bids = 0
        for start in free {
            var row = start
            while true {
                bids += 1
                let best = twoMinima(row: row)
                var column = best.index
                let gap = best.second - best.first
                var displaced = rowOfColumn[column]
                if gap > 0 && gap.isFinite {
                    prices[column] -= gap
                } else if displaced >= 0, let other = tiedFreeColumn(row: row, value: best.first) {
                    column = other
                    displaced = -1
                }
                columnOfRow[row] = column
                rowOfColumn[column] = row
                if displaced < 0 { break }
                columnOfRow[displaced] = -1
                if !(gap > 0) || bids > 8 * n {
                    remaining.append(displaced)
                    break
                }
                row = displaced
            }
        }
        return remaining
    }

    /// A column without a row whose reduced cost equals `value`, the lowest such.
    private func tiedFreeColumn(row: Int, value: Double) -> Int? {
        for j in 0..<n where rowOfColumn[j] < 0 && costs[row &* stride &+ j] - prices[j] == value { return j }
        return nil
    }

    /// A shortest augmenting path (Dijkstra over columns) for each row still free.
    private mutating func augment(_ free: [Int]) {
        guard !free.isEmpty else { return }
        var distance = [Double](repeating: .infinity, count: stride)
        var predecessor = [Int64](repeating: 0, count: stride)
        var searchPrices = prices
        for start in free {
            for j in 0..<n { distance[j] = .infinity }
            searchPrices = prices
            var finished: [(column: Int, distance: Double)] = []
            var row = start
            var shift = 0.0
            var sink = -1
            var sinkDistance = 0.0
            while true {
                let column = costs.withUnsafeBufferPointer { buffer in
                    kernels.table.relax(
                        buffer.baseAddress! + row &* stride, &searchPrices, shift, Int64(row), &distance, &predecessor,
                        n)
                }
                // Costs are finite, so some column is always within reach.
                let reached = distance[column]
                if rowOfColumn[column] < 0 {
                    sink = column
                    sinkDistance = reached
                    break
                }
                finished.append((column, reached))
                distance[column] = .infinity
                searchPrices[column] = -.infinity
                row = rowOfColumn[column]
                // Paths through this row continue at its own reduced cost, which the price of its column holds.
                shift = reached - (costs[row &* stride &+ column] - prices[column])
            }
            for (column, reached) in finished { prices[column] += reached - sinkDistance }
            var column = sink
            while true {
                let owner = Int(predecessor[column])
                rowOfColumn[column] = owner
                swap(&columnOfRow[owner], &column)
                if owner == start { break }
            }
        }
    }

    private func twoMinima(row: Int) -> flow_two_minima {
        costs.withUnsafeBufferPointer { buffer in
            prices.withUnsafeBufferPointer { price in
                kernels.table.two_minima(buffer.baseAddress! + row &* stride, price.baseAddress!, n)
            }
        }
    }
}

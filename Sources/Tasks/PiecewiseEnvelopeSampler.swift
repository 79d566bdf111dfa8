import FlowMath

/// Exact draws from a one-dimensional density known up to a constant that is monotone between given breakpoints.
///
/// The interval is cut into cells on each of which the larger end value bounds the density from above and the smaller
/// from below. A cell is drawn in proportion to its upper area through a guide table (Chen & Asau 1974), a point
/// uniformly in its rectangle, and accepted under the density; the lower bound accepts most points without evaluating
/// it. Cells are halved where the bounds differ most, until the strip between them is ~3 % of the area, so a narrow peak
/// costs no more than a wide one.
final class PiecewiseEnvelopeSampler: Sendable {
    private struct Cell {
        /// Share of the envelope's area in the cells up to and including this one; 1 for the last.
        var cumulative: Double
        /// The same before this one, and the inverse of this one's own share.
        var before: Double
        var inverseShare: Double
        var lower: Double
        var width: Double
        /// The lower bound divided by the upper one, and log of the upper one, with a margin for rounding.
        var squeeze: Double
        var logUpper: Double
    }

    private let logDensity: @Sendable (Double) -> Double
    private let cells: [Cell]
    private let guide: [Int32]
    private let guideCount: Double

    /// - Parameters:
    ///   - breakpoints: ascending, at least two; `logDensity` must be finite on and monotone between neighbours.
    init(breakpoints: [Double], logDensity: @escaping @Sendable (Double) -> Double) {
        self.logDensity = logDensity
        let values = breakpoints.map(logDensity)
        let largest = values.max() ?? 0
        // Rounding of logDensity could lift a value above the end of its cell by a few ulp of its magnitude.
        let slack = 1e-12 + 8 * largest.magnitude.ulp
        var edges = breakpoints
        var logs = values
        let maximumCells = 2048
        while edges.count <= maximumCells {
            var upperArea = 0.0
            var excess: [Double] = []
            for i in 0..<(edges.count - 1) {
                let (high, low) = Self.bounds(logs, i, largest)
                upperArea += high * (edges[i + 1] - edges[i])
                excess.append((high - low) * (edges[i + 1] - edges[i]))
            }
            if excess.reduce(0, +) <= 0.03 * upperArea { break }
            // Every cell with more than its share of what may remain is halved.
            let share = 0.03 * upperArea / 1024
            var nextEdges: [Double] = []
            var nextLogs: [Double] = []
            for i in 0..<(edges.count - 1) {
                nextEdges.append(edges[i])
                nextLogs.append(logs[i])
                let middle = 0.5 * (edges[i] + edges[i + 1])
                if excess[i] > share && middle > edges[i] && middle < edges[i + 1] {
                    nextEdges.append(middle)
                    nextLogs.append(logDensity(middle))
                }
            }
            nextEdges.append(edges[edges.count - 1])
            nextLogs.append(logs[logs.count - 1])
            if nextEdges.count == edges.count { break }
            (edges, logs) = (nextEdges, nextLogs)
        }

        let areas = (0..<(edges.count - 1)).map { i in
            Self.bounds(logs, i, largest).0 * (edges[i + 1] - edges[i])
        }
        let total = areas.reduce(0, +)
        var sum = 0.0
        let cells = areas.indices.map { i in
            let before = sum / total
            sum += areas[i]
            return Cell(
                cumulative: sum / total, before: before,
                inverseShare: sum / total > before ? 1 / (sum / total - before) : 0, lower: edges[i],
                width: edges[i + 1] - edges[i], squeeze: Elementary.exp(-abs(logs[i] - logs[i + 1]) - 2 * slack),
                logUpper: max(logs[i], logs[i + 1]) + slack)
        }
        self.cells = cells
        // Slot k of the guide holds the cell of u = k / guideCount.
        let slots = 4 * cells.count
        guideCount = Double(slots)
        var cell = 0
        guide = (0..<slots).map { slot in
            while cell < cells.count - 1 && cells[cell].cumulative <= Double(slot) / Double(slots) { cell += 1 }
            return Int32(cell)
        }
    }

    private static func bounds(_ logs: [Double], _ i: Int, _ largest: Double) -> (Double, Double) {
        let first = Elementary.exp(logs[i] - largest)
        let second = Elementary.exp(logs[i + 1] - largest)
        return (max(first, second), min(first, second))
    }

    /// One exact draw.
    ///
    /// One uniform number picks a point of the area under the envelope: its cell and, by what is left, the place in
    /// the cell's rectangle. The part under the lower bound is taken at once, stretched over the cell; only the strip
    /// between the bounds needs more numbers and the density.
    func sample(_ stream: inout RandomStream) -> Double {
        while true {
            let u = stream.nextUniform()
            var index = Int(guide[Int(u * guideCount)])
            while cells[index].cumulative <= u { index &+= 1 }
            let cell = cells[index]
            let rest = (u - cell.before) * cell.inverseShare
            if rest < cell.squeeze { return cell.lower + cell.width * (rest / cell.squeeze) }
            let x = cell.lower + cell.width * stream.nextUniform()
            let height = cell.squeeze + (1 - cell.squeeze) * stream.nextUniform()
            if height < Elementary.exp(logDensity(x) - cell.logUpper) { return x }
        }
    }
}

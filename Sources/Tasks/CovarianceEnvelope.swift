import FlowMath

/// Exact draws of (|θ₃|, |θ₄|, θ₅) from a density that is bounded on cells.
///
/// The box is cut into cells with an upper bound of the density each (``CovarianceDensity/logBound(_:)``), finer where
/// bound and density differ most. A cell is drawn in proportion to its bound times its volume, a point uniformly in it,
/// and accepted under the density: exact to rounding, since the bounds are proven, not estimated.
final class CovarianceEnvelope<Density: CovarianceDensity>: Sendable {
    private struct Cell {
        var box: CovarianceCell
        var logBound: Double
        var logLevel: Double

        init(_ box: CovarianceCell, _ density: Density) {
            self.box = box
            logBound = density.logBound(box)
            logLevel = density.logLevel(box)
        }

        /// The halves along the coordinate that leaves the least envelope.
        func halves(_ density: Density) -> [Cell] {
            var best: [Cell] = []
            var least = Double.infinity
            for coordinate in 0..<3 {
                let halves = box.halves(along: coordinate).map { Cell($0, density) }
                let (first, second) = (halves[0].logBound, halves[1].logBound)
                let sum = max(first, second) + Elementary.logOnePlus(Elementary.exp(-abs(first - second)))
                if sum < least { (best, least) = (halves, sum) }
            }
            return best.isEmpty ? [self] : best
        }
    }

    /// Share of the envelope that may be in vain, and the most cells to reach it with.
    private static var tolerated: Double { 0.4 }
    private static var maximumCells: Int { 40_000 }

    private let density: Density
    private let boxes: [CovarianceCell]
    private let logBounds: [Double]
    private let cumulative: [Double]
    private let guide: [Int32]

    init(_ density: Density) {
        self.density = density
        let edges = [0, 0.03, 0.1, 0.3, 0.6, 1, 1.5, 2, PlanarNormalSample.halfWidth]
        let ends = [-PlanarNormalSample.halfWidth, -2, -1, 0, 1, 2, PlanarNormalSample.halfWidth]
        var cells: [Cell] = []
        for i in 1..<edges.count {
            for j in 1..<edges.count {
                for k in 1..<ends.count {
                    let box = CovarianceCell(
                        third: edges[i - 1]...edges[i], fourth: edges[j - 1]...edges[j], fifth: ends[k - 1]...ends[k])
                    cells.append(Cell(box, density))
                }
            }
        }
        while cells.count < Self.maximumCells {
            var reference = -Double.infinity
            for cell in cells { reference = max(reference, cell.logBound) }
            var (upper, excess) = (0.0, 0.0)
            let excesses = cells.map { cell in
                let bound = Elementary.exp(cell.logBound - reference) * cell.box.volume
                let least = Elementary.exp(cell.logLevel - reference) * cell.box.volume
                upper += bound
                excess += bound - least
                return bound - least
            }
            if excess <= Self.tolerated * upper { break }
            let share = Self.tolerated * upper / 8192
            var next: [Cell] = []
            next.reserveCapacity(2 * cells.count)
            for (cell, excess) in zip(cells, excesses) {
                if excess <= share {
                    next.append(cell)
                    continue
                }
                next += cell.halves(density)
            }
            if next.count == cells.count { break }
            cells = next
        }

        var reference = -Double.infinity
        for cell in cells { reference = max(reference, cell.logBound) }
        var sum = 0.0
        let sums = cells.map { cell in
            sum += Elementary.exp(cell.logBound - reference) * cell.box.volume
            return sum
        }
        boxes = cells.map(\.box)
        logBounds = cells.map(\.logBound)
        cumulative = sums.map { $0 / sum }
        // Slot k of the guide holds the cell of u = k / slots (Chen & Asau 1974).
        let slots = 2 * cells.count
        var cell = 0
        var guide = [Int32](repeating: 0, count: slots)
        for slot in 0..<slots {
            while cell < sums.count - 1 && sums[cell] / sum <= Double(slot) / Double(slots) { cell += 1 }
            guide[slot] = Int32(cell)
        }
        self.guide = guide
    }

    /// One exact draw of (|θ₃|, |θ₄|, θ₅).
    func sample(_ stream: inout RandomStream) -> (third: Double, fourth: Double, fifth: Double) {
        while true {
            let u = stream.nextUniform()
            var index = Int(guide[Int(u * Double(guide.count))])
            while index < cumulative.count - 1 && cumulative[index] <= u { index &+= 1 }
            let box = boxes[index]
            let third = box.third.lowerBound + CovarianceCell.length(box.third) * stream.nextUniform()
            let fourth = box.fourth.lowerBound + CovarianceCell.length(box.fourth) * stream.nextUniform()
            let fifth = box.fifth.lowerBound + CovarianceCell.length(box.fifth) * stream.nextUniform()
            let exponent = density.logDensity(third, fourth, fifth) - logBounds[index]
            if stream.nextUniform() < Elementary.exp(exponent) { return (third, fourth, fifth) }
        }
    }
}

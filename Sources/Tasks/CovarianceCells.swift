import FlowMath

/// Cuts the box of (|θ₃|, |θ₄|, θ₅) into cells that follow a density.
package enum CovarianceCells {
    private struct Cell {
        var box: CovarianceCell
        var logBound: Double
        /// About the mean of the density: how far the bound lies above it says whether to refine.
        var logLevel: Double
    }

    /// Share of the envelope that may be in vain, and from how many cells on that is given up.
    private static let tolerated = 0.4
    private static let manyCells = 40_000

    /// What says which cells to refine, and how they are cut.
    package enum Refinement: Sendable {
        /// The density in the middle; in two, along the coordinate that leaves the least envelope.
        case byMiddle
        /// The density's mean over points of the cell; along one coordinate or several at once. Points of x on a line make
        /// the density a thin ridge on the diagonal of |θ₃| and |θ₄|. There lie the middles of many cells that hold nearly
        /// nothing else, and a cut along one of the two alone leaves the bounds as they were.
        case byMean
    }

    /// Cells with their bounds.
    static func refined<Density: CovarianceDensity>(
        _ density: Density, _ refinement: Refinement
    ) -> [(box: CovarianceCell, logBound: Double)] {
        func cell(_ box: CovarianceCell) -> Cell {
            let logLevel =
                switch refinement {
                case .byMiddle: density.logDensity(atMiddleOf: box)
                case .byMean: density.logMeanDensity(on: box)
                }
            return Cell(box: box, logBound: density.logBound(box), logLevel: logLevel)
        }
        func halves(_ whole: Cell) -> [Cell] {
            var best: [Cell] = []
            var least = Double.infinity
            for coordinate in 0..<3 {
                let halves = whole.box.halves(along: coordinate).map(cell)
                let (first, second) = (halves[0].logBound, halves[1].logBound)
                let sum = max(first, second) + Elementary.logOnePlus(Elementary.exp(-abs(first - second)))
                if sum < least { (best, least) = (halves, sum) }
            }
            return best.isEmpty ? [whole] : best
        }
        let cuts = [[0], [1], [2], [0, 1], [0, 1, 2]]
        /// By what the bounds' mean loses with each halving.
        func parts(_ whole: Cell) -> [Cell] {
            var best: [Cell] = []
            var least = Double.infinity
            for coordinates in cuts {
                var boxes = [whole.box]
                for coordinate in coordinates { boxes = boxes.flatMap { $0.halves(along: coordinate) } }
                let parts = boxes.map(cell)
                let largest = parts.reduce(-.infinity) { max($0, $1.logBound) }
                let sum = parts.reduce(0) { $0 + Elementary.exp($1.logBound - largest) }
                let mean = largest + Elementary.log(sum / Double(parts.count))
                let change = (mean - whole.logBound) / Double(coordinates.count)
                if change < least { (best, least) = (parts, change) }
            }
            return best.isEmpty ? [whole] : best
        }
        var cells = coarse.map(cell)
        while cells.count < manyCells {
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
            if excess <= tolerated * upper { break }
            let share = tolerated * upper / 8192
            var next: [Cell] = []
            next.reserveCapacity(2 * cells.count)
            for (cell, excess) in zip(cells, excesses) {
                if excess <= share {
                    next.append(cell)
                } else {
                    next += refinement == .byMiddle ? halves(cell) : parts(cell)
                }
            }
            if next.count == cells.count { break }
            cells = next
        }
        return cells.map { ($0.box, $0.logBound) }
    }

    /// Where every refinement begins.
    private static var coarse: [CovarianceCell] {
        let edges = [0, 0.03, 0.1, 0.3, 0.6, 1, 1.5, 2, PlanarNormalSample.halfWidth]
        let ends = [-PlanarNormalSample.halfWidth, -2, -1, 0, 1, 2, PlanarNormalSample.halfWidth]
        var cells: [CovarianceCell] = []
        for i in 1..<edges.count {
            for j in 1..<edges.count {
                for k in 1..<ends.count {
                    cells.append(
                        CovarianceCell(
                            third: edges[i - 1]...edges[i], fourth: edges[j - 1]...edges[j],
                            fifth: ends[k - 1]...ends[k]))
                }
            }
        }
        return cells
    }
}

extension CovarianceDensity {
    func logDensity(atMiddleOf cell: CovarianceCell) -> Double {
        logDensity(
            CovarianceCell.middle(cell.third), CovarianceCell.middle(cell.fourth), CovarianceCell.middle(cell.fifth))
    }

    /// log of the mean of the density over 16 points of the additive sequence with the ratios 1/g, 1/g², 1/g³, g⁴ = g + 1
    /// (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences"): no diagonal holds more than a few.
    func logMeanDensity(on cell: CovarianceCell) -> Double {
        var values: [Double] = []
        var (x, y, z) = (0.5, 0.5, 0.5)
        func next(_ value: inout Double, _ ratio: Double) { value += value + ratio < 1 ? ratio : ratio - 1 }
        for _ in 0..<16 {
            next(&x, 0.8191725133961645)
            next(&y, 0.6710436067037893)
            next(&z, 0.5497004779019703)
            values.append(
                logDensity(
                    cell.third.lowerBound + x * CovarianceCell.length(cell.third),
                    cell.fourth.lowerBound + y * CovarianceCell.length(cell.fourth),
                    cell.fifth.lowerBound + z * CovarianceCell.length(cell.fifth)))
        }
        let largest = values.reduce(-.infinity, max)
        return largest + Elementary.log(values.reduce(0) { $0 + Elementary.exp($1 - largest) } / 16)
    }
}

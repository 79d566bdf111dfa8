import FlowMath

/// Exact draws of (|θ₃|, |θ₄|, θ₅) from a density that is bounded on cells.
///
/// The box is cut into cells with an upper bound of the density each (``CovarianceDensity/logBound(_:)``), finer where
/// bound and density differ most. A cell is drawn in proportion to its bound times its volume, a point uniformly in it,
/// and accepted under the density: exact to rounding, since the bounds are proven, not estimated.
package final class CovarianceEnvelope<Density: CovarianceDensity>: Sendable {
    /// Below this acceptance other cells are tried.
    private static var leastAcceptance: Double { 0.1 }

    private let density: Density
    private let table: CellTable

    /// The cells are refined by their middles, and where that leaves hardly any draw accepted by their means.
    package static func make(_ density: Density) -> CovarianceEnvelope {
        let plain = CovarianceEnvelope(density, .byMiddle)
        if plain.acceptance >= leastAcceptance { return plain }
        let fine = CovarianceEnvelope(density, .byMean)
        return fine.acceptance >= plain.acceptance ? fine : plain
    }

    package init(_ density: Density, _ refinement: CovarianceCells.Refinement) {
        self.density = density
        table = CellTable(CovarianceCells.refined(density, refinement))
    }

    /// One exact draw of (|θ₃|, |θ₄|, θ₅); nil where a thousand tries do not yield one.
    package func sample(_ stream: inout RandomStream) -> (third: Double, fourth: Double, fifth: Double)? {
        for _ in 0..<1000 {
            if let draw = attempt(&stream) { return draw }
        }
        return nil
    }

    /// The share of some tries that are accepted.
    package var acceptance: Double {
        var stream = RandomStream(seed: 0, purpose: .reference)
        let tries = 2000
        var accepted = 0
        for _ in 0..<tries where attempt(&stream) != nil { accepted += 1 }
        return Double(accepted) / Double(tries)
    }

    @inline(__always)
    private func attempt(
        _ stream: inout RandomStream
    ) -> (third: Double, fourth: Double, fifth: Double)? {
        let index = table.place(stream.nextUniform())
        let box = table.boxes[index]
        let third = box.third.lowerBound + CovarianceCell.length(box.third) * stream.nextUniform()
        let fourth = box.fourth.lowerBound + CovarianceCell.length(box.fourth) * stream.nextUniform()
        let fifth = box.fifth.lowerBound + CovarianceCell.length(box.fifth) * stream.nextUniform()
        let exponent = density.logDensity(third, fourth, fifth) - table.logBounds[index]
        return stream.nextUniform() < Elementary.exp(exponent) ? (third, fourth, fifth) : nil
    }
}

/// Cells to be drawn in proportion to bound times volume.
private struct CellTable: Sendable {
    let boxes: [CovarianceCell]
    let logBounds: [Double]
    private let cumulative: [Double]
    private let guide: [Int32]

    init(_ cells: [(box: CovarianceCell, logBound: Double)]) {
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

    /// Which cell a uniform number in [0, 1) means.
    @inline(__always)
    func place(_ u: Double) -> Int {
        var index = Int(guide[Int(u * Double(guide.count))])
        while index < cumulative.count - 1 && cumulative[index] <= u { index &+= 1 }
        return index
    }
}

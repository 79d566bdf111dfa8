/// A density over (|θ₃|, |θ₄|, θ₅), not normalised, that is bounded on every cell.
package protocol CovarianceDensity: Sendable {
    func logDensity(_ third: Double, _ fourth: Double, _ fifth: Double) -> Double

    /// An upper bound of the log density on a cell: proven, with a margin for rounding.
    func logBound(_ cell: CovarianceCell) -> Double
}

/// A box of (|θ₃|, |θ₄|, θ₅).
package struct CovarianceCell: Sendable {
    package var third: ClosedRange<Double>
    package var fourth: ClosedRange<Double>
    package var fifth: ClosedRange<Double>

    package init(third: ClosedRange<Double>, fourth: ClosedRange<Double>, fifth: ClosedRange<Double>) {
        (self.third, self.fourth, self.fifth) = (third, fourth, fifth)
    }

    var volume: Double { Self.length(third) * Self.length(fourth) * Self.length(fifth) }

    static func length(_ range: ClosedRange<Double>) -> Double { range.upperBound - range.lowerBound }

    static func middle(_ range: ClosedRange<Double>) -> Double { 0.5 * (range.lowerBound + range.upperBound) }

    /// The halves along coordinate 0, 1 or 2.
    func halves(along coordinate: Int) -> [CovarianceCell] {
        let path: WritableKeyPath<CovarianceCell, ClosedRange<Double>> =
            coordinate == 0 ? \.third : coordinate == 1 ? \.fourth : \.fifth
        let range = self[keyPath: path]
        let middle = Self.middle(range)
        var (lower, upper) = (self, self)
        lower[keyPath: path] = range.lowerBound...middle
        upper[keyPath: path] = middle...range.upperBound
        return [lower, upper]
    }
}

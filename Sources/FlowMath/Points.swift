/// A set of points in R^D, row-major: `values[i * dimension + d]` is coordinate d of point i.
///
/// Samples of a flow come from the single-precision engine; they are widened here without loss, because everything
/// after the engine (densities of tasks, distances, statistics) is double precision.
public struct Points: Sendable, Equatable {
    /// D ≥ 1.
    public let dimension: Int
    /// count × dimension coordinates.
    public var values: [Double]

    /// Wraps row-major coordinates; `values.count` must be a multiple of `dimension`.
    public init(dimension: Int, values: [Double]) {
        precondition(dimension > 0 && values.count % dimension == 0, "values must fill whole points")
        self.dimension = dimension
        self.values = values
    }

    /// The number of points.
    public var count: Int { values.count / dimension }

    /// Coordinate d of point i.
    @inlinable public subscript(i: Int, d: Int) -> Double {
        get { values[i &* dimension &+ d] }
        set { values[i &* dimension &+ d] = newValue }
    }

    /// The first `n` points (all of them when there are fewer).
    public func prefix(_ n: Int) -> Points {
        Points(dimension: dimension, values: Array(values.prefix(n * dimension)))
    }
}

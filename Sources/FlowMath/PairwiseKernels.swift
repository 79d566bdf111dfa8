import CFlowKernels

/// Points in the kernels' layout: one row per coordinate, padded so that vector loads may run past the last point.
public struct FeatureMajorPoints: Sendable {
    /// Number of points.
    public let count: Int
    /// D.
    public let dimension: Int
    /// Elements from one coordinate's row to the next, ≥ count + 7.
    public let stride: Int
    let values: [Double]

    /// Transposes the first `limit` points (all when nil).
    public init(_ points: Points, limit: Int? = nil) {
        count = min(points.count, limit ?? points.count)
        dimension = points.dimension
        stride = (count + 15) & ~7
        var values = [Double](repeating: 0, count: stride * dimension)
        for d in 0..<dimension {
            for i in 0..<count { values[d &* stride &+ i] = points.values[i &* dimension &+ d] }
        }
        self.values = values
    }

    private init(count: Int, dimension: Int, stride: Int, values: [Double]) {
        self.count = count
        self.dimension = dimension
        self.stride = stride
        self.values = values
    }

    /// Every coordinate multiplied by `factor`.
    func scaled(by factor: Double) -> FeatureMajorPoints {
        FeatureMajorPoints(count: count, dimension: dimension, stride: stride, values: values.map { $0 * factor })
    }

    func withKernelPoints<R>(_ body: (flow_points) -> R) -> R {
        values.withUnsafeBufferPointer { buffer in
            body(flow_points(values: buffer.baseAddress, stride: stride, count: count))
        }
    }
}

/// The double-precision kernels over pairs of points, in Swift terms. Every function is deterministic, with the same
/// bits for AVX2 and AVX-512; `isa` chooses the table in tests.
public struct PairwiseKernels: Sendable {
    let table: flow_pairwise_kernels
    /// `fma16` or `muladd16`: what part of a result's bits depends on.
    public let numericsVariant: String

    /// The kernels of this machine's best instruction set.
    public static let current = PairwiseKernels(flow_kernels_current().pointee)

    /// The kernels of one instruction set (`avx512`, `avx2`, `portable`); nil when this machine lacks it.
    public init?(isa: String) {
        guard let table = flow_kernels_named(isa) else { return nil }
        self.init(table.pointee)
    }

    private init(_ kernels: flow_kernels) {
        table = kernels.pairwise
        numericsVariant = String(cString: kernels.numerics_variant)
    }

    /// Sums of kernels by row (points of a) and by column (points of b).
    public struct Sums: Sendable, Equatable {
        /// One per point of a.
        public var rows: [Double]
        /// One per point of b.
        public var columns: [Double]

        /// Wraps sums.
        public init(rows: [Double], columns: [Double]) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Σ over pairs of u = exp(−‖a−b‖²/(2h²)) (`single`) and of u + u⁴ + u¹⁶ + u⁶⁴ + u²⁵⁶ (`mixture`, the bandwidths
    /// h, h/2, h/4, h/8, h/16), by row and by column. With `b` nil: the pairs i < j of `a` (a row holds the pairs in
    /// which the point comes first, a column those in which it comes second).
    /// Coordinates must be finite, also after division by `bandwidth`.
    public func gaussianSums(
        _ a: FeatureMajorPoints, _ b: FeatureMajorPoints?, bandwidth: Double
    ) -> (single: Sums, mixture: Sums) {
        precondition(b.map { $0.dimension == a.dimension } ?? true, "both sets need one dimension")
        let factor = Self.gaussianScale / bandwidth
        let scaled = a.scaled(by: factor)
        let other = b?.scaled(by: factor) ?? scaled
        var rowsSingle = [Double](repeating: 0, count: a.count)
        var rowsMixture = rowsSingle
        var columnsSingle = [Double](repeating: 0, count: other.count + 7)
        var columnsMixture = columnsSingle
        scaled.withKernelPoints { first in
            other.withKernelPoints { second in
                table.gaussian_sums(
                    first, second, a.dimension, b == nil ? 1 : 0, &rowsSingle, &rowsMixture, &columnsSingle,
                    &columnsMixture)
            }
        }
        columnsSingle.removeLast(7)
        columnsMixture.removeLast(7)
        return (Sums(rows: rowsSingle, columns: columnsSingle), Sums(rows: rowsMixture, columns: columnsMixture))
    }

    /// The `single` sums of ``gaussianSums(_:_:bandwidth:)`` alone, the same bits in less time.
    public func gaussianSingleSums(_ a: FeatureMajorPoints, _ b: FeatureMajorPoints?, bandwidth: Double) -> Sums {
        precondition(b.map { $0.dimension == a.dimension } ?? true, "both sets need one dimension")
        let factor = Self.gaussianScale / bandwidth
        let scaled = a.scaled(by: factor)
        let other = b?.scaled(by: factor) ?? scaled
        var rows = [Double](repeating: 0, count: a.count)
        var columns = [Double](repeating: 0, count: other.count + 7)
        scaled.withKernelPoints { first in
            other.withKernelPoints { second in
                table.gaussian_single_sums(first, second, a.dimension, b == nil ? 1 : 0, &rows, &columns)
            }
        }
        columns.removeLast(7)
        return Sums(rows: rows, columns: columns)
    }

    /// 1/√(2 ln 2): exp(−d²/(2h²)) = 2^(−(d/(h √(2 ln 2)))²).
    private static let gaussianScale = 0.8493218002880191

    /// Σ over pairs of ‖a−b‖ by row and by column; with `b` nil the pairs i < j of `a`.
    public func distanceSums(_ a: FeatureMajorPoints, _ b: FeatureMajorPoints?) -> Sums {
        let other = b ?? a
        precondition(other.dimension == a.dimension, "both sets need one dimension")
        var rows = [Double](repeating: 0, count: a.count)
        var columns = [Double](repeating: 0, count: other.count + 7)
        a.withKernelPoints { first in
            other.withKernelPoints { second in
                table.distance_sums(first, second, a.dimension, b == nil ? 1 : 0, &rows, &columns)
            }
        }
        columns.removeLast(7)
        return Sums(rows: rows, columns: columns)
    }

    /// All ‖a_i − b_j‖², as rows of a cost matrix.
    public func squaredDistances(_ a: FeatureMajorPoints, _ b: FeatureMajorPoints) -> CostMatrix {
        precondition(b.dimension == a.dimension, "both sets need one dimension")
        var matrix = CostMatrix(rows: a.count, columns: b.count)
        a.withKernelPoints { first in
            b.withKernelPoints { second in
                table.squared_distances(first, second, a.dimension, &matrix.values, matrix.stride)
            }
        }
        return matrix
    }

    /// Σ_d direction[d]·a[d] for each point, written into `output` (at least count + 7 elements).
    public func project(_ a: FeatureMajorPoints, onto direction: [Double], into output: inout [Double]) {
        precondition(direction.count == a.dimension && output.count >= a.count + 7, "sizes must fit")
        a.withKernelPoints { points in
            table.project(points, a.dimension, direction, &output)
        }
    }

    /// Sorts the first `count` values ascending; `scratch` has at least as many elements.
    public func sort(_ values: inout [Double], count: Int, scratch: inout [Double]) {
        precondition(count <= values.count && count <= scratch.count, "sizes must fit")
        table.sort(&values, &scratch, count)
    }

    /// The values in ascending order.
    public func sorted(_ values: [Double]) -> [Double] {
        var result = values
        var scratch = [Double](repeating: 0, count: values.count)
        sort(&result, count: result.count, scratch: &scratch)
        return result
    }
}

/// A dense cost matrix whose rows are padded for the kernels.
public struct CostMatrix: Sendable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// Elements from one row to the next.
    public let stride: Int
    /// rows × stride costs; what lies in the padding is never used.
    public var values: [Double]

    /// A matrix of zeros.
    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        stride = (columns + 15) & ~7
        values = [Double](repeating: 0, count: rows * stride)
    }

    /// Whether no cost is infinite or NaN.
    public var isFinite: Bool {
        // The exponent bits are all ones for exactly those: an integer maximum, which vectorises.
        let exponent: UInt64 = 0x7FF0_0000_0000_0000
        var largest: UInt64 = 0
        values.withUnsafeBufferPointer { values in
            for i in 0..<rows {
                for j in 0..<columns { largest = max(largest, values[i &* stride &+ j].bitPattern & exponent) }
            }
        }
        return largest != exponent
    }

    /// The matrix of square roots.
    public func squareRoots() -> CostMatrix {
        var result = self
        result.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = values[index].squareRoot() }
        }
        return result
    }

    /// Cost of row i and column j.
    public subscript(i: Int, j: Int) -> Double {
        get { values[i &* stride &+ j] }
        set { values[i &* stride &+ j] = newValue }
    }
}

import CFlowKernels
import FlowMath

/// The permutation test of the five-bandwidth MMD² (Gretton et al. 2012, section 5): p = (b + 1)/(permutations + 1), b the
/// number of random divisions of the pooled points into two sets of the same sizes whose MMD² is at least the one
/// observed (Phipson & Smyth 2010). Uniform on its steps when both samples have one distribution.
///
/// Division number k is drawn from substream k of `stream`. Time 2 (n + m)² · permutations operations of the dense
/// single-precision kernels; memory a few MB for each thousand points, never the whole kernel matrix.
func permutationTest(
    _ a: Points, _ b: Points, bandwidth: Double, permutations: Int, stream: RandomStream
) -> Result<Double, SampleProblem> {
    if let problem = kernelProblem(a, b, bandwidth: bandwidth) { return .failure(problem) }
    var test = PermutationTest(a, b, bandwidth: bandwidth)
    let observed = test.statistics([nil])[0]
    var atLeast = 0
    var first = 1
    while first <= permutations {
        let numbers = first...min(permutations, first + PermutationTest.together - 1)
        for statistic in test.statistics(numbers.map { stream.substream(UInt32($0)) })
        where statistic.value >= observed.value - 1e-6 * observed.scale {
            // The margin is the rounding of single precision, far below the spread of the statistic: it only makes
            // divisions that are the same up to exchange count as equal.
            atLeast += 1
        }
        first = numbers.upperBound + 1
    }
    return .success(Double(atLeast + 1) / Double(permutations + 1))
}

/// MMD² of many divisions of one pool of points.
private struct PermutationTest {
    /// Divisions that one pass over the kernel matrix serves.
    static let together = 1024
    /// Divisions in a tile, and rows of the kernel matrix that are made at a time.
    private static let width = 32
    private static let blockRows = 32

    private let pool: Points
    private let features: FeatureMajorPoints
    private let count: (first: Int, second: Int)
    private let bandwidth: Double
    private let kernels = Kernels.current

    init(_ a: Points, _ b: Points, bandwidth: Double) {
        pool = Points(dimension: a.dimension, values: a.values + b.values)
        features = FeatureMajorPoints(pool)
        count = (a.count, b.count)
        self.bandwidth = bandwidth
    }

    /// The unbiased MMD² (times 5) of each division, and the size of its terms. A stream draws which points are the first
    /// set; nil is the division as given.
    mutating func statistics(_ divisions: [RandomStream?]) -> [(value: Double, scale: Double)] {
        let total = pool.count
        let width = Self.width
        let tileCount = (divisions.count + width - 1) / width
        // Tile k, row i, column t: 1 where point i is in the first set of division k · width + t.
        let members = AlignedBuffer(count: tileCount * total * width)
        var order = [Int32](repeating: 0, count: total)
        for (number, stream) in divisions.enumerated() {
            let column = members.pointer + (number / width) * total * width + number % width
            for i in 0..<total { order[i] = Int32(i) }
            if var stream {
                for i in 0..<count.first { order.swapAt(i, i + stream.nextIndex(below: total - i)) }
            }
            for i in 0..<count.first { column[Int(order[i]) * width] = 1 }
        }

        /// Twice the sum over pairs within the first set, and the sum of the first set's rows.
        var within = [Double](repeating: 0, count: tileCount * width)
        var rows = within
        var whole = 0.0
        let block = AlignedBuffer(count: Self.blockRows * total)
        let bias = AlignedBuffer(count: Self.blockRows)
        let products = AlignedBuffer(count: Self.blockRows * width)
        for start in stride(from: 0, to: total, by: Self.blockRows) {
            let height = min(Self.blockRows, total - start)
            let sums = kernelRows(start, height, into: block.pointer)
            for sum in sums { whole += sum }
            for tile in 0..<tileCount {
                let tileMembers = members.pointer + tile * total * width
                kernels.dense.forward(
                    block.pointer, bias.pointer, tileMembers, products.pointer, total, height, width, 0)
                for o in 0..<height {
                    let own = tileMembers + (start + o) * width
                    for t in 0..<width {
                        let member = Double(own[t])
                        within[tile &* width &+ t] += member * Double(products.pointer[o &* width &+ t])
                        rows[tile &* width &+ t] += member * sums[o]
                    }
                }
            }
        }
        let (n, m) = (Double(count.first), Double(count.second))
        return divisions.indices.map { number in
            let between = rows[number] - within[number]
            let first = within[number] / (n * (n - 1))
            let second = (whole - within[number] - 2 * between) / (m * (m - 1))
            let cross = 2 * between / (n * m)
            return (first + second - cross, first + second + cross)
        }
    }

    /// Rows `start` … of the kernel matrix with a diagonal of 0, row-major in single precision; their sums.
    private func kernelRows(_ start: Int, _ height: Int, into block: UnsafeMutablePointer<Float>) -> [Double] {
        let dimension = pool.dimension
        let own = Points(
            dimension: dimension, values: Array(pool.values[(start * dimension)..<((start + height) * dimension)]))
        var matrix = PairwiseKernels.current.squaredDistances(FeatureMajorPoints(own), features)
        let factor = -0.5 / (bandwidth * bandwidth)
        for index in matrix.values.indices { matrix.values[index] *= factor }
        Elementary.exp(&matrix.values)
        return matrix.values.withUnsafeBufferPointer { values in
            (0..<height).map { o in
                var sum = 0.0
                for j in 0..<pool.count {
                    let u = values[o &* matrix.stride &+ j]
                    let u4 = (u * u) * (u * u)
                    let u16 = (u4 * u4) * (u4 * u4)
                    let u64 = (u16 * u16) * (u16 * u16)
                    let u256 = (u64 * u64) * (u64 * u64)
                    let value = j == start &+ o ? 0 : u + u4 + u16 + u64 + u256
                    block[o &* pool.count &+ j] = Float(value)
                    sum += value
                }
                return sum
            }
        }
    }
}

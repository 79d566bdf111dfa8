import FlowMath
import Tasks

/// Scrambled Sobol' points in a box.
///
/// Sobol' 1967 with the direction numbers of Joe and Kuo 2008 for the first 21 coordinates, in Gray-code order (Antonov and
/// Saleev 1979), scrambled by random lower-triangular binary matrices and a digital shift (Matoušek 1998). Every
/// single point is uniform in the box, so averages over the points are unbiased; only their joint distribution is more
/// even than that of independent draws. Coordinates beyond the 21st are independent.
package enum SobolSequence {
    /// Coordinates with direction numbers.
    static let dimensionLimit = 21

    /// Points `range` (at most 2³²) in `box`. A pure function of the range's points: how a sequence is cut into ranges does
    /// not matter.
    package static func points(_ range: Range<Int>, box: [ClosedRange<Double>], stream: RandomStream) -> Points {
        precondition(range.lowerBound >= 0 && range.upperBound <= 1 << 32, "a sequence has 2³² points")
        let dimension = box.count
        let count = range.count
        var values = [Double](repeating: 0, count: count * dimension)
        values.withUnsafeMutableBufferPointer { values in
            for d in 0..<dimension {
                let (lower, width) = (box[d].lowerBound, box[d].upperBound - box[d].lowerBound)
                var random = stream.substream(UInt32(d))
                guard d < dimensionLimit else {
                    random = random.positioned(atBlock: UInt64(range.lowerBound))
                    for i in 0..<count {
                        values[i &* dimension &+ d] = lower + width * random.nextUniform()
                        // One block of the stream, two numbers, per point.
                        _ = random.nextBits()
                    }
                    continue
                }
                let shift = random.nextBits()
                let columns = scrambled(directionNumbers(coordinate: d), &random)
                let gray = range.lowerBound ^ (range.lowerBound >> 1)
                var point = shift
                for k in 0..<32 where gray >> k & 1 == 1 { point ^= columns[k] }
                columns.withUnsafeBufferPointer { columns in
                    for i in 0..<count {
                        values[i &* dimension &+ d] = lower + width * (Double(point >> 11) * 0x1p-53)
                        // Gray codes of n and n + 1 differ in the lowest zero bit of n.
                        point ^= columns[min((range.lowerBound &+ i &+ 1).trailingZeroBitCount, 31)]
                    }
                }
            }
        }
        return Points(dimension: dimension, values: values)
    }

    /// Points `range` distributed as the task's prior: in its box where that is uniform, else points of the unit cube
    /// through the prior's quantile functions.
    package static func points(_ range: Range<Int>, task: any InferenceTask, stream: RandomStream) -> Points {
        guard case .normal(let means, let standardDeviations) = task.prior else {
            return points(range, box: task.priorBox, stream: stream)
        }
        let dimension = task.dimension
        var result = points(range, box: Array(repeating: 0...1, count: dimension), stream: stream)
        for index in result.values.indices {
            let d = index % dimension
            // 0 is one of 2⁵³ values; its quantile would be infinite.
            let quantile = Elementary.normalQuantile(max(result.values[index], 0x1p-54))
            result.values[index] = means[d] + standardDeviations[d] * quantile
        }
        return result
    }

    /// 32 direction numbers of a coordinate; the leading digit is the highest of 64 bits.
    package static func directionNumbers(coordinate: Int) -> [UInt64] {
        var m: [UInt64]
        if coordinate == 0 {
            m = [UInt64](repeating: 1, count: 32)
        } else {
            let (degree, polynomial, initial) = table[coordinate - 1]
            m = initial
            for k in degree..<32 {
                // Bratley and Fox 1988, equation 2.
                var next = m[k - degree] ^ (m[k - degree] << UInt64(degree))
                for i in 1..<max(degree, 1) where polynomial >> (degree - 1 - i) & 1 == 1 {
                    next ^= m[k - i] << UInt64(i)
                }
                m.append(next)
            }
        }
        return m.enumerated().map { k, number in number << UInt64(63 - k) }
    }

    /// The columns multiplied by a random lower-triangular matrix with ones on the diagonal.
    private static func scrambled(_ columns: [UInt64], _ stream: inout RandomStream) -> [UInt64] {
        let rows = (0..<64).map { row -> UInt64 in
            let diagonal = UInt64(1) << UInt64(63 - row)
            // Digits before the row's own have higher bits.
            return stream.nextBits() & ~(diagonal | (diagonal - 1)) | diagonal
        }
        return columns.map { column in
            var result: UInt64 = 0
            for row in rows { result = result << 1 | UInt64((row & column).nonzeroBitCount & 1) }
            return result
        }
    }

    /// Degree, inner coefficients of the primitive polynomial and initial numbers of coordinates 2 … 21 (Joe and Kuo
    /// 2008, new-joe-kuo-6).
    private static let table: [(degree: Int, polynomial: Int, initial: [UInt64])] = [
        (1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1]), (3, 2, [1, 1, 1]), (4, 1, [1, 1, 3, 3]),
        (4, 4, [1, 3, 5, 13]), (5, 2, [1, 1, 5, 5, 17]), (5, 4, [1, 1, 5, 5, 5]), (5, 7, [1, 1, 7, 11, 19]),
        (5, 11, [1, 1, 5, 1, 1]), (5, 13, [1, 1, 1, 3, 11]), (5, 14, [1, 3, 5, 5, 31]), (6, 1, [1, 3, 3, 9, 7, 49]),
        (6, 13, [1, 1, 1, 15, 21, 21]), (6, 16, [1, 3, 1, 13, 27, 49]), (6, 19, [1, 1, 1, 15, 7, 5]),
        (6, 22, [1, 3, 1, 15, 13, 25]), (6, 25, [1, 1, 5, 5, 19, 61]), (7, 1, [1, 3, 7, 11, 23, 15, 103]),
        (7, 4, [1, 3, 7, 13, 13, 15, 69]),
    ]
}

import FlowMath
import Foundation
import Testing

/// The C kernels against plain loops, and the same bits from AVX2 and AVX-512.
@Suite struct PairwiseKernelTests {
    private func points(_ n: Int, _ dimension: Int, _ seed: UInt64) -> FeatureMajorPoints {
        var stream = RandomStream(seed: seed, purpose: .reference)
        return FeatureMajorPoints(
            Points(dimension: dimension, values: (0..<(n * dimension)).map { _ in 2 * stream.nextNormal() }))
    }

    private func compare(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($0)) }
    }

    @Test func sumsAgreeWithPlainLoops() {
        for (n, m, dimension) in [(1, 1, 1), (2, 9, 2), (17, 8, 3), (33, 40, 2), (20, 23, 7), (70, 131, 3), (5, 97, 2)]
        {
            let a = points(n, dimension, 1)
            let b = points(m, dimension, 2)
            for other in [b, nil] {
                let second = other ?? a
                let matrix = PairwiseKernels.current.squaredDistances(a, second)
                var distances = PairwiseKernels.Sums(rows: zeros(n), columns: zeros(second.count))
                var single = distances
                var mixture = distances
                for i in 0..<n {
                    for j in (other == nil ? i + 1 : 0)..<max(second.count, i + 1) where j < second.count {
                        let square = matrix[i, j]
                        let terms = [1.0, 4, 16, 64, 256].map { exp(-square * $0 / (2 * 1.3 * 1.3)) }
                        distances.rows[i] += square.squareRoot()
                        distances.columns[j] += square.squareRoot()
                        single.rows[i] += terms[0]
                        single.columns[j] += terms[0]
                        mixture.rows[i] += terms.reduce(0, +)
                        mixture.columns[j] += terms.reduce(0, +)
                    }
                }
                for isa in ["avx512", "avx2", "portable"] {
                    guard let kernels = PairwiseKernels(isa: isa) else { continue }
                    let found = kernels.gaussianSums(a, other, bandwidth: 1.3)
                    #expect(kernels.gaussianSingleSums(a, other, bandwidth: 1.3) == found.single)
                    let lengths = kernels.distanceSums(a, other)
                    for (x, y) in [
                        (found.single, single), (found.mixture, mixture), (lengths, distances),
                    ] {
                        #expect(
                            compare(x.rows, y.rows, 1e-12) && compare(x.columns, y.columns, 1e-12), "\(isa) \(n) \(m)")
                    }
                }
            }
        }
    }

    @Test func identicalPointsHaveKernelOne() {
        let same = FeatureMajorPoints(Points(dimension: 2, values: [Double](repeating: 1.37, count: 18)))
        let sums = PairwiseKernels.current.gaussianSums(same, nil, bandwidth: 0.01)
        #expect(sums.single.rows.reduce(0, +) == 36 && sums.mixture.rows.reduce(0, +) == 180)
        // Far pairs count 2^−252, not a trap, a subnormal or a NaN.
        let far = FeatureMajorPoints(Points(dimension: 1, values: [0, 1e6]))
        #expect(PairwiseKernels.current.gaussianSums(far, nil, bandwidth: 1e-3).single.rows[0] < 1e-75)
    }

    @Test func wideAndNarrowRegistersGiveTheSameBits() throws {
        guard let wide = PairwiseKernels(isa: "avx512"), let narrow = PairwiseKernels(isa: "avx2") else { return }
        for dimension in [1, 2, 3, 5] {
            let a = points(101, dimension, 3)
            let b = points(77, dimension, 4)
            #expect(wide.gaussianSums(a, b, bandwidth: 2).mixture == narrow.gaussianSums(a, b, bandwidth: 2).mixture)
            #expect(wide.gaussianSums(a, nil, bandwidth: 2).single == narrow.gaussianSums(a, nil, bandwidth: 2).single)
            #expect(wide.distanceSums(a, b) == narrow.distanceSums(a, b))
            let square = points(101, dimension, 5)
            let costs = wide.squaredDistances(a, square)
            #expect(costs.values == narrow.squaredDistances(a, square).values)
            let first = try #require(AssignmentSolver.solve(costs, kernels: wide))
            let second = try #require(AssignmentSolver.solve(costs, kernels: narrow))
            #expect(first.columnOfRow == second.columnOfRow && first.rowPrices == second.rowPrices)
        }
    }

    @Test func sortsLikeATotalOrder() {
        var stream = RandomStream(seed: 9, purpose: .reference)
        let nearlyEqual = (0..<3000).map { _ in 1e6 + 1e-4 * stream.nextNormal() }
        let cases: [[Double]] = [
            [], [1], [2, 1], (0..<50).map { _ in stream.nextNormal() }, (0..<5000).map { _ in stream.nextNormal() },
            nearlyEqual, [Double](repeating: 3, count: 500), (0..<2000).map { Double($0) },
            (0..<2000).map { -Double($0) },
            (0..<1000).map { _ in Double(bitPattern: stream.nextBits()) }.filter { !$0.isNaN },
            (0..<300).map { [0, -0.0, .infinity, -.infinity, Double.leastNonzeroMagnitude, -5][$0 % 6] },
        ]
        for isa in ["avx512", "avx2", "portable"] {
            guard let kernels = PairwiseKernels(isa: isa) else { continue }
            for values in cases {
                let expected = values.sorted {
                    $0.isTotallyOrdered(belowOrEqualTo: $1) && $0.bitPattern != $1.bitPattern
                }
                #expect(kernels.sorted(values).map(\.bitPattern) == expected.map(\.bitPattern))
            }
        }
    }

    private func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }
}

/// The assignment solver, certified by its dual prices.
@Suite struct AssignmentTests {
    private func matrix(_ n: Int, _ cost: (Int, Int) -> Double) -> CostMatrix {
        var matrix = CostMatrix(rows: n, columns: n)
        for i in 0..<n { for j in 0..<n { matrix[i, j] = cost(i, j) } }
        return matrix
    }

    @Test func dualPricesProveOptimality() throws {
        var stream = RandomStream(seed: 4, purpose: .reference)
        let clusters = { (n: Int, offset: Double, share: Double) -> FeatureMajorPoints in
            FeatureMajorPoints(
                Points(
                    dimension: 2,
                    values: (0..<n).flatMap { _ -> [Double] in
                        let centre = stream.nextUniform() < share ? -3.0 : 3.0
                        return [offset + centre + 0.3 * stream.nextNormal(), 0.3 * stream.nextNormal()]
                    }))
        }
        var cases: [CostMatrix] = []
        for (n, offset) in [(1, 0.0), (2, 0), (9, 0), (64, 0), (250, 0), (120, 1e4)] {
            cases.append(PairwiseKernels.current.squaredDistances(clusters(n, offset, 0.5), clusters(n, offset, 0.3)))
        }
        var random = RandomStream(seed: 6, purpose: .reference)
        cases.append(matrix(150) { _, _ in random.nextUniform() })
        cases.append(matrix(60) { _, _ in Double(random.nextIndex(below: 4)) })
        cases.append(matrix(60) { _, _ in -Double(random.nextIndex(below: 1000)) })
        cases.append(matrix(40) { _, _ in 1 })
        cases.append(matrix(40) { i, j in Double(i * j) })
        cases.append(matrix(30) { _, _ in 1e150 * random.nextUniform() })
        for costs in cases {
            let found = try #require(AssignmentSolver.solve(costs))
            let n = costs.rows
            #expect(Set(found.columnOfRow) == Set(0..<n))
            var scale = 1.0
            for i in 0..<n { for j in 0..<n { scale = max(scale, abs(costs[i, j])) } }
            var worst = 0.0
            for i in 0..<n {
                for j in 0..<n {
                    let slack = costs[i, j] - found.rowPrices[i] - found.columnPrices[j]
                    worst = max(worst, found.columnOfRow[i] == j ? abs(slack) : -slack)
                }
            }
            #expect(worst <= 1e-11 * scale, "n \(n): violated by \(worst)")
        }
    }

    @Test func agreesWithAllPermutations() throws {
        var stream = RandomStream(seed: 8, purpose: .reference)
        func permutations(_ items: [Int]) -> [[Int]] {
            items.isEmpty
                ? [[]]
                : items.flatMap { head in permutations(items.filter { $0 != head }).map { [head] + $0 } }
        }
        let all = permutations(Array(0..<6))
        for _ in 0..<40 {
            let costs = matrix(6) { _, _ in Double(stream.nextIndex(below: 20)) }
            let least = all.map { order in order.enumerated().reduce(0) { $0 + costs[$1.offset, $1.element] } }.min()
            let found = try #require(AssignmentSolver.solve(costs))
            #expect(found.columnOfRow.enumerated().reduce(0) { $0 + costs[$1.offset, $1.element] } == least)
        }
    }

    @Test func refusesWhatItCannotSolve() {
        #expect(AssignmentSolver.solve(CostMatrix(rows: 2, columns: 3)) == nil)
        #expect(AssignmentSolver.solve(matrix(3) { i, _ in i == 1 ? .nan : 1 }) == nil)
        #expect(AssignmentSolver.solve(matrix(3) { i, _ in i == 1 ? .infinity : 1 }) == nil)
        #expect(AssignmentSolver.solve(CostMatrix(rows: 0, columns: 0))?.columnOfRow == [])
    }
}

import Catalog
import FlowMath
import Foundation
import Metrics
import Testing

/// The permutation test of the MMD.
@Suite struct PermutationTests {
    private func samples(_ repetition: Int, n: Int, m: Int, shift: Double) -> (Points, Points) {
        let stream = RandomStream(seed: 31, purpose: .reference, step: UInt32(repetition))
        return (
            Mixture([(1, [0, 0], 1)]).sample(count: n, stream: stream),
            Mixture([(1, [shift, 0], 1)]).sample(count: m, stream: stream.substream(1))
        )
    }

    private func p(_ a: Points, _ b: Points, permutations: Int, seed: UInt64 = 0) throws -> Double {
        let found = try sampleMetric(
            named: "mmd", a, b, parameters: ["permutations": .integer(permutations)], seed: seed)
        #expect(found.map(\.column) == ["mmd", "mmd-p"])
        return try #require(found[1].value)
    }

    /// Four points: all 6 divisions are known, so p over many permutations tends to the share of those with an MMD² of at
    /// least the observed one, here brute force with the five kernels written out.
    @Test func agreesWithAllDivisionsOfFourPoints() throws {
        let pool = [0.0, 0.4, 1.0, 3.0]
        func kernel(_ x: Double, _ y: Double) -> Double {
            [1.0, 0.5, 0.25, 0.125, 0.0625].reduce(0) { $0 + exp(-(x - y) * (x - y) / (2 * $1 * $1)) / 5 }
        }
        func statistic(_ i: Int, _ j: Int) -> Double {
            let rest = (0..<4).filter { $0 != i && $0 != j }
            let cross = [i, j].flatMap { a in rest.map { kernel(pool[a], pool[$0]) } }.reduce(0, +) / 4
            return kernel(pool[i], pool[j]) + kernel(pool[rest[0]], pool[rest[1]]) - 2 * cross
        }
        var all: [Double] = []
        for i in 0..<3 { for j in (i + 1)..<4 { all.append(statistic(i, j)) } }
        for (i, j) in [(0, 1), (0, 2), (0, 3)] {
            let rest = (0..<4).filter { $0 != i && $0 != j }
            let observed = statistic(i, j)
            let share = Double(all.filter { $0 >= observed - 1e-12 }.count) / 6
            let found = try sampleMetric(
                named: "mmd", Points(dimension: 1, values: [pool[i], pool[j]]),
                Points(dimension: 1, values: rest.map { pool[$0] }),
                parameters: ["permutations": .integer(6_000), "bandwidth": .number(1)])
            #expect(try abs(#require(found[0].value) - observed) < 1e-12)
            #expect(try abs(#require(found[1].value) - share) < 4 * (share * (1 - share) / 6_000).squareRoot() + 1e-3)
        }
    }

    /// Over 400 pairs of equal distributions p is uniform on k/20 (19 permutations): χ² with 19 degrees of freedom is
    /// below 43.8 with probability .999 (SciPy).
    @Test func uniformUnderTheNull() throws {
        var counts = [Int](repeating: 0, count: 21)
        for repetition in 0..<400 {
            let (a, b) = samples(repetition, n: 12, m: 17, shift: 0)
            let value = try p(a, b, permutations: 19, seed: UInt64(repetition))
            counts[Int((value * 20).rounded())] += 1
        }
        #expect(counts[0] == 0)
        let statistic = counts.dropFirst().reduce(0.0) { $0 + (Double($1) - 20) * (Double($1) - 20) / 20 }
        #expect(statistic < 43.8, "χ² \(statistic)")
    }

    @Test func smallForDifferentSamples() throws {
        let (a, b) = samples(0, n: 80, m: 90, shift: 2)
        #expect(try p(a, b, permutations: 999) == 0.001)
        #expect(try p(a, b, permutations: 2_500) == 1 / 2_501.0)
        // More permutations than one pass takes continue the same sequence.
        let (c, d) = samples(1, n: 30, m: 30, shift: 0.35)
        let (few, many) = (try p(c, d, permutations: 1_000), try p(c, d, permutations: 1_500))
        let extra = many * 1_501 - few * 1_001
        #expect(extra >= -1e-9 && extra <= 500 && abs(extra - extra.rounded()) < 1e-9)
    }

    @Test func asAMetricOfARun() throws {
        let task = MixtureTask(mixture: twoModes())
        let parameters: [String: JSONValue] = ["permutations": .integer(99)]
        let equal = try #require(
            try values(task.mixture, task, key: "mmd-p", metrics: ["mmd-p"], parameters: parameters)["mmd-p"])
        #expect(equal.direction == .higher && equal.details["permutations"] == 99)
        #expect(equal.parameters == #"{"bandwidth":"median","kernelSamples":300,"permutations":99}"#)
        // Uniform on k/100: the mean and sd of NumPy's arange(1, 101)/100.
        let floor = try #require(equal.floor)
        #expect(abs(floor.mean - 0.505) < 1e-12 && abs(floor.standardDeviation - 0.28866070047722118) < 1e-12)
        let missing = try values(twoModes(0.8), task, key: "mmd-p", metrics: ["mmd-p"], parameters: parameters)
        #expect(missing["mmd-p"]?.value == 0.01)
    }
}

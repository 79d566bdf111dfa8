import FlowMath
import Foundation
import Metrics
import Testing

/// Statistics of rank histograms and their null distribution against SciPy and NumPy (Tests/Oracles/conditional.py).
@Suite struct RankStatisticsTests {
    private func number(_ value: Any?) throws -> Double { try #require(value as? Double) }

    @Test func agreesWithTheOracle() throws {
        let cases = try #require(oracle("conditional.json")["cases"] as? [[String: Any]])
        #expect(cases.count == 4)
        for expected in cases {
            let ranks = try #require(expected["ranks"] as? [Int])
            let histogram = RankHistogram(ranks)
            #expect(histogram.binCounts == expected["bins"] as? [Int])
            #expect(try abs(histogram.distance - number(expected["distance"])) < 1e-12)
            #expect(try abs(histogram.meanDeviation.value - number(expected["meanDeviation"])) < 1e-12)
            #expect(try abs(histogram.meanDeviation.standardError - number(expected["meanDeviationError"])) < 1e-12)
            #expect(try abs(histogram.meanExcess.value - number(expected["meanExcess"])) < 1e-12)
            #expect(try abs(histogram.coverage(percent: 50) - number(expected["coverage50"])) < 1e-12)
            #expect(try abs(histogram.chiSquare - number(expected["chiSquare"])) < 1e-9)
            #expect(try abs(histogram.chiSquareTail - number(expected["chiSquareTail"])) < 1e-10)
        }
    }

    @Test func chiSquareTails() throws {
        let tails = try #require(oracle("conditional.json")["chiSquareTails"] as? [[Double]])
        #expect(tails.count == 18)
        for tail in tails {
            let found = RankHistogram.chiSquareTail(tail[0], degreesOfFreedom: Int(tail[1]))
            #expect(abs(found - tail[2]) <= 1e-10 * max(tail[2], 1e-3), "\(tail): \(found)")
        }
    }

    /// Both sides are simulations with generators of their own: agreement within five standard errors of both.
    @Test func nullDistributionAgrees() throws {
        let expected = try #require(oracle("conditional.json")["null"] as? [String: Any])
        let count = try #require(expected["count"] as? Int)
        let sets = try Double(#require(expected["sets"] as? Int))
        let null = RankNull.of(count: count)
        let own = Double(RankNull.replicates)
        let tails = try #require(expected["tails"] as? [[String: Any]])
        #expect(tails.count == 4)
        for tail in tails {
            let probe = try #require(tail["probe"] as? [Int])
            let histogram = RankHistogram(probe)
            let p = try number(tail["p"])
            let error = (p * (1 - p) * (1 / own + 1 / sets)).squareRoot()
            #expect(abs(null.tail(histogram) - p) < 5 * error + 1 / own, "\(p): \(null.tail(histogram))")
        }
        let three = try #require(expected["largestOfThree"] as? [Double])
        let floor = null.largestDistance(of: 3)
        #expect(floor.repetitions == 3_333)
        #expect(abs(floor.mean - three[0]) < 5 * three[1] / 3_333.0.squareRoot())
        #expect(abs(floor.standardDeviation / three[1] - 1) < 0.07)
        // Closed form: the mean excess of n ranks uniform on 0 … 99 has variance (100² − 1)/(12 · 99² n).
        #expect(abs(null.meanExcess.standardDeviation - (9_999.0 / 12 / 9_801 / Double(count)).squareRoot()) < 1e-12)
        #expect(null.tail(RankHistogram([Int](repeating: 0, count: count))) == 1e-4)
        #expect(null.tail(RankHistogram((0..<count).map { $0 % 100 })) == 1)
    }

    @Test func ranksCountSmallerDrawsAndBreakTiesAtRandom() {
        let stream = RandomStream(seed: 1, purpose: .reference)
        var distinct = RankCounter(count: 2, tieStream: stream)
        for draw in [3.0, -1, 0.5, 7] {
            distinct.compare(0, draw: draw, truth: 1)
            distinct.compare(1, draw: draw, truth: 8)
        }
        #expect(distinct.ranks() == [2, 4])
        // Every draw equals its true value: the ranks are uniform on 0 … 99.
        var equal = RankCounter(count: 4_000, tieStream: stream)
        for _ in 0..<RankHistogram.draws {
            for i in 0..<4_000 { equal.compare(i, draw: 2, truth: 2) }
        }
        let histogram = RankHistogram(equal.ranks())
        #expect(RankNull.of(count: 4_000).tail(histogram) > 0.01 && histogram.chiSquareTail > 0.01)
    }
}

import FlowMath
import Foundation
import Reports
import Testing

/// Values of SciPy 1.17.1, made by Tests/Oracles/statistics.py.
struct StatisticsOracle: Decodable {
    struct Tail: Decodable { let df, t, tail: Double }
    struct Table: Decodable {
        let a, b, ci, differenceCI, signedRanks: [Double]
        let mean, difference, p: Double
    }
    struct Strata: Decodable {
        let strata: [[Double]]
        let mean: Double
        let ci: [Double]
    }
    struct Family: Decodable { let p, adjusted: [Double] }
    let tails, quantiles: [Tail]
    let tables: [Table]
    let stratified: [Strata]
    let holm: [Family]

    static func load() throws -> StatisticsOracle {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/statistics.json")
        return try JSONDecoder().decode(StatisticsOracle.self, from: Data(contentsOf: url))
    }
}

/// |value − expected| ≤ tolerance · max(|expected|, scale).
func isClose(_ value: Double?, _ expected: Double, _ tolerance: Double, scale: Double = 0) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= tolerance * max(abs(expected), scale)
}

@Suite struct StatisticsTests {
    let oracle: StatisticsOracle

    init() throws {
        oracle = try StatisticsOracle.load()
    }

    @Test func studentTailsAgreeWithSciPy() {
        for tail in oracle.tails {
            let value = StudentT(degreesOfFreedom: tail.df).twoSidedTail(tail.t)
            #expect(
                isClose(value, tail.tail, max(1e-12, 1e-16 * tail.df)),
                "df \(tail.df), t \(tail.t): \(value) is not \(tail.tail)")
        }
    }

    @Test func studentQuantilesAgreeWithSciPy() {
        for quantile in oracle.quantiles {
            let value = StudentT(degreesOfFreedom: quantile.df).criticalValue(twoSidedTail: quantile.tail)
            #expect(isClose(value, quantile.t, 1e-11), "df \(quantile.df), \(quantile.tail): \(value), \(quantile.t)")
        }
    }

    /// F(t) = 1/2 + atan(t)/π for one degree of freedom, 1/2 + t/(2√(2 + t²)) for two.
    @Test func studentClosedForms() {
        for t in [-40.0, -3, -0.5, 0, 0.1, 1, 12.7] {
            let one = StudentT(degreesOfFreedom: 1).cumulative(t)
            let two = StudentT(degreesOfFreedom: 2).cumulative(t)
            #expect(isClose(one, 0.5 + atan(t) / Double.pi, 1e-13, scale: 0.1))
            #expect(isClose(two, 0.5 + t / (2 * (2 + t * t).squareRoot()), 1e-13, scale: 0.1))
        }
    }

    @Test func intervalsAndTestsAgreeWithSciPyOnRandomTables() throws {
        #expect(oracle.tables.count >= 100)
        for (index, table) in oracle.tables.enumerated() {
            let scale = table.a.map { abs($0) }.max() ?? 1
            let mean = try #require(MeanEstimate(table.a))
            #expect(isClose(mean.mean, table.mean, 1e-12, scale: scale))
            #expect(isClose(mean.interval?.lower, table.ci[0], 1e-10, scale: scale), "table \(index)")
            #expect(isClose(mean.interval?.upper, table.ci[1], 1e-10, scale: scale), "table \(index)")
            let differences = zip(table.a, table.b).map { $0 - $1 }
            let difference = try #require(MeanEstimate(differences))
            #expect(isClose(difference.mean, table.difference, 1e-12, scale: scale))
            #expect(isClose(difference.interval?.lower, table.differenceCI[0], 1e-10, scale: scale))
            #expect(isClose(difference.interval?.upper, table.differenceCI[1], 1e-10, scale: scale))
            #expect(isClose(SignFlip.p(differences), table.p, 1e-12), "table \(index)")
            #expect(PairedScores.signedMidranks(differences) == table.signedRanks, "table \(index)")
        }
    }

    @Test func stratifiedIntervalsAgreeWithWelchSatterthwaite() throws {
        for sample in oracle.stratified {
            let estimate = try #require(StratifiedEstimate(sample.strata))
            #expect(isClose(estimate.mean, sample.mean, 1e-12, scale: 1))
            #expect(isClose(estimate.interval?.lower, sample.ci[0], 1e-10, scale: 1))
            #expect(isClose(estimate.interval?.upper, sample.ci[1], 1e-10, scale: 1))
        }
        #expect(StratifiedEstimate([[], []]) == nil)
        #expect(StratifiedEstimate([[1, 2], [3]])?.interval == nil)
        #expect(StratifiedEstimate([[1, 2], []])?.mean == 1.5)
    }

    @Test func holmAgreesWithClosedTesting() {
        for family in oracle.holm {
            for (value, expected) in zip(holmAdjusted(family.p), family.adjusted) {
                #expect(isClose(value, expected, 1e-14))
            }
        }
        #expect(holmAdjusted([]).isEmpty)
    }

    /// All 2ⁿ flips one by one, the definition, against the two halves.
    @Test func exactSignFlipCountsAllFlips() {
        var stream = RandomStream(seed: 7, purpose: .permutation)
        for count in 1...12 {
            let d = (0..<count).map { _ in (stream.nextNormal() * 4).rounded() / 4 + 0.25 }
            let total = abs(d.reduce(0, +)) * (1 - 1e-12)
            var hits = 0
            for mask in 0..<(1 << count) {
                let sum = d.enumerated().reduce(0.0) { $0 + (mask >> $1.offset & 1 == 1 ? -1 : 1) * $1.element }
                if abs(sum) >= total { hits += 1 }
            }
            #expect(SignFlip.p(d) == Double(hits) / Double(1 << count))
        }
    }

    @Test func signFlipEdges() {
        #expect(SignFlip.p([]) == nil)
        #expect(SignFlip.p([1, .nan]) == nil)
        #expect(SignFlip.p([1, .infinity]) == nil)
        #expect(SignFlip.p([0, 0, 0]) == 1)
        #expect(SignFlip.p([3]) == 1)
        #expect(SignFlip.p([1, 2, 3, 4, 5]) == 0.0625)
        #expect(SignFlip.p([Double](repeating: -1, count: 20)) == 2.0 / 1_048_576)
        // Neither overflow nor loss at the ends of the range.
        #expect(SignFlip.p([1e308, 1.5e308, 1.7e308]) == 0.25)
        #expect(SignFlip.p([1, 2, 1].map { $0 * Double.leastNonzeroMagnitude }) == 0.25)
        #expect(SignFlip.minimumP(count: 5) == 0.0625)
        #expect(SignFlip.minimumP(count: 10) == 0.001953125)
        #expect(SignFlip.minimumP(count: 0) == nil)
        #expect(SignFlip.minimumP(count: 500) == 1.0 / 100_001)
    }

    /// p does not depend on the unit, the sign or (where exact) the order.
    @Test func signFlipIsInvariant() {
        var stream = RandomStream(seed: 3, purpose: .permutation, step: 1)
        for count in [2, 5, 11, 25] {
            let d = (0..<count).map { _ in stream.nextNormal() + 0.4 }
            #expect(SignFlip.p(d) == SignFlip.p(d.map { -$0 }))
            #expect(SignFlip.p(d) == SignFlip.p(d.map { $0 * 1024 }))
            if count <= 20 { #expect(SignFlip.p(d) == SignFlip.p(d.reversed())) }
        }
    }

    /// Random flips estimate the exact p: 22 differences of which the exact value follows from a binomial tail, because
    /// all are 1: P(|S| ≥ k) with S a sum of 22 signs.
    @Test func randomSignFlipIsNearTheExactValue() throws {
        // 17 of +1 and 5 of −1: |Σ| = 12, p = 2·P(Binomial(22, ½) ≥ 17).
        let d = [Double](repeating: 1, count: 17) + [Double](repeating: -1, count: 5)
        var tail = 0.0
        var choose = 1.0
        for k in 0...5 {
            tail += choose
            choose = choose * Double(22 - k) / Double(k + 1)
        }
        let exact = 2 * tail / Double(1 << 22)
        let p = try #require(SignFlip.p(d))
        let error = (exact * (1 - exact) / 100_000).squareRoot()
        #expect(abs(p - exact) < 4 * error)
        #expect(p == SignFlip.p(d), "seeded: the same every time")
        // All of one sign: no flip reaches it but by a chance of 2^−39.
        #expect(SignFlip.p((1...40).map(Double.init)) == 1.0 / 100_001)
    }

    @Test func failedSidesRankBeyondEveryDifference() throws {
        let pairs: [PairOutcome] = [.difference(-3), .difference(-1), .cellFailed, .difference(-2), .bothFailed]
        #expect(PairedScores.doubledRanks(pairs, direction: .lower) == [-6, -2, 8, -4, 0])
        #expect(PairedScores.doubledRanks(pairs, direction: .higher) == [-6, -2, -8, -4, 0])
        #expect(PairedScores.doubledRanks(pairs, direction: .target) == nil)
        // One failure among five otherwise better pairs has the largest rank: the sum is 5 − 1 − 2 − 3 − 4 = −5. A sum
        // is 15 − 2k with k a subset's sum; k ≤ 5 for 1 + 1 + 1 + 2 + 2 + 3 = 10 subsets, so |sum| ≥ 5 for 20 of 32.
        let five: [PairOutcome] = [.difference(-1), .difference(-2), .difference(-3), .difference(-4), .cellFailed]
        let ranks = try #require(PairedScores.doubledRanks(five, direction: .lower))
        #expect(SignFlip.p(ranks) == 20.0 / 32 && Wilcoxon.p(doubledRanks: ranks) == 20.0 / 32)
        // A failure makes the test one of ranks, whichever was asked for.
        for test in ReportTest.allCases {
            let result = PairedTest(five, direction: .lower, test: test)
            #expect(result == PairedTest(five, direction: .lower, test: .wilcoxon))
            #expect(result.isRankTest && result.p == 20.0 / 32 && result.minimumP == 2.0 / 32)
        }
    }

    @Test func meansKeepSmallPartsOfLargeSums() throws {
        #expect(compensatedSum([1e16, 1, -1e16]) == 1)
        let one = try #require(MeanEstimate([4.5]))
        #expect(one.interval == nil && one.standardDeviation == nil && one.mean == 4.5)
        #expect(MeanEstimate([]) == nil)
        #expect(MeanEstimate([2, 2, 2])?.interval == Interval(2, 2))
    }
}

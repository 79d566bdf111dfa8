import FlowMath
import Foundation
import Reports
import Testing

/// Values of SciPy 1.17.1 and statsmodels 0.15.0, made by Tests/Oracles/statistics_on_request.py.
struct OnRequestOracle: Decodable {
    struct Test: Decodable {
        let kind: String?
        let d: [Double]
        let p: Double
    }
    struct Middle: Decodable {
        let values, ci: [Double]
        let iqm: Double
    }
    struct Family: Decodable { let p, adjusted: [Double] }
    struct Cell: Decodable { let x, y: [Double] }
    struct Improvement: Decodable {
        let tasks: [[Cell]]
        let probability: Double
    }
    struct Ends: Decodable { let values, ci: [Double] }
    let wilcoxon, signFlip: [Test]
    let interquartile: [Middle]
    let holm: [Family]
    let improvement: [Improvement]
    let bootstrap: [Ends]

    static func load() throws -> OnRequestOracle {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/statistics_on_request.json")
        return try JSONDecoder().decode(OnRequestOracle.self, from: Data(contentsOf: url))
    }
}

@Suite struct StatisticsOnRequestTests {
    let oracle: OnRequestOracle

    init() throws {
        oracle = try OnRequestOracle.load()
    }

    @Test func wilcoxonAgreesWithSciPy() {
        let exact = oracle.wilcoxon.filter { $0.kind != "asymptotic" }
        #expect(exact.count >= 100 && exact.count < oracle.wilcoxon.count)
        for (index, table) in oracle.wilcoxon.enumerated() {
            let p = Wilcoxon.p(doubledRanks: PairedScores.signedMidranks(table.d))
            #expect(
                isClose(p, table.p, 1e-10), "table \(index) \(table.kind ?? ""): \(String(describing: p)), \(table.p)")
        }
    }

    /// 13 to 20 differences; up to 12 are in `StatisticsTests`.
    @Test func signFlipsOfManyDifferencesAgreeWithSciPy() {
        #expect(oracle.signFlip.contains { $0.d.count == SignFlip.exactLimit })
        for table in oracle.signFlip {
            #expect(isClose(SignFlip.p(table.d), table.p, 1e-12), "n = \(table.d.count)")
        }
    }

    @Test func interquartileMeansAgreeWithSciPy() throws {
        #expect(oracle.interquartile.count >= 100)
        for sample in oracle.interquartile {
            let scale = sample.values.map { abs($0) }.max() ?? 1
            let estimate = try #require(InterquartileMean(sample.values))
            #expect(isClose(estimate.value, sample.iqm, 1e-12, scale: scale))
            #expect(isClose(estimate.interval?.lower, sample.ci[0], 1e-10, scale: scale))
            #expect(isClose(estimate.interval?.upper, sample.ci[1], 1e-10, scale: scale))
        }
        #expect(InterquartileMean([]) == nil)
        #expect(InterquartileMean([3, 9, 0.5])?.interval == MeanEstimate([3, 9, 0.5])?.interval, "nothing is cut")
        #expect(InterquartileMean([3])?.interval == nil)
    }

    @Test func holmAgreesWithStatsmodels() {
        #expect(oracle.holm.count >= 100)
        for family in oracle.holm {
            for (value, expected) in zip(holmAdjusted(family.p), family.adjusted) {
                #expect(isClose(value, expected, 1e-13))
            }
        }
    }

    @Test func improvementAgreesWithCountingAllPairs() throws {
        for sample in oracle.improvement {
            let probability = try #require(
                ImprovementProbability(
                    sample.tasks.map { cells in
                        ImprovementProbability.Stratum(
                            units: cells[0].x.count,
                            cells: cells.map {
                                ImprovementProbability.Cell(
                                    units: Array($0.x.indices), values: $0.x, baselines: $0.y)
                            })
                    }))
            let estimate = probability.estimate
            #expect(isClose(estimate.value, sample.probability, 1e-12))
            let interval = try #require(estimate.interval)
            #expect(interval.lower >= 0 && interval.upper <= 1 && interval.lower <= interval.upper)
        }
    }

    /// Infinities, as failed runs have them: behind every value, tied with each other.
    @Test func aRunWithoutValueNeverImproves() throws {
        let cell = ImprovementProbability.Cell(units: [0, 1], values: [1, .infinity], baselines: [2, .infinity])
        let estimate = try #require(ImprovementProbability([.init(units: 2, cells: [cell])])).estimate
        // 1 < 2, 1 < ∞, ∞ loses against 2, ∞ ties with ∞.
        #expect(estimate.value == 2.5 / 4)
        #expect(ImprovementProbability([.init(units: 0, cells: [])]) == nil)
    }

    /// 10 000 resamples against 200 000 of another generator: the ends differ by Monte Carlo error only, some hundredths of
    /// the width (0.001 on a tail of 0.01).
    @Test func bootstrapEndsAreThoseOfNumPy() throws {
        for sample in oracle.bootstrap {
            let interval = try #require(Bootstrap.meanInterval([sample.values]))
            let width = sample.ci[1] - sample.ci[0]
            #expect(abs(interval.lower - sample.ci[0]) < 0.04 * width, "\(interval) \(sample.ci)")
            #expect(abs(interval.upper - sample.ci[1]) < 0.04 * width, "\(interval) \(sample.ci)")
        }
    }

    @Test func bootstrapEdges() throws {
        #expect(Bootstrap.meanInterval([]) == nil && Bootstrap.meanInterval([[1]]) == nil)
        #expect(Bootstrap.meanInterval([[1, 2], [3]]) == nil, "a stratum of one value has no spread")
        #expect(Bootstrap.meanInterval([[0.1, 0.1, 0.1]]) == Interval(0.1, 0.1))
        #expect(Bootstrap.interquartileInterval([[7, 7, 7, 7, 7]]) == Interval(7, 7))
        let values = [3.0, 1, 4, 1, 5, 9, 2, 6]
        let interval = try #require(Bootstrap.meanInterval([values]))
        #expect(Bootstrap.meanInterval([values]) == interval, "seeded: the same every time")
        #expect(interval.lower < 3.875 && interval.upper > 3.875)
        // It moves and grows with the values.
        let moved = try #require(Bootstrap.meanInterval([values.map { 2 * $0 + 10 }]))
        #expect(
            isClose(moved.lower, 2 * interval.lower + 10, 1e-12) && isClose(moved.upper, 2 * interval.upper + 10, 1e-12)
        )
        // Never outside what resampling can give, however few values.
        let two = try #require(Bootstrap.meanInterval([[1, 2]]))
        #expect(two == Interval(1, 2))
        // One of three middle values decides nothing alone; the interval is there nevertheless.
        let flat = try #require(Bootstrap.interquartileInterval([[0, 5, 5, 5, 5, 9]]))
        #expect(flat.lower < 5 && flat.upper > 5)
        let huge = try #require(Bootstrap.meanInterval([[1e300, -1e300, 3e300, 0]]))
        #expect(huge.lower.isFinite && huge.upper.isFinite)
    }

    @Test func wilcoxonEdges() {
        #expect(Wilcoxon.p(doubledRanks: []) == nil)
        #expect(Wilcoxon.p(doubledRanks: [0, 0]) == 1)
        #expect(Wilcoxon.p(doubledRanks: [2]) == 1)
        #expect(Wilcoxon.p(doubledRanks: [2, 4, 6, 8, 10]) == 0.0625)
        #expect(Wilcoxon.minimumP(count: 5) == 0.0625 && Wilcoxon.minimumP(count: 1) == 1)
        #expect(Wilcoxon.minimumP(count: 0) == nil)
        // All 200 of one sign: 2/2²⁰⁰ exactly; one more is normal, z = √(3n(n + 1)/(2(2n + 1))) = 12.29 or so.
        let ranks = (1...200).map { 2 * Double($0) }
        #expect(Wilcoxon.p(doubledRanks: ranks) == Double(sign: .plus, exponent: -199, significand: 1))
        let normal = Wilcoxon.p(doubledRanks: ranks + [402])
        let z = (3.0 * 201 * 202 / (2 * 403)).squareRoot()
        #expect(isClose(normal, 2 * Elementary.normalCumulative(-z), 1e-9))
    }

    /// The exact test of ranks is the sign-flip test of ranks: two ways to count the same signs.
    @Test func wilcoxonCountsTheFlipsOfRanks() {
        var stream = RandomStream(seed: 5, purpose: .permutation)
        for count in 1...18 {
            let ranks = PairedScores.signedMidranks((0..<count).map { _ in (stream.nextNormal() * 3 + 1).rounded() })
            let p = Wilcoxon.p(doubledRanks: ranks)
            #expect(p == SignFlip.p(ranks), "\(ranks)")
        }
    }
}

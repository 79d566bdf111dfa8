import FlowMath
import Reports
import Testing

/// What the tests and intervals do over many simulated tables. Expected rates are exact or say where they come from; the
/// tolerance is three standard errors of the simulation.
@Suite struct NullSimulationTests {
    private static let tables = 10_000

    private func stream(_ number: UInt32) -> RandomStream {
        RandomStream(seed: 41, purpose: .permutation, step: number)
    }

    private func threeErrors(_ rate: Double, _ count: Int) -> Double {
        3 * (rate * (1 - rate) / Double(count)).squareRoot()
    }

    /// With n = 10 the p values are multiples of 2/1024; the largest that is ≤ .05 is 50/1024 = .0488. With n = 5 the least
    /// is .0625: no rejection ever.
    @Test(arguments: [(10, 50.0 / 1024), (5, 0), (8, 12.0 / 256)])
    func signFlipRejectsAsOftenAsTheExactTest(_ count: Int, _ rate: Double) {
        var stream = stream(UInt32(count))
        var rejected = 0
        for table in 0..<Self.tables {
            // Symmetric about 0 and otherwise unlike each other: normal, heavy-tailed, of unequal spread.
            let differences = (0..<count).map { index -> Double in
                let normal = stream.nextNormal()
                switch table % 3 {
                case 0: return normal
                case 1: return normal / (0.05 + stream.nextUniform())
                default: return normal * Double(index + 1)
                }
            }
            if let p = SignFlip.p(differences), p <= 0.05 { rejected += 1 }
        }
        let observed = Double(rejected) / Double(Self.tables)
        #expect(abs(observed - rate) <= threeErrors(rate, Self.tables), "\(observed), expected \(rate)")
    }

    /// The exact Wilcoxon test of 10 differences rejects for rank sums up to 8: P = 2 · 25/1024 (tables of the test).
    @Test func wilcoxonRejectsAsOftenAsTheExactTest() {
        var stream = stream(100)
        var rejected = 0
        for _ in 0..<Self.tables {
            let ranks = PairedScores.signedMidranks((0..<10).map { _ in stream.nextNormal() })
            if let p = Wilcoxon.p(doubledRanks: ranks), p <= 0.05 { rejected += 1 }
        }
        let observed = Double(rejected) / Double(Self.tables)
        #expect(abs(observed - 50.0 / 1024) <= threeErrors(50.0 / 1024, Self.tables), "\(observed)")
    }

    /// Eight variants against one baseline that all share, ten seeds, no differences: any rejection is an error.
    @Test func holmKeepsTheFamilyWiseError() {
        var stream = stream(200)
        var families = 0
        var single = 0
        for _ in 0..<Self.tables {
            let baseline = (0..<10).map { _ in stream.nextNormal() }
            let p = (0..<8).compactMap { _ in SignFlip.p(baseline.map { stream.nextNormal() - $0 }) }
            if holmAdjusted(p).contains(where: { $0 <= 0.05 }) { families += 1 }
            if p.contains(where: { $0 <= 0.05 }) { single += 1 }
        }
        #expect(Double(families) / Double(Self.tables) <= 0.055, "\(families)")
        #expect(
            Double(single) / Double(Self.tables) > 0.15, "without Holm the error is several times as large: \(single)")
    }

    @Test(arguments: [5, 12])
    func tIntervalsCoverNinetyFivePercent(_ count: Int) {
        var stream = stream(300 + UInt32(count))
        var covered = 0
        for _ in 0..<Self.tables {
            let interval = MeanEstimate((0..<count).map { _ in 3 + stream.nextNormal() })?.interval
            if let interval, interval.lower <= 3, 3 <= interval.upper { covered += 1 }
        }
        #expect(abs(Double(covered) / Double(Self.tables) - 0.95) <= 0.01, "\(covered)")
    }

    /// Tests/Oracles/bootstrap_coverage.py, an independent implementation, covers .944 (normal) and .923 (exponential) at
    /// n = 10, ± .004.
    @Test(arguments: [(false, 0.944), (true, 0.923)])
    func bootstrapIntervalsCover(_ isSkewed: Bool, _ expected: Double) {
        var stream = stream(isSkewed ? 401 : 400)
        let count = 400
        var covered = 0
        for _ in 0..<count {
            let values = (0..<10).map { _ in isSkewed ? stream.nextExponential() : 1 + stream.nextNormal() }
            let interval = Bootstrap.meanInterval([values])
            if let interval, interval.lower <= 1, 1 <= interval.upper { covered += 1 }
        }
        let observed = Double(covered) / Double(count)
        #expect(abs(observed - expected) <= threeErrors(expected, count) + 0.01, "\(observed)")
    }

    /// Three tasks of six seeds with unlike spreads: the stratified interval of the mean and of the probability of
    /// improvement (½ here).
    @Test func stratifiedBootstrapIntervalsCover() {
        var stream = stream(500)
        let count = 200
        var mean = 0
        var probability = 0
        for _ in 0..<count {
            let strata = (0..<3).map { task in (0..<6).map { _ in Double(task + 1) * stream.nextNormal() } }
            if let interval = Bootstrap.meanInterval(strata), interval.lower <= 0, 0 <= interval.upper { mean += 1 }
            let tasks = (0..<3).map { _ in
                ImprovementProbability.Stratum(
                    units: 6,
                    cells: [
                        ImprovementProbability.Cell(
                            units: Array(0..<6), values: (0..<6).map { _ in stream.nextNormal() },
                            baselines: (0..<6).map { _ in stream.nextNormal() })
                    ])
            }
            if let interval = ImprovementProbability(tasks)?.estimate.interval, interval.lower <= 0.5,
                0.5 <= interval.upper
            {
                probability += 1
            }
        }
        for covered in [mean, probability] {
            let observed = Double(covered) / Double(count)
            #expect(observed >= 0.95 - threeErrors(0.95, count) - 0.01, "\(observed)")
        }
    }
}

import FlowMath
import Tasks
import Testing

/// The sampler of `slcp` for an x̄ far outside the box. `TaskOracleTests` compares its moments with a quadrature.
@Suite("slcp with a mean far outside the box")
struct TiltedNormalSampleTests {
    /// x̄ beyond one edge or two, scatter along, against and across, none at all.
    private static let far: [[Double]] = [
        [30, 30, 30, 30, 30, 30, 30, 30], [30, -30, 30, -30, 30, -30, 30, -30], [30, 0, 30, 0, 30, 0, 30, 0],
        [30, 30, 30, -30, 30, 30, 30, -30], [30, 0, 0, 30, 28, 2, 2, 28], [30, 30, 30, 30, 30, 30, -30, -30],
        [0, -29, 0, -1, 0, 0, -30, 25], [4, 4, 4.1, 4.2, 3.9, 4.1, 4.2, 4],
        [-10, 0.1, -11, 0.3, -10.5, 0.2, -10.1, 0.1],
    ]

    /// Cells of every size, points in them at random and at their corners.
    @Test(arguments: far) func theBoundOfACellIsAboveTheDensityInIt(x: [Double]) {
        let density = TiltedNormalSample(PlanarNormalSample(x))
        var stream = RandomStream(seed: 1, purpose: .reference)
        func range(_ low: Double, _ high: Double) -> ClosedRange<Double> {
            let length = (high - low) * Elementary.exp(-9 * stream.nextUniform())
            let start = stream.nextUniform(low, high - length)
            return start...min(start + length, high)
        }
        var closest = Double.infinity
        for _ in 0..<4000 {
            let cell = CovarianceCell(third: range(0, 3), fourth: range(0, 3), fifth: range(-3, 3))
            let bound = density.logBound(cell)
            for k in 0..<16 {
                func place(_ range: ClosedRange<Double>, _ bit: Int) -> Double {
                    if k >= 8 { return min(stream.nextUniform(range.lowerBound, range.upperBound), range.upperBound) }
                    return k >> bit & 1 == 0 ? range.lowerBound : range.upperBound
                }
                let value = density.logDensity(place(cell.third, 0), place(cell.fourth, 1), place(cell.fifth, 2))
                if value > bound { Issue.record("\(value) above \(bound) in \(cell) for \(x)") }
                closest = min(closest, bound - value)
            }
        }
        // Small cells have a tight bound: one that is merely large would pass the rest.
        #expect(closest < 0.01)
    }

    /// t beyond d is the normal's tail: mean h and variance 1 − h (h − d), h its hazard φ(d)/Q(d), computed with mpmath to
    /// 40 digits; SciPy's `truncnorm` agrees.
    @Test(arguments: [
        (1.0, 1.5251352761609812, 0.199097665570349), (5, 5.186503967125843, 0.0326964346171122),
        (30, 30.033259667433677, 0.00110377151189),
    ])
    func theWayAcrossTheEdgeIsTheTailOfTheNormal(d: Double, mean: Double, variance: Double) {
        // √A/2 = s with x̄ − 3 = s d; r = 0 at θ₅ = 0.
        let third = 0.8
        let covariance = PlanarNormalSample.Covariance(third, 0.5, 0)
        let deviation = 0.5 * (third * third * third * third + 1e-6).squareRoot()
        let centre = 3 + deviation * d
        let density = TiltedNormalSample(PlanarNormalSample([centre, 0, centre, 0, centre, 0, centre, 0]))
        var stream = RandomStream(seed: 2, purpose: .reference)
        var ways: [Double] = []
        while ways.count < 40_000 {
            if let (x, _) = density.mean(covariance, &stream) { ways.append((centre - x) / deviation) }
        }
        let count = Double(ways.count)
        let found = ways.reduce(0, +) / count
        let spread = ways.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        #expect(abs(found - mean) < 5 * (variance / count).squareRoot())
        // The fourth moment of a tail is at most 9 times the variance's square.
        #expect(abs(spread - variance) < 5 * (8 / count).squareRoot() * variance)
        #expect(ways.allSatisfy { $0 >= d - 1e-9 })
    }

    /// Both samplers have the same posterior where both work: two-sample Kolmogorov–Smirnov for every coordinate, and for
    /// products, which a wrong dependence would move.
    @Test(arguments: [0, 3, 6]) func theTiltedSamplerAgreesWithThePlainOne(number: Int) {
        let sample = PlanarNormalSample(SimpleLikelihoodObservations.fixed[number])
        let count = 20_000
        let plain = SimpleLikelihoodSampler(plain: sample).draws(count, RandomStream(seed: 3, purpose: .reference))
        let tilted = SimpleLikelihoodSampler(tilted: TiltedNormalSample(sample))
            .draws(count, RandomStream(seed: 4, purpose: .reference))
        let functions: [@Sendable ([Double], Int) -> Double] = [
            { $0[$1] }, { $0[$1 + 1] }, { $0[$1 + 2] }, { $0[$1 + 3] }, { $0[$1 + 4] }, { $0[$1] * $0[$1 + 1] },
            { abs($0[$1 + 2]) * $0[$1] }, { abs($0[$1 + 3]) * $0[$1 + 1] }, { abs($0[$1 + 2]) + abs($0[$1 + 3]) },
            { $0[$1 + 4] * $0[$1] },
        ]
        for (k, function) in functions.enumerated() {
            let first = (0..<count).map { function(plain, 5 * $0) }.sorted()
            let second = (0..<count).map { function(tilted, 5 * $0) }.sorted()
            #expect(Self.kolmogorovSmirnov(first, second) < 2.3, "function \(k) of observation \(number)")
        }
    }

    /// The draws for the ten observations, of which stored runs consist, are those of the plain sampler.
    @Test func theFixedObservationsKeepThePlainSampler() {
        for x in SimpleLikelihoodObservations.fixed {
            let sampler = SimpleLikelihoodSampler(PlanarNormalSample(x))
            let stream = RandomStream(seed: 5, purpose: .reference)
            let plain = SimpleLikelihoodSampler(plain: PlanarNormalSample(x))
            #expect(!sampler.isTilted && sampler.draws(20, stream) == plain.draws(20, stream))
        }
    }

    /// Points on a line, x̄ far outside, in the box and anywhere, and all points equal.
    private static let lines: [[Double]] = [
        [30, -30, 0, 0, -30, 30, -30, 30], [30, 30, 30, 30, 30, 30, -30, -30], [30, 30, 30, 30, -30, -30, -30, -30],
        [0, 0, 1, 1, 2, 2, 3, 3], [0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0, 0], [0, 0, 1, 0, 2, 0, 3, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [-3, 3, -2, 2.0001, 3, -3, 30, -30],
    ]

    @Test(arguments: far + lines) func noObservationTakesManyTries(x: [Double]) {
        let sampler = SimpleLikelihoodSampler(PlanarNormalSample(x))
        #expect(sampler.acceptance(tries: 4000) > 0.04 && sampler.envelopeAcceptance > 0.1)
    }

    @Test(arguments: far) func farMeansAreTilted(x: [Double]) {
        #expect(SimpleLikelihoodSampler(PlanarNormalSample(x)).isTilted)
    }

    /// Whatever the cells, the draws have the same density: two-sample Kolmogorov–Smirnov.
    @Test(arguments: lines[2...4]) func theCellsDoNotMatter(x: [Double]) {
        let density = PlanarNormalSample(x)
        let count = 3000
        func draws(_ refinement: CovarianceCells.Refinement, _ seed: UInt64) -> [[Double]] {
            let envelope = CovarianceEnvelope(density, refinement)
            var stream = RandomStream(seed: seed, purpose: .reference)
            let draws = (0..<10 * count).lazy.compactMap { _ in envelope.sample(&stream) }.prefix(count)
            #expect(draws.count == count)
            return [
                draws.map(\.third), draws.map(\.fourth), draws.map(\.fifth), draws.map { $0.third - $0.fourth },
                draws.map { $0.third * $0.fifth },
            ].map { $0.sorted() }
        }
        for (first, second) in zip(draws(.byMiddle, 6), draws(.byMean, 7)) {
            #expect(Self.kolmogorovSmirnov(first, second) < 2.3)
        }
    }

    /// √(n/2) D of two sorted samples of n; P(above 2.3) = 5e-5.
    private static func kolmogorovSmirnov(_ first: [Double], _ second: [Double]) -> Double {
        let count = first.count
        var (i, j, largest) = (0, 0, 0)
        while i < count && j < count {
            if first[i] <= second[j] { i += 1 } else { j += 1 }
            largest = max(largest, abs(i - j))
        }
        return (0.5 * Double(count)).squareRoot() * Double(largest) / Double(count)
    }
}

private enum SimpleLikelihoodObservations {
    static var fixed: [[Double]] {
        (try? TaskSetting(name: "slcp").make() as? any SimulatorTask)?.fixedObservations ?? []
    }
}

import Catalog
import FlowMath
import Flows
import Foundation
import Testing

/// Tests/Oracles/mixtures.json, made by Tests/Oracles/mixtures.py with scikit-learn and NumPy.
private struct MixtureOracle: Decodable {
    struct Fit: Decodable {
        var covariance: String
        var components: Int
        var bic: Double
        var meanLogDensity: Double
        var weights: [Double]
        var means: [[Double]]
        var covariances: [[Double]]
        var sizes: [[Double]]
        var correction: Double

        var isFull: Bool { covariance == "full" }
    }

    var draws: [[Double]]
    var fits: [Fit]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Oracles/mixtures.json")
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }

    var points: Points { Points(dimension: 2, values: draws.flatMap { $0 }) }
    var weights: [Double] { draws.map { _ in 1 / Double(draws.count) } }
}

private func meanOfFirst(_ draws: ActiveDraws) -> Double {
    zip(draws.values, draws.weights).reduce(0) { $0 + $1.0 * $1.1 }
}

/// A mixture of Gaussians with covariance s² I, given as (weight, mean, s).
private func mixture(_ components: [(Double, [Double], Double)]) -> MixtureFit {
    MixtureFit(
        weights: components.map(\.0), means: components.map(\.1),
        covariances: components.map { _, mean, scale in
            (0..<(mean.count * mean.count)).map { $0 / mean.count == $0 % mean.count ? scale * scale : 0 }
        }, meanLogDensity: .nan)
}

@Suite struct ComponentSelectionTests {
    @Test func theCriterionIsThatOfScikitLearn() throws {
        let oracle = try MixtureOracle()
        let draws = ActiveDraws(oracle.points, weights: oracle.weights)
        #expect(oracle.fits.count == 6)
        for row in oracle.fits {
            let fit = MixtureFit(
                weights: row.weights, means: row.means, covariances: row.covariances,
                meanLogDensity: row.meanLogDensity)
            let evidence = ComponentEvidence(fit, draws, isFull: row.isFull)
            #expect(abs(evidence.bayesianCriterion - row.bic) < 1e-8)
            #expect(abs(evidence.correction - row.correction) < 1e-8)
            for (size, expected) in zip(fit.componentSizes(draws, isFull: row.isFull), row.sizes) {
                #expect(abs(size.draws - expected[0]) < 1e-7)
                #expect(abs(size.score - expected[1]) < 1e-7)
            }
        }
    }

    /// Our own fits reach scikit-learn's optimum. EM here stops at a rise of 10⁻⁵ a draw and adds 10⁻⁶ of the mean variance
    /// to every covariance: together below .02 of a criterion in the thousands.
    @Test func theSearchFindsTheFitsOfScikitLearn() throws {
        let oracle = try MixtureOracle()
        for isFull in [true, false] {
            let selection = ComponentSelection(oracle.points, weights: oracle.weights, isFull: isFull, seed: 3)
            #expect(abs(selection.effectiveSampleSize - 300) < 1e-9)
            for row in oracle.fits where row.isFull == isFull {
                let found = selection.evidence[row.components - 1]
                #expect(found.components == row.components)
                #expect(abs(found.bayesianCriterion - row.bic) < 0.02, "\(row.covariance) \(row.components)")
                #expect(abs(found.correction - row.correction) < 0.001)
            }
            #expect(selection.components == (selection.evidence.min { $0.criterion < $1.criterion })?.components)
            // The three clouds are tilted: diagonal covariances may take more components, never fewer.
            #expect(isFull ? selection.components == 3 : selection.components >= 3)
            #expect(selection.modes == 3)
        }
    }

    @Test func selectionIsAPureFunctionAndItsJSONKeepsEveryBit() throws {
        let oracle = try MixtureOracle()
        let first = ComponentSelection(oracle.points, weights: oracle.weights, isFull: true, seed: 5)
        let second = ComponentSelection(oracle.points, weights: oracle.weights, isFull: true, seed: 5)
        #expect(first == second)
        #expect(ComponentSelection(json: try JSONValue(parsing: first.json.text)) == first)
        #expect(ComponentSelection(json: .object(["components": .integer(65)])) == nil)
    }

    /// A component needs more than D + 1 draws for a full covariance: from fewer draws than that one component is left.
    @Test func fewDrawsSupportOneComponent() {
        let points = Points(dimension: 2, values: [0, 0, 1, 0.1, 9, 9, 9.5, 9.1])
        let selection = ComponentSelection(points, weights: [0.25, 0.25, 0.25, 0.25], isFull: true, seed: 1)
        #expect(selection.components == 1 && selection.modes == 1)
        #expect(
            selection.evidence.count == 4 && selection.evidence.dropFirst().allSatisfy { $0.correction == .infinity })
        let single = ComponentSelection(Points(dimension: 1, values: [2]), weights: [1], isFull: true, seed: 1)
        #expect(single.components == 1 && single.evidence.count == 1)
    }

    // MARK: Modes

    /// Two equal components of sd 1 at ±a: the density at 0 is 2e^(−a²/2)/(1 + e^(−2a²)) of that at ±a, which is ½ at
    /// a = 1.66 (the peaks lie a little inside ±a and are hardly higher).
    @Test func twoComponentsAreTwoModesFromADipOfOneHalfOn() {
        for (distance, modes) in [(0.5, 1), (1.2, 1), (1.6, 1), (1.72, 2), (3, 2)] {
            let pair = mixture([(0.5, [-distance, 0], 1), (0.5, [distance, 0], 1)])
            #expect(pair.modeCount() == modes, "\(distance)")
        }
    }

    @Test func aScaleMixtureHasOneMode() {
        #expect(mixture([(0.5, [0, 0], 1), (0.5, [0.05, -0.02], 0.1)]).modeCount() == 1)
        #expect(mixture([(0.9, [0, 0], 1), (0.1, [0, 0], 0.001)]).modeCount() == 1)
    }

    /// A broad component over two far modes has no dip to either, but does not join them.
    @Test func aBroadComponentDoesNotJoinFarModes() {
        let modes = [(0.45, [-3.0, 0], 0.2), (0.45, [3.0, 0], 0.2)]
        #expect(mixture(modes + [(0.1, [0, 0], 3)]).modeCount() == 2)
        #expect(mixture(modes + [(0.1, [2.8, 0.3], 1)]).modeCount() == 2)
    }

    /// Neighbours merge in a chain: a crescent is one mode, two crescents are two.
    @Test func aCrescentOfComponentsIsOneMode() {
        let crescent = (0..<7).map { i -> (Double, [Double], Double) in
            let angle = 0.4 * Double(i)
            return (1 / 14.0, [3 * sin(angle), 3 * cos(angle)], 0.5)
        }
        #expect(mixture(crescent.map { (2 * $0.0, $0.1, $0.2) }).modeCount() == 1)
        #expect(mixture(crescent + crescent.map { ($0.0, [-4 - $0.1[0], $0.1[1]], $0.2) }).modeCount() == 2)
    }

    /// The ridgeline bends: two crossed sticks end to end, whose straight connection is not the highest.
    @Test func thinAskewComponentsMeetAlongTheRidge() {
        let sticks = MixtureFit(
            weights: [0.5, 0.5], means: [[2, 0], [0, 2]], covariances: [[1, 0, 0, 0.01], [0.01, 0, 0, 1]],
            meanLogDensity: .nan)
        // At the corner (0, 0) both have e^−2 of their peak: together .27, a dip; two modes. Closer they meet.
        #expect(sticks.modeCount() == 2)
        var near = sticks
        near.means = [[1, 0], [0, 1]]
        #expect(near.modeCount() == 1)
    }

    // MARK: Thinning

    @Test func thinningKeepsHeavyDrawsAndExpectations() {
        var stream = RandomStream(seed: 8, purpose: .reference)
        let count = 3000
        let points = Points(dimension: 1, values: (0..<count).map { _ in stream.nextNormal() })
        let weights = (0..<count).map { _ in Elementary.exp(2 * stream.nextNormal()) }
        let draws = ActiveDraws(points, weights: weights)
        var sum = 0.0
        var squares = 0.0
        for seed in 0..<400 {
            let thinned = draws.thinned(to: 500, stream: RandomStream(seed: UInt64(seed), purpose: .baseInit))
            #expect(abs(thinned.count - 500) <= 1)
            let difference = meanOfFirst(thinned) - meanOfFirst(draws)
            sum += difference
            squares += difference * difference
            let heaviest = draws.weights.indices.max { draws.weights[$0] < draws.weights[$1] }!
            #expect(thinned.values.contains(draws.values[heaviest]))
        }
        let error = (squares / 400).squareRoot()
        #expect(abs(sum / 400) < 4 * error / 20)
        // The variance is that of the light draws alone: far below that of 500 resampled ones.
        #expect(error < 0.5 / 500.0.squareRoot())
        #expect(draws.thinned(to: count, stream: stream).values == draws.values)
    }
}

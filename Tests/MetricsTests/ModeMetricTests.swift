import Catalog
import FlowMath
import Foundation
import Metrics
import Tasks
import Testing

/// Bridges, concentration and mode masses on flows made to have a known amount of each.
@Suite struct ModeMetricTests {
    private let task = MixtureTask(mixture: twoModes())

    /// 4 % of the flow at the saddle (0, 0), where p is far below λ: B = .96·(1 − a*) + .04, all of it between.
    @Test func bridgesAreMeasured() throws {
        let bridged = Mixture([(0.48, [-2, 0], 0.5), (0.48, [2, 0], 0.5), (0.04, [0, 0], 0.02)])
        let found = try values(bridged, task, key: "two", metrics: ["bridge-mass", "d-plus", "d-minus", "tv"])
        let total = try #require(found["bridge-mass"])
        let outside = 1 - (total.details["regionMass"] ?? .nan)
        #expect(outside >= 0.000_999 && outside < 0.002)
        #expect(abs((total.value ?? .nan) - (0.96 * outside + 0.04)) < 4 * (total.standardError ?? 0))
        let between = try #require(found["bridge-mass-between"])
        #expect(abs((between.value ?? .nan) - 0.04) < 4 * (between.standardError ?? 0))
        #expect(abs(found["bridge-mass-tail"]?.value ?? .nan) < 0.001)
        #expect(total.floor?.mean == outside && total.floor?.repetitions == 0)
        // 0 ≤ D⁺ ≤ TV, and it sees all of the bridge.
        #expect(abs((found["d-plus"]?.value ?? .nan) - 0.04) < 0.012)
        #expect((found["d-plus"]?.value ?? 1) <= (found["tv"]?.value ?? 0) + 0.012)
        #expect((found["d-minus"]?.value ?? 1) < 0.015)
    }

    /// The same mass beside the modes, away from the other one, is tail.
    @Test func tailsAreNotBridges() throws {
        let tailed = Mixture([(0.48, [-2, 0], 0.5), (0.48, [2, 0], 0.5), (0.04, [5, 0.3], 0.02)])
        let found = try values(tailed, task, key: "two", metrics: ["bridge-mass"])
        #expect(abs((found["bridge-mass-tail"]?.value ?? .nan) - 0.04) < 0.006)
        #expect(abs(found["bridge-mass-between"]?.value ?? .nan) < 0.002)
    }

    /// Too narrow modes: D⁻ sees it, D⁺ does not. sup of F_p − F_q for radii with sd .5 and .35 in 2D.
    @Test func overConcentrationIsSeen() throws {
        let narrow = Mixture([(0.5, [-2, 0], 0.35), (0.5, [2, 0], 0.35)])
        let found = try values(narrow, task, key: "two", metrics: ["d-plus", "d-minus"])
        // P(r > t) = exp(−t²/2s²): with v = e^{−t²/2·.25}, sup of v − v^{(.5/.35)²}.
        let ratio = (0.5 / 0.35) * (0.5 / 0.35)
        let v = pow(1 / ratio, 1 / (ratio - 1))
        #expect(abs((found["d-minus"]?.value ?? .nan) - (v - pow(v, ratio))) < 0.015)
        #expect((found["d-plus"]?.value ?? 1) < 0.01)
    }

    /// Mode TV of a reweighted mixture is the difference of the weights.
    @Test func modeMassesAreCompared() throws {
        let found = try values(twoModes(0.62), task, key: "two", metrics: ["mode-tv", "modes-found"])
        let row = try #require(found["mode-tv"])
        #expect(abs((row.value ?? .nan) - 0.12) < 4 * (row.standardError ?? 0))
        #expect(try abs(#require(row.standardError) - (0.62 * 0.38 / 20_000).squareRoot()) < 1e-4)
        #expect(abs((row.details["minRatio"] ?? .nan) - 0.76) < 0.02)
        let middle = (0.81 - 0.25)  // m₁ = (.62 + .5)/2 = .56
        let js =
            0.5
            * (0.62 * log(0.62 / middle) + 0.38 * log(0.38 / (1 - middle)) + 0.5 * log(0.25 / (middle * (1 - middle))))
        #expect(abs((row.details["js"] ?? .nan) - js) < 0.002)
        #expect(found["modes-found"]?.value == 2)
        let collapsed = try values(twoModes(0.999), task, key: "two", metrics: ["mode-tv", "modes-found"])
        #expect(collapsed["modes-found"]?.value == 1)
        #expect(abs((collapsed["mode-tv"]?.value ?? .nan) - 0.499) < 0.002)
        #expect(collapsed["modes-found"]?.floor?.mean == 2)
    }

    /// methods.md: the null of D⁺ at n = m = 100 000 is .0028 ± .0015 (mean √(π/8)·√(2/n), Smirnov's limit).
    @Test func nullOfConcentration() throws {
        let found = try values(
            task.mixture, task, key: "two", metrics: ["d-plus"],
            parameters: ["samples": .integer(100_000), "floorRepetitions": .integer(12)])
        let floor = try #require(found["d-plus"]?.floor)
        #expect(abs(floor.mean - 0.0028) < 4 * 0.0015 / 12.0.squareRoot())
        #expect(floor.standardDeviation > 0.0006 && floor.standardDeviation < 0.0026)
        #expect(floor.repetitions == 12)
    }

    /// scipy.stats.ks_2samp, one-sided, with ties.
    @Test func oneSidedStatisticsAgreeWithSciPy() throws {
        let ks = try #require(try oracle()["ks"] as? [String: Any])
        let upper = try #require(ks["upper"] as? [Double]).sorted()
        let lower = try #require(ks["lower"] as? [Double]).sorted()
        let greater = largestExcess(of: upper, over: lower)
        let less = largestExcess(of: lower, over: upper)
        #expect(try abs(greater.upper - greater.lower - #require(ks["greater"] as? Double)) < 1e-14)
        #expect(try abs(less.upper - less.lower - #require(ks["less"] as? Double)) < 1e-14)
        // Points without posterior density lie below every level.
        let nothing = largestExcess(of: [-.infinity, -.infinity, 0, 1], over: [0, 1])
        #expect(nothing.upper - nothing.lower == 0.5)
    }

    /// methods.md section 2: corners at ESS 707 → .026, cube 258 → .066, quadratic-3d 60 → .14.
    @Test func poolLimits() throws {
        for (modes, ess, tv) in [(4, 707.0, 0.026), (8, 258, 0.066), (8, 60, 0.136)] {
            let limit = try #require(PoolLimit(modes: modes, effectiveSampleSize: ess))
            #expect(abs(limit.modeTotalVariation - tv) < 0.0006)
            #expect(limit.kl == Double(modes - 1) / (2 * ess))
        }
        #expect(PoolLimit(modes: 1, effectiveSampleSize: 10)?.kl == 0)
        #expect(PoolLimit(modes: 4, effectiveSampleSize: 0) == nil)
        #expect(PoolLimit(modes: 0, effectiveSampleSize: 5) == nil)
    }
}

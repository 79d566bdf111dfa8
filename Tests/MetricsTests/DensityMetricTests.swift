import Catalog
import FlowMath
import Foundation
import Metrics
import Tasks
import Testing

/// Metrics of exact densities: closed forms, 2D grids, and values that do not exist.
@Suite struct DensityMetricTests {
    private static let names = ["kl", "reverse-kl", "js", "tv", "c2st-exact", "ess", "forward-ess", "leakage"]

    /// Within 4 standard errors of a value from a 2800 × 2800 SciPy grid (Tests/Oracles/metrics.py).
    @Test func agreesWithTheGrid() throws {
        let divergences = try #require(try oracle()["divergences"] as? [String: Any])
        func mixture(_ key: String) throws -> Mixture {
            Mixture(try #require(divergences[key] as? [[Double]]).map { ($0[0], [$0[1], $0[2]], $0[3]) })
        }
        let found = try values(
            mixture("q"), MixtureTask(mixture: mixture("p")), key: "grid", metrics: Self.names,
            parameters: ["samples": .integer(100_000)])
        let expected = try #require(divergences["values"] as? [String: Double])
        for (name, value) in expected {
            let row = try #require(found[name])
            let error = try #require(row.standardError)
            #expect(error > 0 && error < 0.03, "\(name)")
            #expect(
                try abs(#require(row.value) - value) < 4 * error,
                "\(name): \(row.value ?? .nan) ± \(error), grid \(value)")
        }
        let tv = try #require(found["tv"])
        #expect(found["c2st-exact"]?.value == 0.5 + 0.5 * (tv.value ?? .nan))
        #expect(found["js"]?.sampleSizes == [100_000, 100_000] && found["kl"]?.sampleSizes == [0, 100_000])
        #expect(found["js"]?.floor == MetricFloor(mean: 0, standardDeviation: 0, repetitions: 0))
        #expect(found["c2st-exact"]?.floor?.mean == 0.5)
    }

    /// KL(N(0,I)‖N(μ,s²I)) = D/2 (s⁻² − 1 + 2 ln s) + ‖μ‖²/(2s²); TV(N(0,1), N(δ,1)) = 2Φ(δ/2) − 1.
    @Test(arguments: [1, 2, 3, 6]) func gaussianClosedForms(dimension: Int) throws {
        let zero = [Double](repeating: 0, count: dimension)
        var mean = zero
        mean[0] = 0.8
        let task = MixtureTask(mixture: Mixture([(1, zero, 1)]))
        let wide = try values(
            Mixture([(1, mean, 1.3)]), task, key: "gaussian\(dimension)", metrics: ["kl", "reverse-kl"])
        let d = Double(dimension)
        let forward = 0.5 * d * (1 / 1.69 - 1 + 2 * log(1.3)) + 0.64 / (2 * 1.69)
        let reverse = 0.5 * d * (1.69 - 1 - 2 * log(1.3)) + 0.5 * 0.64
        for (name, value) in [("kl", forward), ("reverse-kl", reverse), ("reverse-kl-inside", reverse)] {
            let row = try #require(wide[name])
            #expect(try abs(#require(row.value) - value) < 4 * (row.standardError ?? 0), "\(name) \(dimension)")
        }
        let shifted = try values(Mixture([(1, mean, 1)]), task, key: "gaussian\(dimension)", metrics: ["tv"])
        let tv = try #require(shifted["tv"])
        #expect(try abs(#require(tv.value) - (2 * normalCumulative(0.4) - 1)) < 4 * (tv.standardError ?? 0))
    }

    @Test func perfectFlowReadsTheFloor() throws {
        let task = MixtureTask(mixture: twoModes())
        let found = try values(task.mixture, task, key: "two", metrics: Self.names)
        for name in ["kl", "reverse-kl", "js", "tv", "leakage"] {
            #expect(try abs(#require(found[name]?.value)) < 1e-12, "\(name)")
        }
        for (name, value) in [("c2st-exact", 0.5), ("ess", 1), ("forward-ess", 1)] {
            #expect(try abs(#require(found[name]?.value) - value) < 1e-12, "\(name)")
        }
    }

    /// A density whose normaliser is an estimate: its error joins that of both KLs in quadrature, and moves no value.
    @Test func theErrorOfAnEstimatedNormalizerIsAdded() throws {
        struct Estimated: SampleableDensity {
            let mixture: Mixture
            let logNormalizerStandardError = 0.03
            var dimension: Int { mixture.dimension }
            func sample(count: Int, stream: RandomStream) -> Points { mixture.sample(count: count, stream: stream) }
            func logProbability(of points: Points) -> [Double] { mixture.logProbability(of: points) }
        }
        let task = MixtureTask(mixture: twoModes())
        let (known, estimated) = (
            try values(twoModes(0.3), task, key: "two", metrics: ["kl", "reverse-kl"]),
            try values(Estimated(mixture: twoModes(0.3)), task, key: "two", metrics: ["kl", "reverse-kl"])
        )
        for name in ["kl", "reverse-kl", "reverse-kl-inside"] {
            #expect(known[name]?.value == estimated[name]?.value && known[name]?.value != nil)
            let error = try #require(known[name]?.standardError)
            let joined = try #require(estimated[name]?.standardError)
            #expect(abs(joined - (error * error + 0.0009).squareRoot()) < 1e-15 && joined > error)
        }
    }

    @Test func leakageMakesReverseKLNull() throws {
        // q = N(0, 1) and a box (−1, 1): f = 2(1 − Φ(1)); p = q restricted to the box.
        struct Truncated: InferenceTask {
            let dimension = 1
            let priorBox = [-1.0...1.0]
            let observation: [Double] = []
            let modeCount: Int? = 1
            let normal = Mixture([(1, [0], 1)])
            func modes(observation: [Double]) -> [Mode] { [Mode(centre: [0])] }
            func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
                normal.logProbability(of: points)
            }
            func logEvidence(observation: [Double]) -> Double { log(0.6826894921370859) + logPriorInside }
            func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
                var stream = stream
                var values: [Double] = []
                while values.count < count {
                    let x = stream.nextNormal()
                    if abs(x) <= 1 { values.append(x) }
                }
                return Points(dimension: 1, values: values)
            }
        }
        let found = try values(Truncated().normal, Truncated(), key: "truncated")
        let row = try #require(found["reverse-kl"])
        #expect(row.value == nil && row.reason?.hasPrefix("leakage 0.3") == true)
        // Inside the box q is proportional to p: KL of the restricted, renormalised q is 0.
        let inside = try #require(found["reverse-kl-inside"])
        #expect(try abs(#require(inside.value)) < 0.015)
        #expect(try abs(#require(found["leakage"]?.value) - 0.3173) < 0.015)
        // TV = f, JS, mmd and the rest exist all the same; mode metrics say why not.
        #expect(try abs(#require(found["tv"]?.value) - 0.3173) < 0.01)
        #expect(found["js"]?.value != nil && found["mmd"]?.value != nil)
        #expect(found["mode-tv"]?.value == nil && found["mode-tv"]?.reason?.contains("two") == true)
        #expect(found["bridge-mass"]?.value != nil && found["bridge-mass-between"]?.value == nil)
        #expect(found["modes-found"]?.value == 1)
        #expect(found["invertibility"]?.value == nil && found["invertibility"]?.reason != nil)
    }

    /// A flow with a hole, with NaN points, with NaN densities: no trap, no zero, a reason for each.
    @Test func brokenFlowsHaveReasons() throws {
        let task = MixtureTask(mixture: twoModes())
        for bad in [Double.nan, .infinity] {
            for (name, row) in try values(BrokenFlow(point: bad), task, key: "two") where row.sampleSizes.first != 0 {
                #expect(row.value == nil && row.reason != nil, "\(name) with a point \(bad)")
            }
            let densities = try values(BrokenFlow(density: bad), task, key: "two")
            for name in ["kl", "reverse-kl", "js", "tv", "c2st-exact", "ess", "forward-ess"] {
                #expect(
                    densities[name]?.value == nil && densities[name]?.reason != nil, "\(name) with a density \(bad)")
            }
            #expect(densities["mmd"]?.value != nil)
        }
        let hole = try values(BrokenFlow(density: -.infinity), task, key: "two")
        #expect(hole["kl"]?.value == nil && hole["kl"]?.reason?.contains("1 of 20000") == true)
        #expect(hole["forward-ess"]?.value == nil)
        #expect(hole["tv"]?.reason?.contains("flow's log density is not usable at 1 of 20000 flow") == true)
        // Points at 1e200 are finite: distances overflow, which is a reason too.
        let far = try values(BrokenFlow(point: 1e200), task, key: "two")
        for (name, row) in far where row.sampleSizes.first != 0 {
            #expect(row.value.map(\.isFinite) ?? (row.reason != nil), "\(name)")
        }
        #expect(far["reverse-kl"]?.value == nil)
    }
}

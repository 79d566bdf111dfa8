import Catalog
import FlowMath
import Foundation
import Metrics
import Testing

/// Metrics of the flow as an importance sampler, and of its corrected sample.
@Suite struct ImportanceTests {
    private static let corrected = [
        "mmd-corrected", "sliced-w2-corrected", "bridge-mass-corrected", "d-plus-corrected", "mode-tv-corrected",
    ]

    /// p = N(0, 1), q = N(0, s²) with s < 1: P(p/q > t) falls as t^(−1/(1−s²)) up to a logarithm, so k̂ tends to 1 − s²
    /// from below; with s > 1 the ratio is bounded and k̂ is negative.
    @Test(arguments: [0.45, 0.6, 0.8, 1.5]) func shapeOfGaussianRatios(s: Double) throws {
        let task = MixtureTask(mixture: Mixture([(1, [0], 1)]))
        let row = try #require(
            try values(
                Mixture([(1, [0], s)]), task, key: "ratios", metrics: ["khat"],
                parameters: ["samples": .integer(50_000)])["khat"])
        let found = try #require(row.value)
        if s > 1 {
            #expect(found < 0)
        } else {
            #expect(found > 1 - s * s - 0.25 && found < 1 - s * s + 0.1, "s \(s): \(found)")
        }
        #expect(row.details["khatLimit"] == 0.7 && row.details["khat"] == found && row.details["tail"] == 671)
        #expect(row.floor == nil && row.direction == .lower && row.parameters == #"{"samples":50000}"#)
    }

    /// E_q[p/q] = 1, var(p/q) = ∫p²/q − 1 = s²/√(2s² − 1) − 1 for p = N(0, 1), q = N(0, s²).
    @Test func evidenceWithItsError() throws {
        let task = MixtureTask(mixture: Mixture([(1, [0], 1)]))
        let s = 1.4
        var scores: [Double] = []
        for seed in 0..<20 {
            let found = try values(
                Mixture([(1, [0], s)]), task, key: "evidence", metrics: ["log-evidence"],
                parameters: ["samples": .integer(2_000)], seed: UInt64(seed))
            let error = try #require(found["log-evidence-error"])
            let estimate = try #require(found["log-evidence"])
            let exact = -log(24.0)
            #expect(try abs(#require(estimate.value) - exact - #require(error.value)) < 1e-12)
            #expect(estimate.floor?.mean == estimate.details["exact"] && error.floor?.mean == 0)
            #expect(try abs(#require(estimate.details["exact"]) - exact) < 1e-12)
            let standardError = try #require(error.standardError)
            let expected = ((s * s / (2 * s * s - 1).squareRoot() - 1) / 2_000).squareRoot()
            #expect(abs(standardError / expected - 1) < 0.15, "\(standardError), \(expected)")
            #expect(estimate.standardError == standardError && estimate.direction == .target)
            scores.append(try #require(error.value) / standardError)
        }
        let spread = moments(scores)
        #expect(abs(spread.mean) < 4 / 20.0.squareRoot() && spread.variance > 0.4 && spread.variance < 2.2)
    }

    /// What q never draws is missing from the evidence: p/q is ½ everywhere that q is.
    @Test func missedModesAreMissing() throws {
        let task = MixtureTask(mixture: twoModes())
        let found = try values(
            Mixture([(1, [-2, 0], 0.5)]), task, key: "two",
            metrics: ["log-evidence", "khat", "mode-tv-corrected"])
        #expect(try abs(#require(found["log-evidence-error"]?.value) + log(2)) < 1e-3)
        #expect(try abs(#require(found["mode-tv-corrected"]?.value) - 0.5) < 1e-3)
    }

    /// Draws outside the prior's box have weight 0 and cost no likelihood evaluation.
    @Test func evaluationsAreThoseInside() throws {
        let task = MixtureTask(mixture: Mixture([(1, [0, 0], 1)]))
        let found = try values(
            Mixture([(1, [0, 0], 9)]), task, key: "wide", metrics: ["log-evidence", "leakage", "acceptance-rate"],
            parameters: ["samples": .integer(4_000)])
        let leakage = try #require(found["leakage"]?.value)
        #expect(leakage > 0.2)
        #expect(found["log-evidence"]?.details["likelihoodEvaluations"] == ((1 - leakage) * 4_000).rounded())
        // sup p/q = 81 at the centre, so rejection keeps 1/81.
        #expect(try abs(#require(found["acceptance-rate"]?.value) - 1.0 / 81) < 0.004)
        #expect(try abs(#require(found["acceptance-rate"]?.details["logBound"]) - log(81)) < 0.1)
    }

    /// A flow with a tenth of its mass in a bridge and the wrong weights, and what each method makes of it.
    @Test(arguments: ["psis", "snis", "rejection"]) func correctionRepairs(method: String) throws {
        let task = MixtureTask(mixture: twoModes())
        let flow = Mixture([(0.55, [-2, 0], 0.55), (0.35, [2, 0], 0.55), (0.1, [0, 0], 0.6)])
        let parameters: [String: JSONValue] = [
            "correction": .string(method), "kernelSamples": .integer(2_000), "slicedSamples": .integer(4_000),
        ]
        let plain = ["mmd", "sliced-w2", "bridge-mass", "d-plus", "mode-tv"]
        let found = try values(flow, task, key: "two", metrics: plain + Self.corrected, parameters: parameters)
        for name in plain {
            let before = try #require(found[name])
            let after = try #require(found[name + "-corrected"])
            let floor = try #require(before.floor)
            let (raw, corrected) = (try #require(before.value), try #require(after.value))
            #expect(raw > floor.mean + 4 * floor.standardDeviation, "\(name) \(raw), floor \(floor)")
            // The corrected sample is worth fewer points than the floor's: its spread is larger by about 1/√(ESS/n).
            #expect(abs(corrected - floor.mean) < 0.2 * abs(raw - floor.mean), "\(name) \(raw) → \(corrected)")
            #expect(after.parameters.contains("\"correction\":\"\(method)\"") && after.details["khat"] != nil)
        }
        let mode = try #require(found["mode-tv-corrected"])
        if method == "rejection" {
            // Kept points are independent: their number is the sample size, and errors hold.
            let kept = try #require(mode.sampleSizes.first)
            #expect(kept > 5_000 && kept < 20_000 && mode.standardError != nil)
            #expect(mode.floor == nil, "no floor was measured at this size")
            let bridge = try #require(found["bridge-mass-corrected"]?.floor)
            let a = 1 - bridge.mean
            #expect(abs(bridge.standardDeviation - (a * (1 - a) / Double(kept)).squareRoot()) < 1e-12)
        } else {
            #expect(mode.sampleSizes.first == 20_000 && mode.standardError == nil && mode.floor?.repetitions == 4)
        }
    }

    /// An exact flow has equal weights: systematic resampling then picks every k-th point once, and all floors hold.
    @Test func exactFlowsStayExact() throws {
        let task = MixtureTask(mixture: twoModes())
        let found = try values(
            task.mixture, task, key: "two", metrics: Self.corrected + ["khat", "log-evidence", "acceptance-rate"],
            parameters: ["floorRepetitions": .integer(10)])
        for name in Self.corrected {
            let row = try #require(found[name])
            let floor = try #require(row.floor)
            #expect(
                try abs(#require(row.value) - floor.mean) < 5 * floor.standardDeviation, "\(name) \(row)")
        }
        #expect(found["khat"]?.value == nil && found["khat"]?.reason?.contains("equal") == true)
        #expect(try abs(#require(found["log-evidence-error"]?.value)) < 1e-12)
        #expect(try abs(#require(found["acceptance-rate"]?.value) - 1) < 1e-12)
    }

    @Test func brokenFlowsHaveReasons() throws {
        let task = MixtureTask(mixture: twoModes())
        let names = Self.corrected + ["khat", "log-evidence", "acceptance-rate"]
        for flow in [BrokenFlow(point: .nan), BrokenFlow(density: .nan), BrokenFlow(density: -.infinity)] {
            for (name, row) in try values(flow, task, key: "two", metrics: names) {
                #expect(row.value == nil && row.reason != nil, "\(name)")
            }
        }
        // Nothing of q lies where p is.
        let outside = Mixture([(1, [100, 100], 1)])
        for (name, row) in try values(outside, task, key: "two", metrics: names) {
            #expect(row.reason == "no flow sample lies where p > 0", "\(name)")
        }
        #expect(throws: ParameterError.self) { try EvaluationSettings(["correction": .string("magic")]) }
    }
}

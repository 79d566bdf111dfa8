import FlowMath
import Foundation
import Testing

/// Pareto-smoothed weights against ArviZ (Tests/Oracles/importance.py), and the distribution itself against what it is.
@Suite struct ParetoSmoothingTests {
    @Test func agreesWithArviZ() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Oracles/importance.json")
        let root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let tables = try #require(root["tables"] as? [[String: Any]])
        #expect(tables.count == 12)
        for table in tables {
            let name = table["name"] ?? ""
            let weights = try #require(table["logWeights"] as? [Any]).map { $0 as? Double ?? -.infinity }
            let expected = try #require(table["normalised"] as? [Any]).map { $0 as? Double ?? -.infinity }
            let found = paretoSmoothed(weights)
            if let shape = table["shape"] as? Double {
                #expect(abs(found.khat - shape) < 1e-9 * max(1, abs(shape)), "\(name): \(found.khat), ArviZ \(shape)")
                #expect(found.tailCount > 4)
            } else {
                #expect(found.khat == .infinity && found.tailCount == 0 && found.logWeights == weights)
            }
            let total = logSumExp(found.logWeights)
            #expect(found.logWeights.count == expected.count)
            // Which of several equal weights gets which quantile is arbitrary, so outputs are compared in order.
            for (weight, value) in zip(ordered(found.logWeights, by: weights), ordered(expected, by: weights))
            where value > -.infinity {
                #expect(abs(weight - total - value) < 1e-9 * max(1, abs(value)), "\(name)")
            }
            let largest = try #require(weights.max())
            #expect(found.logWeights.allSatisfy { $0 <= largest })
            #expect(zip(weights, found.logWeights).allSatisfy { ($0 == -.infinity) == ($1 == -.infinity) })
        }
    }

    private func ordered(_ values: [Double], by weights: [Double]) -> [Double] {
        weights.indices.sorted { (weights[$0], values[$0]) < (weights[$1], values[$1]) }.map { values[$0] }
    }

    /// The weights' order changes nothing, and a constant only moves them.
    @Test func orderAndScaleDoNotMatter() {
        var stream = RandomStream(seed: 4, purpose: .reference)
        let weights = (0..<500).map { _ in 0.6 * stream.nextExponential() }
        let plain = paretoSmoothed(weights)
        let reversed = paretoSmoothed(weights.reversed())
        #expect(reversed.khat == plain.khat && reversed.logWeights == plain.logWeights.reversed())
        let moved = paretoSmoothed(weights.map { $0 + 300 })
        #expect(abs(moved.khat - plain.khat) < 1e-9)
        for (a, b) in zip(moved.logWeights, plain.logWeights) { #expect(abs(a - 300 - b) < 1e-9) }
    }

    /// Excesses drawn by inversion, u^(−k) − 1 over k: the estimate finds their shape. Its prior of 10 observations at ½
    /// pulls by at most 10·|½ − k|/n; the sampling error is about (1 + k)/√n.
    @Test(arguments: [-0.3, 0.2, 0.7, 1.2]) func fitFindsTheShape(shape: Double) throws {
        var stream = RandomStream(seed: 8, purpose: .reference)
        let n = 20_000
        let excesses = (0..<n).map { _ in (pow(1 - stream.nextUniform(), -shape) - 1) / shape * 2.5 }.sorted()
        let fit = try #require(GeneralizedPareto(fittedTo: excesses))
        #expect(abs(fit.shape - shape) < 4 * (1 + shape) / Double(n).squareRoot() + 10 * abs(0.5 - shape) / Double(n))
        #expect(abs(fit.scale / 2.5 - 1) < 0.06)
        // Quantiles invert F(x) = 1 − (1 + kx/σ)^(−1/k).
        for p in [0.1, 0.5, 0.99] {
            let x = fit.quantile(p)
            #expect(abs(1 - pow(1 + fit.shape * x / fit.scale, -1 / fit.shape) - p) < 1e-12)
        }
        #expect(abs(GeneralizedPareto(shape: 0, scale: 2).quantile(0.5) - 2 * log(2)) < 1e-15)
    }

    @Test func degenerateWeightsAreLeftAlone() {
        for weights in [
            [], [0], [Double](repeating: -3, count: 100), [Double](repeating: -.infinity, count: 100),
            [Double](repeating: -.infinity, count: 99) + [1],
        ] {
            let found = paretoSmoothed(weights)
            #expect(found.khat == .infinity && found.tailCount == 0 && found.logWeights == weights)
        }
        for bad in [Double.nan, .infinity] {
            let found = paretoSmoothed([Double](repeating: 0, count: 60) + [bad])
            #expect(found.khat.isNaN && found.tailCount == 0)
        }
        // min(1 − 1/log₁₀ S, .7): ½ at 100, ⅔ at 1 000, .7 from 2 155 on.
        #expect(abs(ParetoSmoothing.threshold(count: 100) - 0.5) < 1e-15)
        #expect(abs(ParetoSmoothing.threshold(count: 1_000) - 2.0 / 3) < 1e-15)
        #expect(ParetoSmoothing.threshold(count: 50_000) == 0.7)
    }
}

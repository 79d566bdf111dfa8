import Catalog
import FlowMath
import Foundation
import Metrics
import Testing

/// Metrics of two plain samples against NumPy, SciPy and POT (Tests/Oracles/metrics.py) and closed forms.
@Suite struct SampleMetricTests {
    @Test func agreesWithTheOracles() throws {
        let pairs = try #require(try oracle()["pairs"] as? [[String: Any]])
        #expect(pairs.count == 5)
        for pair in pairs {
            let dimension = try #require(pair["dimension"] as? Int)
            let a = Points(dimension: dimension, values: try #require(pair["a"] as? [Double]))
            let b = Points(dimension: dimension, values: try #require(pair["b"] as? [Double]))
            let expected = try #require(pair["values"] as? [String: Double])
            #expect(expected.count >= 5)
            for (name, value) in expected {
                let found: Double?
                switch name {
                case "medianDistance": found = medianPairwiseDistance(a)
                case "mmd-fixed-0.7": found = try evaluate("mmd", a, b, bandwidth: 0.7).value
                default: found = try evaluate(name, a, b).value
                }
                let difference = try abs(#require(found) - value)
                #expect(difference < 1e-12 * max(1, abs(value)), "\(pair["name"] ?? "") \(name): \(found ?? .nan)")
            }
        }
    }

    @Test func translationHasClosedForms() throws {
        // A translation is the gradient of a convex function, hence the optimal map: W1 = W2 = ‖shift‖ exactly.
        for dimension in [1, 2, 3, 6] {
            let a = Mixture([(1, [Double](repeating: 0, count: dimension), 1)]).sample(
                count: 200, stream: RandomStream(seed: 5, purpose: .reference))
            let shift = (0..<dimension).map { 0.5 + Double($0) }
            var b = a
            for i in 0..<b.count { for d in 0..<dimension { b[i, d] += shift[d] } }
            let norm = shift.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(try abs(#require(evaluate("w2", a, b).value) - norm) < 1e-10)
            #expect(try abs(#require(evaluate("w1", a, b).value) - norm) < 1e-10)
            // Each projection moves by shift·direction; over all directions the mean square is ‖shift‖²/D.
            let sliced = try #require(evaluate("sliced-w2", a, b, projections: 4_000).value)
            #expect(abs(sliced - norm / Double(dimension).squareRoot()) < 0.03 * norm)
        }
    }

    /// E k for X−Y ~ N(δ, 2I): (h²/(h²+2))^{D/2} exp(−δ²/(2(h²+2))).
    @Test(arguments: [0.0, 0.7]) func mmdIsUnbiased(shift: Double) throws {
        func kernel(_ h: Double, _ delta: Double) -> Double {
            h * h / (h * h + 2) * exp(-delta * delta / (2 * (h * h + 2)))
        }
        let bandwidths = [1.5 / 16, 1.5 / 8, 1.5 / 4, 1.5 / 2, 1.5]
        let expected = bandwidths.reduce(0) { $0 + 2 * (kernel($1, 0) - kernel($1, shift)) } / 5
        let found = try (0..<400).map { repetition in
            let (a, b) = gaussians(40, repetition, shift)
            return try #require(evaluate("mmd", a, b, bandwidth: 1.5).value)
        }
        expectMean(found, expected)
        #expect(found.contains { $0 < 0 } || shift > 0)
    }

    /// E|N(m, s²)| = s √(2/π) e^{−m²/2s²} + m erf(m/(s√2)), one dimension.
    @Test(arguments: [0.0, 0.5]) func energyIsUnbiased(shift: Double) throws {
        func meanDistance(_ delta: Double) -> Double {
            2 / Double.pi.squareRoot() * exp(-delta * delta / 4) + delta * erf(delta / 2)
        }
        let found = try (0..<400).map { repetition in
            let (a, b) = gaussians(40, repetition, shift, dimension: 1)
            return try #require(evaluate("energy", a, b).value)
        }
        expectMean(found, 2 * meanDistance(shift) - 2 * meanDistance(0))
    }

    /// The Hájek standard error against the spread over repetitions, away from equality.
    @Test func standardErrorsMatchTheSpread() throws {
        for name in ["mmd", "energy", "w1", "w2"] {
            let results = try (0..<150).map { repetition in
                let (a, b) = gaussians(100, repetition, 1.2)
                return try evaluate(name, a, b, bandwidth: 1.5)
            }
            let values = results.compactMap(\.value)
            let mean = values.reduce(0, +) / Double(values.count)
            let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
            let claimed = results.compactMap(\.standardError).reduce(0, +) / Double(results.count)
            #expect(claimed > 0.7 * spread && claimed < 1.4 * spread, "\(name): \(claimed) against \(spread)")
        }
    }

    @Test func symmetricAndIndependentOfOrder() throws {
        let (a, b) = gaussians(64, 3, 0.4)
        let order = (0..<64).map { ($0 * 37 + 11) % 64 }
        let shuffled = Points(dimension: 2, values: order.flatMap { [a[$0, 0], a[$0, 1]] })
        for name in sampleMetricNames where name != "c2st" {
            let value = try #require(evaluate(name, a, b, bandwidth: 1).value)
            let swapped = try #require(evaluate(name, b, a, bandwidth: 1).value)
            let reordered = try #require(evaluate(name, shuffled, b, bandwidth: 1).value)
            #expect(abs(value - swapped) < 1e-12 && abs(value - reordered) < 1e-12, "\(name)")
        }
    }

    @Test func degenerateInputsHaveReasons() throws {
        let one = Points(dimension: 2, values: [1, 2])
        let same = Points(dimension: 2, values: [Double](repeating: 1, count: 20))
        let (a, _) = gaussians(10, 1, 0)
        for name in sampleMetricNames {
            for bad in [Double.nan, .infinity, -.infinity] {
                var broken = a
                broken[3, 1] = bad
                let result = try evaluate(name, a, broken)
                #expect(result.value == nil && result.reason == "point 4 of B is not finite", "\(name)")
            }
            for (first, second) in [(one, one), (same, same), (Points(dimension: 2, values: []), a), (one, a)] {
                let result = try evaluate(name, first, second)
                #expect((result.value == nil) == (result.reason != nil))
                if name.hasPrefix("mmd") || (name == "energy" && first.count < 2) { #expect(result.value == nil) }
            }
            // Distances of 1e200 overflow when squared: a reason or a finite number, never a trap or an infinity.
            var huge = a
            huge[0, 0] = 1e200
            let result = try evaluate(name, a, huge)
            #expect(result.value.map(\.isFinite) ?? (result.reason != nil))
            #expect(throws: DimensionMismatch.self) {
                try evaluate(name, a, Points(dimension: 3, values: [1, 2, 3]))
            }
        }
        #expect(try evaluate("w2", same, same).value == 0)
    }

    @Test func mistakesAreNamed() throws {
        let (a, _) = gaussians(10, 1, 0)
        #expect(throws: UnknownComponentError(kind: "metric of two samples", name: "kl", known: sampleMetricNames)) {
            try sampleMetric(named: "kl", a, a)
        }
        for (name, parameters): (String, ParameterValues) in [
            ("w2", ["bandwidth": .number(1)]), ("mmd", ["bandwidth": .number(-1)]), ("energy", ["speed": .integer(1)]),
            ("mmd", ["permutations": .integer(0)]), ("sliced-w2", ["slicedProjections": .string("many")]),
            ("mmd-median", ["permutations": .integer(9)]), ("c2st", ["c2stSamples": .integer(1)]),
        ] {
            #expect(throws: ParameterError.self, "\(name)") {
                try sampleMetric(named: name, a, a, parameters: parameters)
            }
        }
        // Too many points for exact transport: a reason with the remedy, and the remedy works.
        let many = Points(dimension: 1, values: (0..<10_001).map { Double($0) })
        let refused = try sampleMetric(named: "w1", many, many)
        #expect(refused[0].value == nil && refused[0].reason?.contains("transportSamples") == true)
        let fewer = try sampleMetric(named: "w1", many, many, parameters: ["transportSamples": .integer(50)])
        #expect(fewer[0].value == 0 && fewer[0].sampleSizes == [50, 50])
    }

    /// One measurement with the bandwidth or the number of directions given.
    private func evaluate(
        _ name: String, _ a: Points, _ b: Points, bandwidth: Double? = nil, projections: Int? = nil
    ) throws -> Metrics.Measurement {
        var parameters: ParameterValues = [:]
        if name.hasPrefix("mmd") { parameters["bandwidth"] = bandwidth.map(JSONValue.number) }
        if name == "sliced-w2" { parameters["slicedProjections"] = projections.map(JSONValue.integer) }
        return try #require(sampleMetric(named: name, a, b, parameters: parameters).first)
    }

    private func gaussians(_ n: Int, _ repetition: Int, _ shift: Double, dimension: Int = 2) -> (Points, Points) {
        let zero = [Double](repeating: 0, count: dimension)
        var mean = zero
        mean[0] = shift
        let stream = RandomStream(seed: 77, purpose: .reference, step: UInt32(repetition))
        return (
            Mixture([(1, zero, 1)]).sample(count: n, stream: stream),
            Mixture([(1, mean, 1)]).sample(count: n, stream: stream.substream(1))
        )
    }

    private func expectMean(_ values: [Double], _ expected: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        let error = (variance / Double(values.count)).squareRoot()
        #expect(abs(mean - expected) < 4 * error, "mean \(mean) ± \(error), expected \(expected)")
    }
}

import Catalog
import FlowMath
import Foundation
import Metrics
import Synchronization
import Tasks
import Testing

/// Calibration, coverage, TARP, information gain and posterior gap of families whose faults are known.
@Suite struct ConditionalMetricTests {
    private static let names = ["sbc", "coverage", "tarp", "information-gain"]

    /// The conditional rows of a family, by name; `key` names the task's configuration, hence the pairs.
    private func rows(
        _ family: any ConditionalDensity, _ task: any SimulatorTask, key: String, count: Int = 400, seed: UInt64 = 1,
        cache: any ReferenceCache = MemoryCache()
    ) throws -> [String: MetricValue] {
        let list = try evaluateMetrics(
            flow: ConditionedDensity(family, on: task.observation), task: task, observation: task.observation,
            parameters: [
                "metrics": .array(Self.names.map { .string($0) }), "conditionalObservations": .integer(count),
            ],
            seed: seed, inverseError: nil, cache: cache, cacheKeyPrefix: key, conditional: (family, task))
        return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
    }

    private func value(_ rows: [String: MetricValue], _ name: String) throws -> Double {
        let row = try #require(rows[name])
        return try #require(row.value)
    }

    private func error(_ rows: [String: MetricValue], _ name: String) throws -> Double {
        let row = try #require(rows[name])
        return try #require(row.standardError)
    }

    /// The p value of a column's ranks.
    private func p(_ rows: [String: MetricValue], _ name: String) throws -> Double {
        let row = try #require(rows[name])
        return try #require(row.details["p"])
    }

    /// KL of N(μ, s²) from N(μ, (c s)²) in D dimensions: D (log c + 1/(2c²) − ½).
    private func widthDivergence(_ dimension: Int, _ c: Double) -> Double {
        Double(dimension) * (log(c) + 0.5 / (c * c) - 0.5)
    }

    /// Over tasks with keys of their own, hence pairs of their own, the p values of an exact family are uniform: their
    /// Kolmogorov–Smirnov distance stays below the 1 % point 1.63/√60 and few are small. 157 pairs share no factor with
    /// 100: with 100 pairs the distances would be whole hundredths and the p values a grid with steps of a tenth.
    @Test(arguments: [false, true]) func exactFamilyPasses(signIsLost: Bool) throws {
        let task = ConjugateTask(signIsLost: signIsLost)
        let repetitions = 60
        var pValues: [String: [Double]] = [:]
        for repetition in 0..<repetitions {
            let found = try rows(
                ConjugateFamily(task: task), task, key: "exact \(signIsLost) \(repetition)", count: 157,
                seed: UInt64(repetition))
            for name in ["theta0.p", "theta1.p", "logq.p"] {
                pValues[name, default: []].append(try #require(found["sbc-p"]?.details[name]))
            }
            for name in ["coverage", "tarp"] {
                pValues[name, default: []].append(try #require(found[name]?.details["p"]))
            }
            #expect(try abs(value(found, "posterior-gap")) < 1e-12)
            let gain = try #require(found["information-gain"])
            let exact = try #require(gain.floor)
            #expect(try abs(value(found, "information-gain") - exact.mean) < 1e-12)
            #expect(gain.details["exact"] == exact.mean)
        }
        #expect(pValues.count == 5)
        for (name, values) in pValues {
            let sorted = values.sorted()
            var distance = 0.0
            for (index, p) in sorted.enumerated() {
                distance = max(distance, abs(p - Double(index) / 60), abs(p - Double(index + 1) / 60))
            }
            #expect(distance < 1.63 / 60.0.squareRoot(), "\(name): \(distance)")
            #expect(sorted.count { $0 < 0.05 } <= 9, "\(name)")
        }
    }

    @Test func exactFamilyReadsItsFloors() throws {
        let task = ConjugateTask()
        let found = try rows(ConjugateFamily(task: task), task, key: "floors", count: 1_000)
        for name in ["sbc", "coverage", "coverage-signed", "tarp"] {
            let row = try #require(found[name])
            let floor = try #require(row.floor)
            #expect(try abs(value(found, name) - floor.mean) < 4 * floor.standardDeviation, "\(name)")
            #expect(floor.standardDeviation > 0 && (row.standardError ?? 0) > 0)
        }
        #expect(found["sbc-p"]?.floor == nil)
        // Linear Gaussian: the gain is the mutual information; sampleSizes say draws and pairs.
        let gain = try #require(found["information-gain"])
        let difference = try abs(value(found, "information-gain") - task.information)
        #expect(try difference < 4 * error(found, "information-gain"))
        #expect(gain.sampleSizes == [0, 1_000] && found["sbc"]?.sampleSizes == [99_000, 1_000])
        #expect(gain.direction == .higher && found["posterior-gap"]?.direction == .lower)
        #expect(found["coverage-signed"]?.direction == .target && found["sbc-p"]?.direction == .higher)
        var counted = 0.0
        for bin in 0..<20 {
            let number = bin < 10 ? "0\(bin)" : "\(bin)"
            counted += found["sbc"]?.details["theta1.bin\(number)"] ?? .nan
        }
        #expect(counted == 1_000)
    }

    /// Calibration alone is blind to a family that ignores x; balls around informed points and the gain are not.
    @Test(arguments: [false, true]) func priorFails(signIsLost: Bool) throws {
        let task = ConjugateTask(signIsLost: signIsLost)
        let found = try rows(PriorFamily(task: task), task, key: "prior \(signIsLost)", count: 1_000)
        #expect(try value(found, "sbc-p") > 0.01)
        #expect(try p(found, "coverage") > 0.01)
        #expect(try value(found, "information-gain") == 0)
        let information = task.information - (signIsLost ? log(2) : 0)
        // With the sign lost log 2 nats go, a little less where the modes overlap.
        let difference = try abs(value(found, "posterior-gap") - information)
        #expect(try difference < 4 * error(found, "posterior-gap") + (signIsLost ? 0.05 : 0))
        #expect(try p(found, "tarp") == 1e-4)
        #expect(try value(found, "tarp") > 0.2)
    }

    /// A uniform prior has the same density everywhere: its ranks are all ties, and still pass.
    @Test func uniformPriorOfACatalogTaskFails() throws {
        let task = try #require(try TaskCatalog.make(ComponentChoice(name: "quadratic-2d")) as? any SimulatorTask)
        let found = try rows(PriorFamily(task: task), task, key: "prior of quadratic-2d", count: 400)
        #expect(try value(found, "sbc-p") > 0.01)
        #expect(try p(found, "coverage") > 0.01)
        #expect(try p(found, "tarp") == 1e-4)
        #expect(try value(found, "posterior-gap") > 20 * error(found, "posterior-gap"))
    }

    /// θ₀ > 0 gets 99 % of the mass where it should have half. With separated modes the gap is
    /// −½ log(2 · .99) − ½ log(2 · .01) = 1.6145 nats; where x is near 0 they overlap and it is less.
    @Test func missedModeFails() throws {
        let task = ConjugateTask(noise: 0.3, signIsLost: true)
        let found = try rows(ConjugateFamily(task: task, positiveWeight: 0.99), task, key: "missed", count: 1_000)
        let separated = -0.5 * log(2 * 0.99) - 0.5 * log(2 * 0.01)
        let difference = try abs(value(found, "posterior-gap") - separated)
        #expect(try difference < 4 * error(found, "posterior-gap") + 0.1)
        #expect(try value(found, "sbc-p") < 3.5e-4)
        // Half of the θ* lie below nearly all draws: the distance is close to .49.
        #expect(try abs(value(found, "sbc") - 0.49) < 0.06)
        #expect(try p(found, "tarp") < 0.01)
        #expect(try value(found, "coverage-signed") < 0)
    }

    /// Standard deviations 0.6 times the exact ones, D = 2: the HPD region of level α has the true mass
    /// 1 − (1 − α)^(c²), and KL(p‖q) = D (log c + 1/(2c²) − ½).
    @Test func overconfidenceFails() throws {
        let task = ConjugateTask()
        let c = 0.6
        let found = try rows(ConjugateFamily(task: task, widening: c), task, key: "narrow", count: 1_000)
        let coverage = try #require(found["coverage"])
        var expectedMean = 0.0
        for k in 1...99 {
            let level = Double(k) / 100
            let expected = 1 - pow(1 - level, c * c)
            expectedMean += (level - expected) / 99
            guard k % 5 == 0 else { continue }
            let name = "level0." + (k < 10 ? "0\(k)" : "\(k)")
            let spread = (expected * (1 - expected) / 1_000).squareRoot()
            // 99 draws place the region itself only within about .05, which averages out over x to below .01.
            let covered = try #require(coverage.details[name])
            #expect(abs(covered - expected) < 4 * spread + 0.01, "\(name): \(covered), expected \(expected)")
        }
        let mean = try value(found, "coverage")
        #expect(try abs(mean - expectedMean) < 4 * error(found, "coverage") + 0.01)
        #expect(try abs(value(found, "coverage-signed") + mean) < 1e-3)
        let difference = try abs(value(found, "posterior-gap") - widthDivergence(2, c))
        #expect(try difference < 4 * error(found, "posterior-gap"))
        #expect(try value(found, "sbc-p") < 3.5e-4)
        #expect(try p(found, "tarp") < 0.01)
        let wide = try rows(ConjugateFamily(task: task, widening: 1.6), task, key: "narrow", count: 1_000)
        #expect(try value(wide, "coverage-signed") > 0.05)
        #expect(try value(wide, "sbc-p") < 3.5e-4)
        #expect(try abs(value(wide, "posterior-gap") - widthDivergence(2, 1.6)) < 0.1)
    }

    @Test func unusableFamiliesHaveReasons() throws {
        let task = ConjugateTask()
        let exact = ConjugateFamily(task: task)
        let never = try rows(
            BrokenFamily(exact: exact, threshold: 3, logDensity: -.infinity), task, key: "broken", count: 200)
        for name in ["information-gain", "posterior-gap"] {
            #expect(never[name]?.value == nil)
            #expect(never[name]?.reason?.contains("density is 0 at") == true)
        }
        // A family that is 0 at its own draws is at fault, not calibrated or miscalibrated.
        #expect(never["sbc"]?.reason?.contains("not usable") == true)
        let nan = try rows(BrokenFamily(exact: exact, threshold: 3, logDensity: .nan), task, key: "broken", count: 200)
        let broken = try rows(
            BrokenFamily(exact: exact, threshold: 3, logDensity: 0, breaksSamples: true), task, key: "broken",
            count: 200)
        for name in ["sbc", "sbc-p", "coverage", "coverage-signed", "tarp"] {
            #expect(nan[name]?.value == nil && nan[name]?.reason?.contains("true values") == true)
            #expect(broken[name]?.value == nil && broken[name]?.reason?.contains("not finite") == true)
        }
        let other = ConjugateFamily(task: ConjugateTask(dimension: 3))
        #expect(throws: DimensionMismatch.self) {
            try evaluateMetrics(
                flow: ConditionedDensity(exact, on: task.observation), task: task, observation: task.observation,
                parameters: ["metrics": .array([])], seed: 1, inverseError: nil, cache: MemoryCache(),
                cacheKeyPrefix: "broken", conditional: (other, task))
        }
    }

    /// Pairs belong to the task, draws to the run; the cache changes nothing.
    @Test func pairsAreTheTasksAndDrawsTheRuns() throws {
        let task = ConjugateTask()
        let family = ConjugateFamily(task: task, widening: 0.9)
        let cache = MemoryCache()
        let first = try rows(family, task, key: "pairs", seed: 1, cache: cache)
        #expect(try rows(family, task, key: "pairs", seed: 1) == first)
        let other = try rows(family, task, key: "pairs", seed: 2)
        #expect(other["posterior-gap"] == first["posterior-gap"] && other["sbc"]?.value != first["sbc"]?.value)
        let texts = cache.texts.withLock { $0 }
        #expect(texts.count == 1)
        // What a cache says is believed bit for bit; damaged text is computed anew.
        let copied = MemoryCache()
        let damaged = MemoryCache()
        for (key, text) in texts {
            copied.store(text, forKey: key.replacingOccurrences(of: "pairs", with: "copied"))
            damaged.store(
                text.replacingOccurrences(of: "likeliest ", with: "likeliest -"),
                forKey: key.replacingOccurrences(of: "pairs", with: "damaged"))
        }
        let read = try rows(family, task, key: "copied", cache: copied)
        #expect(read["information-gain"]?.floor != nil)
        #expect(read["posterior-gap"]?.value != first["posterior-gap"]?.value, "other θ*, the stored log p")
        let anew = try rows(family, task, key: "damaged", cache: damaged)
        let difference = try value(anew, "posterior-gap") - value(first, "posterior-gap")
        #expect(abs(difference) < 0.1)
    }
}

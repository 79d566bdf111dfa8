import Catalog
import FlowMath
import Foundation
import Metrics
import Synchronization
import Tasks
import Testing

/// What is computed once per task: levels, saddle, masses, and that caches and threads change nothing.
@Suite struct ReferenceTests {
    /// Two equal modes at ±2 on the x axis, sd s: the saddle is the origin; levels of separated modes are those of one
    /// 2D Gaussian of half the density, p(r) = exp(−r²/2s²)/(4πs²), P(p < λ) = λ·4πs².
    @Test func gridKnowsSaddleLevelsAndMasses() throws {
        let task = MixtureTask(mixture: twoModes(0.5), halfWidth: 6)
        let grid = try #require(DensityGrid(task: task, observation: []))
        #expect(abs(grid.integral - 1) < 1e-6)
        let saddle = task.mixture.logProbability(of: Points(dimension: 2, values: [0, 0]))[0]
        let found = try #require(grid.logSeparatingDensity(seeds: [[-2, 0], [2, 0]]))
        #expect(abs(found - saddle) < 2e-3)
        #expect(grid.logSeparatingDensity(seeds: [[-2, 0], [-1.9, 0.1]]) == nil)

        let reference = TaskReference(task: task, observation: [], seed: 1)
        #expect(reference.source == .grid)
        for (mass, level) in zip(TaskReference.tabulatedMasses, reference.logLevels) where mass < 0.99 {
            #expect(abs(level - log((1 - mass) / (4 * .pi * 0.25))) < 3e-3, "\(mass)")
        }
        #expect(try abs(#require(reference.separatingMass) - (1 - exp(saddle) * .pi)) < 1e-3)
        #expect(reference.splitProblem == nil)
        #expect(abs(reference.basinMasses[0] - 0.5) < 1e-6)
        #expect(abs(reference.outsideMass - (1 - reference.regionMass)) < 1e-4)
        #expect(abs(reference.betweenMass + reference.tailMass - reference.outsideMass) < 1e-12)

        let unequal = TaskReference(task: MixtureTask(mixture: twoModes(0.7), halfWidth: 6), observation: [], seed: 1)
        #expect(abs(unequal.basinMasses[0] - (0.7 * normalCumulative(4) + 0.3 * normalCumulative(-4))) < 1e-4)
    }

    /// The same two modes in 3D have no grid: masses are proportions of 10⁶ samples, the saddle is unknown.
    @Test func samplesStandInAboveTwoDimensions() throws {
        let mixture = Mixture([(0.7, [-2, 0, 0], 0.5), (0.3, [2, 0, 0], 0.5)])
        let reference = TaskReference(task: MixtureTask(mixture: mixture), observation: [], seed: 1)
        #expect(reference.source == .samples)
        #expect(abs(reference.basinMasses[0] - 0.7) < 0.002)
        #expect(reference.logSeparatingDensity == nil && reference.splitProblem != nil && reference.regionMass == 0.999)
        #expect(abs(reference.outsideMass - 0.001) < 1e-9)
    }

    @Test func overlappingModesHaveNoSplit() {
        let task = MixtureTask(mixture: Mixture([(0.5, [-1.3, 0], 1), (0.5, [1.3, 0], 1)]))
        let reference = TaskReference(task: task, observation: [], seed: 1)
        #expect((reference.separatingMass ?? 1) < 0.9)
        #expect(reference.regionMass == 0.999 && reference.splitProblem?.contains("overlap") == true)
    }

    /// Forty components, some overlapping: no saddle and no split; masses .0245 … .0257 (400 000 draws by NumPy).
    @Test func componentsHaveBasinsButNoSplit() throws {
        let task = try TaskCatalog.make(ComponentChoice(name: "gmm40"))
        let reference = TaskReference(task: task, observation: [], seed: 1)
        #expect(reference.source == .grid && reference.basinMasses.count == 40)
        #expect(abs(reference.basinMasses.reduce(0, +) - 1) < 1e-9)
        #expect(reference.basinMasses.allSatisfy { $0 > 0.0238 && $0 < 0.0264 })
        #expect(reference.logSeparatingDensity == nil && reference.regionMass == 0.999)
        #expect(reference.splitProblem?.contains("overlap") == true && reference.betweenMass == 0)
    }

    /// A density that is 0 between the modes: everything lies above the saddle, and the text of −infinity reads back.
    @Test func densityMayVanishBetweenModes() throws {
        let task = try TaskCatalog.make(ComponentChoice(name: "sbibm-two-moons"))
        let reference = TaskReference(task: task, observation: task.observation, seed: 1)
        #expect(reference.logSeparatingDensity == -.infinity && reference.separatingMass == 1)
        #expect(reference.splitProblem == nil && reference.regionMass == 0.999)
        #expect(reference.basinMasses.allSatisfy { abs($0 - 0.5) < 0.003 })
        #expect(TaskReference(text: reference.text, task: task, observation: task.observation) == reference)
    }

    @Test func textKeepsEveryBit() throws {
        for task in [MixtureTask(mixture: twoModes()), MixtureTask(mixture: Mixture([(1, [0, 0], 1)]))] {
            let reference = TaskReference(task: task, observation: [], seed: 3)
            let read = try #require(TaskReference(text: reference.text, task: task, observation: []))
            #expect(read == reference)
            for damage in [
                "", "reference/1 grid", reference.text.replacingOccurrences(of: "region ", with: "region x"),
            ] {
                #expect(TaskReference(text: damage, task: task, observation: []) == nil)
            }
        }
    }

    @Test func cacheThreadsAndSelectionChangeNothing() async throws {
        let task = MixtureTask(mixture: twoModes())
        let flow = twoModes(0.6)
        let cache = MemoryCache()
        let first = try values(flow, task, key: "same", cache: cache)
        #expect(first.count == Set(try MetricCatalog.plannedValues([:]).map(\.name)).count)
        let stored = cache.texts.withLock { $0 }
        let measured = first.values.filter { ($0.floor?.repetitions ?? 0) > 0 }
        #expect(measured.count >= 10 && stored.count == 1 + measured.count, "a reference and the measured floors")
        // Another "process": a new key text makes the registry ask the cache; here the registry itself is asked again.
        let results = await withTaskGroup(of: [String: MetricValue]?.self) { group in
            for _ in 0..<4 { group.addTask { try? values(flow, task, key: "same") } }
            var all: [[String: MetricValue]?] = []
            for await result in group { all.append(result) }
            return all
        }
        for result in results { #expect(result == first) }
        for name in ["mmd", "w2", "d-plus", "kl"] {
            let alone = try values(flow, task, key: "same", metrics: [name])
            #expect(alone[name] == first[name])
        }
        // Runs differ by their seed, and the reference side stays the same.
        let other = try values(flow, task, key: "same", metrics: ["kl", "mode-tv"], seed: 2)
        #expect(other["kl"]?.value == first["kl"]?.value && other["mode-tv"]?.value != first["mode-tv"]?.value)
        let elsewhere = try values(flow, task, key: "another", metrics: ["kl"])
        #expect(elsewhere["kl"]?.value != first["kl"]?.value)
    }

    @Test func cachedTextIsUsed() throws {
        let task = MixtureTask(mixture: twoModes())
        let cache = MemoryCache()
        let measured = try values(task.mixture, task, key: "first", metrics: ["energy"], cache: cache)
        // Under another key with the first one's texts: what the cache says is believed bit for bit.
        let copied = MemoryCache()
        for (key, text) in cache.texts.withLock({ $0 }) {
            copied.store(text, forKey: key.replacingOccurrences(of: "first", with: "second"))
        }
        let read = try values(task.mixture, task, key: "second", metrics: ["energy"], cache: copied)
        #expect(read["energy"]?.floor == measured["energy"]?.floor)
        // Damaged texts are computed anew.
        let damaged = MemoryCache()
        for key in cache.texts.withLock({ $0.keys.sorted() }) {
            damaged.store("floor/1 nonsense", forKey: key.replacingOccurrences(of: "first", with: "third"))
        }
        let recomputed = try values(task.mixture, task, key: "third", metrics: ["energy"], cache: damaged)
        #expect(recomputed["energy"]?.floor != nil && recomputed["energy"]?.floor != measured["energy"]?.floor)
    }

    @Test func floorsAreTheMetricAtEquality() throws {
        let task = MixtureTask(mixture: twoModes())
        let found = try values(
            task.mixture, task, key: "two", parameters: ["floorRepetitions": .integer(20)])
        for (name, row) in found {
            guard let value = row.value, let floor = row.floor else {
                #expect(name == "invertibility" || name == "khat")
                continue
            }
            // The flow is exact: its own reading lies within the floor's spread.
            #expect(
                abs(value - floor.mean) <= 4.5 * floor.standardDeviation + 1e-12, "\(name): \(value), floor \(floor)")
        }
        #expect(abs(found["mmd"]?.floor?.mean ?? 1) < 0.003)
        #expect((found["w2"]?.floor?.mean ?? 0) > 0.1, "w2 is biased upward")
    }

    /// FNV-1a of "" and "a" are the published offset basis and 0xaf63dc4c8601ec8c; splitmix64's finaliser applied.
    @Test func keysHash() {
        func finalise(_ seed: UInt64) -> UInt64 {
            var z = seed
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        #expect(ReferenceKey.hash("") == finalise(0xCBF2_9CE4_8422_2325))
        #expect(ReferenceKey.hash("a") == finalise(0xAF63_DC4C_8601_EC8C))
    }
}

/// The catalog and the settings.
@Suite struct MetricCatalogTests {
    @Test func catalogIsConsistent() throws {
        let names = MetricCatalog.descriptions.map(\.name)
        #expect(names == MetricCatalog.names && Set(names).count == names.count && !names.isEmpty)
        guard case .list(.choice(let choices), _)? = MetricCatalog.evaluationParameters.first?.kind else {
            Issue.record("the first evaluation parameter is the list of metrics")
            return
        }
        #expect(choices == names)
        for metric in MetricCatalog.metrics {
            #expect(metric.columns.first == metric.description.name)
            #expect(!metric.description.definition.isEmpty && !metric.description.source.isEmpty)
            for column in metric.columns { #expect(MetricCatalog.metric(column: column)?.name == metric.name) }
        }
        let columns = MetricCatalog.metrics.flatMap(\.columns)
        #expect(Set(columns).count == columns.count)
    }

    @Test func plannedValuesAreWhatIsReturned() throws {
        let task = MixtureTask(mixture: twoModes())
        let parameters: ParameterValues = [
            "samples": .integer(1_000), "kernelSamples": .integer(50), "transportSamples": .integer(20),
            "slicedSamples": .integer(50), "floorRepetitions": .integer(2), "bandwidth": .number(0.75),
        ]
        let rows = try evaluateMetrics(
            flow: twoModes(), task: task, observation: [], parameters: parameters, seed: 3, inverseError: 2e-6,
            cache: MemoryCache(), cacheKeyPrefix: "two")
        let planned = try MetricCatalog.plannedValues(parameters)
        #expect(rows.map(\.name) == planned.map(\.name))
        #expect(rows.map(\.parameters) == planned.map(\.parameters) && rows.map(\.version) == planned.map(\.version))
        let mmd = try #require(rows.first { $0.name == "mmd" })
        #expect(
            mmd.parameters == #"{"bandwidth":0.75,"floorRepetitions":2,"kernelSamples":50}"#
                && mmd.details["bandwidth"] == 0.75)
        #expect(rows.first { $0.name == "kl" }?.parameters == #"{"samples":1000}"#)
        #expect(rows.first { $0.name == "invertibility" }?.value == 2e-6)
        // Exactly the rows with a measured floor are other rows at another number of repetitions.
        var changed = parameters
        changed["floorRepetitions"] = .integer(20)
        let again = try MetricCatalog.plannedValues(changed)
        for (row, other) in zip(rows, again) {
            #expect((row.floor?.repetitions == 2) == (row.parameters != other.parameters), "\(row.name)")
        }
        #expect(again.first { $0.name == "mmd" }?.parameters == #"{"bandwidth":0.75,"kernelSamples":50}"#)
        for row in rows { #expect((row.value == nil) == (row.reason != nil)) }
    }

    @Test func settingsAreChecked() throws {
        let defaults = try EvaluationSettings([:])
        #expect(
            defaults.metrics == MetricCatalog.defaultNames && defaults.bandwidth == nil
                && defaults.floorRepetitions == 20)
        #expect(defaults.transportSamples == 1_000 && defaults.slicedSamples == 10_000)
        #expect(defaults.permutations == 999 && defaults.c2stSamples == 2_000 && defaults.correction == .psis)
        #expect(!defaults.metrics.isEmpty && Set(defaults.metrics).isSubset(of: MetricCatalog.names))
        #expect(defaults.metrics.contains("log-evidence") && !defaults.metrics.contains("c2st"))
        let picked = try EvaluationSettings(["metrics": .array([.string("w2"), .string("kl"), .string("w2")])])
        #expect(picked.metrics == ["kl", "w2"])
        for bad: ParameterValues in [
            ["samples": .integer(0)], ["samples": .string("many")], ["bandwidth": .number(0)],
            ["bandwidth": .string("wide")], ["metrics": .string("kl")], ["metrics": .array([.string("klm")])],
            ["kernelSamples": .integer(1_000_000)], ["metrics": .array([.integer(1)])],
        ] {
            #expect(throws: (any Error).self) { try EvaluationSettings(bad) }
        }
        #expect(throws: DimensionMismatch.self) {
            try evaluateMetrics(
                flow: Mixture([(1, [0], 1)]), task: MixtureTask(mixture: twoModes()), observation: [], parameters: [:],
                seed: 0, inverseError: nil, cache: MemoryCache(), cacheKeyPrefix: "x")
        }
    }
}

import Catalog
import Experiments
import Metrics
import Orchestration
import RunStorage
import Testing

/// Of several rows of one metric the one that the sweep's evaluation means counts.
struct MetricSelectionTests {
    private func row(_ name: String, _ parameters: String, version: Int = 1, _ value: Double) -> MetricRecord {
        MetricRecord(
            name: name, parametersJSON: parameters, version: version, value: value, sampleSizes: [1, 1],
            direction: "lower")
    }

    private func selection(samples: Int, metrics: [String]? = nil) throws -> MetricSelection {
        var evaluation = EvaluationPlan()
        evaluation.parameters["samples"] = .integer(samples)
        if let metrics { evaluation.parameters["metrics"] = .array(metrics.map { .string($0) }) }
        return try MetricSelection(evaluation)
    }

    /// As a store returns them: `100000` sorts before `50000` as text.
    private var both: [MetricRecord] {
        [row("kl", #"{"samples":100000}"#, 1), row("kl", #"{"samples":50000}"#, 2)]
    }

    @Test("the settings asked for count, wherever their text sorts")
    func settings() throws {
        #expect(try selection(samples: 100_000).rows(of: both).map(\.value) == [1])
        #expect(try selection(samples: 50_000).rows(of: both).map(\.value) == [2])
        #expect(try selection(samples: 50_000).rows(of: both.reversed()).map(\.value) == [2])
    }

    @Test("a metric that is asked for and lacks its settings is left out, not replaced")
    func lacking() throws {
        let other = row("js", #"{"samples":10000}"#, 3)
        #expect(try selection(samples: 10_000).rows(of: both + [other]) == [other])
    }

    @Test("a metric that is not asked for: its settings first, else the newest version; one row per name")
    func added() throws {
        #expect(try selection(samples: 100_000, metrics: ["js"]).rows(of: both).map(\.value) == [1])
        let versions = [
            row("tv", #"{"samples":700}"#, version: 2, 5), row("tv", #"{"samples":800}"#, version: 1, 6),
            row("unknown", "{}", version: 1, 7), row("unknown", "{}", version: 3, 8),
        ]
        #expect(try selection(samples: 100_000, metrics: ["js"]).rows(of: versions).map(\.value) == [5, 8])
        #expect(MetricSelection().rows(of: versions).map(\.value) == [5, 8])
    }

    @Test("another number of floor repetitions is another row")
    func repetitions() throws {
        var evaluation = EvaluationPlan()
        evaluation.parameters["floorRepetitions"] = .integer(200)
        let old = row("mmd", #"{"bandwidth":"median","kernelSamples":4000}"#, 1)
        let new = row("mmd", #"{"bandwidth":"median","floorRepetitions":200,"kernelSamples":4000}"#, 2)
        #expect(try MetricSelection(evaluation).rows(of: [old, new]) == [new])
        #expect(try MetricSelection(EvaluationPlan()).rows(of: [old, new]) == [old])
    }
}

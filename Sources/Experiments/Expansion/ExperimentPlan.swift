import Catalog

/// One run of a plan.
public struct PlannedRun: Sendable, Equatable {
    /// What decides the run's numbers.
    public var configuration: RunConfiguration
    /// SHA-256 of the canonical configuration, 64 hexadecimal digits.
    public var id: String
    /// The configuration's canonical JSON, whose SHA-256 is the id.
    public var canonicalJSON: String
    /// The number of the run's cell in the plan: runs with equal numbers differ in the seed alone.
    public var cell: Int
    /// The value of every path that varies in the plan, in the order in which the spec names the paths; `.null` where a
    /// path does not apply to the run. The seed is not among them.
    public var axes: [AxisValue]
    /// Values that were resolved before hashing, as the spec asked for them, by full path
    /// (`base.components`: `"match"`).
    public var asked: [String: JSONValue]

    /// Creates a planned run.
    init(
        configuration: RunConfiguration, canonicalJSON: String, cell: Int, axes: [AxisValue],
        asked: [String: JSONValue] = [:]
    ) {
        self.configuration = configuration
        self.canonicalJSON = canonicalJSON
        self.cell = cell
        id = sha256Hexadecimal(canonicalJSON)
        self.axes = axes
        self.asked = asked
    }

    /// The axes as one object.
    public var axesJSON: JSONValue {
        .object(Dictionary(axes.map { ($0.path, $0.value) }) { first, _ in first })
    }

    /// What the spec asked for as the number of components: nil for bases without, else a number, `"match"` or
    /// `"auto"`.
    public var componentsAsked: JSONValue? {
        asked["base.components"] ?? configuration.value(at: "base.components")
    }
}

/// A varying path and its value in one run.
public struct AxisValue: Sendable, Equatable, Hashable {
    /// The full path, for example `flow.couplingLayers`.
    public var path: String
    /// The resolved value; `.null` where the path does not apply.
    public var value: JSONValue

    /// Creates an axis value.
    public init(path: String, value: JSONValue) {
        self.path = path
        self.value = value
    }
}

/// One axis of the grid for the headline.
public struct AxisCount: Sendable, Equatable {
    /// The full paths; several for a zip group.
    public var paths: [String]
    /// How many values were written.
    public var count: Int

    /// Creates a count.
    public init(paths: [String], count: Int) {
        self.paths = paths
        self.count = count
    }

    /// For example `4 tasks`, `2 depths`, `3 modes`, `2 steps+batch`.
    public var text: String {
        let names = paths.map { path -> String in
            switch path {
            case "task": return count == 1 ? "task" : "tasks"
            case "base": return count == 1 ? "base" : "bases"
            case "flow.couplingLayers": return count == 1 ? "depth" : "depths"
            default: return path.split(separator: ".").last.map(String.init) ?? path
            }
        }
        return "\(count) \(names.joined(separator: "+"))"
    }
}

/// A spec expanded into its runs, in the order grid × zip (the first axis slowest), include, seeds fastest.
public struct ExperimentPlan: Sendable {
    /// The sweep's name.
    public var name: String
    /// What the experiment asks, as its author put it; may be empty.
    public var description: String
    /// The bytes of the spec as they were read.
    public var source: [UInt8]
    /// All runs, each once.
    public var runs: [PlannedRun]
    /// The axes of the grid in order.
    public var axisCounts: [AxisCount]
    /// The seeds, applied to every cell.
    public var seeds: [UInt64]
    /// Grid cells that `exclude` dropped.
    public var excludedCells: Int
    /// Grid cells that were equal to an earlier one.
    public var equalCells: Int
    /// Cells that `include` added.
    public var includedCells: Int
    /// What happened in the expansion that a reader of the plan should know, one sentence each.
    public var notes: [String]
    /// What is measured on each run.
    public var evaluation: EvaluationPlan
    /// The spec with every default written out, as JSON text that reads as the same plan.
    public var resolvedSpec: String

    /// `4 tasks × 2 bases × 2 depths × 5 seeds = 80 runs`.
    public var headline: String {
        let seedText = "\(seeds.count) \(seeds.count == 1 ? "seed" : "seeds")"
        var text = (axisCounts.map(\.text) + [seedText]).joined(separator: " × ")
        func cells(_ count: Int) -> String { "\(count) \(count == 1 ? "cell" : "cells")" }
        if excludedCells > 0 { text += ", less \(cells(excludedCells)) excluded" }
        if equalCells > 0 { text += ", less \(cells(equalCells)) equal to others" }
        if includedCells > 0 { text += ", plus \(cells(includedCells)) included" }
        return text + " = \(runs.count) \(runs.count == 1 ? "run" : "runs")"
    }

    /// The paths that vary, in the order of every run's `axes`.
    public var varyingPaths: [String] { runs.first?.axes.map(\.path) ?? [] }

    /// Identifies the set of runs: SHA-256 of the sorted ids, one a line. Two specs with the same runs share it.
    public var expansionID: String {
        sha256Hexadecimal(runs.map(\.id).sorted().joined(separator: "\n"))
    }

    /// Reads and expands a spec; throws everything that is wrong with it at once.
    public static func read(
        bytes: [UInt8], fileName: String, vocabulary: SpecVocabulary = .standard
    ) throws(SpecDiagnostics) -> ExperimentPlan {
        try ExperimentSpec.read(bytes: bytes, fileName: fileName, vocabulary: vocabulary).plan
    }
}

import Catalog

/// How much work a run is: seconds that its parts take on an idle core of one machine, by a rough model.
///
/// Only ratios matter: they say how much longer one run takes than another before either was seen (``WorkSpeed``).
/// Nothing but the time left depends on them.
public struct RunCost: Sendable, Equatable {
    /// Pools and optimiser steps.
    public let training: Double
    /// Metrics and the density's grid.
    public let evaluation: Double
    /// The same for the first run of a task, which also computes the task's noise floors.
    public let firstEvaluation: Double
    /// The task with its parameters, as text: runs of one task share its floors.
    public let task: String
    /// What was set, without the seed and the versions: a hash of each path with its value, sorted. Equal for the runs of
    /// a cell; two costs differ in few of them when the runs resemble each other.
    let settings: [Int]
    /// A hash of all settings.
    let cell: Int

    /// Of a run's whole configuration.
    public init(configuration: JSONValue) {
        func number(_ section: String, _ key: String, or absent: Double) -> Double {
            configuration[section]?[key]?.doubleValue ?? absent
        }
        let steps = number("training", "steps", or: 1)
        let widths = (configuration["flow"]?["hiddenSizes"]?.arrayValue ?? []).compactMap(\.doubleValue)
        // Input and output of a conditioner are a few coordinates wide; 8 stands for them. Splines take some 3 K
        // outputs per coordinate instead of 2; a K at its default is not written into a configuration.
        let isSpline = configuration["flow"]?["coupling"]?.stringValue == "spline"
        let sizes = [8] + widths + [isSpline ? 3 * number("flow", "bins", or: 8) : 8]
        let conditioner = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        // 500 stands for the base, the task's likelihood and the optimiser.
        let perPoint = 500 + number("flow", "couplingLayers", or: 1) * conditioner
        let pools =
            configuration["training"]?["proposal"]?.stringValue == "static"
            ? 1 : max(1, (steps / max(1, number("training", "stepsPerRound", or: steps))).rounded(.up))
        let drawn = pools * number("training", "draws", or: 0)
        // 0.1: the task, the flow and the first batch.
        training = 0.1 + 1e-10 * perPoint * steps * number("training", "batch", or: 1) + 2.5e-7 * drawn
        evaluation = 0.3 + 0.8e-5 * perPoint
        firstEvaluation = evaluation + 3
        task = configuration["task"]?.text ?? ""
        settings = Self.settings(configuration)
        cell = settings.hashValue
    }

    /// Of a run whose parts are known.
    public init(
        training: Double, evaluation: Double, firstEvaluation: Double, task: String = "", settings: [String] = []
    ) {
        self.training = training
        self.evaluation = evaluation
        self.firstEvaluation = firstEvaluation
        self.task = task
        self.settings = settings.map(\.hashValue).sorted()
        cell = self.settings.hashValue
    }

    /// Seconds by the model of one part.
    func seconds(_ kind: WorkKind) -> Double {
        switch kind {
        case .training: training
        case .evaluation: evaluation
        case .firstEvaluation: firstEvaluation
        }
    }

    /// Optimiser steps of a run.
    public static func steps(of configuration: JSONValue) -> Int {
        configuration["training"]?["steps"]?.integerValue ?? 0
    }

    private static func settings(_ configuration: JSONValue) -> [Int] {
        var settings: [Int] = []
        for (section, value) in configuration.objectValue ?? [:] where section != "seed" && section != "versions" {
            for (key, member) in value.objectValue ?? [:] {
                settings.append("\(section).\(key)=\(member.text)".hashValue)
            }
        }
        return settings.sorted()
    }

    /// 10^−d, d the number of settings in which the runs differ (one that only one of them has counts half).
    func similarity(to other: RunCost) -> Double {
        if cell == other.cell { return 1 }
        var equal = 0
        var (i, j) = (0, 0)
        while i < settings.count, j < other.settings.count {
            if settings[i] == other.settings[j] { equal += 1 }
            if settings[i] <= other.settings[j] { i += 1 } else { j += 1 }
        }
        let differing = settings.count + other.settings.count - 2 * equal
        var weight = 1.0
        for _ in 0..<min(max(1, differing / 2), 8) { weight /= 10 }
        return weight
    }
}

/// The parts of a run that take time, each with a speed of its own.
public enum WorkKind: Sendable, CaseIterable {
    /// Pools and optimiser steps.
    case training
    /// Metrics of a run whose task's floors are known.
    case evaluation
    /// Metrics of a task's first run, and the task's floors.
    case firstEvaluation
}

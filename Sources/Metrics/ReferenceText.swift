import FlowMath
import Tasks

/// ``TaskReference`` and floors as text for the cache: one line per value, `name v1 v2 …`, doubles in the shortest form
/// that reads back to the same bits. Text that does not read back is treated as absent.
enum ReferenceText {
    static func text(_ floor: MetricFloor) -> String {
        "floor/1 \(floor.mean) \(floor.standardDeviation) \(floor.repetitions)\n"
    }

    static func floor(_ text: String) -> MetricFloor? {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 4, parts[0] == "floor/1", let mean = Double(parts[1]), let deviation = Double(parts[2]),
            let repetitions = Int(parts[3]), mean.isFinite, deviation.isFinite, repetitions >= 0
        else { return nil }
        return MetricFloor(mean: mean, standardDeviation: deviation, repetitions: repetitions)
    }
}

extension TaskReference {
    /// Lossless text.
    package var text: String {
        func line(_ name: String, _ values: [Double]) -> String {
            ([name] + values.map { "\($0)" }).joined(separator: " ") + "\n"
        }
        return "reference/1 \(source.rawValue)\n" + line("logLevels", logLevels)
            + line("logSeparatingDensity", logSeparatingDensity.map { [$0] } ?? [])
            + line("separatingMass", separatingMass.map { [$0] } ?? [])
            + line("region", [regionMass, logRegionLevel, outsideMass, betweenMass, tailMass])
            + line("basinMasses", basinMasses) + line("basinMassesInside", basinMassesInside)
            + line("medianDistance", [medianDistance]) + "splitProblem \(splitProblem ?? "")\n"
    }

    /// Reads `text`; nil when it is damaged or of another shape than the task's.
    package init?(text: String, task: any InferenceTask, observation: [Double]) {
        var lines: [String: [Double]] = [:]
        var problem: String?
        var source: Source?
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            let name = String(parts[0])
            if name == "splitProblem" {
                problem = parts.dropFirst().joined(separator: " ")
            } else if name == "reference/1" {
                source = parts.count == 2 ? Source(rawValue: String(parts[1])) : nil
            } else {
                let values = parts.dropFirst().map { Double($0) }
                guard values.allSatisfy({ $0 != nil }) else { return nil }
                lines[name] = values.compactMap { $0 }
            }
        }
        let basins = BasinGeometry(task: task, observation: observation)
        let modes = basins?.count ?? 0
        guard let source, let problem, let levels = lines["logLevels"], levels.count == Self.tabulatedMasses.count,
            let saddle = lines["logSeparatingDensity"], let mass = lines["separatingMass"],
            let region = lines["region"], region.count == 5,
            let masses = lines["basinMasses"], masses.count == modes,
            let inside = lines["basinMassesInside"], inside.count == modes,
            let median = lines["medianDistance"], median.count == 1
        else { return nil }
        self.source = source
        logLevels = levels
        logSeparatingDensity = saddle.first
        separatingMass = mass.first
        regionMass = region[0]
        logRegionLevel = region[1]
        outsideMass = region[2]
        betweenMass = region[3]
        tailMass = region[4]
        basinMasses = masses
        basinMassesInside = inside
        medianDistance = median[0]
        splitProblem = problem.isEmpty ? nil : problem
        self.basins = basins
    }
}

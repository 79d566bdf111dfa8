import Catalog
import FlowMath
import Tasks

/// The metrics of one posterior at each of a task's fixed observations, averaged: columns `NAME-over-x`.
enum FixedObservations {
    /// Ending of the columns' names.
    static let suffix = "-over-x"

    /// What is not averaged: the engine measures `invertibility` once for all x.
    static let exclusions = ["invertibility"]

    /// The metrics among `metrics` that are averaged.
    static func metrics(_ names: [String]) -> [any Metric] {
        MetricCatalog.metrics.filter { names.contains($0.name) && !exclusions.contains($0.name) }
    }

    /// The settings at each x: `fixedSamples` points for metrics of densities, no sample larger than that, and
    /// `floorRepetitions` shared out among the observations (at least two each).
    static func settings(_ settings: EvaluationSettings, observations: Int) -> EvaluationSettings {
        var reduced = settings
        reduced.samples = settings.fixedSamples
        reduced.kernelSamples = min(settings.kernelSamples, settings.fixedSamples)
        reduced.transportSamples = min(settings.transportSamples, settings.fixedSamples)
        reduced.slicedSamples = min(settings.slicedSamples, settings.fixedSamples)
        reduced.c2stSamples = min(settings.c2stSamples, settings.fixedSamples)
        reduced.floorRepetitions = max(2, settings.floorRepetitions / max(1, observations))
        return reduced
    }

    /// Canonical JSON of the settings that a metric's averaged rows depend on.
    static func parameterText(_ metric: any Metric, _ settings: EvaluationSettings) -> String {
        let own = metric.description.parameters.map(\.name).filter { $0 != "samples" }
        return settings.parameterText(own + ["fixedSamples"])
    }

    /// Rows of all columns of `metrics`, in catalog order. The flow's points at observation k are drawn from the run's
    /// seed, 2²⁰ steps apart; the posterior's are those of the task at that observation.
    static func evaluate(
        _ metrics: [any Metric], density: any ConditionalDensity, task: any SimulatorTask,
        settings: EvaluationSettings, seed: UInt64, cache: any ReferenceCache, cacheKeyPrefix: String
    ) -> [MetricValue] {
        let observations = task.fixedObservations
        let reduced = self.settings(settings, observations: observations.count)
        var readings: [[ColumnReading]] = []
        for (k, observation) in observations.enumerated() {
            let subject = EvaluationSubject(
                flow: ConditionedDensity(density, on: observation), task: task, observation: observation,
                settings: reduced, inverseError: nil,
                flowDraw: Evaluation.Draw(
                    seed: seed, purpose: .latent, step: 1 << 31 + UInt32(truncatingIfNeeded: k + 1) << 20))
            readings.append(subject.readings(metrics, cache: cache, cacheKeyPrefix: cacheKeyPrefix))
        }
        var values: [MetricValue] = []
        var column = 0
        for metric in metrics {
            for name in metric.columns {
                let (measurement, floor) = average(name, readings.map { $0[column] })
                values.append(
                    MetricValue(
                        name: measurement.column, parameters: parameterText(metric, settings),
                        version: metric.description.version, value: measurement.value, reason: measurement.reason,
                        standardError: measurement.standardError, sampleSizes: measurement.sampleSizes,
                        direction: metric.direction, floor: floor, details: measurement.details))
                column += 1
            }
        }
        return values
    }

    /// The mean over the observations that have a value, with the standard error over them; nil when more than half
    /// have none. The floor of a mean of independent readings.
    static func average(_ column: String, _ readings: [ColumnReading]) -> (Measurement, MetricFloor?) {
        let name = column + suffix
        var details: [String: Double] = [:]
        var values: [Double] = []
        for (k, reading) in readings.enumerated() {
            guard let value = reading.measurement.value else { continue }
            values.append(value)
            details["x\(k)"] = value
        }
        let missing = readings.count - values.count
        details["missing"] = Double(missing)
        let sizes = readings.first?.measurement.sampleSizes ?? []
        guard !values.isEmpty, 2 * missing <= readings.count else {
            let first = readings.lazy.compactMap(\.measurement.reason).first ?? "there are none"
            let reason = "no value at \(missing) of the \(readings.count) fixed observations; at the first: \(first)"
            return (Measurement(name, reason: reason, sampleSizes: sizes, details: details), nil)
        }
        details["min"] = values.min()
        details["max"] = values.max()
        let moments = SampleMoments(values)
        let measurement = Measurement(
            name, moments.mean, standardError: moments.standardError, sampleSizes: sizes, details: details)
        let floors = readings.filter { $0.measurement.value != nil }.compactMap(\.floor)
        guard floors.count == values.count else { return (measurement, nil) }
        var sum = 0.0
        var variance = 0.0
        for floor in floors {
            sum += floor.mean
            variance += floor.standardDeviation * floor.standardDeviation
        }
        let count = Double(floors.count)
        return (
            measurement,
            MetricFloor(
                mean: sum / count, standardDeviation: variance.squareRoot() / count,
                repetitions: floors.reduce(0) { $0 + $1.repetitions })
        )
    }
}

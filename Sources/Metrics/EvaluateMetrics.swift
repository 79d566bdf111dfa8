import Catalog
import FlowMath
import Tasks

/// All metrics of one flow against one exact posterior.
///
/// A pure function of the flow, the task, the observation, the resolved `parameters` of the `evaluation` section and the
/// run's `seed`: the same values whatever thread, order or cache. Flow samples come from the run's seed (purpose latent,
/// steps from 2³¹ on, which training never uses); reference samples and floors from a hash of `cacheKeyPrefix` and the
/// observation, so all runs of a task are compared with the same points.
///
/// - `inverseError`: max |f(f⁻¹(θ)) − θ| as measured by the engine; nil when it was not.
/// - `cache`: keeps references and floors between processes; never changes a result.
/// - `cacheKeyPrefix`: canonical JSON of the task choice and its version.
/// - `conditional`: for an amortised flow the family q(θ|x) and the task as a simulator (`flow` is then the family at
///   `observation`): its rows over the task's fixed observations and over the prior predictive follow.
/// - Returns the values in the order of ``MetricCatalog/plannedValues(_:amortised:)``.
/// - Throws: ``ParameterError`` or ``UnknownComponentError`` for parameters that do not fit, ``DimensionMismatch`` for a
///   flow of another dimension than the task's. A metric that cannot be computed is a nil value with a reason.
public func evaluateMetrics(
    flow: any SampleableDensity, task: any InferenceTask, observation: [Double], parameters: ParameterValues,
    seed: UInt64, inverseError: Double?, cache: any ReferenceCache, cacheKeyPrefix: String,
    conditional: (density: any ConditionalDensity, task: any SimulatorTask)? = nil
) throws -> [MetricValue] {
    let settings = try EvaluationSettings(parameters)
    guard flow.dimension == task.dimension else {
        throw DimensionMismatch(found: flow.dimension, expected: task.dimension)
    }
    let subject = EvaluationSubject(
        flow: flow, task: task, observation: observation, settings: settings, inverseError: inverseError,
        flowDraw: Evaluation.Draw(seed: seed, purpose: .latent, step: 1 << 31))
    let metrics = MetricCatalog.metrics.filter { settings.metrics.contains($0.name) }
    let values = subject.readings(metrics, cache: cache, cacheKeyPrefix: cacheKeyPrefix).map { reading in
        let measurement = reading.measurement
        return MetricValue(
            name: measurement.column, parameters: reading.metric.parameterText(settings),
            version: reading.metric.description.version, value: measurement.value, reason: measurement.reason,
            standardError: measurement.standardError, sampleSizes: measurement.sampleSizes,
            direction: reading.metric.direction, floor: reading.floor, details: measurement.details)
    }
    guard let conditional else { return values }
    return values
        + (try evaluateConditionally(
            density: conditional.density, task: conditional.task, settings: settings, seed: seed, cache: cache,
            cacheKeyPrefix: cacheKeyPrefix))
}

/// One column of one metric as read, with its floor.
struct ColumnReading {
    var metric: any Metric
    var measurement: Measurement
    var floor: MetricFloor?
}

/// A flow and the exact posterior that it is compared with.
struct EvaluationSubject {
    var flow: any SampleableDensity
    var task: any InferenceTask
    var observation: [Double]
    var settings: EvaluationSettings
    /// max |f(f⁻¹(θ)) − θ| as measured by the engine; nil when it was not.
    var inverseError: Double?
    var flowDraw: Evaluation.Draw

    /// Every column of `metrics`, in order.
    func readings(_ metrics: [any Metric], cache: any ReferenceCache, cacheKeyPrefix: String) -> [ColumnReading] {
        let key = ReferenceKey(prefix: cacheKeyPrefix, observation: observation)
        let evaluation = Evaluation(
            flow: flow, posterior: ExactPosterior(task: task, observation: observation), settings: settings,
            inverseError: inverseError, flowDraw: flowDraw,
            referenceDraw: Evaluation.Draw(seed: key.seed, purpose: .reference, step: ReferenceSteps.evaluation),
            findReference: {
                ReferenceRegistry.shared.reference(key, task: task, observation: observation, cache: cache)
            })
        let floors = metricFloors(metrics, evaluation, key, cache)
        return metrics.flatMap { metric in
            metric.measure(evaluation).map {
                ColumnReading(metric: metric, measurement: $0, floor: floors[$0.column])
            }
        }
    }
}

/// A flow of another dimension than the task's.
public struct DimensionMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    /// The dimension given.
    public var found: Int
    /// The dimension it must have.
    public var expected: Int

    /// Names both dimensions.
    public var description: String { "expected points of dimension \(expected), found \(found)" }
}

/// The floor of every column of the metrics: known ones at once, measured ones from the registry.
private func metricFloors(
    _ metrics: [any Metric], _ evaluation: Evaluation, _ key: ReferenceKey, _ cache: any ReferenceCache
) -> [String: MetricFloor] {
    var floors: [String: MetricFloor] = [:]
    var measured: [(metric: any Metric, column: String)] = []
    for metric in metrics {
        for column in metric.columns {
            switch metric.floor(column: column, evaluation) {
            case .known(let floor): floors[column] = floor
            case .measured: measured.append((metric, column))
            case .none: break
            }
        }
    }
    let settings = evaluation.settings
    // The repetitions stand here in any case, also where the row's text leaves them out.
    let keys = measured.map { metric, column in
        "floor|\(column)|\(metric.description.version)|\(metric.parameterText(settings))|\(settings.floorRepetitions)"
    }
    let found = ReferenceRegistry.shared.floors(key, keys, cache: cache) { missing in
        measureFloors(missing.map { measured[$0] }, evaluation, key)
    }
    for (entry, floor) in zip(measured, found) { floors[entry.column] = floor }
    return floors
}

/// The same metrics on pairs of exact samples: in repetition r both sides are the exact posterior with streams of their
/// own, everything else is as for a flow.
private func measureFloors(
    _ columns: [(metric: any Metric, column: String)], _ evaluation: Evaluation, _ key: ReferenceKey
) -> [MetricFloor?] {
    var readings = [[Double]](repeating: [], count: columns.count)
    for repetition in 0..<evaluation.settings.floorRepetitions {
        // Sides are 2¹⁹ blocks apart, more than the largest sample has.
        let step = UInt32(repetition) << 20
        let pair = Evaluation(
            flow: evaluation.posterior, posterior: evaluation.posterior, settings: evaluation.settings,
            inverseError: nil,
            flowDraw: Evaluation.Draw(seed: key.seed, purpose: .floor, step: step),
            referenceDraw: Evaluation.Draw(seed: key.seed, purpose: .floor, step: step | 1 << 19),
            findReference: { evaluation.reference })
        for (index, entry) in columns.enumerated() {
            let measurement = entry.metric.measure(pair).first { $0.column == entry.column }
            if let value = measurement?.value { readings[index].append(value) }
        }
    }
    return readings.map { values in
        guard values.count == evaluation.settings.floorRepetitions else { return nil }
        let moments = SampleMoments(values)
        return MetricFloor(
            mean: moments.mean, standardDeviation: moments.variance.squareRoot(), repetitions: values.count)
    }
}

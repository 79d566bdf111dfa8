import Catalog
import FlowMath
import Tasks

/// The rows of an amortised flow that need more than one x: averages over the task's fixed observations, then the
/// diagnostics over the prior predictive. In the order of ``MetricCatalog/plannedValues(_:amortised:)``.
func evaluateConditionally(
    density: any ConditionalDensity, task: any SimulatorTask, settings: EvaluationSettings, seed: UInt64,
    cache: any ReferenceCache, cacheKeyPrefix: String
) throws -> [MetricValue] {
    guard density.dimension == task.dimension else {
        throw DimensionMismatch(found: density.dimension, expected: task.dimension)
    }
    guard density.contextDimension == task.observation.count else {
        throw DimensionMismatch(found: density.contextDimension, expected: task.observation.count)
    }
    var values = FixedObservations.evaluate(
        FixedObservations.metrics(settings.metrics), density: density, task: task, settings: settings, seed: seed,
        cache: cache, cacheKeyPrefix: cacheKeyPrefix)
    let metrics = MetricCatalog.chosenConditionalMetrics(settings)
    guard !metrics.isEmpty else { return values }
    let evaluation = ConditionalEvaluation(
        density: density, task: task,
        reference: ConditionalReferenceRegistry.shared.reference(
            prefix: cacheKeyPrefix, task: task, count: settings.conditionalObservations, cache: cache),
        seed: seed)
    for metric in metrics {
        for (column, measurement) in zip(metric.columns, metric.measure(evaluation)) {
            values.append(
                MetricValue(
                    name: column.name, parameters: settings.parameterText(metric.description.parameters.map(\.name)),
                    version: metric.description.version, value: measurement.value, reason: measurement.reason,
                    standardError: measurement.standardError, sampleSizes: measurement.sampleSizes,
                    direction: column.direction, floor: metric.floor(column: column.name, evaluation),
                    details: measurement.details))
        }
    }
    return values
}

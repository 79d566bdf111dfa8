import Catalog

/// What amortised runs have beside the metrics of one posterior.
extension MetricCatalog {
    /// The metrics of a family q(θ|x) over the prior predictive, in the order in which they are listed.
    public static let conditionalMetrics: [any ConditionalMetric] = [
        SimulationBasedCalibration(), ExpectedCoverage(), RandomPointCoverage(), InformationGain(),
    ]

    /// The averages over a task's fixed observations, described: `describe` knows them, `list` names the rule.
    public static let fixedObservationDescriptions = FixedObservations.metrics(metrics.map(\.name)).map { metric in
        var parameters = metric.description.parameters.filter { $0.name != "samples" }
        parameters += evaluationParameters(["fixedSamples"])
        return ComponentDescription(
            name: metric.name + FixedObservations.suffix, version: metric.description.version,
            summary: "Amortised runs: the mean of `\(metric.name)` over the task's ten fixed observations.",
            definition: """
                mean over the x with a value, null if more than half have none; standard error over the x; details: \
                each value, min, max, the number missing. Every column of `\(metric.name)` has its average. Floor: \
                the mean of the floors at each x, measured ones with floorRepetitions shared out among the x (at \
                least two each). At each x: \(metric.description.definition)
                """,
            source: metric.description.source, parameters: parameters)
    }

    /// The rows that an evaluation of an amortised run has after those of every run, in order.
    static func conditionalPlan(_ settings: EvaluationSettings) -> [PlannedValue] {
        let averaged = FixedObservations.metrics(settings.metrics).flatMap { metric in
            metric.columns.map { column in
                PlannedValue(
                    name: column + FixedObservations.suffix,
                    parameters: FixedObservations.parameterText(metric, settings), version: metric.description.version)
            }
        }
        let conditional = chosenConditionalMetrics(settings).flatMap { metric in
            metric.columns.map { column in
                PlannedValue(
                    name: column.name, parameters: settings.parameterText(metric.description.parameters.map(\.name)),
                    version: metric.description.version)
            }
        }
        return averaged + conditional
    }

    /// The conditional metrics that the settings name, in catalog order.
    static func chosenConditionalMetrics(_ settings: EvaluationSettings) -> [any ConditionalMetric] {
        conditionalMetrics.filter { settings.metrics.contains($0.name) }
    }

    /// Whether a column is one that only amortised runs have.
    public static func isConditional(column: String) -> Bool {
        if conditionalMetrics.contains(where: { $0.columns.contains { $0.name == column } }) { return true }
        guard column.hasSuffix(FixedObservations.suffix) else { return false }
        let name = String(column.dropLast(FixedObservations.suffix.count))
        return FixedObservations.metrics(metrics.map(\.name)).contains { $0.columns.contains(name) }
    }

    /// The name by which `metrics` of an evaluation asks for a column of any kind; nil for an unknown column.
    public static func metricName(ofColumn column: String) -> String? {
        if let metric = metric(column: column) { return metric.name }
        if let metric = conditionalMetrics.first(where: { $0.columns.contains { $0.name == column } }) {
            return metric.name
        }
        guard isConditional(column: column) else { return nil }
        return metric(column: String(column.dropLast(FixedObservations.suffix.count)))?.name
    }

    /// Which way a column of any kind is better; nil for an unknown column.
    public static func direction(ofColumn column: String) -> MetricDirection? {
        for metric in conditionalMetrics {
            if let found = metric.columns.first(where: { $0.name == column }) { return found.direction }
        }
        return metricName(ofColumn: column).flatMap { name in metrics.first { $0.name == name }?.direction }
    }
}

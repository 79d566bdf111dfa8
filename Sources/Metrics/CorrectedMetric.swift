import Catalog

/// Another metric on the flow's sample after importance correction.
///
/// The correction uses the flow's first `samples` points and their ratios p/q; what the base metric then sees in place
/// of the flow's sample is resampled from them (`psis`, `snis`: points may repeat) or what rejection kept of them
/// (`rejection`: as many as there are, at most the metric's size).
struct Corrected: Metric {
    let base: any Metric
    let description: ComponentDescription
    let columns: [String]

    init(_ base: any Metric) {
        self.base = base
        columns = base.columns.map(Self.column)
        let names = base.description.parameters.map(\.name) + ["samples", "correction"]
        description = ComponentDescription(
            name: Self.column(base.name), version: base.description.version,
            summary: "`\(base.name)` of the flow's sample after importance correction.",
            definition: """
                `\(base.name)` with the flow's sample replaced by one corrected with the ratios p/q at `samples` draws of \
                q, by the method `correction`. No standard error for resampled points, which repeat; a mode that q \
                misses stays missing
                """,
            source: "Vehtari et al. 2024, Pareto smoothed importance sampling; systematic resampling: Kitagawa 1996",
            parameters: MetricCatalog.evaluationParameters(names))
    }

    private static func column(_ name: String) -> String { name + "-corrected" }

    var direction: MetricDirection { base.direction }

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        switch evaluation.corrected {
        case .failure(let problem):
            return columns.map {
                Measurement($0, reason: problem.description, sampleSizes: [evaluation.settings.samples, 0])
            }
        case .success(let corrected):
            let reliability = (try? evaluation.importanceSample.get())?.reliability ?? [:]
            let isRejection = evaluation.settings.correction == .rejection
            return base.measure(corrected).map { measurement in
                var result = measurement
                result.column = Self.column(measurement.column)
                if !isRejection { result.standardError = nil }
                result.details.merge(reliability.filter { $0.value.isFinite }) { _, new in new }
                return result
            }
        }
    }

    func floor(column: String, _ evaluation: Evaluation) -> FloorRule {
        guard let index = columns.firstIndex(of: column) else { return .none }
        let name = base.columns[index]
        guard evaluation.settings.correction == .rejection else { return base.floor(column: name, evaluation) }
        guard case .success(let corrected) = evaluation.corrected else { return .none }
        let rule = base.floor(column: name, corrected)
        // Floors are measured at the sizes asked for, which fit only where enough points were kept.
        return rule == .measured && corrected.settings != evaluation.settings ? .none : rule
    }
}

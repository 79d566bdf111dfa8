import Catalog
import Experiments
import Metrics
import RunStorage

/// The engine's values as the store's records: the store knows no tensors and no metrics module, the engine no store.
enum StoreConversion {
    static func progress(_ progress: RunProgress) -> AttemptProgress {
        AttemptProgress(
            phase: progress.phase.rawValue, step: progress.step, totalSteps: progress.totalSteps,
            loss: progress.loss.flatMap { $0.isFinite ? $0 : nil })
    }

    static func history(_ row: HistoryRow) -> HistoryRecord {
        HistoryRecord(
            step: row.step, loss: row.loss, validationLoss: row.validationLoss, gradientNorm: row.gradientNorm,
            learningRate: row.learningRate, effectiveSampleSize: row.effectiveSampleSize,
            likelihoodEvaluations: row.likelihoodEvaluations, nonfiniteBatches: row.nonfiniteBatches,
            seconds: row.seconds)
    }

    static func metric(_ value: MetricValue) -> MetricRecord {
        MetricRecord(
            name: value.name, parametersJSON: value.parameters, version: value.version, value: value.value,
            reason: value.reason, standardError: value.standardError, sampleSizes: value.sampleSizes,
            direction: value.direction.rawValue,
            floor: value.floor.map {
                MetricFloorRecord(
                    mean: $0.mean, standardDeviation: $0.standardDeviation, repetitions: $0.repetitions)
            },
            detailsJSON: canonicalText(value.details.mapValues { number($0) }))
    }

    static func published(_ result: RunResult) -> PublishedRecord {
        PublishedRecord(
            metrics: result.metrics.map(metric), history: result.history.map(history),
            artefacts: result.artefacts.map { artefact in
                PublishedArtefact(
                    name: artefact.name, bytes: artefact.bytes,
                    tensors: artefact.tensors.map {
                        ArtefactTensor(name: $0.name, dtype: $0.dtype, shape: $0.shape, sha256: $0.sha256)
                    })
            },
            summaryJSON: canonicalText(result.summary),
            timingsJSON: canonicalText(result.timings.mapValues { number($0) }))
    }

    /// JSON has no NaN or infinity; null says "not a number" to every reader.
    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

    private static func canonicalText(_ members: [String: JSONValue]) -> String {
        JSONValue.object(members).text
    }
}

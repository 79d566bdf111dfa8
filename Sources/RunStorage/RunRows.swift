import Foundation
import GRDB

/// The rows of a run that has ended, and their hashes.
struct RunRows {
    var state: RunState
    var failure: (code: String, message: String)?
    var metrics: [MetricRecord]
    var history: [HistoryRecord]
    var artefacts: [ArtefactRecord]
    var summaryJSON: String?
    var timingsJSON: String?

    /// Replaces everything the run had. The configuration is hashed as it is stored.
    func replace(in database: Database, run key: Int64, id: String) throws {
        for table in ["metric_values", "history_rows", "artefact_tensors", "artefact_files"] {
            try database.run("DELETE FROM \(table) WHERE run_key = ?", [key])
        }
        try Self.insert(metrics, run: key, database)
        try Self.insert(history, run: key, database)
        try Self.insert(artefacts, run: key, database)
        guard
            let configuration = try database.first(
                "SELECT configuration FROM run_records WHERE run_key = ?", [key],
                {
                    try $0.text(0)
                })
        else { throw DamagedValue(column: 0) }
        let hashes = self.hashes(id: id, configurationJSON: configuration)
        try database.run(
            """
            UPDATE run_records SET state = ?, failure_code = ?, failure_message = ?, summary = ?, timings = ?,
                metrics_sha256 = ?, history_sha256 = ?, artefacts_sha256 = ?, record_sha256 = ?
            WHERE run_key = ?
            """,
            [
                state.rawValue, failure?.code, failure?.message, summaryJSON, timingsJSON, Data(hashes.metrics),
                Data(hashes.history), Data(hashes.artefacts), Data(hashes.record), key,
            ])
        try MetricIndex.replace(in: database, run: key, metrics: metrics, metricsHash: hashes.metrics)
    }

    /// The hashes of the parts and of the whole.
    func hashes(id: String, configurationJSON: String) -> RecordReader.Hashes {
        var hashes = RecordReader.Hashes(
            metrics: RecordHash.metrics(metrics), history: RecordHash.history(history),
            artefacts: RecordHash.artefacts(artefacts), record: [])
        hashes.record = RecordHash.record(
            RecordHash.Record(
                id: id, configurationJSON: configurationJSON, state: state, failureCode: failure?.code,
                failureMessage: failure?.message, summaryJSON: summaryJSON, timingsJSON: timingsJSON,
                metrics: hashes.metrics, history: hashes.history, artefacts: hashes.artefacts))
        return hashes
    }

    static func insert(_ metrics: [MetricRecord], run key: Int64, _ database: Database) throws {
        for metric in metrics {
            try database.run(
                """
                INSERT OR REPLACE INTO metric_values (run_key, name, parameters, version, value, reason, standard_error,
                    sample_sizes, direction, floor_mean, floor_sd, floor_repetitions, details)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    key, metric.name, metric.parametersJSON, metric.version, metric.value, metric.reason,
                    metric.standardError, IntegerList.text(metric.sampleSizes), metric.direction,
                    metric.floor?.mean, metric.floor?.standardDeviation, metric.floor?.repetitions, metric.detailsJSON,
                ])
        }
    }

    static func insert(_ rows: [HistoryRecord], run key: Int64, _ database: Database) throws {
        for row in rows {
            try database.run(
                """
                INSERT OR REPLACE INTO history_rows (run_key, step, loss, validation_loss, gradient_norm, learning_rate,
                    effective_sample_size, likelihood_evaluations, nonfinite_batches, seconds)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    key, row.step, row.loss.storable, row.validationLoss?.storable, row.gradientNorm.storable,
                    row.learningRate.storable, row.effectiveSampleSize.storable, row.likelihoodEvaluations,
                    row.nonfiniteBatches, row.seconds.storable,
                ])
        }
    }

    private static func insert(_ artefacts: [ArtefactRecord], run key: Int64, _ database: Database) throws {
        for artefact in artefacts {
            try database.run(
                "INSERT INTO artefact_files (run_key, name, file, size, sha256) VALUES (?, ?, ?, ?, ?)",
                [key, artefact.name, artefact.path, artefact.size, artefact.sha256])
            for tensor in artefact.tensors {
                try database.run(
                    """
                    INSERT INTO artefact_tensors (run_key, artefact, name, dtype, shape, sha256)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                    [key, artefact.name, tensor.name, tensor.dtype, IntegerList.text(tensor.shape), tensor.sha256])
            }
        }
    }
}

import Foundation
import GRDB

/// Metrics of published runs, and the reference cache.
extension RunStore {
    /// Adds metrics to a completed run, replacing those with the same name, parameters and version.
    ///
    /// One transaction: the record is verified first (a damaged one is never given a fresh hash), then its metrics and
    /// hashes are renewed; `record.json` is written anew before the COMMIT. Throws `.noSuchRun`, `.wrongState` (not completed), `.corrupt`, `.busy`, ….
    public func saveMetrics(runID: String, metrics: [MetricRecord]) throws {
        try StoreLayout.check(runID: runID)
        let added = metrics.storable
        try database.write { try self.addMetrics(added, toRun: runID, $0) }
    }

    /// The same inside a transaction, with storable metrics. The run's `record.json` is written anew before the COMMIT.
    func addMetrics(_ added: [MetricRecord], toRun runID: String, _ database: Database) throws {
        let key = try self.key(ofRun: runID, database)
        let copy = try RecordReader(database: database, path: path).copy(.run(key: key))
        guard let run = copy.runs.first, run.storedState == .completed, var hashes = run.hashes else {
            throw RunStoreError(
                .wrongState, what: "only a completed run takes metrics", location: "\(path), run \(runID)",
                remedy: "Run the sweep first.")
        }
        if case .corrupt(let reason) = run.verified().integrity { throw damagedRun(runID, reason) }
        try RunRows.insert(added, run: key, database)
        let history = try Self.historyRows(database, key: key)
        let artefacts = try Self.artefactRows(database, key: key)
        guard RecordHash.history(history) == hashes.history, RecordHash.artefacts(artefacts) == hashes.artefacts
        else { throw damagedRun(runID, "the history or the list of artefacts changed since it was published") }
        let rows = RunRows(
            state: .completed, failure: nil, metrics: (run.record.metrics + added).storable, history: history,
            artefacts: artefacts, summaryJSON: run.record.summaryJSON, timingsJSON: run.record.timingsJSON)
        hashes.metrics = RecordHash.metrics(rows.metrics)
        let hash = RecordHash.record(run.hashed(hashes))
        try files.writeRecord(
            RecordContent(
                id: runID, fence: run.record.attempts, configurationJSON: run.record.configurationJSON, rows: rows,
                hash: hash))
        try database.run(
            "UPDATE run_records SET metrics_sha256 = ?, record_sha256 = ? WHERE run_key = ?",
            [Data(hashes.metrics), Data(hash), key])
        try MetricIndex.replace(in: database, run: key, metrics: rows.metrics, metricsHash: hashes.metrics)
    }

    /// Text of the reference cache; nil when there is none or it was damaged (then compute it again).
    public func cachedText(forKey key: String) throws -> String? {
        try database.read { database in
            let found = try database.first(
                "SELECT text, sha256 FROM reference_cache WHERE key = ?", [key.storable]
            ) { (text: try $0.text(0), hash: try $0.bytes(1)) }
            guard let found, Self.cacheHash(found.text, forKey: key.storable) == found.hash else { return nil }
            return found.text
        }
    }

    /// Stores text in the reference cache; an entry with the same key is replaced.
    public func cacheText(_ text: String, forKey key: String) throws {
        let text = text.storable
        let key = key.storable
        try database.write { database in
            try database.run(
                "INSERT OR REPLACE INTO reference_cache (key, text, sha256) VALUES (?, ?, ?)",
                [key, text, Data(Self.cacheHash(text, forKey: key))])
        }
    }

    static func cacheHash(_ text: String, forKey key: String) -> [UInt8] {
        var encoder = ByteEncoder(capacity: text.utf8.count + key.utf8.count + 64)
        encoder.text("flowexp.cache/1")
        encoder.text(key)
        encoder.text(text)
        return Hashing.sha256(encoder.bytes)
    }
}

import Foundation
import GRDB

/// Many records at once, for stores that are made to measure reading.
extension RunStore {
    /// Publishes planned runs as completed in one transaction.
    ///
    /// The rows, their hashes and one ended attempt each are exactly what ``RunClaim/publish(_:)`` writes; but no lock is
    /// taken, no file is written and nothing is durable before the whole is, so it is of no use for results that cost
    /// anything. Throws `.noSuchRun`, `.wrongState` (not planned, or a record with artefacts), `.busy`, `.diskFull`, ….
    public func publishInBulk(_ records: [(runID: String, record: PublishedRecord)]) throws {
        let process = ProcessIdentity.current
        try database.write { database in
            for (id, record) in records {
                try StoreLayout.check(runID: id)
                let key = try self.key(ofRun: id, database)
                let state = try database.first("SELECT state FROM run_records WHERE run_key = ?", [key]) {
                    try $0.state(0)
                }
                guard state == .planned, record.artefacts.isEmpty else {
                    throw RunStoreError(
                        .wrongState, what: "only planned runs, and records without files, are published in bulk",
                        location: "\(self.path), run \(id)", remedy: "Make a new store.")
                }
                let now = SystemCalls.wallSeconds()
                try database.run(
                    """
                    INSERT INTO attempts (run_key, fence, host, boot_id, pid, start_ticks, started_at, ended_at, outcome,
                        elapsed) VALUES (?, 1, ?, ?, ?, ?, ?, ?, 'completed', 0)
                    """,
                    [key, process.host.storable, process.bootID, process.pid, process.startTicks, now, now])
                try database.run("UPDATE run_records SET fence = 1 WHERE run_key = ?", [key])
                let rows = RunRows(
                    state: .completed, failure: nil, metrics: record.metrics.storable, history: record.history.storable,
                    artefacts: [], summaryJSON: record.summaryJSON.storable, timingsJSON: record.timingsJSON.storable)
                try rows.replace(in: database, run: key, id: id)
            }
        }
    }
}

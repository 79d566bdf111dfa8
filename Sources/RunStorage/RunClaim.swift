import Foundation
import GRDB
import Synchronization

/// One attempt at one run. It holds the run's lock until it ends; every write checks that no later attempt has taken the
/// run over, and throws `.fenced` without having written anything when one has.
///
/// Use it from one thread at a time. Files are made durable before the transaction that names them begins.
public final class RunClaim: Sendable {
    let store: RunStore
    /// The run it works on.
    public let runID: String
    let key: Int64
    /// The attempt's number, 1 for the first.
    public let fence: Int
    /// Seconds worked by earlier attempts, for a time limit over all of them.
    public let elapsedBefore: Double
    private let lock: FileLock
    private let startedAt = SystemCalls.monotonicSeconds()
    private let state = Mutex(State())

    private struct State {
        var notes: [(at: Double, text: String)] = []
        /// The last step whose history row is in the database; nil when that is not known yet.
        var historyThrough: Int?
        /// Where the checkpoint is that the attempt continued from.
        var continuedFrom: (phase: String, step: Int)?
        var ended = false
    }

    init(store: RunStore, runID: String, key: Int64, fence: Int, elapsedBefore: Double, lock: FileLock) {
        self.store = store
        self.runID = runID
        self.key = key
        self.fence = fence
        self.elapsedBefore = elapsedBefore
        self.lock = lock
    }

    /// Seconds worked by this attempt so far.
    public var elapsed: Double { SystemCalls.monotonicSeconds() - startedAt }

    /// Adds a sentence to the run's log. It is committed with the next write of this claim, so a kill may lose it.
    public func note(_ text: String) {
        let entry = (at: SystemCalls.wallSeconds(), text: text.storable)
        state.withLock { $0.notes.append(entry) }
    }

    /// Frees the lock without recording anything (the run then shows as interrupted); harmless when already released.
    public func release() {
        _ = store.progress.take(run: key)
        state.withLock { $0.ended = true }
        lock.release()
    }

    // MARK: - Progress

    /// Keeps progress for `status`. Writes at most one transaction a second and process, for all its attempts together.
    public func recordProgress(_ progress: AttemptProgress) throws {
        let entry = ProgressBoard.Entry(fence: fence, progress: progress, elapsed: elapsed)
        let due = store.progress.add(entry, run: key, now: SystemCalls.monotonicSeconds())
        guard let due else { return }
        try store.database.write { database in
            for (key, entry) in due { try Self.write(entry, run: key, database) }
        }
    }

    private static func write(_ entry: ProgressBoard.Entry, run key: Int64, _ database: Database) throws {
        try database.run(
            """
            UPDATE attempts SET phase = ?, step = ?, total_steps = ?, loss = ?, elapsed = ?
            WHERE run_key = ? AND fence = ? AND outcome IS NULL
            """,
            [
                entry.progress.phase.storable, entry.progress.step, entry.progress.totalSteps,
                entry.progress.loss?.storable,
                entry.elapsed, key, entry.fence,
            ])
    }

    // MARK: - Checkpoints

    /// The newest checkpoint that verifies, else the previous one, else nil; each damaged one becomes a note and is
    /// deleted. History rows past its step are deleted, so that the run's history is that of the checkpoint again.
    public func loadCheckpoint() throws -> (checkpoint: LoadedCheckpoint?, notes: [String]) {
        let rows = try store.database.read { try CheckpointRow.read($0, run: self.key) }
        var notes: [String] = []
        var loaded: LoadedCheckpoint?
        var damaged: [CheckpointRow] = []
        for row in rows {
            do {
                loaded = try row.load(store.files, runID: runID)
                break
            } catch let error as RunStoreError where error.kind == .corrupt {
                damaged.append(row)
                notes.append("checkpoint of step \(row.step) is not used: \(error.what)")
            }
        }
        if !notes.isEmpty {
            notes.append(loaded.map { "continuing from the checkpoint of step \($0.step)" } ?? "starting from step 0")
            for text in notes { note(text) }
        }
        let step = loaded?.step ?? -1
        try delete(damaged)
        try deleteHistory(after: step)
        state.withLock {
            $0.historyThrough = step
            $0.continuedFrom = loaded.map { (phase: $0.phase, step: $0.step) }
        }
        return (loaded, notes)
    }

    /// A damaged checkpoint would count as one of the two that are kept, and push out the one that is good.
    private func delete(_ damaged: [CheckpointRow]) throws {
        if damaged.isEmpty { return }
        try write { database in
            for row in damaged {
                try database.run(
                    "DELETE FROM checkpoints WHERE run_key = ? AND sequence = ?", [self.key, row.sequence])
            }
        }
        let kept = try store.database.read { try CheckpointRow.read($0, run: self.key).map(\.file) }
        store.files.removeLeftovers(ofRun: runID, keep: Set(kept))
    }

    private func deleteHistory(after step: Int) throws {
        let stale = try store.database.read { database in
            try database.first(
                "SELECT EXISTS (SELECT 1 FROM history_rows WHERE run_key = ? AND step > ?)", [self.key, step]
            ) { try $0.integer(0) }
        }
        if stale != 1 { return }
        try write { try $0.run("DELETE FROM history_rows WHERE run_key = ? AND step > ?", [self.key, step]) }
    }

    /// Drops all checkpoints and history of the run, for example because they are of another numerics variant: it starts
    /// from step 0. The reason becomes a note.
    public func discardCheckpoints(reason: String) throws {
        note("checkpoints discarded: \(reason)")
        try write { database in
            try database.run("DELETE FROM checkpoints WHERE run_key = ?", [self.key])
            try database.run("DELETE FROM history_rows WHERE run_key = ?", [self.key])
        }
        state.withLock {
            $0.historyThrough = -1
            $0.continuedFrom = nil
        }
        store.files.removeLeftovers(ofRun: runID, keep: [])
    }

    /// Makes the file durable, then commits it in one transaction with the history rows that are new.
    ///
    /// `history` is the whole history up to `step`. The newest two checkpoints are kept.
    ///
    /// Rows that a rebuilt database lacks are written again: the checkpoint that was continued from has them all.
    ///
    /// One of the phase and step that the attempt continued from is not written: that one has verified and is the same, and
    /// a newer one would say that the run got further, so that a run that kills its process there would never be set aside.
    public func saveCheckpoint(bytes: [UInt8], phase: String, step: Int, history: [HistoryRecord]) throws {
        if let known = state.withLock({ $0.continuedFrom }), known == (phase.storable, step) {
            return try store.database.read { try self.checkFence($0) }
        }
        state.withLock { $0.continuedFrom = nil }
        let directory = store.layout.directory(ofRun: runID)
        let sequence = try store.database.read { database in
            try self.checkFence(database)
            // A number out of range is a damaged row's; the DELETE below removes it.
            return try database.first(
                "SELECT max(sequence) FROM checkpoints WHERE run_key = ? AND sequence BETWEEN 0 AND ?",
                [self.key, Counter.range.upperBound - 1]
            ) { try $0.optionalInteger(0) }
        }
        let row = CheckpointRow(
            sequence: ((sequence ?? nil) ?? 0) + 1, fence: fence, phase: phase.storable, step: step,
            directory: directory,
            bytes: bytes)
        try store.files.makeDirectory(directory)
        try store.files.write(bytes, to: row.file)
        let through = state.withLock { $0.historyThrough }
        let rows = history.storable
        try write { database in
            try row.insert(database, run: self.key)
            try database.run(
                "DELETE FROM checkpoints WHERE run_key = ? AND sequence NOT BETWEEN ? AND ?",
                [self.key, row.sequence - 1, row.sequence])
            var kept = through ?? -1
            let count = try database.first(
                "SELECT count(*) FROM history_rows WHERE run_key = ? AND step <= ?", [self.key, kept]
            ) { try $0.integer(0) }
            if through == nil || count != rows.count(where: { $0.step <= kept }) {
                try database.run("DELETE FROM history_rows WHERE run_key = ?", [self.key])
                kept = -1
            }
            try RunRows.insert(rows.filter { $0.step > kept && $0.step <= step }, run: self.key, database)
        }
        state.withLock { $0.historyThrough = step }
        let kept = try store.database.read { try CheckpointRow.read($0, run: self.key).map(\.file) }
        store.files.removeLeftovers(ofRun: runID, keep: Set(kept))
    }

    // MARK: - Ends

    /// Makes the artefacts durable, then commits state, metrics, history and their hashes in one transaction. The claim
    /// is released, checkpoints are removed.
    public func publish(_ record: PublishedRecord) throws {
        let configuration = try fencedConfiguration()
        let directory = RecordFile.directory(ofRun: runID, state: .completed, fence: fence)
        let rows = RunRows(
            state: .completed, failure: nil, metrics: record.metrics.storable, history: record.history.storable,
            artefacts: try artefactRecords(record.artefacts, in: directory), summaryJSON: record.summaryJSON.storable,
            timingsJSON: record.timingsJSON.storable)
        let recordFile = RecordFile.bytes(
            id: runID, fence: fence, configurationJSON: configuration, rows: rows,
            hash: rows.hashes(id: runID, configurationJSON: configuration).record)
        try store.files.makeDirectory(directory)
        try store.files.write(
            record.artefacts.map { (name: $0.name, bytes: $0.bytes) } + [(name: RecordFile.name, bytes: recordFile)],
            into: directory)
        try end(outcome: "completed") { try rows.replace(in: $0, run: self.key, id: self.runID) }
        // After the COMMIT: a crash before this leaves files that the next open removes.
        store.files.removeLeftovers(ofRun: runID, keep: [directory])
        release()
    }

    /// The run's configuration as it is stored, when this attempt is still the newest.
    private func fencedConfiguration() throws -> String {
        try store.database.read { database in
            try self.checkFence(database)
            return try database.first("SELECT configuration FROM run_records WHERE run_key = ?", [self.key]) {
                try $0.text(0)
            } ?? ""
        }
    }

    private func artefactRecords(_ artefacts: [PublishedArtefact], in directory: String) throws -> [ArtefactRecord] {
        var records: [ArtefactRecord] = []
        for artefact in artefacts {
            try StoreLayout.check(artefactName: artefact.name)
            guard artefact.name != RecordFile.name, !records.contains(where: { $0.name == artefact.name }) else {
                throw RunStoreError(
                    .invalidName, what: "the artefact name \(artefact.name) is taken", location: "run \(runID)",
                    remedy: "This is a bug in flowexp; please report it.")
            }
            records.append(
                ArtefactRecord(
                    name: artefact.name, path: directory + "/" + artefact.name, size: artefact.bytes.count,
                    sha256: Hashing.hexadecimal(Hashing.sha256(artefact.bytes)), tensors: artefact.tensors.storable))
        }
        return records.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Makes the failure's record durable, then commits it in one transaction; the claim is released, checkpoints stay for
    /// a retry.
    ///
    /// `code` is a stable reason (`diverged`, `error`, `timeout`); runs with `diverged` and `error` enter the digest.
    public func fail(code: String, message: String, history: [HistoryRecord]) throws {
        let rows = RunRows(
            state: .failed, failure: (code.storable, message.storable), metrics: [], history: history.storable,
            artefacts: [], summaryJSON: nil, timingsJSON: nil)
        let configuration = try fencedConfiguration()
        try store.files.writeRecord(
            RecordContent(
                id: runID, fence: fence, configurationJSON: configuration, rows: rows,
                hash: rows.hashes(id: runID, configurationJSON: configuration).record))
        try end(outcome: "failed") { try rows.replace(in: $0, run: self.key, id: self.runID) }
        release()
    }

    /// Records that the attempt stopped resumably; the claim is released.
    public func interrupted() throws {
        try end(outcome: "interrupted") { database in
            try database.run("UPDATE run_records SET state = 'interrupted' WHERE run_key = ?", [self.key])
        }
        release()
    }

    private func end(outcome: String, _ body: (Database) throws -> Void) throws {
        try write { database in
            try body(database)
            try database.run(
                "UPDATE attempts SET outcome = ?, ended_at = ?, elapsed = ? WHERE run_key = ? AND fence = ?",
                [outcome, SystemCalls.wallSeconds(), self.elapsed, self.key, self.fence])
        }
    }

    // MARK: - Fenced writes

    /// One transaction that first checks the fence, and also writes what is pending.
    private func write(_ body: (Database) throws -> Void) throws {
        let notes = state.withLock { $0.notes }
        let pending = store.progress.take(run: key)
        try store.database.write { database in
            try self.checkFence(database)
            if let pending { try Self.write(pending, run: self.key, database) }
            for note in notes {
                try database.run(
                    "INSERT INTO run_notes (run_key, fence, at, text) VALUES (?, ?, ?, ?)",
                    [self.key, self.fence, note.at, note.text])
            }
            try body(database)
        }
        state.withLock { $0.notes.removeFirst(notes.count) }
    }

    private func checkFence(_ database: Database) throws {
        let ended = state.withLock { $0.ended }
        let current = try database.first("SELECT state, fence FROM run_records WHERE run_key = ?", [key]) { row in
            (state: try row.state(0), fence: try row.integer(1))
        }
        if !ended, let current, current.state == .running, current.fence == fence { return }
        throw RunStoreError(
            .fenced, what: "attempt \(fence) of run \(runID) is over", location: store.path,
            remedy: "Another attempt does the run; nothing of this one is recorded.")
    }
}

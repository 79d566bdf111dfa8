import Foundation
import GRDB

/// Beginning attempts and what becomes of runs without one.
extension RunStore {
    /// Takes the run's lock, re-reads its state and inserts the attempt with the next fence number.
    ///
    /// A run that is marked running while its lock was free had an attempt that died; it is recorded as interrupted and
    /// continued, or as failed after too many attributed deaths. Throws `.noSuchRun`, `.invalidName`, `.corrupt`, `.busy`, `.readOnly`, `.diskFull`, ….
    public func tryBegin(runID: String) throws -> BeginResult {
        try StoreLayout.check(runID: runID)
        guard database.isWritable else {
            throw RunStoreError(
                .readOnly, what: "the store was opened for reading", location: path,
                remedy: "Open it with a command that writes.")
        }
        let known = try database.read { database in
            try Self.runState(database, id: runID)
        }
        guard let known else { throw noSuchRun(runID) }
        if let ended = known.ended { return ended }
        guard let lock = try FileLock.take(layout.lock(ofRun: runID), exclusive: true) else {
            let holder = try liveAttempts().first { $0.runID == runID }
            return .heldElsewhere(holder: holder.map { "pid \($0.process.pid) on \($0.process.host)" })
        }
        do {
            let begun = try database.write { try self.insertAttempt($0, runID: runID, lock: lock) }
            switch begun {
            case .ended(let result):
                lock.release()
                return result
            case .begun(let key, let fence, let elapsed, let checkpoints):
                files.removeLeftovers(ofRun: runID, keep: Set(checkpoints))
                return .claimed(
                    RunClaim(store: self, runID: runID, key: key, fence: fence, elapsedBefore: elapsed, lock: lock))
            }
        } catch {
            lock.release()
            throw error
        }
    }

    struct KnownState {
        var key: Int64
        var state: RunState
        var fence: Int
        var failureCode: String
        var failureMessage: String
        /// Of a run that is not over it would be trained over.
        var hasRecord: Bool

        var ended: BeginResult? {
            switch state {
            case .completed: return .alreadyCompleted
            case .failed: return .alreadyFailed(code: failureCode, message: failureMessage)
            default: return nil
            }
        }
    }

    static func runState(_ database: Database, id: String) throws -> KnownState? {
        try database.first(
            """
            SELECT run_key, state, fence, failure_code, failure_message, record_sha256 IS NOT NULL
            FROM run_records WHERE id = ?
            """, [id]
        ) { row in
            KnownState(
                key: Int64(try row.integer(0)), state: try row.state(1), fence: try row.integer(2),
                failureCode: try row.optionalText(3) ?? "", failureMessage: try row.optionalText(4) ?? "",
                hasRecord: try row.integer(5) != 0)
        }
    }

    private enum Begun {
        case ended(BeginResult)
        case begun(key: Int64, fence: Int, elapsedBefore: Double, checkpoints: [String])
    }

    private func insertAttempt(_ database: Database, runID: String, lock: FileLock) throws -> Begun {
        guard let known = try Self.runState(database, id: runID) else { throw noSuchRun(runID) }
        if let ended = known.ended { return .ended(ended) }
        guard !known.hasRecord else {
            throw damagedRun(runID, "a published record is not marked as completed or failed")
        }
        guard Counter.range.contains(known.fence) else {
            throw damagedRun(runID, "its number of attempts is damaged (\(known.fence))")
        }
        let now = SystemCalls.wallSeconds()
        if known.state == .running,
            let failure = try self.endDeadAttempt(
                database, run: known, id: runID, death: DeathNote.parse(lock.text(), fence: known.fence))
        {
            return .ended(.alreadyFailed(code: failure.code, message: failure.message))
        }
        let fence = known.fence + 1
        let process = ProcessIdentity.current
        try database.run(
            """
            INSERT INTO attempts (run_key, fence, host, boot_id, pid, start_ticks, started_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [known.key, fence, process.host.storable, process.bootID, process.pid, process.startTicks, now])
        try database.run("UPDATE run_records SET state = 'running', fence = ? WHERE run_key = ?", [fence, known.key])
        let elapsed = try database.first("SELECT sum(elapsed) FROM attempts WHERE run_key = ?", [known.key]) {
            try $0.optionalDouble(0)
        }
        var checkpoints: [String] = []
        try database.forEachRow("SELECT file FROM checkpoints WHERE run_key = ?", [known.key]) {
            checkpoints.append(try $0.text(0))
        }
        return .begun(key: known.key, fence: fence, elapsedBefore: (elapsed ?? nil) ?? 0, checkpoints: checkpoints)
    }

    /// Records every run of a dead attempt as interrupted (or as failed, after too many attributed deaths) and returns
    /// their ids. Only `sweep` and `resume` do this;
    /// reading commands merely show it.
    @discardableResult
    public func recordDeadAttempts() throws -> [String] {
        var candidates: [String] = []
        try database.read { database in
            try database.forEachRow("SELECT id FROM run_records WHERE state = 'running' ORDER BY id") {
                candidates.append(try $0.text(0))
            }
        }
        var recorded: [String] = []
        // Open files are limited, so locks are taken for at most 128 runs at once.
        for start in stride(from: 0, to: candidates.count, by: 128) {
            recorded += try recordDead(candidates[start..<min(start + 128, candidates.count)])
        }
        return recorded
    }

    private func recordDead(_ candidates: ArraySlice<String>) throws -> [String] {
        var dead: [(id: String, lock: FileLock)] = []
        defer { for entry in dead { entry.lock.release() } }
        for id in candidates where (try? StoreLayout.check(runID: id)) != nil {
            // Taking the lock, not probing it, keeps an attempt from beginning until this is recorded.
            guard let lock = try FileLock.take(layout.lock(ofRun: id), exclusive: true) else { continue }
            dead.append((id, lock))
        }
        if dead.isEmpty { return [] }
        let found = dead
        return try database.write { database in
            try found.filter { entry in
                guard let known = try Self.runState(database, id: entry.id), known.state == .running else {
                    return false
                }
                let death = DeathNote.parse(entry.lock.text(), fence: known.fence)
                if try self.endDeadAttempt(database, run: known, id: entry.id, death: death) == nil {
                    try database.run("UPDATE run_records SET state = 'interrupted' WHERE run_key = ?", [known.key])
                }
                return true
            }.map(\.id)
        }
    }

    /// Makes failed runs runnable again; their checkpoints and history are kept, so a run that failed by its time limit
    /// goes on where it was. Other states are left alone. Returns how many were failed.
    @discardableResult
    public func resetFailed(runIDs: [String]) throws -> Int {
        for id in runIDs { try StoreLayout.check(runID: id) }
        let reset = try database.write { database in
            try runIDs.filter { id in
                try database.run(
                    """
                    UPDATE run_records SET state = 'interrupted', failure_code = NULL, failure_message = NULL,
                        summary = NULL, timings = NULL, metrics_sha256 = NULL, history_sha256 = NULL,
                        artefacts_sha256 = NULL, record_sha256 = NULL
                    WHERE id = ? AND state = 'failed'
                    """, [id]) > 0
            }
        }
        for id in reset { files.removeFailures(ofRun: id) }
        return reset.count
    }
}

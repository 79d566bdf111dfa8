import Foundation
import GRDB

/// States as displayed, and who is at work.
extension RunStore {
    /// Whether an attempt holds the run's lock now. Probed, never taken, so no holder is disturbed.
    public func isHeld(runID: String) throws -> Bool {
        try StoreLayout.check(runID: runID)
        return try FileLock.isHeld(layout.lock(ofRun: runID))
    }

    /// Copies with `read` inside a transaction, converts after it, then shows the runs of dead attempts as interrupted.
    ///
    /// A run that reads as running and whose lock is free may have been published between the two looks, so its state is
    /// read again, and everything with it when it moved on.
    func readDisplayed<Copy, Item>(
        _ read: (Database) throws -> Copy, then convert: (Copy) throws -> [Item], id: (Item) -> String,
        state: WritableKeyPath<Item, RunState>
    ) throws -> [Item] {
        var tries = 0
        while true {
            var items = try convert(try database.read(read))
            var dead: [(index: Int, id: String)] = []
            for index in items.indices where items[index][keyPath: state] == .running {
                let id = id(items[index])
                // A damaged id must not become a path.
                if (try? StoreLayout.check(runID: id)) == nil { continue }
                if try !FileLock.isHeld(layout.lock(ofRun: id)) { dead.append((index, id)) }
            }
            if dead.isEmpty { return items }
            let stillRunning = try database.read { database in
                try dead.allSatisfy { _, id in
                    try database.first("SELECT state FROM run_records WHERE id = ?", [id]) { try $0.text(0) }
                        == RunState.running.rawValue
                }
            }
            tries += 1
            if stillRunning || tries > 5 {
                for (index, _) in dead { items[index][keyPath: state] = .interrupted }
                return items
            }
        }
    }

    /// States, as displayed, of a revision's runs in expansion order; cheap, without metrics.
    public func runStates(ofRevision revisionID: Int64) throws -> [(id: String, state: RunState)] {
        try readDisplayed(
            { database in
                var states: [(id: String, state: RunState)] = []
                try database.forEachRow(
                    """
                    SELECT run_records.id, state FROM revision_runs LEFT JOIN run_records USING (run_key)
                    WHERE revision_id = ? ORDER BY position
                    """, [revisionID]
                ) { states.append((id: try $0.text(0), state: try $0.state(1))) }
                return states
            }, then: { $0 }, id: \.id, state: \.state)
    }

    /// The attempts whose locks are held now, of a revision or of the whole store, by run id.
    public func liveAttempts(ofRevision revisionID: Int64? = nil) throws -> [AttemptRecord] {
        let restriction =
            revisionID == nil ? "" : "AND run_key IN (SELECT run_key FROM revision_runs WHERE revision_id = ?)"
        let arguments: StatementArguments = revisionID.map { [$0] } ?? []
        let candidates = try database.read { database in
            var attempts: [AttemptRecord] = []
            try database.forEachRow(
                """
                SELECT \(Self.attemptColumns) FROM attempts JOIN run_records USING (run_key, fence)
                WHERE state = 'running' \(restriction) ORDER BY id
                """, arguments
            ) { attempts.append(try Self.attempt($0)) }
            return attempts
        }
        return try candidates.filter { try isHeld(runID: $0.runID) }
    }

    /// All attempts of a run, first to last. Throws `.noSuchRun`.
    public func attempts(ofRun id: String) throws -> [AttemptRecord] {
        try StoreLayout.check(runID: id)
        return try database.read { database in
            _ = try self.key(ofRun: id, database)
            return try Self.attempts(database, ofRun: id)
        }
    }

    static func attempts(_ database: Database, ofRun id: String) throws -> [AttemptRecord] {
        var attempts: [AttemptRecord] = []
        try database.forEachRow(
            """
            SELECT \(attemptColumns) FROM attempts JOIN run_records USING (run_key)
            WHERE id = ? ORDER BY attempts.fence
            """, [id]
        ) { attempts.append(try attempt($0)) }
        return attempts
    }

    private static let attemptColumns = """
        run_records.id, attempts.fence, host, boot_id, pid, start_ticks, started_at, ended_at, outcome, elapsed, phase,
        step, total_steps, loss
        """

    private static func attempt(_ row: Row) throws -> AttemptRecord {
        var progress: AttemptProgress?
        if let phase = try row.optionalText(10) {
            progress = AttemptProgress(
                phase: phase, step: try row.optionalInteger(11) ?? 0, totalSteps: try row.optionalInteger(12) ?? 0,
                loss: try row.optionalDouble(13))
        }
        return AttemptRecord(
            runID: try row.text(0), fence: try row.integer(1),
            process: AttemptProcess(
                host: try row.text(2), bootID: try row.text(3), pid: try row.integer(4),
                startTicks: Int64(try row.integer(5))),
            startedAt: try row.double(6), endedAt: try row.optionalDouble(7), outcome: try row.optionalText(8),
            elapsed: try row.double(9), progress: progress)
    }

    /// A run's notes, oldest first. Throws `.noSuchRun`.
    public func notes(ofRun id: String) throws -> [NoteRecord] {
        try StoreLayout.check(runID: id)
        return try database.read { database in
            try Self.notes(database, key: try self.key(ofRun: id, database))
        }
    }

    static func notes(_ database: Database, key: Int64) throws -> [NoteRecord] {
        var notes: [NoteRecord] = []
        try database.forEachRow("SELECT fence, at, text FROM run_notes WHERE run_key = ? ORDER BY id", [key]) { row in
            notes.append(NoteRecord(fence: try row.integer(0), at: try row.double(1), text: try row.text(2)))
        }
        return notes
    }

    func key(ofRun id: String, _ database: Database) throws -> Int64 {
        let key = try database.first("SELECT run_key FROM run_records WHERE id = ?", [id]) { Int64(try $0.integer(0)) }
        guard let key else { throw try noRun(database, "id = ?", [id]) ?? noSuchRun(id) }
        // By its key, without the index, whose entry may be damaged.
        let found = try database.first("SELECT id FROM run_records WHERE run_key = ?", [key]) { try $0.text(0) }
        guard found == id else {
            throw damagedRun(id, "the index of ids leads to \(found == nil ? "no" : "another") run")
        }
        return key
    }

    /// The error for a run that the index of ids does not have; nil when the table has none either.
    func noRun(_ database: Database, _ condition: String, _ arguments: StatementArguments) throws -> RunStoreError? {
        // A page in place of another can hide a run from a search, and the command would say that it is not there.
        let id = try database.first(
            "SELECT id FROM run_records NOT INDEXED WHERE \(condition)", arguments, { try $0.text(0) })
        return id.map { damagedRun($0, "the run is there, but the index of ids does not find it") }
    }

    func noSuchRun(_ id: String) -> RunStoreError {
        RunStoreError(
            .noSuchRun, what: "there is no run \(StoreLayout.printable(id))", location: path,
            remedy: "`flowexp ls` lists the runs of the store.")
    }
}

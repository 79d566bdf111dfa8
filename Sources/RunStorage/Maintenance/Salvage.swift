import Foundation
import GRDB

/// What carries no hash, taken out of an old database as far as it reads and makes sense: who worked when, the notes. No
/// result depends on it. The reference cache has hashes and is copied where they fit.
struct Salvage {
    /// A row of `attempts`.
    struct Attempt {
        var fence: Int
        /// The other columns, in the order of the table.
        var values: StatementArguments
    }

    let survey: DatabaseSurvey

    init(_ survey: DatabaseSurvey) { self.survey = survey }

    func machineID() -> String? {
        try? survey.database.read { database in
            try database.first("SELECT value FROM store_properties WHERE name = 'machine_id'") { try $0.text(0) }
        }
    }

    func attempts(ofRun id: String) -> [Attempt] {
        var attempts: [Attempt] = []
        guard let key = survey.keys[id] else { return [] }
        try? survey.database.read { database in
            try database.forEachRow(
                """
                SELECT fence, host, boot_id, pid, start_ticks, started_at, ended_at, outcome, elapsed, phase, step,
                    total_steps, loss
                FROM attempts WHERE run_key = ? ORDER BY fence
                """, [key]
            ) { if let attempt = try? Self.attempt($0) { attempts.append(attempt) } }
        }
        return attempts
    }

    private static func attempt(_ row: Row) throws -> Attempt {
        let fence = try row.counter(0)
        let elapsed = try row.double(8)
        // A time limit goes by it, so a nonsensical one must not end the run.
        let isSensible = elapsed >= 0 && elapsed < 1e9
        let outcome = try row.optionalText(7)
        guard fence >= 1, outcome.map({ ["completed", "failed", "interrupted"].contains($0) }) ?? true else {
            throw DamagedValue(column: 0)
        }
        return Attempt(
            fence: fence,
            values: [
                try row.text(1), try row.text(2), try row.integer(3), try row.integer(4),
                try row.double(5).storable ?? 0,
                try row.optionalDouble(6), outcome ?? "interrupted", isSensible ? elapsed : 0, try row.optionalText(9),
                try row.optionalInteger(10), try row.optionalInteger(11), try row.optionalDouble(12),
            ])
    }

    static func insert(_ attempts: [Attempt], run key: Int64, _ database: Database) throws {
        for attempt in attempts {
            try database.run(
                """
                INSERT OR IGNORE INTO attempts (run_key, fence, host, boot_id, pid, start_ticks, started_at, ended_at,
                    outcome, elapsed, phase, step, total_steps, loss)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, [key, attempt.fence] + attempt.values)
        }
    }

    func notes(ofRun id: String) -> [NoteRecord] {
        var notes: [NoteRecord] = []
        guard let key = survey.keys[id] else { return [] }
        try? survey.database.read { database in
            try database.forEachRow("SELECT fence, at, text FROM run_notes WHERE run_key = ? ORDER BY id", [key]) {
                row in
                guard let fence = try? row.counter(0), let at = try? row.double(1), let text = try? row.text(2) else {
                    return
                }
                notes.append(NoteRecord(fence: fence, at: at.storable ?? 0, text: text))
            }
        }
        return notes
    }

    static func insert(_ notes: [NoteRecord], run key: Int64, _ database: Database) throws {
        for note in notes {
            try database.run(
                "INSERT INTO run_notes (run_key, fence, at, text) VALUES (?, ?, ?, ?)",
                [key, note.fence, note.at, note.text])
        }
    }

    /// Copies the entries of the reference cache whose hashes fit; the rest is computed again when it is needed.
    func copyCache(into new: Database) throws {
        var entries: [(key: String, text: String, hash: [UInt8])] = []
        try? survey.database.read { database in
            try database.forEachRow("SELECT key, text, sha256 FROM reference_cache NOT INDEXED") { row in
                guard let key = try? row.text(0), let text = try? row.text(1), let hash = try? row.bytes(2),
                    RunStore.cacheHash(text, forKey: key) == hash
                else { return }
                entries.append((key, text, hash))
            }
        }
        for entry in entries {
            try new.run(
                "INSERT OR REPLACE INTO reference_cache (key, text, sha256) VALUES (?, ?, ?)",
                [entry.key, entry.text, Data(entry.hash)])
        }
    }
}

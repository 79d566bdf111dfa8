import GRDB

/// A run moved whole: its rows as they are, verified or not, so that a damaged run can be put away too and comes back
/// exactly as it was.
struct RunCopy {
    let id: String
    private var record: RowTable
    private var tables: [RowTable]

    /// Copies a run's rows; nil when the store does not know it. A run of a dead attempt becomes an interrupted one.
    init?(_ database: Database, id: String) throws {
        guard
            let key = try database.first(
                "SELECT run_key FROM run_records WHERE id = ?", [id], { Int64(try $0.integer(0)) })
        else { return nil }
        self.id = id
        record = try RowTable("run_records", run: key, database)
        tables = try RowTable.ofRuns.map { try RowTable($0, run: key, database) }
        let running = RunState.running.rawValue.databaseValue
        guard record.value("state") == running else { return }
        let interrupted = RunState.interrupted.rawValue.databaseValue
        record.replace(running, with: interrupted, in: "state")
        for index in tables.indices where tables[index].name == "attempts" {
            tables[index].replace(.null, with: interrupted, in: "outcome")
        }
    }

    /// As stored, a dead attempt's as interrupted; planned where the text is damaged.
    var state: RunState {
        guard case .string(let text) = record.value("state")?.storage else { return .planned }
        return RunState(rawValue: text) ?? .planned
    }

    /// Inserts the run into a database that does not have it, or has it as ``isUntouched(_:id:)``.
    func insert(_ database: Database) throws {
        try Self.delete(database, id: id)
        let known = try database.first("SELECT run_key FROM run_records WHERE id = ?", [id]) {
            Int64(try $0.integer(0))
        }
        let key: Int64
        if let known {
            key = known
            let assignments = record.columns.map { "\($0) = ?" }.joined(separator: ", ")
            try database.run(
                "UPDATE run_records SET \(assignments) WHERE run_key = ?",
                StatementArguments((record.rows.first ?? []) + [key.databaseValue]))
        } else {
            key = try Self.nextKey(database)
            try record.insert(database, run: key)
        }
        for table in tables { try table.insert(database, run: key) }
    }

    private static func nextKey(_ database: Database) throws -> Int64 {
        Int64(try database.first("SELECT coalesce(max(run_key), 0) + 1 FROM run_records") { try $0.counter(0) } ?? 1)
    }

    /// Whether a run is planned and nobody ever began it, so that nothing is lost when it is replaced.
    static func isUntouched(_ database: Database, id: String) throws -> Bool {
        try database.first(
            "SELECT EXISTS (SELECT 1 FROM run_records WHERE id = ? AND state = 'planned' AND fence = 0)", [id]
        ) { try $0.integer(0) } == 1
    }

    /// Deletes what a run has; its row stays, as planned.
    static func delete(_ database: Database, id: String) throws {
        for table in RowTable.ofRuns {
            try database.run(
                "DELETE FROM \(table) WHERE run_key = (SELECT run_key FROM run_records WHERE id = ?)", [id])
        }
        try database.run(
            """
            UPDATE run_records SET state = 'planned', failure_code = NULL, failure_message = NULL, fence = 0,
                summary = NULL, timings = NULL, metrics_sha256 = NULL, history_sha256 = NULL, artefacts_sha256 = NULL,
                record_sha256 = NULL
            WHERE id = ?
            """, [id])
    }

    /// Inserts a run as planned where it is not known: only its configuration, as the other store has it.
    static func insertPlanned(_ database: Database, id: String, configurationJSON: String) throws {
        try database.run(
            "INSERT OR IGNORE INTO run_records (id, configuration, state) VALUES (?, ?, 'planned')",
            [id, configurationJSON])
    }
}

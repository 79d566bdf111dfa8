import GRDB

/// Which sweeps' lists of runs are not those that were recorded.
///
/// The sweep, position and axes of a run come out of such a list by a join; a damaged row there does not fail, it leaves
/// the run in another sweep or in none. Only the hash of the whole list tells.
struct DamagedPlaces {
    private static let reason = "the list of runs of its sweep changed since it was recorded"

    /// Sweeps whose newest list does not verify.
    private var sweeps: Set<String> = []
    /// A list belongs to no sweep, or a sweep has none.
    private var isTorn = false

    /// Looks at the newest list of `sweep`; of every sweep when that is nil.
    static func read(_ database: Database, sweep: String?) throws -> DamagedPlaces {
        var places = DamagedPlaces()
        places.isTorn = try isTorn(database)
        var newest: [(sweep: String, id: Int64, evaluationJSON: String, expansion: [UInt8])] = []
        try database.forEachRow(
            """
            SELECT sweep, revision_id, evaluation, expansion_sha256
            FROM newest_revisions JOIN revisions ON revisions.id = revision_id
            WHERE ?1 IS NULL OR sweep = ?1
            """, [sweep]
        ) { row in
            newest.append((try row.text(0), Int64(try row.integer(1)), try row.text(2), try row.bytes(3)))
        }
        for list in newest {
            var runs: [(id: String, axesJSON: String)]? = []
            try database.forEachRow(
                """
                SELECT run_records.id, axes FROM revision_runs LEFT JOIN run_records USING (run_key)
                WHERE revision_id = ? ORDER BY position
                """, [list.id]
            ) { row in
                if let id = try row.optionalText(0) { runs?.append((id, try row.text(1))) } else { runs = nil }
            }
            guard let runs,
                RevisionHash.expansion(evaluationJSON: list.evaluationJSON, runs: runs) == list.expansion
            else {
                places.sweeps.insert(list.sweep)
                continue
            }
        }
        return places
    }

    /// Whether a sweep has no list of runs, or a list no sweep. Neither is ever written.
    static func isTorn(_ database: Database) throws -> Bool {
        let found = try database.first(
            """
            SELECT EXISTS (SELECT 1 FROM sweeps WHERE id NOT IN (SELECT sweep_id FROM revisions))
                OR EXISTS (SELECT 1 FROM revisions WHERE sweep_id NOT IN (SELECT id FROM sweeps))
            """
        ) { try $0.integer(0) }
        return found != 0
    }

    /// The record, marked as corrupt where its place in the sweeps is in doubt.
    func marking(_ record: RunRecord) -> RunRecord {
        let inDoubt =
            record.sweepName.map(sweeps.contains) ?? (isTorn || !sweeps.isEmpty)
        guard inDoubt else { return record }
        if case .corrupt = record.integrity { return record }
        var marked = record
        marked.integrity = .corrupt(reason: Self.reason)
        return marked
    }
}

import GRDB

/// The newest revision of a sweep as the database has it, for deciding whether an expansion is new.
struct StoredRevision {
    var id: Int64
    var number: Int
    /// Its runs that are still there.
    var runIDs: Set<String> = []
    /// The hash of its expansion; nil when the spec, the list of runs or a hash changed since it was recorded. Such a
    /// revision is never taken for the same as a new one, so that `sweep` mends it by recording another.
    var intactExpansion: [UInt8]?
    /// The revision's own hash as it is stored; empty when it cannot be read.
    var hash: [UInt8] = []

    static func newest(_ database: Database, sweepID: Int64, sweepName: String) throws -> StoredRevision? {
        let found = try database.first(
            """
            SELECT id, number, spec, resolved_spec, evaluation, expansion_sha256, revision_sha256
            FROM revisions WHERE sweep_id = ? ORDER BY number DESC LIMIT 1
            """, [sweepID]
        ) { row in
            let number = try row.counter(1)
            return (
                revision: StoredRevision(
                    id: Int64(try row.integer(0)), number: number, hash: (try? row.bytes(6)) ?? []),
                content: try? Content(row, sweepName: sweepName, number: number)
            )
        }
        guard let found else { return nil }
        var revision = found.revision
        var runs: [(id: String, axesJSON: String)]? = []
        try database.forEachRow(
            """
            SELECT run_records.id, axes FROM revision_runs LEFT JOIN run_records USING (run_key)
            WHERE revision_id = ? ORDER BY position
            """, [revision.id]
        ) { row in
            guard let id = try? row.text(0), let axes = try? row.text(1) else {
                runs = nil
                return
            }
            revision.runIDs.insert(id)
            runs?.append((id: id, axesJSON: axes))
        }
        if let content = found.content, content.isIntact, let runs,
            RevisionHash.expansion(evaluationJSON: content.evaluationJSON, runs: runs) == content.expansion
        {
            revision.intactExpansion = content.expansion
        }
        return revision
    }

    /// What the revision's own hash covers.
    private struct Content {
        var evaluationJSON: String
        var expansion: [UInt8]
        var isIntact: Bool

        init(_ row: Row, sweepName: String, number: Int) throws {
            evaluationJSON = try row.text(4)
            expansion = try row.bytes(5)
            let hash = RevisionHash.revision(
                sweepName: sweepName, number: number, specBytes: try row.bytes(2), resolvedSpecJSON: try row.text(3),
                evaluationJSON: evaluationJSON, expansion: expansion)
            isIntact = try row.bytes(6) == hash
        }
    }
}

import Foundation
import GRDB

/// A row of the table of revisions, however it came about: swept, merged, restored or rebuilt.
struct RevisionRow {
    var sweepID: Int64
    var number: Int
    var specBytes: [UInt8]
    var resolvedSpecJSON: String
    var evaluationJSON: String
    var expansion: [UInt8]
    var hash: [UInt8]
    var createdAt: Double

    /// Returns the revision's key.
    func insert(_ database: Database) throws -> Int64 {
        try database.run(
            """
            INSERT INTO revisions (sweep_id, number, spec, resolved_spec, evaluation, expansion_sha256, revision_sha256,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                sweepID, number, Data(specBytes), resolvedSpecJSON, evaluationJSON, Data(expansion), Data(hash),
                createdAt,
            ])
        return database.lastInsertedRowID
    }
}

/// Revisions between the database and their files.
extension RevisionFile {
    /// A revision as the database has it, with its stored hash; verify it with ``isIntact``.
    struct Stored {
        var revision: RevisionFile
        var hash: [UInt8]
        var expansionHash: [UInt8]

        var isIntact: Bool { revision.revisionHash == hash && revision.expansion == expansionHash }
        /// Where its file lies.
        var path: String { RevisionFile.path(sweepName: revision.sweepName, number: revision.number, hash: hash) }
    }

    /// Reads a revision with its runs. Throws ``DamagedValue`` when a value is of the wrong kind or a run is missing.
    static func stored(_ database: Database, revisionID: Int64) throws -> Stored {
        let found = try database.first(
            """
            SELECT name, number, run_order, created_at, spec, resolved_spec, evaluation, revision_sha256,
                expansion_sha256
            FROM revisions JOIN sweeps ON sweeps.id = sweep_id WHERE revisions.id = ?
            """, [revisionID]
        ) { row in
            Stored(
                revision: RevisionFile(
                    sweepName: try row.text(0), number: try row.counter(1), order: try row.counter(2),
                    createdAt: try row.double(3), specBytes: try row.bytes(4), resolvedSpecJSON: try row.text(5),
                    evaluationJSON: try row.text(6), runs: []),
                hash: try row.bytes(7), expansionHash: try row.bytes(8))
        }
        guard var stored = found else { throw DamagedValue(column: 0) }
        try database.forEachRow(
            """
            SELECT run_records.id, configuration, axes FROM revision_runs LEFT JOIN run_records USING (run_key)
            WHERE revision_id = ? ORDER BY position
            """, [revisionID]
        ) { row in
            stored.revision.runs.append(
                PlannedRun(id: try row.text(0), configurationJSON: try row.text(1), axesJSON: try row.text(2)))
        }
        return stored
    }

    /// Writes the revision's rows; the runs must be there.
    func insert(_ database: Database, sweepID: Int64, keys: [String: Int64]) throws {
        let revisionID = try RevisionRow(
            sweepID: sweepID, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON,
            evaluationJSON: evaluationJSON, expansion: expansion, hash: revisionHash, createdAt: createdAt
        ).insert(database)
        for (position, run) in runs.enumerated() {
            try database.run(
                "INSERT INTO revision_runs (revision_id, position, run_key, axes) VALUES (?, ?, ?, ?)",
                [revisionID, position, keys[run.id], run.axesJSON])
        }
    }
}

extension RunStore {
    /// Makes the file of a revision durable. Inside the transaction that records it, or later for one that has none.
    func writeRevisionFile(_ database: Database, revisionID: Int64) throws {
        let stored = try RevisionFile.stored(database, revisionID: revisionID)
        guard stored.isIntact else { throw DamagedValue(column: 0) }
        try files.writeRevision(stored.revision)
    }
}

extension DurableFiles {
    /// Makes the file of a revision durable.
    func writeRevision(_ revision: RevisionFile) throws {
        let path = RevisionFile.path(
            sweepName: revision.sweepName, number: revision.number, hash: revision.revisionHash)
        try makeDirectory("revisions")
        // The directory may be one that a dead process made and did not flush.
        try SystemCalls.syncDirectory(layout.root)
        try write(revision.bytes, to: path)
    }
}

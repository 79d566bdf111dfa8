import Catalog
import Foundation
import GRDB

/// Sweeps and their revisions.
extension RunStore {
    /// Records an expansion in one transaction and makes this sweep the most recently run one.
    ///
    /// An expansion equal to the newest revision's (same runs, axes and evaluation, in the same order) makes no new
    /// revision, and that one keeps its spec, unless what is stored of it was damaged: then a new one replaces it. Ids that the store knows must come with the configuration it knows.
    ///
    /// - Throws: `.invalidName`, `.conflict` (one id, two configurations), `.corrupt`, `.busy`, `.diskFull`, ….
    public func recordRevision(
        sweepName: String, specBytes: [UInt8], resolvedSpecJSON: String, evaluationJSON: String, runs: [PlannedRun]
    ) throws -> RevisionChange {
        try StoreLayout.check(sweepName: sweepName)
        for run in runs { try StoreLayout.check(runID: run.id) }
        let ids = Set(runs.map(\.id))
        guard ids.count == runs.count else {
            throw RunStoreError(
                .conflict, what: "an expansion names a run twice", location: StoreLayout.printable(sweepName),
                remedy: "Deduplicate the expansion before recording it.")
        }
        let evaluationJSON = evaluationJSON.storable
        let expansion = RevisionHash.expansion(
            evaluationJSON: evaluationJSON, runs: runs.map { ($0.id, $0.axesJSON.storable) })
        let now = SystemCalls.wallSeconds()
        return try database.write { database in
            let sweepID = try self.touchSweep(database, name: sweepName, now: now)
            let newest = try StoredRevision.newest(database, sweepID: sweepID, sweepName: sweepName)
            if let newest, newest.intactExpansion == expansion {
                try self.compareConfigurations(database, runs, revisionID: newest.id)
                // A store of before has no files of its revisions.
                let path = RevisionFile.path(sweepName: sweepName, number: newest.number, hash: newest.hash)
                if !SystemCalls.exists(self.layout.absolute(path)) {
                    try self.writeRevisionFile(database, revisionID: newest.id)
                }
                return RevisionChange(
                    revisionID: newest.id, number: newest.number, isNew: false, added: 0, removed: 0, kept: runs.count)
            }
            let previous = newest?.runIDs ?? []
            let number = (newest?.number ?? 0) + 1
            let hash = RevisionHash.revision(
                sweepName: sweepName, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON.storable,
                evaluationJSON: evaluationJSON, expansion: expansion)
            let revisionID = try RevisionRow(
                sweepID: sweepID, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON.storable,
                evaluationJSON: evaluationJSON, expansion: expansion, hash: hash, createdAt: now
            ).insert(database)
            try self.insertRuns(database, runs, revisionID: revisionID)
            // Before the COMMIT, and after everything that may refuse the expansion.
            try self.writeRevisionFile(database, revisionID: revisionID)
            let kept = ids.intersection(previous).count
            return RevisionChange(
                revisionID: revisionID, number: number, isNew: true, added: ids.count - kept,
                removed: previous.count - kept, kept: kept)
        }
    }

    private func insertRuns(_ database: Database, _ runs: [PlannedRun], revisionID: Int64) throws {
        let find = try database.makeStatement(sql: "SELECT run_key, configuration FROM run_records WHERE id = ?")
        let insert = try database.makeStatement(
            sql: "INSERT INTO run_records (id, configuration, state) VALUES (?, ?, 'planned')")
        let link = try database.makeStatement(
            sql: "INSERT INTO revision_runs (revision_id, position, run_key, axes) VALUES (?, ?, ?, ?)")
        for (position, run) in runs.enumerated() {
            let configuration = run.configurationJSON.storable
            var key: Int64
            if let known = try Row.fetchOne(find, arguments: [run.id]) {
                key = Int64(try known.integer(0))
                guard try known.text(1).utf8.elementsEqual(configuration.utf8) else { throw otherConfiguration(run.id) }
            } else {
                try insert.execute(arguments: [run.id, configuration])
                key = database.lastInsertedRowID
            }
            try link.execute(arguments: [revisionID, position, key, run.axesJSON.storable])
        }
    }

    /// A planned run's configuration has no hash yet, and publishing would give a damaged one a fresh one.
    private func compareConfigurations(_ database: Database, _ runs: [PlannedRun], revisionID: Int64) throws {
        var position = 0
        try database.forEachRow(
            """
            SELECT configuration FROM revision_runs JOIN run_records USING (run_key) WHERE revision_id = ?
            ORDER BY position
            """, [revisionID]
        ) { row in
            let run = runs[position]
            position += 1
            guard try row.text(0).utf8.elementsEqual(run.configurationJSON.storable.utf8) else {
                throw otherConfiguration(run.id)
            }
        }
    }

    private func otherConfiguration(_ id: String) -> RunStoreError {
        RunStoreError(
            .conflict, what: "run \(id) is in the store with another configuration", location: path,
            remedy: "The record is damaged or two versions disagree: `flowexp store check` tells.")
    }

    /// Finds or makes the sweep and moves it to the front.
    private func touchSweep(_ database: Database, name: String, now: Double) throws -> Int64 {
        let known = try database.first("SELECT id FROM sweeps WHERE name = ?", [name]) { Int64(try $0.integer(0)) }
        let order = try nextRunOrder(database)
        if let known {
            try database.run(
                "UPDATE sweeps SET run_order = ?, last_run_at = ? WHERE id = ?", [order, now, known])
            return known
        }
        try database.run(
            "INSERT INTO sweeps (name, run_order, last_run_at) VALUES (?, ?, ?)", [name, order, now])
        return database.lastInsertedRowID
    }

    /// The number after the most recently run sweep's.
    func nextRunOrder(_ database: Database) throws -> Int {
        let newest = try database.first("SELECT coalesce(max(run_order), 0) FROM sweeps") { try $0.integer(0) } ?? 0
        guard Counter.range.contains(newest) else {
            throw RunStoreError(
                .corrupt, what: "the order in which sweeps ran is damaged (\(newest))", location: path,
                remedy: StoreDatabase.damagedRemedy)
        }
        return newest + 1
    }

    /// Makes a sweep the most recently run one (for `resume`). Throws `.noSuchSweep`.
    public func markSweepRun(_ sweepName: String) throws {
        let changed = try database.write { database in
            try database.run(
                "UPDATE sweeps SET run_order = ?, last_run_at = ? WHERE name = ?",
                [try self.nextRunOrder(database), SystemCalls.wallSeconds(), sweepName.storable])
        }
        if changed == 0 { throw try unknownSweep(sweepName) }
    }

    /// The newest revision of a sweep, its hash verified. Throws `.noSuchSweep`, `.corrupt`.
    public func newestRevision(ofSweep name: String) throws -> Revision {
        guard let revision = try revision("sweeps.name = ? ORDER BY number DESC LIMIT 1", [name.storable]) else {
            throw try unknownSweep(name)
        }
        return revision
    }

    /// The revision with this key, its hash verified. Throws `.noSuchSweep`, `.corrupt`.
    public func revision(withID id: Int64) throws -> Revision {
        guard let revision = try revision("revisions.id = ?", [id]) else { throw noSuchSweep("revision \(id)") }
        return revision
    }

    private func revision(_ condition: String, _ arguments: StatementArguments) throws -> Revision? {
        let found = try database.read { database in
            try database.first(
                """
                SELECT revisions.id, number, spec, resolved_spec, evaluation, created_at, expansion_sha256,
                    revision_sha256, sweeps.name
                FROM revisions JOIN sweeps ON sweeps.id = sweep_id
                WHERE \(condition)
                """, arguments
            ) { row in
                let revision = Revision(
                    id: Int64(try row.integer(0)), sweepName: try row.text(8), number: try row.integer(1),
                    specBytes: try row.bytes(2), resolvedSpecJSON: try row.text(3), evaluationJSON: try row.text(4),
                    createdAt: try row.double(5))
                return (revision: revision, expansion: try row.bytes(6), hash: try row.bytes(7))
            }
        }
        guard let found else { return nil }
        let revision = found.revision
        let name = revision.sweepName
        let hash = RevisionHash.revision(
            sweepName: name, number: revision.number, specBytes: revision.specBytes,
            resolvedSpecJSON: revision.resolvedSpecJSON, evaluationJSON: revision.evaluationJSON,
            expansion: found.expansion)
        guard hash == found.hash else {
            throw RunStoreError(
                .corrupt, what: "the record of revision \(revision.number) changed since it was written",
                location: "\(path), sweep \(StoreLayout.printable(name))",
                remedy: "Run `flowexp store repair`, or `flowexp sweep` with the spec again, which records it anew.")
        }
        return revision
    }

    /// The sweep that was recorded or marked last, nil in an empty store.
    public func mostRecentSweep() throws -> String? {
        try database.read { database in
            try database.first("SELECT name FROM sweeps ORDER BY run_order DESC LIMIT 1") { try $0.text(0) }
        }
    }

    /// All sweeps with the counts of their newest revisions, the most recently run first. Throws as ``newestRevisions()``.
    public func sweeps() throws -> [SweepSummary] {
        var summaries = try newestRevisions()
        for index in summaries.indices {
            summaries[index].counts = try counts(ofRevision: summaries[index].revisionID)
        }
        return summaries
    }

    /// The runs of a revision by state, as displayed. Records are not verified: damaged ones count as what they say.
    public func counts(ofRevision revisionID: Int64) throws -> StateCounts {
        var counts = StateCounts()
        for run in try runStates(ofRevision: revisionID) { counts.count(run.state) }
        return counts
    }

    /// All sweeps, the most recently run first, without looking at their runs: the counts are zero.
    ///
    /// Throws `.corrupt` when one of them would be missing for damage.
    public func newestRevisions() throws -> [SweepSummary] {
        try database.read { database in
            var summaries: [SweepSummary] = []
            try database.forEachRow(
                """
                SELECT sweep, revision, revision_id, last_run_at
                FROM newest_revisions JOIN sweeps ON sweeps.name = sweep ORDER BY run_order DESC
                """
            ) { row in
                summaries.append(
                    SweepSummary(
                        name: try row.text(0), revision: try row.integer(1), revisionID: Int64(try row.integer(2)),
                        counts: StateCounts(), lastRunAt: try row.double(3)))
            }
            try self.checkNoneIsMissing(summaries, database)
            return summaries
        }
    }

    /// A damaged row or index would leave a sweep out, or show an older revision of it, without a word.
    private func checkNoneIsMissing(_ summaries: [SweepSummary], _ database: Database) throws {
        let found = Dictionary(summaries.map { ($0.name, $0.revisionID) }) { first, _ in first }
        if try RunPlaces.newestRevisions(database) == found { return }
        throw RunStoreError(
            .corrupt, what: "the list of sweeps is damaged", location: path, remedy: StoreDatabase.damagedRemedy)
    }

    /// ``noSuchSweep(_:)`` with the nearest name; outside transactions only.
    private func unknownSweep(_ name: String) throws -> RunStoreError {
        let names = try database.read { database in
            var names: [String] = []
            try database.forEachRow("SELECT name FROM sweeps") { names.append(try $0.text(0)) }
            return names
        }
        var error = noSuchSweep(name)
        error.what += NearestName.hint(name, among: names)
        return error
    }

    func noSuchSweep(_ name: String) -> RunStoreError {
        RunStoreError(
            .noSuchSweep, what: "there is no sweep \(StoreLayout.printable(name))", location: path,
            remedy: "`flowexp status` lists the sweeps of the store.")
    }
}

import Foundation
import GRDB

/// One revision of a sweep, with everything that is stored of it.
struct RevisionContent {
    /// The key in its own database.
    let id: Int64
    let sweepName: String
    let number: Int
    let specBytes: [UInt8]
    let resolvedSpecJSON: String
    let evaluationJSON: String
    let createdAt: Double
    /// The hash that decides whether two revisions are the same expansion.
    let expansion: [UInt8]
    private let hash: [UInt8]
    /// In the order of the expansion; nil for a run that is not in the database, which is damage.
    let runs: [(id: String, axesJSON: String)?]
    /// The revision's file in its store, where there is one and it verifies.
    private(set) var file: RevisionFile?

    /// All revisions of a store, or of one sweep, by sweep in the order in which they ran and then by number.
    static func read(_ database: Database, sweep name: String? = nil) throws -> [RevisionContent] {
        var places: [Int64] = []
        try database.forEachRow(
            """
            SELECT revisions.id FROM revisions JOIN sweeps ON sweeps.id = sweep_id
            WHERE ?1 IS NULL OR sweeps.name = ?1 ORDER BY run_order, sweeps.id, number
            """, [name]
        ) { places.append(Int64(try $0.integer(0))) }
        return try places.map { try RevisionContent(database, id: $0) }
    }

    private init(_ database: Database, id: Int64) throws {
        var runs: [(id: String, axesJSON: String)?] = []
        try database.forEachRow(
            """
            SELECT run_records.id, axes FROM revision_runs LEFT JOIN run_records USING (run_key)
            WHERE revision_id = ? ORDER BY position
            """, [id]
        ) { row in
            let axes = try row.text(1)
            runs.append(try row.optionalText(0).map { (id: $0, axesJSON: axes) })
        }
        self.id = id
        self.runs = runs
        let found = try database.first(
            """
            SELECT name, number, spec, resolved_spec, evaluation, created_at, expansion_sha256, revision_sha256
            FROM revisions JOIN sweeps ON sweeps.id = sweep_id WHERE revisions.id = ?
            """, [id]
        ) { row in
            (
                name: try row.text(0), number: try row.counter(1), spec: try row.bytes(2), resolved: try row.text(3),
                evaluation: try row.text(4), created: try row.double(5), expansion: try row.bytes(6),
                hash: try row.bytes(7)
            )
        }
        guard let found else { throw DamagedValue(column: 0) }
        sweepName = found.name
        number = found.number
        specBytes = found.spec
        resolvedSpecJSON = found.resolved
        evaluationJSON = found.evaluation
        createdAt = found.created
        expansion = found.expansion
        hash = found.hash
    }

    /// Whether everything is what was recorded.
    var isIntact: Bool {
        let runs = self.runs.compactMap { $0 }
        return runs.count == self.runs.count && (try? StoreLayout.check(sweepName: sweepName)) != nil
            && RevisionHash.expansion(evaluationJSON: evaluationJSON, runs: runs) == expansion
            && revisionHash(number: number) == hash
    }

    private func revisionHash(number: Int) -> [UInt8] {
        RevisionHash.revision(
            sweepName: sweepName, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON,
            evaluationJSON: evaluationJSON, expansion: expansion)
    }

    /// With its file read from `layout`.
    func withFile(in layout: StoreLayout) -> RevisionContent {
        var content = self
        // One that cannot be read is as good as missing.
        guard let bytes = (try? SystemCalls.read(layout.absolute(filePath))) ?? nil,
            let file = RevisionFile.read(bytes).content, file.revisionHash.elementsEqual(hash)
        else { return self }
        content.file = file
        return content
    }

    /// Its file, relative to the store.
    var filePath: String { RevisionFile.path(sweepName: sweepName, number: number, hash: hash) }

    /// Inserts the revision, and makes its file durable, as number `number` of the sweep `sweepID`. The runs must be in the database; one that is not
    /// leaves a gap, which shows as damage. A damaged revision keeps its hash, and so stays damaged.
    func insert(_ database: Database, sweepID: Int64, number: Int, files: DurableFiles) throws {
        let revisionID = try RevisionRow(
            sweepID: sweepID, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON,
            evaluationJSON: evaluationJSON, expansion: expansion,
            hash: isIntact ? revisionHash(number: number) : hash, createdAt: createdAt.storable ?? 0
        ).insert(database)
        for (position, run) in runs.enumerated() {
            guard let run else { continue }
            try database.run(
                """
                INSERT INTO revision_runs (revision_id, position, run_key, axes)
                SELECT ?, ?, run_key, ? FROM run_records WHERE id = ?
                """, [revisionID, position, run.axesJSON, run.id])
        }
        // A damaged revision has no file: that would give it a good hash.
        do {
            let stored = try RevisionFile.stored(database, revisionID: revisionID)
            guard stored.isIntact, let revision = withSoundConfigurations(stored.revision) else { return }
            try files.writeRevision(revision)
        } catch is DamagedValue {}
    }

    /// The revision with configurations that something vouches for; nil when nothing does for one of them.
    ///
    /// The database's hash of a revision covers ids and axes only, and that of a record only runs that ended, so
    /// the file where the revision comes from counts, and without it a run's id.
    private func withSoundConfigurations(_ revision: RevisionFile) -> RevisionFile? {
        var revision = revision
        if let file, file.expansion == revision.expansion {
            revision.runs = file.runs
            return revision
        }
        let areSound = revision.runs.allSatisfy {
            Hashing.hexadecimal(Hashing.sha256(Array($0.configurationJSON.utf8))) == $0.id
        }
        return areSound ? revision : nil
    }
}

extension [RevisionContent] {
    /// Adds those of these revisions, all of one sweep, that the database lacks; returns how many.
    ///
    /// A sweep that is new is taken with all of them, with their numbers' order, and becomes the most recently run one. Of a sweep that is
    /// there, the revisions whose expansion is none of its intact ones follow its own: as if their specs were swept now,
    /// in their order. Each expansion that it has already is left out, so a second merge adds nothing.
    func addMissing(
        to database: Database, files: DurableFiles, runOrder: () throws -> Int
    ) throws -> Int {
        guard let name = first?.sweepName else { return 0 }
        let known = try database.first("SELECT id FROM sweeps WHERE name = ?", [name]) { Int64(try $0.integer(0)) }
        var missing = self
        var number = 0
        let sweepID: Int64
        if let known {
            sweepID = known
            let present = try RevisionContent.read(database, sweep: name)
            number = present.map(\.number).max() ?? 0
            missing = self.missing(from: present)
        } else {
            try database.run(
                "INSERT INTO sweeps (name, run_order, last_run_at) VALUES (?, ?, ?)",
                [name, try runOrder(), SystemCalls.wallSeconds()])
            sweepID = database.lastInsertedRowID
        }
        for revision in missing {
            number = known == nil ? revision.number : number + 1
            try revision.insert(database, sweepID: sweepID, number: number, files: files)
        }
        return missing.count
    }

    /// How many ``addMissing(to:files:runOrder:)`` would add.
    func countMissing(in database: Database) throws -> Int {
        guard let name = first?.sweepName else { return 0 }
        return missing(from: try RevisionContent.read(database, sweep: name)).count
    }

    private func missing(from present: [RevisionContent]) -> [RevisionContent] {
        // All of a new sweep, also an expansion that comes twice because the spec went back to it.
        if present.isEmpty { return self }
        let intact = Set(present.filter(\.isIntact).map(\.expansion))
        let all = Set(present.map(\.expansion))
        return filter { !($0.isIntact ? intact : all).contains($0.expansion) }
    }
}

extension RunStore {
    /// All revisions of a sweep, oldest first, not verified. Throws `.noSuchSweep`.
    public func revisions(ofSweep name: String) throws -> [Revision] {
        let found = try database.read { database in
            try RevisionContent.read(database, sweep: name.storable)
        }
        if found.isEmpty { throw noSuchSweep(name) }
        return found.map { content in
            Revision(
                id: content.id, sweepName: content.sweepName, number: content.number, specBytes: content.specBytes,
                resolvedSpecJSON: content.resolvedSpecJSON, evaluationJSON: content.evaluationJSON,
                createdAt: content.createdAt)
        }
    }
}

import GRDB

/// What `store migrate` did.
public struct StoreMigration: Sendable, Equatable {
    /// The store's directory, absolute.
    public var path: String
    /// The version found.
    public var found: Int
    /// The version of this program.
    public var current: Int
    /// The database before, relative to the store; nil when the version was current.
    public var backup: String?
    /// Files of revisions and records that were missing and are written now, relative to the store.
    public var written: [String] = []
    /// Records that do not verify; nothing was written for them.
    public var damaged = 0
}

extension RunStore {
    /// Brings a store forward: the database to this version, after a backup, and the files that earlier versions did not
    /// write. The store must not be open anywhere.
    ///
    /// - Throws: `.busy`, `.missingStore`, `.newerVersion`, `.corrupt`, `.permission`, `.diskFull`, `.inputOutput`.
    public static func migrate(
        at path: String, busyTimeout: Double = 60, identifies: ConfigurationCheck? = nil
    ) throws -> StoreMigration {
        let layout = StoreLayout(path: path)
        guard try SystemCalls.exists(layout.database) || layout.holdsWork() else { throw missing(layout) }
        let opening = StoreOpening(layout: layout, busyTimeout: busyTimeout)
        let lock = try opening.exclusive()
        defer { lock.release() }
        guard SystemCalls.exists(layout.database) else { throw opening.databaseLost }
        let (database, found, backup) = try opening.migrated()
        var migration = StoreMigration(
            path: layout.root, found: found, current: StoreSchema.version, backup: backup)
        try writeMissingFiles(layout, database, identifies, &migration)
        try database.close()
        return migration
    }

    private static func writeMissingFiles(
        _ layout: StoreLayout, _ database: StoreDatabase, _ identifies: ConfigurationCheck?,
        _ migration: inout StoreMigration
    ) throws {
        let files = DurableFiles(layout: layout)
        let survey = try DatabaseSurvey(database, path: layout.database)
        for (path, revision) in survey.revisions.sorted(by: { $0.key < $1.key })
        where !SystemCalls.exists(layout.absolute(path)) {
            // No hash of the database covers these; a damaged one must not get a fresh hash.
            guard revision.runs.allSatisfy({ identifies?($0.id, $0.configurationJSON) ?? true }) else {
                migration.damaged += 1
                continue
            }
            try files.writeRevision(revision)
            migration.written.append(path)
        }
        migration.damaged += survey.problems.count
        for id in survey.keys.keys.sorted() {
            guard let content = try survey.content(ofRun: id) else { continue }
            if !content.damage.isEmpty { migration.damaged += 1 }
            guard let ended = content.ended else { continue }
            let bytes = try SystemCalls.read(layout.absolute(ended.path))
            // What is no file is for `store repair` to put away.
            if bytes == nil && SystemCalls.exists(layout.absolute(ended.path)) {
                migration.damaged += 1
                continue
            }
            let written = bytes.flatMap { RecordFile.read($0).content }
            // One that has more comes from a crash just before the COMMIT that added metrics; it is right too.
            if let written, written.hash == ended.hash || written.completes(ended) { continue }
            try files.writeRecord(ended)
            migration.written.append(ended.path)
        }
    }
}

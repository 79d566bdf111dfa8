import Foundation
import GRDB

/// Opens the database under the store lock.
///
/// Creating, migrating and cleaning need the lock alone; afterwards it is kept shared. When somebody else has the store
/// open, its database is complete, so an open of the current version only needs to share.
struct StoreOpening {
    let layout: StoreLayout
    let busyTimeout: Double

    /// Opens for writing; migrates as needed, and makes or completes the store where `creating` allows it. `alone`
    /// keeps the store lock exclusive.
    func forWriting(creating: Bool, alone: Bool = false) throws -> (StoreDatabase, FileLock?) {
        try waiting {
            if let lock = try FileLock.take(layout.storeLock, exclusive: true) {
                let database = try prepared(creating: creating)
                if !alone { try lock.downgrade() }
                return (database, lock)
            }
            if !alone, let lock = try FileLock.take(layout.storeLock, exclusive: false) {
                if SystemCalls.exists(layout.database) {
                    let database = try open(readOnly: false, queryOnly: false)
                    let identity = try checkedIdentity(database)
                    if identity.isUntouched && !creating { throw incomplete }
                    if identity.version == StoreSchema.version { return (database, lock) }
                    try database.close()
                }
                lock.release()
            }
            return nil
        }
    }

    /// Opens for reading: read-write with `query_only` where permitted, else read-only.
    func forReading() throws -> (StoreDatabase, FileLock?) {
        let lock = try sharedForReading()
        return (try readable(), lock)
    }

    /// Shares the store lock, so that nobody migrates or repairs meanwhile; nil where there is no lock file.
    func sharedForReading() throws -> FileLock? {
        try layout.requireNoLinks()
        return try waiting {
            guard SystemCalls.exists(layout.storeLock) else { return .some(nil) }
            return try FileLock.take(layout.storeLock, exclusive: false, createFile: false).map(Optional.some)
        }
    }

    /// Takes the store lock alone. Throws `.busy`.
    func exclusive() throws -> FileLock {
        try layout.requireNoLinks()
        return try waiting { try FileLock.take(layout.storeLock, exclusive: true) }
    }

    /// Opens the database for reading without ever making one; the caller holds the store lock.
    func existing() throws -> StoreDatabase {
        guard SystemCalls.exists(layout.database) else { throw databaseLost }
        return try readable()
    }

    /// Opens the database for reading; the caller holds the store lock, or there is none.
    func readable() throws -> StoreDatabase {
        let writable = access(layout.database, W_OK) == 0 && access(layout.root, W_OK) == 0
        let database = try open(readOnly: !writable, queryOnly: writable)
        var identity = try checkedIdentity(database)
        if identity.isUntouched {
            // Runs come after their database: somebody may be making the store.
            let holdsWork = try layout.holdsWork()
            identity = try checkedIdentity(database)
            if identity.isUntouched { throw holdsWork ? databaseLost : incomplete }
        }
        if identity.version < StoreSchema.version {
            throw RunStoreError(
                .olderVersion(found: identity.version, supported: StoreSchema.version),
                what: "the store has version \(identity.version), this program reads version \(StoreSchema.version)",
                location: layout.root,
                remedy: writable
                    ? "Run `flowexp store migrate`, which puts a backup in backups/ first; so does the next writing command."
                    : "It cannot be written here: copy it, and run `flowexp store migrate` on the copy."
            )
        }
        return database
    }

    /// Only `.createIfMissing` finishes what a creation that was cut short left.
    var incomplete: RunStoreError {
        RunStoreError(
            .missingStore, what: "the store was never completed", location: layout.root,
            remedy: "Run `flowexp sweep SPEC`, which completes it.")
    }

    /// The directory has runs and the database has none, or is not there.
    var databaseLost: RunStoreError {
        RunStoreError(
            .corrupt, what: "the database is missing or empty, but there are runs beside it", location: layout.database,
            remedy: "Run `flowexp store repair`, which makes it again from the runs' files.")
    }

    private func waiting<Value>(_ attempt: () throws -> Value?) throws -> Value {
        try FileLock.waiting(for: layout.storeLock, timeout: busyTimeout, attempt) { holders in
            RunStoreError(
                .busy(holders: holders),
                what: "the store stayed locked" + (holders.isEmpty ? "" : " by " + holders.joined(separator: ", ")),
                location: layout.storeLock,
                remedy: "Wait for the other process, or end it, and run the same command again.")
        }
    }

    private func open(readOnly: Bool, queryOnly: Bool) throws -> StoreDatabase {
        // SQLite would speak of rights.
        if SystemCalls.exists(layout.database) && !SystemCalls.isFile(layout.database) {
            throw RunStoreError(
                .corrupt, what: "the database is no file", location: layout.database,
                remedy: StoreDatabase.damagedRemedy)
        }
        return try StoreDatabase(
            path: layout.database, readOnly: readOnly, queryOnly: queryOnly, busyTimeout: busyTimeout)
    }

    /// Reads what the file says it is and refuses foreign, newer and damaged ones.
    private func checkedIdentity(_ database: StoreDatabase) throws -> StoreSchema.Identity {
        let identity = try database.read { try StoreSchema.identity($0) }
        if identity.isUntouched { return identity }
        guard identity.applicationID == StoreSchema.applicationID else {
            throw try RunStoreError(
                .notAStore, what: "the database was not made by flowexp", location: layout.database,
                remedy: layout.holdsWork() ? StoreDatabase.damagedRemedy : "Choose another store with --store.")
        }
        guard identity.version <= StoreSchema.version || identity.version >= StoreSchema.unreachedVersion else {
            throw RunStoreError(
                .newerVersion(found: identity.version, supported: StoreSchema.version),
                what: "the store has version \(identity.version), this program knows up to \(StoreSchema.version)",
                location: layout.root, remedy: "Use the newer flowexp that wrote it.")
        }
        // Version, application id and tables are written in one transaction, so one does not come without the others.
        guard (1...StoreSchema.version).contains(identity.version), !identity.isEmpty else {
            throw RunStoreError(
                .corrupt,
                what: identity.isEmpty
                    ? "the database has lost its tables"
                    : "the database has version \(identity.version), which never was",
                location: layout.database, remedy: StoreDatabase.damagedRemedy)
        }
        return identity
    }

    /// Under the exclusive lock: creates or migrates, and removes what crashes left.
    private func prepared(creating: Bool) throws -> StoreDatabase {
        let isNew = !SystemCalls.exists(layout.database)
        // A new database beside the runs of a lost one would have them done again, and their files removed.
        if isNew, try layout.holdsWork() { throw databaseLost }
        let database = try open(readOnly: false, queryOnly: false)
        let identity = try checkedIdentity(database)
        if identity.isUntouched, try layout.holdsWork() { throw databaseLost }
        if identity.isUntouched && !creating { throw incomplete }
        let files = DurableFiles(layout: layout)
        for directory in layout.directories {
            if try SystemCalls.makeDirectory(directory) { try SystemCalls.syncDirectory(layout.root) }
        }
        if identity.version < StoreSchema.version {
            if !identity.isUntouched { _ = try backUp(database, version: identity.version) }
            try migrate(database, from: identity)
        }
        if isNew { try SystemCalls.syncDirectory(layout.root) }
        files.removeTemporaries()
        try removeCheckpointsOfCompletedRuns(database, files)
        return database
    }

    private func migrate(_ database: StoreDatabase, from identity: StoreSchema.Identity) throws {
        try database.write { database in
            try StoreSchema.migrate(database, from: identity.version)
            if identity.isUntouched {
                try database.run(
                    "INSERT INTO store_properties (name, value) VALUES ('machine_id', ?)", [ProcessIdentity.machineID])
            }
        }
    }

    /// Under the exclusive lock: opens for writing after bringing an older version forward. Returns the version found and
    /// where the backup is, relative to the store.
    func migrated() throws -> (database: StoreDatabase, found: Int, backup: String?) {
        let database = try open(readOnly: false, queryOnly: false)
        let identity = try checkedIdentity(database)
        if identity.isUntouched { throw try layout.holdsWork() ? databaseLost : incomplete }
        for directory in layout.directories {
            if try SystemCalls.makeDirectory(directory) { try SystemCalls.syncDirectory(layout.root) }
        }
        guard identity.version < StoreSchema.version else { return (database, identity.version, nil) }
        let backup = try backUp(database, version: identity.version)
        try migrate(database, from: identity)
        return (database, identity.version, backup)
    }

    /// Returns where the copy is, relative to the store.
    private func backUp(_ database: StoreDatabase, version: Int) throws -> String {
        if try SystemCalls.makeDirectory(layout.backups) { try SystemCalls.syncDirectory(layout.root) }
        let name = "backups/version-\(version)-\(Int(SystemCalls.wallSeconds())).sqlite"
        try database.backUp(to: layout.absolute(name))
        try SystemCalls.syncDirectory(layout.backups)
        return name
    }

    /// Publishing removes checkpoint files after its COMMIT and leaves their rows, so a crash or a failed removal between
    /// the two is mended here: the rows tell in whose directories something may still lie about, and go once nothing does.
    private func removeCheckpointsOfCompletedRuns(_ database: StoreDatabase, _ files: DurableFiles) throws {
        var leftovers: [(key: Int64, id: String, files: Set<String>)] = []
        try database.read { database in
            try database.forEachRow(
                """
                SELECT DISTINCT run_key, id FROM checkpoints JOIN run_records USING (run_key) WHERE state = 'completed'
                """
            ) { leftovers.append((key: Int64(try $0.integer(0)), id: try $0.text(1), files: [])) }
            for place in leftovers.indices {
                try database.forEachRow(
                    "SELECT file FROM artefact_files WHERE run_key = ?", [leftovers[place].key]
                ) { leftovers[place].files.insert(try $0.text(0)) }
            }
        }
        var clean: [Int64] = []
        for run in leftovers where (try? StoreLayout.check(runID: run.id)) != nil {
            let published = Set(run.files.map { String($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.endIndex)) })
            // A damaged list of files must not make the published ones leftovers.
            guard published.count == 1 else { continue }
            if files.removeLeftovers(ofRun: run.id, keep: published) { clean.append(run.key) }
        }
        if clean.isEmpty { return }
        try database.write { database in
            for key in clean { try database.run("DELETE FROM checkpoints WHERE run_key = ?", [key]) }
        }
    }
}

import Foundation
import GRDB

/// Opens the database under the store lock.
///
/// Creating, migrating and cleaning need the lock alone; afterwards it is kept shared. When somebody else has the store
/// open, its database is complete, so an open of the current version only needs to share.
struct StoreOpening {
    let layout: StoreLayout
    let busyTimeout: Double

    /// Opens for writing; migrates as needed, and makes or completes the store where `creating` allows it.
    func forWriting(creating: Bool) throws -> (StoreDatabase, FileLock?) {
        let deadline = SystemCalls.monotonicSeconds() + busyTimeout
        var attempt = 0
        while true {
            if let lock = try FileLock.take(layout.storeLock, exclusive: true) {
                let database = try prepared(creating: creating)
                try lock.downgrade()
                return (database, lock)
            }
            if let lock = try FileLock.take(layout.storeLock, exclusive: false) {
                if SystemCalls.exists(layout.database) {
                    let database = try open(readOnly: false, queryOnly: false)
                    let identity = try checkedIdentity(database)
                    if identity.isUntouched && !creating { throw incomplete }
                    if identity.version == StoreSchema.version { return (database, lock) }
                    try database.close()
                }
                lock.release()
            }
            try waitOrGiveUp(&attempt, deadline: deadline)
        }
    }

    /// Opens for reading: read-write with `query_only` where permitted, else read-only.
    func forReading() throws -> (StoreDatabase, FileLock?) {
        let deadline = SystemCalls.monotonicSeconds() + busyTimeout
        var attempt = 0
        var lock: FileLock?
        while SystemCalls.exists(layout.storeLock) {
            lock = try FileLock.take(layout.storeLock, exclusive: false, createFile: false)
            if lock != nil { break }
            try waitOrGiveUp(&attempt, deadline: deadline)
        }
        let writable = access(layout.database, W_OK) == 0 && access(layout.root, W_OK) == 0
        let database = try open(readOnly: !writable, queryOnly: writable)
        let identity = try checkedIdentity(database)
        if identity.isUntouched { throw incomplete }
        if identity.version < StoreSchema.version {
            throw RunStoreError(
                .olderVersion(found: identity.version, supported: StoreSchema.version),
                what: "the store has version \(identity.version), this program reads version \(StoreSchema.version)",
                location: layout.root,
                remedy:
                    "Run `flowexp resume` on it, or `flowexp sweep SPEC`; the next writing command migrates it and puts a backup in backups/ first."
            )
        }
        return (database, lock)
    }

    /// Only `.createIfMissing` finishes what a creation that was cut short left.
    var incomplete: RunStoreError {
        RunStoreError(
            .missingStore, what: "the store was never completed", location: layout.root,
            remedy: "Run `flowexp sweep SPEC`, which completes it.")
    }

    private func waitOrGiveUp(_ attempt: inout Int, deadline: Double) throws {
        if SystemCalls.monotonicSeconds() >= deadline {
            let holders = FileHolders.describe(layout.storeLock)
            throw RunStoreError(
                .busy(holders: holders),
                what: "the store stayed locked" + (holders.isEmpty ? "" : " by " + holders.joined(separator: ", ")),
                location: layout.storeLock,
                remedy: "Wait for the other process, or end it, and run the same command again.")
        }
        usleep(Backoff.microseconds(attempt: attempt))
        attempt += 1
    }

    private func open(readOnly: Bool, queryOnly: Bool) throws -> StoreDatabase {
        try StoreDatabase(
            path: layout.database, readOnly: readOnly, queryOnly: queryOnly, busyTimeout: busyTimeout)
    }

    /// Reads what the file says it is and refuses foreign, newer and damaged ones.
    private func checkedIdentity(_ database: StoreDatabase) throws -> StoreSchema.Identity {
        let identity = try database.read { try StoreSchema.identity($0) }
        if identity.isUntouched { return identity }
        guard identity.applicationID == StoreSchema.applicationID else {
            throw RunStoreError(
                .notAStore, what: "the database was not made by flowexp", location: layout.database,
                remedy: "Choose another store with --store.")
        }
        guard identity.version <= StoreSchema.version else {
            throw RunStoreError(
                .newerVersion(found: identity.version, supported: StoreSchema.version),
                what: "the store has version \(identity.version), this program knows up to \(StoreSchema.version)",
                location: layout.root, remedy: "Use the newer flowexp that wrote it.")
        }
        // Version, application id and tables are written in one transaction, so one does not come without the others.
        guard identity.version >= 1, !identity.isEmpty else {
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
        let database = try open(readOnly: false, queryOnly: false)
        let identity = try checkedIdentity(database)
        if identity.isUntouched && !creating { throw incomplete }
        let files = DurableFiles(layout: layout)
        for directory in [layout.locks, layout.temporary, layout.artefacts] {
            _ = try SystemCalls.makeDirectory(directory)
        }
        if identity.version < StoreSchema.version {
            if !identity.isUntouched { try backUp(database, version: identity.version) }
            try database.write { database in
                try StoreSchema.migrate(database, from: identity.version)
                if identity.isUntouched {
                    try database.run(
                        "INSERT INTO store_properties (name, value) VALUES ('machine_id', ?)",
                        [ProcessIdentity.machineID])
                }
            }
        }
        if isNew { try SystemCalls.syncDirectory(layout.root) }
        files.removeTemporaries()
        try removeCheckpointsOfCompletedRuns(database, files)
        return database
    }

    private func backUp(_ database: StoreDatabase, version: Int) throws {
        _ = try SystemCalls.makeDirectory(layout.backups)
        let stamp = Int(SystemCalls.wallSeconds())
        try database.backUp(to: layout.backups + "/version-\(version)-\(stamp).sqlite")
        try SystemCalls.syncDirectory(layout.backups)
    }

    /// Publishing removes checkpoint files after its COMMIT and leaves their rows, so a crash between the two is mended
    /// here: the rows name what may still lie about.
    private func removeCheckpointsOfCompletedRuns(_ database: StoreDatabase, _ files: DurableFiles) throws {
        let condition = "run_key IN (SELECT run_key FROM run_records WHERE state = 'completed')"
        var leftovers: [String] = []
        try database.read { database in
            try database.forEachRow("SELECT file FROM checkpoints WHERE \(condition)") {
                leftovers.append(try $0.text(0))
            }
        }
        if leftovers.isEmpty { return }
        for file in leftovers where StoreLayout.isPayloadPath(file) {
            let run = file.split(separator: "/").prefix(2).joined(separator: "/")
            // Behind a link lie files of somebody else.
            guard (try? StoreLayout.requireNoLink(layout.absolute(run))) != nil else { continue }
            SystemCalls.removeLeftover(layout.absolute(file))
        }
        try database.write { try $0.run("DELETE FROM checkpoints WHERE \(condition)") }
    }
}

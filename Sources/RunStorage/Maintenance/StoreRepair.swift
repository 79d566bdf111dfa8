/// What `store repair` did, or would do.
public struct StoreRepair: Sendable, Equatable {
    /// A run that has to be done again.
    public struct Redone: Sendable, Equatable {
        /// The whole run id.
        public var runID: String
        /// What of it was damaged.
        public var reason: String
    }

    /// What was found before.
    public var check: StoreCheck
    /// Whether there was anything to mend.
    public var isNeeded: Bool { !check.isSound }
    /// Completed runs in the new database.
    public var completed = 0
    /// Runs that go on from a checkpoint.
    public var continued = 0
    /// Revisions in the new database.
    public var revisions = 0
    /// Runs that ended and have to be done again, with the same numbers; by id.
    public var redone: [Redone] = []
    /// Runs whose configuration nothing tells any more; the sweep's spec brings them back.
    public var lostRuns: [String] = []
    /// Files and directories put into the backups, relative to the store.
    public var setAside: [String] = []
    /// The old database, relative to the store; nil when there was none or nothing was done.
    public var backup: String?
    /// The copy of a database of an earlier version, which was brought forward before anything else; relative to the store.
    public var migrationBackup: String?
}

extension RunStore {
    /// Rebuilds the database from what verifies, when anything is damaged; else changes nothing.
    ///
    /// The sources are the runs' files, the revisions' files and the old database, each only where its hashes fit. The
    /// store must not be open anywhere. The old database and damaged files go to `backups/`.
    /// - `dryRun`: find out and change nothing.
    /// - Throws: `.busy` (the store is in use), `.missingStore`, `.newerVersion`, `.olderVersion`, `.permission`,
    ///   `.diskFull`, `.inputOutput`.
    public static func repair(
        at path: String, dryRun: Bool = false, busyTimeout: Double = 60, identifies: ConfigurationCheck? = nil
    ) throws -> StoreRepair {
        let layout = StoreLayout(path: path)
        guard try SystemCalls.exists(layout.database) || layout.holdsWork() else { throw missing(layout) }
        let opening = StoreOpening(layout: layout, busyTimeout: busyTimeout)
        let lock = try opening.exclusive()
        defer { lock.release() }
        var survey = StoreSurvey(layout: layout, quick: false, identifies: identifies)
        var migrationBackup: String?
        try survey.readDatabase { try current(opening, mayMigrate: !dryRun, &migrationBackup) }
        try survey.readRevisionFiles()
        try survey.readAll()
        if let version = survey.newerVersion {
            throw RunStoreError(
                .newerVersion(found: version, supported: RecordFile.version),
                what: "files of the store have version \(version), this program knows up to \(RecordFile.version)",
                location: layout.root, remedy: "Use the newer flowexp that wrote them.")
        }
        var rebuild = Rebuild(survey)
        rebuild.report.migrationBackup = migrationBackup
        if survey.check.isSound {
            try survey.database?.database.close()
            return rebuild.report
        }
        if dryRun {
            try rebuild.plan()
            try survey.database?.database.close()
        } else {
            try rebuild.perform()
        }
        return rebuild.report
    }

    /// The database for reading. One of an earlier version is brought forward first: when that fails, it is a damaged one.
    private static func current(
        _ opening: StoreOpening, mayMigrate: Bool, _ backup: inout String?
    ) throws -> StoreDatabase {
        do {
            return try opening.existing()
        } catch let error as RunStoreError {
            guard case .olderVersion = error.kind, mayMigrate else { throw error }
            let migrated = try opening.migrated()
            backup = migrated.backup
            try migrated.database.close()
            return try opening.existing()
        }
    }
}

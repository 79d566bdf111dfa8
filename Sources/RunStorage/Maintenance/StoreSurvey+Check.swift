import Foundation

extension StoreSurvey {
    /// Judges every run and looks at whatever else lies in the store.
    mutating func readAll() throws {
        let (ids, strangers) = try runIDs()
        check.runs = ids.count
        for id in ids { try readRun(id) }
        for path in strangers {
            report(.leftover, "the files of no run that the database knows", path, Remedy.gc)
        }
        readOtherFiles(Set(ids))
        check.files = verifier.files
        check.bytes = verifier.bytes
    }

    /// A run that somebody works on, or has just removed, is left alone.
    private mutating func readRun(_ id: String) throws {
        let first = try judge(id, stored: try database?.content(ofRun: id))
        if first.problems.isEmpty, try !FileLock.isHeld(layout.lock(ofRun: id)) { return }
        guard let database, database.isWhole else {
            return try conclude(first, isHeld: FileLock.isHeld(layout.lock(ofRun: id)))
        }
        // Somebody may have changed the run between the look at its rows and that at its files. While this transaction
        // reads nobody commits, and what rows name is there from before their COMMIT until after that of their removal.
        var survey = self
        defer { self = survey }
        try database.database.read { connection in
            guard let stored = database.content(connection, ofRun: id) else {
                survey.check.busyRuns += 1
                return
            }
            let second = try survey.judge(id, stored: stored)
            try survey.conclude(second, isHeld: FileLock.isHeld(survey.layout.lock(ofRun: id)))
        }
    }

    private mutating func conclude(_ judgement: RunJudgement, isHeld: Bool) {
        if isHeld { check.busyRuns += 1 } else { check.problems += judgement.problems }
    }

    private mutating func readOtherFiles(_ ids: Set<String>) {
        for name in SystemCalls.names(in: layout.locks) where !ids.contains(name) {
            report(.leftover, "the lock file of no run that the database knows", "locks/" + name, Remedy.gc)
        }
        for name in SystemCalls.names(in: layout.temporary) {
            report(
                .leftover, "a file that was being written", "tmp/" + name,
                "If nobody is at work on the store, the next command that writes removes it.")
        }
        for path in layout.directories + [layout.storeLock] where !SystemCalls.exists(path) {
            report(
                .leftover, "is missing", String(path.dropFirst(layout.root.count + 1)),
                "The next command that writes makes it.")
        }
        for name in SystemCalls.names(in: layout.root) where !StoreLayout.names.contains(name) {
            report(.note, "not a part of the store", name, "Leave it or move it away; nothing reads it.")
        }
    }
}

extension StoreLayout {
    /// What may lie in a store's directory.
    static let names: Set<String> = [
        "flowexp.sqlite", "flowexp.sqlite-journal", "store.lock", "locks", "tmp", "artefacts", "revisions", "backups",
        "trash", "rearrangement.lock",
    ]
}

extension RunStore {
    /// Reads everything in the store, or all but the contents of artefacts with `quick`, and changes nothing, except that a
    /// transaction that a crash cut short is undone as any reading does.
    ///
    /// It works without a database. Others may be at work: runs they hold are counted and left alone.
    /// - Throws: `.missingStore`, `.newerVersion`, `.olderVersion`, `.busy`, `.permission`, `.readOnlyHotJournal`.
    public static func check(
        at path: String, quick: Bool = false, busyTimeout: Double = 60, identifies: ConfigurationCheck? = nil
    ) throws -> StoreCheck {
        let layout = StoreLayout(path: path)
        guard try SystemCalls.exists(layout.database) || layout.holdsWork() else { throw missing(layout) }
        let opening = StoreOpening(layout: layout, busyTimeout: busyTimeout)
        let lock = try opening.sharedForReading()
        defer { lock?.release() }
        var survey = StoreSurvey(layout: layout, quick: quick, identifies: identifies)
        try survey.readDatabase(opening.existing)
        try survey.readRevisionFiles()
        try survey.readAll()
        try survey.database?.database.close()
        return survey.check
    }

    static func missing(_ layout: StoreLayout) -> RunStoreError {
        RunStoreError(
            .missingStore, what: "there is no store here", location: layout.root,
            remedy: "Run `flowexp sweep SPEC`, which makes one, or name another with --store.")
    }
}

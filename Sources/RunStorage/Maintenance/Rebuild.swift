import Foundation
import GRDB

/// Makes a database anew from what verifies: `store repair` under the exclusive lock.
///
/// In this order, so that a crash anywhere leaves a store that the same command mends: the new database under `tmp/`;
/// damaged files of runs to the backups; missing files of records and revisions; the old database linked into the backups;
/// the new one renamed over it.
struct Rebuild {
    let layout: StoreLayout
    let files: DurableFiles
    var survey: StoreSurvey
    var report: StoreRepair
    /// Files to put away, relative to the store.
    private var setAside: [String] = []
    /// Records whose `record.json` is missing or not level with the new database.
    private var records: [RecordContent] = []
    private var keys: [String: Int64] = [:]

    init(_ survey: StoreSurvey) {
        layout = survey.layout
        files = DurableFiles(layout: survey.layout)
        self.survey = survey
        report = StoreRepair(check: survey.check)
        setAside = survey.damagedRevisionFiles
    }

    /// Finds out what would be done, without writing.
    mutating func plan() throws {
        try judgeRuns { _, _ in }
        report.setAside = setAside
        _ = chosenRevisions()
    }

    /// Does it.
    mutating func perform() throws {
        let name = "repair-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sqlite"
        let built = layout.temporary + "/" + name
        for directory in layout.directories {
            if try SystemCalls.makeDirectory(directory) { try SystemCalls.syncDirectory(layout.root) }
        }
        try build(built)
        report.setAside = setAside
        let backup = try Backup(layout: layout, files: files)
        try backup.take(setAside)
        for content in records { try files.writeRecord(content) }
        for revision in chosenRevisions() {
            let path = RevisionFile.path(
                sweepName: revision.sweepName, number: revision.number, hash: revision.revisionHash)
            if !SystemCalls.exists(layout.absolute(path)) { try files.writeRevision(revision) }
        }
        try survey.database?.database.close()
        report.backup = try backup.replaceDatabase(by: built)
        files.removeTemporaries()
    }

    // MARK: - The new database

    private mutating func build(_ path: String) throws {
        let new = try StoreDatabase(path: path, readOnly: false, queryOnly: false, busyTimeout: 1)
        let salvage = survey.database.map { Salvage($0) }
        try new.write { database in
            try StoreSchema.migrate(database, from: 0)
            try database.run(
                "INSERT INTO store_properties (name, value) VALUES ('machine_id', ?)",
                [salvage?.machineID() ?? ProcessIdentity.machineID])
            try self.judgeRuns { rebuild, judgement in
                rebuild.keys[judgement.id] = try Self.insert(judgement, salvage, database)
            }
            try self.insertSweeps(database)
            try salvage?.copyCache(into: database)
        }
        try new.close()
    }

    /// Judges every run in turn, so that only one is in memory, and hands over those that can be rebuilt.
    private mutating func judgeRuns(_ body: (inout Rebuild, RunJudgement) throws -> Void) throws {
        for id in try survey.runIDs().ids {
            let judgement = try survey.judge(id)
            setAside += judgement.setAside
            if let reason = judgement.redoneBecause {
                report.redone.append(StoreRepair.Redone(runID: id, reason: reason))
            }
            guard judgement.configurationJSON != nil else {
                report.lostRuns.append(id)
                continue
            }
            if let ended = judgement.ended, needsFile(ended, judgement) { records.append(ended) }
            if judgement.ended?.rows.state == .completed { report.completed += 1 }
            if !judgement.checkpoints.isEmpty { report.continued += 1 }
            try body(&self, judgement)
        }
    }

    private func needsFile(_ ended: RecordContent, _ judgement: RunJudgement) -> Bool {
        if judgement.setAside.contains(ended.path) { return true }
        guard let bytes = try? SystemCalls.read(layout.absolute(ended.path)),
            let written = RecordFile.read(bytes).content
        else { return true }
        return written.hash != ended.hash
    }

    private static func insert(
        _ judgement: RunJudgement, _ salvage: Salvage?, _ database: Database
    ) throws -> Int64 {
        let attempts = salvage?.attempts(ofRun: judgement.id) ?? []
        let fence = max(judgement.fence, attempts.map(\.fence).max() ?? 0)
        let isBegun = fence > 0 || !judgement.checkpoints.isEmpty
        try database.run(
            "INSERT INTO run_records (id, configuration, state, fence) VALUES (?, ?, ?, ?)",
            [
                judgement.id, judgement.configurationJSON,
                (isBegun ? RunState.interrupted : .planned).rawValue, fence,
            ])
        let key = database.lastInsertedRowID
        if let ended = judgement.ended { try ended.rows.replace(in: database, run: key, id: judgement.id) }
        for checkpoint in judgement.checkpoints { try checkpoint.insert(database, run: key) }
        try Salvage.insert(attempts, run: key, database)
        try Salvage.insert(salvage?.notes(ofRun: judgement.id) ?? [], run: key, database)
        return key
    }

    // MARK: - Sweeps

    /// One revision for each sweep and number, oldest first.
    private mutating func chosenRevisions() -> [RevisionFile] {
        let stored = survey.database?.revisions ?? [:]
        var chosen: [String: (path: String, revision: RevisionFile)] = [:]
        for (path, revision) in survey.revisions.sorted(by: { $0.key < $1.key }) {
            guard revision.runs.allSatisfy({ !report.lostRuns.contains($0.id) }) else { continue }
            let key = "\(revision.number) \(revision.sweepName)"
            if let other = chosen[key] {
                // A file whose revision was never committed gives way to one that was, an older one to a newer.
                if stored[other.path] != nil { continue }
                let isNewer = (other.revision.order, other.revision.createdAt) < (revision.order, revision.createdAt)
                if stored[path] == nil && !isNewer { continue }
            }
            chosen[key] = (path, revision)
        }
        let revisions = chosen.values.map(\.revision)
        report.revisions = revisions.count
        return revisions.sorted { ($0.order, $0.sweepName, $0.number) < ($1.order, $1.sweepName, $1.number) }
    }

    private mutating func insertSweeps(_ database: Database) throws {
        var sweepIDs: [String: Int64] = [:]
        let revisions = chosenRevisions()
        for revision in revisions {
            let name = revision.sweepName
            if sweepIDs[name] == nil {
                let own = revisions.filter { $0.sweepName == name }
                let known = survey.database?.sweeps[name]
                let lastRunAt: Double? = known?.lastRunAt.storable ?? own.map(\.createdAt).max()
                let order: Int? = known?.order ?? own.map(\.order).max()
                try database.run(
                    "INSERT INTO sweeps (name, run_order, last_run_at) VALUES (?, ?, ?)",
                    [name, order ?? 0, lastRunAt ?? 0])
                sweepIDs[name] = database.lastInsertedRowID
            }
            if let sweepID = sweepIDs[name] { try revision.insert(database, sweepID: sweepID, keys: keys) }
        }
    }
}

import Foundation
import RunStorage
import Testing

/// The database made again from the files alone, and from what of it is left.
@Suite struct RepairTests {
    private func sample() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try RepairSample.make(directory)
        return directory
    }

    @Test func aSoundStoreIsLeftAlone() throws {
        let directory = try sample()
        let check = try directory.check()
        #expect(check.problems.isEmpty, "\(check.problems)")
        #expect(check.runs == 5 && check.revisions == 2)
        let before = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        #expect(try !directory.repair().isNeeded)
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.database)) == before)
        #expect(!directory.exists("backups"))
    }

    /// Directories and pipes where the store has files: noticed without waiting, put away, written anew.
    @Test func whatIsNoFileIsPutAway() throws {
        let directory = try sample()
        let digest = try directory.digest()
        let revision = try #require(directory.names("revisions").first)
        let record = "artefacts/\(Sample.id(0))/published-1/record.json"
        try directory.remove("revisions/" + revision)
        #expect(mkfifo(directory.store + "/revisions/" + revision, 0o644) == 0)
        for path in [record, "flowexp.sqlite"] {
            try directory.remove(path)
            try FileManager.default.createDirectory(
                atPath: directory.store + "/" + path + "/inner", withIntermediateDirectories: true)
            #expect(try directory.check().isSound == false)
            if path == record {
                _ = try RunStore.migrate(at: directory.store)
                let repair = try directory.repair()
                #expect(repair.setAside.contains(record) && repair.setAside.contains("revisions/" + revision))
            } else {
                #expect(storeError { _ = try directory.open() }?.kind == .corrupt)
                #expect(try directory.repair().backup != nil)
            }
            #expect(try directory.check().problems.isEmpty)
            #expect(try directory.digest() == digest)
        }
    }

    @Test func theFilesAloneGiveTheDatabaseBack() throws {
        let directory = try sample()
        let digest = try directory.digest()
        let old = try directory.open(.readOnly)
        let (records, recent) = (try old.allRecords(), try old.mostRecentSweep())
        let revision = try old.newestRevision(ofSweep: "demo")
        try old.close()
        try directory.remove("flowexp.sqlite")

        #expect(try directory.check().version == nil)
        #expect(storeError { _ = try directory.open() }?.kind == .corrupt)
        #expect(storeError { _ = try directory.open(.readOnly) }?.kind == .corrupt)
        #expect(try directory.repair(dryRun: true).completed == 2)
        #expect(!directory.exists("flowexp.sqlite"))
        let repair = try directory.repair()
        #expect(repair.completed == 2 && repair.continued == 1 && repair.redone.isEmpty && repair.backup == nil)
        #expect(try directory.digest() == digest)
        #expect(try directory.check().problems.isEmpty)

        let store = try directory.open()
        #expect(try store.allRecords() == records)
        #expect(try store.mostRecentSweep() == recent)
        let again = try store.newestRevision(ofSweep: "demo")
        #expect(again.specBytes == revision.specBytes && again.createdAt == revision.createdAt)
        #expect(try !store.recordSample(5, sweep: "demo").isNew)
        // The run goes on from its checkpoint; its history is written whole again with the next one.
        let claim = try store.claim(3)
        #expect(claim.fence == 2)
        let loaded = try claim.loadCheckpoint()
        #expect(loaded.checkpoint?.step == 20 && loaded.checkpoint?.phase == "training" && loaded.notes.isEmpty)
        #expect(try store.history(ofRun: Sample.id(3)).isEmpty)
        let history = Sample.history(through: 30)
        try claim.saveCheckpoint(bytes: [1], phase: "training", step: 30, history: history)
        #expect(try store.history(ofRun: Sample.id(3)) == history)
        claim.release()
        try store.close()
        #expect(try !directory.repair().isNeeded)
    }

    @Test func aCheckpointOfAStoreWithoutDatabaseThatIsDamagedIsPutAway() throws {
        let directory = try sample()
        let run = "artefacts/" + Sample.id(3)
        let newest = try #require(directory.names(run).first { $0.contains("-2-training-20-") })
        try directory.damage(run + "/" + newest)
        #expect(try directory.check().count(.damage) == 1)
        try directory.remove("flowexp.sqlite")
        #expect(try directory.repair().setAside == [run + "/" + newest])
        let store = try directory.open()
        #expect(try store.claim(3).loadCheckpoint().checkpoint?.step == 10)
    }

    @Test func whatOnlyTheOldDatabaseHasIsSalvaged() throws {
        let directory = try sample()
        let store = try directory.open()
        try store.cacheText("0.5", forKey: "floor")
        let attempts = try store.attempts(ofRun: Sample.id(3))
        let claim = try store.claim(4)
        claim.note("a note")
        try claim.interrupted()
        try store.close()
        try directory.tamper("UPDATE metric_values SET value = 99 WHERE name = 'late'")
        let digest = try TemporaryDirectory(copying: directory)
        _ = try? digest.repair()
        #expect(try directory.check().count(.damage) == 1)
        let repair = try directory.repair()
        #expect(repair.redone.isEmpty && repair.backup?.hasPrefix("backups/damaged-") == true)
        let again = try directory.open(.readOnly)
        #expect(try again.cachedText(forKey: "floor") == "0.5")
        #expect(try again.attempts(ofRun: Sample.id(3)) == attempts)
        #expect(try again.notes(ofRun: Sample.id(4)).map(\.text) == ["a note"])
        #expect(try again.record(idPrefix: Sample.id(1)).metrics.first { $0.name == "late" }?.value == 7)
        #expect(directory.exists(repair.backup ?? "nowhere"))
    }

    @Test func aDamagedResultIsDoneAgainWithTheSameNumbers() throws {
        let directory = try sample()
        let reference = try TemporaryDirectory(copying: directory)
        let expected = try RepairSample.workAgain(reference)
        let file = "artefacts/" + Sample.id(0) + "/published-1/parameters.safetensors"
        try directory.damage(file)
        #expect(try directory.check(quick: true).isSound)
        #expect(try directory.check().problems.map(\.location) == [file])
        let repair = try directory.repair()
        #expect(repair.redone.map(\.runID) == [Sample.id(0)])
        #expect(directory.names("backups").count == 2)
        #expect(try directory.check().isSound)
        #expect(try RepairSample.workAgain(directory) == expected)
        #expect(try directory.check().problems.isEmpty)
    }

    @Test(arguments: [
        "record.json", "revision", "failure", "missing record.json", "missing artefact", "missing directory",
    ])
    func everyDamagedFileIsFoundAndMended(what: String) throws {
        let directory = try sample()
        let expected = try RepairSample.workAgain(try TemporaryDirectory(copying: directory))
        let published = "artefacts/" + Sample.id(1) + "/published-1"
        switch what {
        case "record.json": try directory.damage(published + "/record.json")
        case "revision": try directory.damage("revisions/" + directory.names("revisions")[0])
        case "failure": try directory.damage("artefacts/" + Sample.id(2) + "/failed-1/record.json")
        case "missing record.json": try directory.remove(published + "/record.json")
        case "missing artefact": try directory.remove(published + "/density.json")
        default: try directory.remove(published)
        }
        #expect(try directory.check().count(.damage) > 0)
        #expect(try directory.repair().isNeeded)
        #expect(try directory.check().isSound)
        #expect(try RepairSample.workAgain(directory) == expected)
        // Again without the database: the files that were damaged are good ones now.
        try directory.remove("flowexp.sqlite")
        try directory.repair()
        #expect(try directory.digest() == expected)
        #expect(try directory.check().isSound)
    }

    @Test func whatNobodyNamesIsALeftover() throws {
        let directory = try sample()
        let files = [
            "artefacts/stranger/x", "artefacts/\(Sample.id(0))/old.txt", "artefacts/\(Sample.id(77))/published-1/a",
            "revisions/foreign.txt", "tmp/1-2-3", "locks/\(Sample.id(78))", "notes.txt",
        ]
        for file in files {
            let url = URL(fileURLWithPath: directory.store + "/" + file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: url)
        }
        let check = try directory.check()
        // A foreign file among the revisions cannot be told from a damaged one.
        #expect(check.problems.filter { $0.severity == .damage }.map(\.location) == ["revisions/foreign.txt"])
        #expect(check.count(.leftover) == 5 && check.count(.note) == 1, "\(check.problems)")
        try directory.repair()
        #expect(try directory.check().isSound)
        #expect(!directory.exists("revisions/foreign.txt") && directory.exists("notes.txt"))
    }

    @Test func aStoreInUseIsNotRepaired() throws {
        let directory = try sample()
        let store = try directory.open(.readOnly)
        let error = storeError { _ = try RunStore.repair(at: directory.store, busyTimeout: 0.1) }
        #expect(error?.exitCode == 75)
        try store.close()
    }

    @Test func aRunAtWorkIsLeftAlone() throws {
        let directory = try sample()
        let store = try directory.open()
        let claim = try store.claim(4)
        try claim.saveCheckpoint(bytes: [1], phase: "training", step: 1, history: [])
        let check = try directory.check()
        #expect(check.busyRuns == 1 && check.problems.isEmpty)
        claim.release()
    }

    @Test func aResetFailureLeavesNoFileThatWouldBringItBack() throws {
        let directory = try sample()
        let store = try directory.open()
        #expect(try store.resetFailed(runIDs: [Sample.id(2)]) == 1)
        try store.close()
        try directory.remove("flowexp.sqlite")
        try directory.repair()
        let again = try directory.open(.readOnly)
        #expect(try again.record(idPrefix: Sample.id(2)).state == .planned)
    }

    @Test func aRecordOfALaterVersionIsNotTouched() throws {
        let directory = try sample()
        let file = URL(fileURLWithPath: directory.store + "/artefacts/" + Sample.id(0) + "/published-1/record.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacingOccurrences(of: "flowexp.record/1", with: "flowexp.record/2")
            .write(to: file, atomically: true, encoding: .utf8)
        try directory.remove("flowexp.sqlite")
        #expect(storeError { try directory.repair() }?.kind == .newerVersion(found: 2, supported: 1))
        #expect(!directory.exists("backups"))
    }

    @Test func migrationWritesTheFilesThatEarlierVersionsDidNot() throws {
        let directory = try sample()
        let digest = try directory.digest()
        try directory.remove("revisions")
        try directory.remove("artefacts/" + Sample.id(2))
        let check = try directory.check()
        #expect(check.isSound && check.count(.note) == 3, "\(check.problems)")
        let migration = try RunStore.migrate(at: directory.store, busyTimeout: 1)
        #expect(migration.backup == nil && migration.written.count == 3 && migration.damaged == 0)
        #expect(try RunStore.migrate(at: directory.store).written.isEmpty)
        try directory.remove("flowexp.sqlite")
        try directory.repair()
        #expect(try directory.digest() == digest)
        let store = try directory.open()
        #expect(try !store.recordSample(5, sweep: "demo").isNew)
    }

    @Test func metricsThatOnlyOneSideHasAreKept() throws {
        let directory = try sample()
        let other = try TemporaryDirectory(copying: directory)
        let store = try other.open()
        let added = MetricRecord(name: "later", parametersJSON: "{}", version: 1, value: 3, direction: "lower")
        try store.saveMetrics(runID: Sample.id(0), metrics: [added])
        try store.close()
        let name = "artefacts/" + Sample.id(0) + "/published-1/record.json"
        let files = [directory, other].map { URL(fileURLWithPath: $0.store + "/" + name) }
        let contents = try files.map { try Data(contentsOf: $0) }
        #expect(contents[0] != contents[1])

        // A crash between the file and the COMMIT.
        try contents[1].write(to: files[0])
        let check = try directory.check()
        #expect(check.isSound && check.count(.note) == 1)
        #expect(try RunStore.migrate(at: directory.store).written.isEmpty)
        try directory.remove("flowexp.sqlite")
        try directory.repair()
        let again = try directory.open(.readOnly)
        #expect(try again.record(idPrefix: Sample.id(0)).metrics.contains(added))

        // An earlier version added metrics to the database only.
        try contents[0].write(to: files[1])
        #expect(try other.check().problems.map(\.location) == [name])
        #expect(try RunStore.migrate(at: other.store).written == [name])
        #expect(try Data(contentsOf: files[1]) == contents[1])
        #expect(try other.check().problems.isEmpty)
    }

    @Test func theJournalOfALostDatabaseNeverMeetsTheNewOne() throws {
        let directory = try sample()
        let digest = try directory.digest()
        // A hot journal by its head; SQLite would play it back into whatever database it finds beside it.
        let database = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let head: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        try (Data(head) + database).write(to: URL(fileURLWithPath: directory.database + "-journal"))
        try directory.remove("flowexp.sqlite")
        try directory.repair()
        #expect(!directory.exists("flowexp.sqlite-journal"))
        #expect(directory.names("backups").contains { $0.hasSuffix(".sqlite-journal") })
        #expect(try directory.digest() == digest)
    }

    @Test func aForeignDatabaseBesideRunsIsPutAway() throws {
        let directory = try sample()
        let digest = try directory.digest()
        try directory.tamper("PRAGMA application_id = 1")
        #expect(storeError { _ = try directory.open() }?.remedy.contains("store repair") == true)
        #expect(try directory.check().version == nil)
        try directory.repair()
        #expect(try directory.digest() == digest)
    }

    /// The run is planned, so no hash of the database covers its configuration; publishing would have given it one.
    @Test(arguments: [true, false]) func aDamagedConfigurationOfAPlannedRunIsNoticed(hasRevisionFile: Bool) throws {
        let directory = try sample()
        try directory.tamper(
            "UPDATE run_records SET configuration = replace(configuration, 'gmm', 'gmn') WHERE run_key = 5")
        if !hasRevisionFile { try directory.remove("revisions") }
        let store = try directory.open()
        #expect(storeError { try store.recordSample(5, sweep: "demo") }?.kind == .conflict)
        try store.close()
        let good = Sample.runs(5)
        let identifies: ConfigurationCheck = { id, text in good.contains { $0.id == id && $0.configurationJSON == text }
        }
        #expect(try RunStore.check(at: directory.store, identifies: identifies).count(.damage) == 1)
        #expect(try RunStore.migrate(at: directory.store, identifies: identifies).damaged == (hasRevisionFile ? 0 : 1))
        let repair = try RunStore.repair(at: directory.store, identifies: identifies)
        #expect(repair.lostRuns == (hasRevisionFile ? [] : [Sample.id(4)]))
        #expect(try RunStore.check(at: directory.store, identifies: identifies).isSound)
        let again = try directory.open()
        #expect(try again.recordSample(5, sweep: "demo").isNew == !hasRevisionFile)
        #expect(try again.record(idPrefix: Sample.id(4)).configurationJSON == good[4].configurationJSON)
    }

    @Test func sweepingAgainWritesTheRevisionsFile() throws {
        let directory = try sample()
        let names = directory.names("revisions")
        try directory.remove("revisions")
        let store = try directory.open()
        try store.recordSample(5, sweep: "demo")
        try store.recordSample(2, sweep: "little; \"sweep\"/..")
        #expect(directory.names("revisions") == names)
    }
}

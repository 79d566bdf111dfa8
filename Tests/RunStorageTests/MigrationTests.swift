import Foundation
import RunStorage
import Testing

/// A database of every shipped version must open and keep what it holds.
@Suite struct MigrationTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/RunStorage")

    /// The digest of what `fixtureContent` stores; it must never change, whatever version the store is migrated to.
    private static let fixtureDigest = "5dfabdd8f400606ebd0dd855bdf091790658e41f615a2a5113c1dcdba8d1e512"

    /// What every fixture holds.
    static func fixtureContent(_ store: RunStore) throws {
        try store.recordSample(4)
        try store.recordSample(5)
        let claim = try store.claim(0)
        claim.note("a note")
        try claim.publish(Sample.published(0.375))
        try store.claim(1).fail(code: "diverged", message: "loss is not finite", history: Sample.history(through: 10))
        let interrupted = try store.claim(2)
        try interrupted.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
        try interrupted.interrupted()
        try store.cacheText("[0.5]", forKey: "floor")
    }

    @Test func theFixturesContentIsStillWhatTheStoreWrites() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try Self.fixtureContent(store)
        #expect(try store.digest() == Self.fixtureDigest)
    }

    /// Set FLOWEXP_TEST_WRITE_FIXTURE=1 once, when a new version ships; shipped fixtures are never written again.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["FLOWEXP_TEST_WRITE_FIXTURE"] != nil))
    func writeFixture() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try Self.fixtureContent(store)
        try store.close()
        // What belongs to the machine that made it is taken out.
        try directory.tamper("UPDATE attempts SET host = 'fixture', boot_id = '', pid = 1, start_ticks = 0")
        try directory.tamper("UPDATE store_properties SET value = ''")
        let version = try directory.value("PRAGMA user_version")
        let target = Self.fixtures.appendingPathComponent("version-\(version).sqlite")
        if FileManager.default.fileExists(atPath: target.path) { return }
        try FileManager.default.copyItem(at: URL(fileURLWithPath: directory.database), to: target)
    }

    /// A store of a shipped version.
    private static func oldStore(_ version: Int) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path + "/store", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: fixtures.appendingPathComponent("version-\(version).sqlite"),
            to: URL(fileURLWithPath: directory.database))
        return directory
    }

    @Test(arguments: [1, 2]) func anOldStoreOpensAndKeepsItsResults(version: Int) throws {
        let directory = try Self.oldStore(version)
        let store = try directory.open(.readWrite)
        #expect(directory.names("backups").count == (version < 2 ? 1 : 0))
        // Whatever its version was, the run has the index that one published now has.
        let indexes =
            "SELECT count(*) FROM metric_indexes JOIN run_records USING (run_key) WHERE id = '\(Sample.id(0))'"
        #expect(try directory.value(indexes) == 1)
        #expect(try directory.value("SELECT count(*) FROM metric_indexes") == 1)
        #expect(try store.allRecords(metrics: .named(["mmd"]))[0].metrics.map(\.value) == [0.375])
        let revision = try store.newestRevision(ofSweep: "demo")
        #expect(revision.number == 2)
        let records = try store.records(ofRevision: revision.id)
        #expect(records.map(\.state) == [.completed, .failed, .interrupted, .planned, .planned])
        #expect(records.map(\.integrity).prefix(2) == [.verified, .verified])
        #expect(records[0].metrics.last?.value == 0.375)
        #expect(try store.digest() == Self.fixtureDigest)
        #expect(try store.notes(ofRun: Sample.id(0)).map(\.text) == ["a note"])
        #expect(try store.cachedText(forKey: "floor") == "[0.5]")
        // The fixture has no files, so the checkpoint is missing: the run starts again and says so.
        let claim = try store.claim(2)
        #expect(claim.fence == 2)
        #expect(try claim.loadCheckpoint().notes.last == "starting from step 0")
        try claim.publish(Sample.published())
        #expect(try store.record(idPrefix: Sample.id(2)).integrity == .verified)
    }

    /// A closed store of this version with one completed and one planned run, and its digest.
    private static func publishedStore() throws -> (TemporaryDirectory, digest: String) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        try store.claim(0).publish(Sample.published())
        let digest = try store.digest()
        try store.close()
        return (directory, digest)
    }

    /// A repair looks at the database in its own version, and says that it changed that.
    @Test func aRepairOfAnOldStoreSaysThatItMigrated() throws {
        let (directory, digest) = try Self.publishedStore()
        try directory.tamper("DROP VIEW sweep_revisions; DROP TABLE metric_indexes; PRAGMA user_version = 1")
        #expect(storeError { _ = try directory.repair(dryRun: true) }?.exitCode == 65)
        #expect(directory.names("backups").isEmpty)
        let repair = try directory.repair()
        #expect(!repair.isNeeded && repair.backup == nil)
        #expect(repair.migrationBackup == directory.names("backups").first.map { "backups/\($0)" })
        #expect(try directory.repair().migrationBackup == nil)
        #expect(try directory.digest() == digest)
    }

    /// A version number of before beside the tables of now is damage, not a store to be migrated.
    @Test func aDamagedVersionIsRepaired() throws {
        let (directory, digest) = try Self.publishedStore()
        try directory.tamper("PRAGMA user_version = 1")
        let error = storeError { _ = try directory.open(.readWrite) }
        #expect(error?.kind == .corrupt && error?.remedy.contains("store repair") == true)
        try directory.repair()
        #expect(try directory.check().problems.isEmpty)
        #expect(try directory.digest() == digest)
    }

    /// A damaged record neither stops the migration nor gets an index that vouches for it.
    @Test func aDamagedOldRecordStaysDamaged() throws {
        let directory = try Self.oldStore(1)
        try directory.tamper("UPDATE metric_values SET value = 7 WHERE name = 'mmd'")
        let store = try directory.open(.readWrite)
        #expect(try directory.value("SELECT count(*) FROM metric_indexes") == 0)
        let record = try store.allRecords(metrics: .named(["mmd"]))[0]
        guard case .corrupt = record.integrity else {
            Issue.record("\(record.integrity)")
            return
        }
    }
}

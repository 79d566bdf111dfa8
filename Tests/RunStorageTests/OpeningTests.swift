import Foundation
import RunStorage
import Testing

@Suite struct OpeningTests {
    @Test func aMissingStoreIsNamedAndNotMade() throws {
        let directory = TemporaryDirectory()
        for mode in [RunStore.Mode.readWrite, .readOnly] {
            let error = storeError { _ = try directory.open(mode) }
            #expect(error?.kind == .missingStore)
            #expect(error?.exitCode == 66)
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/store"))
    }

    @Test func aNewStoreIdentifiesItself() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        #expect(try directory.value("PRAGMA application_id") == 0x666c_6f77)
        #expect(try directory.value("PRAGMA user_version") == 2)
        #expect(try directory.value("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'") == 1)
        // Every table of ours is STRICT.
        #expect(
            try directory.value(
                "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 "
                    + "AND name NOT LIKE 'sqlite_%'") == 0)
    }

    @Test func aNewerStoreIsRefusedWithItsVersion() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        try directory.tamper("PRAGMA user_version = 7")
        for mode in [RunStore.Mode.createIfMissing, .readWrite, .readOnly] {
            let error = storeError { _ = try directory.open(mode) }
            #expect(error?.kind == .newerVersion(found: 7, supported: 2))
            #expect(error?.exitCode == 65)
        }
    }

    @Test func aForeignDatabaseIsRefusedAndKept() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        try directory.tamper("PRAGMA application_id = 1234")
        #expect(storeError { _ = try directory.open() }?.kind == .notAStore)
        try Data("not a database at all, but long enough to have a header of some sort".utf8).write(
            to: URL(fileURLWithPath: directory.database))
        let error = storeError { _ = try directory.open() }
        #expect(error?.kind == .corrupt)
        #expect(error?.exitCode == 65)
    }

    @Test func openingRemovesWhatACrashWasWriting() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        let leftover = directory.path + "/store/tmp/123-1-99"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: leftover))
        // While somebody else has the store open the file may be in use, so it stays.
        let reader = try directory.open(.readOnly)
        let second = try directory.open()
        #expect(FileManager.default.fileExists(atPath: leftover))
        try second.close()
        try reader.close()
        try directory.open().close()
        #expect(!FileManager.default.fileExists(atPath: leftover))
    }

    @Test func aReadOnlyHandleWritesNothing() throws {
        let directory = TemporaryDirectory()
        let writer = try directory.open()
        try writer.recordSample(2)
        let reader = try directory.open(.readOnly)
        #expect(try reader.sweeps().count == 1)
        #expect(storeError { try reader.recordSample(3) }?.kind == .readOnly)
        #expect(storeError { _ = try reader.tryBegin(runID: Sample.id(0)) }?.exitCode == 77)
        #expect(storeError { try reader.cacheText("a", forKey: "b") }?.kind == .readOnly)
        #expect(try writer.newestRevision(ofSweep: "demo").number == 1)
    }

    /// An empty file is what a creation leaves that was killed before its first COMMIT.
    @Test func onlySweepCompletesAnEmptyStore() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: directory.database))
        for mode in [RunStore.Mode.readWrite, .readOnly] {
            let error = storeError { _ = try directory.open(mode) }
            #expect(error?.kind == .missingStore)
            #expect(error?.exitCode == 66)
            #expect(error?.remedy.contains("flowexp sweep") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["flowexp.sqlite"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.database)).isEmpty)
        try directory.open().recordSample(1)
        #expect(try directory.open(.readWrite).sweeps().count == 1)
    }

    /// The same for a file that has a header and nothing else.
    @Test func onlySweepCompletesADatabaseWithoutTables() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path + "/store", withIntermediateDirectories: true)
        try directory.tamper("CREATE TABLE gone (x); DROP TABLE gone")
        let before = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        #expect(!before.isEmpty)
        for mode in [RunStore.Mode.readWrite, .readOnly] {
            #expect(storeError { _ = try directory.open(mode) }?.kind == .missingStore)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.database)) == before)
        try directory.open().recordSample(1)
    }

    @Test func aPathBelowAFileCannotBeCreated() throws {
        let directory = TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        let error = storeError { _ = try RunStore.open(at: directory.path + "/file/store", mode: .createIfMissing) }
        #expect(error?.kind == .cannotCreate)
        #expect(error?.exitCode == 73)
    }

    @Test func aStoreHeldExclusivelyIsBusy() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        // What an open that migrates holds: an exclusive lock of another open file description.
        let descriptor = open(directory.path + "/store/store.lock", O_RDWR)
        var request = flock()
        request.l_type = Int16(F_WRLCK)
        #expect(fcntl(descriptor, 37, &request) == 0)
        for mode in [RunStore.Mode.readWrite, .readOnly] {
            let error = storeError { _ = try directory.open(mode, busyTimeout: 0.2) }
            #expect(error?.exitCode == 75)
        }
        close(descriptor)
        try directory.open().close()
    }
}

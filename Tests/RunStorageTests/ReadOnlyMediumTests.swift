import Foundation
import GRDB
import RunStorage
import Testing

/// Stores that this user may read and not write. Rights do not bind root, so root tries them as another user in a process
/// of its own.
@Suite(.serialized) struct ReadOnlyMediumTests {
    private static let variable = "FLOWEXP_TEST_READONLY_STORE"

    /// Ends a child as the user 65534 when it runs as root.
    private static func dropRights() {
        if getuid() == 0 {
            _ = setgid(65534)
            _ = setuid(65534)
        }
    }

    private static var path: String { ProcessInfo.processInfo.environment[variable] ?? "" }

    private func protect(_ path: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isDirectory)
            chmod(path + "/" + name, isDirectory.boolValue ? 0o555 : 0o444)
        }
        chmod(path, 0o555)
    }

    @Test func itCanBeReadAndNotWritten() async throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        try store.claim(0).publish(Sample.published())
        try store.close()
        try protect(directory.path + "/store")
        setenv(Self.variable, directory.path + "/store", 1)
        await #expect(processExitsWith: .exitCode(42)) {
            ReadOnlyMediumTests.dropRights()
            let reader = try RunStore.open(at: ReadOnlyMediumTests.path, mode: .readOnly)
            let records = try reader.records(ofRevision: 1)
            guard records.map(\.state) == [.completed, .planned], records[0].integrity == .verified else { exit(1) }
            _ = try reader.digest(verifyFiles: true)
            do {
                _ = try RunStore.open(at: ReadOnlyMediumTests.path, mode: .readWrite)
            } catch let error as RunStoreError where error.kind == .permission && error.exitCode == 77 {
                exit(42)
            }
        }
        chmod(directory.path + "/store", 0o755)
    }

    /// The usual remedy, migrating, cannot be followed there.
    @Test func anOldStoreThereIsToBeCopied() async throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        try store.close()
        try directory.tamper("DROP VIEW sweep_revisions; DROP TABLE metric_indexes; PRAGMA user_version = 1")
        try protect(directory.path + "/store")
        setenv(Self.variable, directory.path + "/store", 1)
        await #expect(processExitsWith: .exitCode(42)) {
            ReadOnlyMediumTests.dropRights()
            do {
                _ = try RunStore.open(at: ReadOnlyMediumTests.path, mode: .readOnly)
            } catch let error as RunStoreError where error.exitCode == 65 && error.remedy.contains("copy it") {
                exit(42)
            }
        }
        chmod(directory.path + "/store", 0o755)
    }

    @Test func aStoreThatMayNotBeLookedIntoIsNotMissing() async throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        try store.close()
        chmod(directory.path + "/store", 0)
        setenv(Self.variable, directory.path + "/store", 1)
        await #expect(processExitsWith: .exitCode(42)) {
            ReadOnlyMediumTests.dropRights()
            for mode in [RunStore.Mode.readOnly, .readWrite, .createIfMissing] {
                do {
                    _ = try RunStore.open(at: ReadOnlyMediumTests.path, mode: mode)
                    exit(1)
                } catch let error as RunStoreError where error.kind == .permission && error.exitCode == 77 {
                    continue
                }
            }
            exit(42)
        }
        chmod(directory.path + "/store", 0o755)
    }

    /// A store whose process died in the middle of a COMMIT: pages of the transaction are in the file, the journal that
    /// undoes them lies beside it. Made by copying both while a large transaction has spilled its cache.
    private func storeWithHotJournal() throws -> TemporaryDirectory {
        let source = TemporaryDirectory()
        let store = try source.open()
        try store.recordSample(200)
        for number in 0..<3 { try store.claim(number).publish(Sample.published()) }
        try store.close()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: source.database, configuration: configuration)
        let copy = TemporaryDirectory()
        let manager = FileManager.default
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA cache_size = 1; BEGIN IMMEDIATE")
            try database.execute(sql: "UPDATE run_records SET configuration = 'lost' || hex(zeroblob(2000))")
            try database.execute(sql: "UPDATE metric_values SET value = 77, details = hex(zeroblob(2000))")
            try manager.copyItem(atPath: source.path + "/store", toPath: copy.path + "/store")
            try database.execute(sql: "ROLLBACK")
        }
        return copy
    }

    @Test func readingRollsBackWhatACrashCutShort() throws {
        let directory = try storeWithHotJournal()
        #expect(FileManager.default.fileExists(atPath: directory.database + "-journal"))
        let reader = try directory.open(.readOnly)
        let records = try reader.records(ofRevision: 1)
        #expect(records.prefix(3).allSatisfy { $0.integrity == .verified && $0.metrics.last?.value == 0.25 })
        #expect(records.allSatisfy { !$0.configurationJSON.hasPrefix("lost") })
        #expect(!FileManager.default.fileExists(atPath: directory.database + "-journal"))
    }

    @Test func aHotJournalOnAReadOnlyMediumIsRefusedWithTheRemedy() async throws {
        let directory = try storeWithHotJournal()
        try protect(directory.path + "/store")
        setenv(Self.variable, directory.path + "/store", 1)
        await #expect(processExitsWith: .exitCode(42)) {
            ReadOnlyMediumTests.dropRights()
            do {
                let reader = try RunStore.open(at: ReadOnlyMediumTests.path, mode: .readOnly)
                _ = try reader.records(ofRevision: 1)
            } catch let error as RunStoreError where error.kind == .readOnlyHotJournal && error.exitCode == 77 {
                exit(42)
            }
        }
        chmod(directory.path + "/store", 0o755)
    }
}

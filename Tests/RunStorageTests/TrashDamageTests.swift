import Foundation
import RunStorage
import Testing

/// Damage that goes through the trash, or from store to store.
@Suite struct TrashDamageTests {
    /// The file of a revision is all that vouches for the configurations of runs that have not ended; one written from
    /// damaged rows would make them good.
    @Test func damagedConfigurationsGetNoFreshHash() throws {
        let directory = try TrashTests.make()
        let digest = try directory.digest()
        let file = try #require(directory.names("revisions").first { $0.hasPrefix("b-") })
        try directory.tamper("UPDATE run_records SET configuration = '{}'")
        let store = try directory.open(.readWrite)
        let entry = try #require(try store.moveToTrash(Removal(sweeps: ["a", "b"]), what: "rm").entry)
        #expect(directory.names("revisions").isEmpty)
        _ = try store.restore(entry.name)
        try store.close()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.store + "/revisions/" + file))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("\"configuration\":\"{}\""))
        #expect(try !directory.check().isSound)
        try directory.repair()
        #expect(try directory.check().isSound)
        #expect(try directory.digest() == digest)
    }

    @Test func anEntryFromWhichSomethingWasRemovedIsNotDeleted() throws {
        let directory = try TrashTests.make()
        let before = try TrashTests.content(directory)
        let store = try directory.open(.readWrite)
        let entry = try #require(try store.moveToTrash(Removal(sweeps: ["a"]), what: "rm").entry)
        let path = directory.store + "/trash/" + entry.name
        let inner = try RunStore.open(at: path, mode: .readWrite, busyTimeout: 5)
        let removed = try #require(try inner.moveToTrash(Removal(sweeps: ["a"]), what: "rm").entry)
        #expect(storeError { _ = try store.restore(entry.name) }?.kind == .wrongState)
        _ = try inner.restore(removed.name)
        try inner.close()
        _ = try store.restore(entry.name)
        #expect(store.trash().isEmpty)
        try store.close()
        #expect(try TrashTests.content(directory).sorted() == before.sorted())
    }

    @Test func countsOfAnEntryThatCannotBeAreNotRead() throws {
        let directory = try TrashTests.make()
        let store = try directory.open(.readWrite)
        let entry = try #require(try store.moveToTrash(Removal(sweeps: ["a"]), what: "rm").entry)
        let url = URL(fileURLWithPath: directory.store + "/trash/\(entry.name)/entry.json")
        let text = try String(contentsOf: url, encoding: .utf8)
        let changed = text.replacingOccurrences(of: "\"bytes\":\(entry.bytes)", with: "\"bytes\":\(Int.max)")
        #expect(changed != text)
        try Data(changed.utf8).write(to: url)
        #expect(store.trash().map(\.bytes) == [0] && store.trash().map(\.name) == [entry.name])
        _ = try store.restore(entry.name)
        #expect(store.trash().isEmpty)
    }

    @Test func aDamagedConfigurationOfAnUnfinishedRunIsNotMerged() throws {
        let source = try TrashTests.make()
        try source.tamper("UPDATE run_records SET configuration = '{}' WHERE state = 'interrupted'")
        let target = TemporaryDirectory()
        let store = try target.open()
        let other = try source.open(.readOnly)
        #expect(storeError { try store.merge([other]) }?.kind == .corrupt)
        #expect(try store.allRecords().isEmpty && target.names("revisions").isEmpty)
        try other.close()
        try store.close()
    }
}

import Foundation
import RunStorage
import Testing

@Suite struct TrashTests {
    /// Sweep `a` has runs 0 to 2, sweep `b` runs 2 and 3; all completed but 3, which is interrupted.
    static func make() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        for (sweep, numbers) in [("a", [0, 1]), ("a", [0, 1, 2]), ("b", [2, 3])] {
            _ = try store.recordRevision(
                sweepName: sweep, specBytes: Array("\(numbers)".utf8), resolvedSpecJSON: "{}", evaluationJSON: "{}",
                runs: numbers.map { Sample.runs(4)[$0] })
        }
        for number in 0..<3 { try store.claim(number).publish(Sample.published()) }
        let claim = try store.claim(3)
        claim.note("stopped")
        try claim.saveCheckpoint(bytes: [1, 2], phase: "training", step: 10, history: Sample.history(through: 10))
        try claim.interrupted()
        try store.close()
        return directory
    }

    /// Everything that people see of a store, so that what comes back can be compared with what was.
    static func content(_ directory: TemporaryDirectory) throws -> [String] {
        let store = try directory.open(.readOnly)
        defer { try? store.close() }
        var lines = [try store.digest(verifyFiles: true)]
        for var record in try store.allRecords() {
            // Of several sweeps that contain a run, the one that is named is that of the revision recorded last.
            record.sweepName = nil
            record.position = 0
            lines.append("\(record)")
            lines.append("\(try store.attempts(ofRun: record.id))\(try store.notes(ofRun: record.id))")
            lines.append("\(try store.history(ofRun: record.id))\(try store.artefacts(ofRun: record.id))")
        }
        for sweep in try store.sweeps() {
            lines.append("\(sweep.name) \(sweep.counts)")
            for revision in try store.revisions(ofSweep: sweep.name) {
                lines.append("\(revision.number) \(String(decoding: revision.specBytes, as: UTF8.self))")
            }
            let newest = try store.newestRevision(ofSweep: sweep.name)
            lines.append("\(try store.runStates(ofRevision: newest.id))")
        }
        return lines
    }

    static func ids(_ numbers: [Int]) -> [String] { numbers.map(Sample.id) }

    @Test func aSweepGoesWithTheRunsThatOnlyItContains() throws {
        let directory = try Self.make()
        let before = try Self.content(directory)
        let store = try directory.open(.readWrite)
        let (plan, found) = try store.moveToTrash(Removal(sweeps: ["a"]), what: "rm a")
        let entry = try #require(found)
        #expect(plan.removedRuns == Self.ids([0, 1]) && plan.keptRuns == Self.ids([2]) && plan.resetRuns.isEmpty)
        #expect(entry.runs == 2 && entry.files == 6 && entry.bytes > 100 && entry.sweeps == ["a"])
        #expect(try store.sweeps().map(\.name) == ["b"])
        #expect(try store.allRecords().map(\.id) == Self.ids([2, 3]))
        #expect(store.trash() == [entry])
        for number in [0, 1] {
            #expect(!FileManager.default.fileExists(atPath: store.path + "/artefacts/" + Sample.id(number)))
        }
        let summary = try store.restore(entry.name)
        #expect(summary.merge.added.completed == 2 && summary.merge.revisions.first?.added == 2)
        #expect(store.trash().isEmpty)
        try store.close()
        // The restored sweep counts as the one run last; everything else is as it was.
        #expect(Set(try Self.content(directory)) == Set(before))
        _ = try directory.intactDigest()
    }

    @Test func aRunLosesItsResultAndIsTrainedAnew() throws {
        let directory = try Self.make()
        let before = try Self.content(directory)
        let store = try directory.open(.readWrite)
        let (plan, entry) = try store.moveToTrash(Removal(runs: Self.ids([0, 3])), what: "rm")
        #expect(plan.resetRuns == Self.ids([0, 3]) && plan.removedRuns.isEmpty)
        #expect(try store.allRecords().map(\.state) == [.planned, .completed, .completed, .planned])
        #expect(try store.attempts(ofRun: Sample.id(0)).isEmpty && store.history(ofRun: Sample.id(3)).isEmpty)
        #expect(try store.moveToTrash(Removal(runs: Self.ids([0])), what: "rm").entry == nil)
        #expect(try store.restore(try #require(entry).name).merge.added.total == 2)
        #expect(try Self.content(directory) == before)
        // Removed again, trained anew with the same result, and restored: nothing changes.
        let again = try store.moveToTrash(Removal(runs: Self.ids([0])), what: "rm").entry
        try store.claim(0).publish(Sample.published())
        #expect(try store.restore(try #require(again).name).merge.unchanged == 1)
        #expect(try store.digest(verifyFiles: true) == before[0])
        // With another result the two are named, and the entry stays.
        let third = try store.moveToTrash(Removal(runs: Self.ids([0])), what: "rm").entry
        try store.claim(0).publish(Sample.published(0.5))
        #expect(storeError { _ = try store.restore(try #require(third).name) }?.kind == .conflict)
        #expect(store.trash().count == 1)
    }

    @Test func removingEverythingLeavesAnEmptyStore() throws {
        let directory = try Self.make()
        let before = try Self.content(directory)
        let store = try directory.open(.readWrite)
        let entries = try [Removal(sweeps: ["a"]), Removal(sweeps: ["b"])].map {
            try #require(try store.moveToTrash($0, what: "rm").entry)
        }
        #expect(try store.allRecords().isEmpty && store.sweeps().isEmpty)
        // Run 2 went with the second sweep; in either order everything is back.
        for entry in entries { _ = try store.restore(entry.name) }
        #expect(Set(try Self.content(directory)) == Set(before))
        #expect(entries.map(\.runs) == [2, 2])
    }

    @Test func whatIsBeingWorkedOnStays() throws {
        let directory = try Self.make()
        let store = try directory.open(.readWrite)
        let claim = try store.claim(3)
        let before = try directory.snapshot()
        for removal in [Removal(sweeps: ["b"]), Removal(runs: Self.ids([0, 3]))] {
            #expect(storeError { _ = try store.moveToTrash(removal, what: "rm") }?.exitCode == 75)
        }
        #expect(try directory.snapshot() == before)
        // Another sweep may go, although it shares a run.
        #expect(try store.moveToTrash(Removal(sweeps: ["a"]), what: "rm").entry != nil)
        try claim.publish(Sample.published())
        #expect(storeError { _ = try store.moveToTrash(Removal(sweeps: ["c"]), what: "rm") }?.exitCode == 66)
        #expect(storeError { _ = try store.moveToTrash(Removal(runs: ["ff"]), what: "rm") }?.exitCode == 66)
    }

    @Test func aDamagedRunCanBePutAwayAndComesBackDamaged() throws {
        let directory = try Self.make()
        try directory.tamper("UPDATE metric_values SET value = 7 WHERE name = 'mmd' AND run_key = 1")
        let store = try directory.open(.readWrite)
        let entry = try #require(try store.moveToTrash(Removal(runs: Self.ids([0])), what: "rm").entry)
        _ = try store.digest(verifyFiles: true)
        #expect(storeError { _ = try store.restore("2") }.map { _ in true } == nil)
        #expect(store.trash().isEmpty && entry.runs == 1)
        #expect(storeError { _ = try store.digest() }?.kind == .corrupt)
    }

    @Test func theTrashIsEmptiedByAge() throws {
        let directory = try Self.make()
        let store = try directory.open(.readWrite)
        let entries = try [0, 1].map {
            try #require(try store.moveToTrash(Removal(runs: [Sample.id($0)]), what: "rm \($0)").entry)
        }
        #expect(store.trash().map(\.name) == entries.map(\.name) && entries[0].name != entries[1].name)
        #expect(try store.emptyTrash(olderThan: 3600).isEmpty)
        #expect(storeError { _ = try store.restore("nothing") }?.exitCode == 66)
        // An entry whose description is lost is listed, never old, and can be restored.
        let description = store.path + "/trash/\(entries[0].name)/entry.json"
        try Data("{".utf8).write(to: URL(fileURLWithPath: description))
        #expect(store.trash().count == 2 && store.entriesToDelete(olderThan: 0) == [entries[1]])
        #expect(try store.restore(entries[0].name).merge.added.completed == 1)
        #expect(try store.emptyTrash() == [entries[1]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.path + "/trash").isEmpty)
    }

    @Test func garbageGoesToTheTrashAndReportsStay() throws {
        let directory = try Self.make()
        let manager = FileManager.default
        let root = directory.path + "/store"
        // A directory of a run that is gone, an older attempt's files, a lock of a run that is gone, half a trash entry.
        for path in ["artefacts/gone", "artefacts/\(Sample.id(0))/published-9", "trash/.making-1"] {
            try manager.createDirectory(atPath: root + "/" + path, withIntermediateDirectories: true)
            try Data("left".utf8).write(to: URL(fileURLWithPath: root + "/" + path + "/file.bin"))
        }
        try Data().write(to: URL(fileURLWithPath: root + "/locks/gone"))
        let before = try Self.content(directory)
        let store = try directory.open(.exclusive)
        let found = try store.garbage()
        #expect(found.looseFiles.count == 2 && found.looseBytes == 8 && found.locks == ["gone"])
        let (garbage, entry) = try store.collectGarbage()
        #expect(garbage == found && entry?.looseFiles == 2)
        #expect(try store.garbage().isEmpty)
        #expect(try store.collectGarbage().entry == nil)
        try store.close()
        #expect(try Self.content(directory) == before)
        #expect(!manager.fileExists(atPath: root + "/artefacts/gone"))
        let again = try directory.open(.readWrite)
        #expect(try again.restore(try #require(entry).name).looseFiles == 2)
        #expect(manager.contents(atPath: root + "/artefacts/gone/file.bin") == Data("left".utf8))
        #expect(again.trash().isEmpty)
    }

    @Test func supersededRunsAreThoseOfNoNewestRevision() throws {
        let directory = try Self.make()
        let before = try Self.content(directory)
        let writing = try directory.open(.readWrite)
        // A third revision of sweep a without run 0.
        _ = try writing.recordRevision(
            sweepName: "a", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}",
            runs: [Sample.runs(4)[1], Sample.runs(4)[2]])
        try writing.close()
        let full = try directory.intactDigest()
        let store = try directory.open(.exclusive)
        let newest = try ["a", "b"].map { try store.newestRevision(ofSweep: $0).id }
        let reported = try newest.map { try store.records(ofRevision: $0) }
        #expect(try store.garbage().isEmpty)
        let (garbage, entry) = try store.collectGarbage(superseded: true)
        #expect(garbage.supersededRuns == Self.ids([0]))
        #expect(try newest.map { try store.records(ofRevision: $0) } == reported)
        #expect(try store.digest(verifyFiles: true) != full)
        _ = try store.restore(try #require(entry).name)
        #expect(try store.digest(verifyFiles: true) == full && before[0] == full)
    }

    @Test func garbageCollectionNeedsTheStoreAlone() throws {
        let directory = try Self.make()
        let other = try directory.open(.readOnly)
        #expect(storeError { _ = try directory.open(.exclusive, busyTimeout: 0.2) }?.exitCode == 75)
        try other.close()
        let alone = try directory.open(.exclusive)
        #expect(storeError { _ = try directory.open(.readOnly, busyTimeout: 0.2) }?.exitCode == 75)
        #expect(storeError { _ = try directory.open(.readWrite, busyTimeout: 0.2) }?.exitCode == 75)
        try alone.close()
        try directory.open(.readWrite).close()
    }

    @Test func aLinkInTheStoreIsNeverFollowed() throws {
        let directory = try Self.make()
        let outside = directory.path + "/outside"
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: outside + "/file"))
        let link = directory.path + "/store/artefacts/\(Sample.id(0))/linked"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: outside)
        let store = try directory.open(.readWrite)
        _ = try store.moveToTrash(Removal(runs: Self.ids([0])), what: "rm")
        _ = try store.emptyTrash()
        #expect(FileManager.default.contents(atPath: outside + "/file") == Data("mine".utf8))
    }
}

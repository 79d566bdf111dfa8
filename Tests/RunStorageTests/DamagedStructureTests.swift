import Foundation
import GRDB
import RunStorage
import Testing

/// Damage to what holds the records together: counters, versions, tables, revisions. Every command must end in an error
/// that says so (exit 65), never in a trap and never in "a bug in flowexp".
@Suite struct DamagedStructureTests {
    private func closedStore(_ count: Int = 2) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(count)
        try store.close()
        return directory
    }

    private func expectCorrupt(_ error: RunStoreError?, _ location: SourceLocation = #_sourceLocation) {
        #expect(error?.kind == .corrupt, "\(String(describing: error))", sourceLocation: location)
        #expect(error?.exitCode == 65, sourceLocation: location)
        #expect(error?.location.contains("/store") == true, sourceLocation: location)
        #expect(error?.remedy.contains("store repair") == true, sourceLocation: location)
    }

    @Test(arguments: [RunStore.Mode.createIfMissing, .readWrite, .readOnly])
    func aVersionThatNeverWasIsDamage(mode: RunStore.Mode) throws {
        let directory = try closedStore()
        // `user_version` is the big-endian number at offset 60 of the file (SQLite file format, 1.3).
        for bytes in [[0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0, 0, 0, 0]] as [[UInt8]] {
            var data = try Data(contentsOf: URL(fileURLWithPath: directory.database))
            data.replaceSubrange(60..<64, with: bytes)
            try data.write(to: URL(fileURLWithPath: directory.database))
            expectCorrupt(storeError { _ = try directory.open(mode) })
        }
        try directory.tamper("PRAGMA user_version = -1")
        expectCorrupt(storeError { _ = try directory.open(mode) })
    }

    @Test func aStoreWithoutItsTablesIsDamage() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path + "/store", withIntermediateDirectories: true)
        try directory.tamper("PRAGMA application_id = \(0x666c_6f77); PRAGMA user_version = 2")
        for mode in [RunStore.Mode.createIfMissing, .readWrite, .readOnly] {
            expectCorrupt(storeError { _ = try directory.open(mode) })
        }
    }

    /// Searched by an id that the index does not have, the run is there all the same.
    @Test func aRunThatTheIndexHidesIsNotMissing() throws {
        let directory = try closedStore()
        var data = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let id = Data(Sample.id(1).utf8)
        // A leaf of an index begins with 10 (SQLite file format, 1.6).
        let page = try #require(
            stride(from: 4096, to: data.count, by: 4096).first {
                data[$0] == 10 && data.range(of: id, in: $0..<$0 + 4096) != nil
            })
        let place = try #require(data.range(of: id, in: page..<page + 4096))
        data[place.upperBound - 1] ^= 1
        try data.write(to: URL(fileURLWithPath: directory.database))
        let store = try directory.open(.readOnly)
        expectCorrupt(storeError { _ = try store.record(idPrefix: Sample.id(1)) })
        expectCorrupt(storeError { _ = try store.history(ofRun: Sample.id(1)) })
        #expect(try store.record(idPrefix: Sample.id(0)).id == Sample.id(0))
        #expect(storeError { _ = try store.record(idPrefix: "zz") }?.kind == .noSuchRun)
        try store.close()
        try directory.repair()
        #expect(try directory.open(.readOnly).record(idPrefix: Sample.id(1)).id == Sample.id(1))
    }

    /// An entry of the index that leads to another run must not make that one this one.
    @Test func anIndexThatLeadsToAnotherRunIsDamage() throws {
        let directory = try closedStore(3)
        var data = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let id = Data(Sample.id(1).utf8)
        let page = try #require(
            stride(from: 4096, to: data.count, by: 4096).first {
                data[$0] == 10 && data.range(of: id, in: $0..<$0 + 4096) != nil
            })
        // The key follows the text in the index's record: 2 becomes 3.
        let place = try #require(data.range(of: id, in: page..<page + 4096))
        #expect(data[place.upperBound] == 2)
        data[place.upperBound] = 3
        try data.write(to: URL(fileURLWithPath: directory.database))
        let store = try directory.open(.readOnly)
        expectCorrupt(storeError { _ = try store.record(idPrefix: Sample.id(1)) })
        expectCorrupt(storeError { _ = try store.history(ofRun: Sample.id(1)) })
        #expect(try store.record(idPrefix: Sample.id(2)).id == Sample.id(2))
    }

    @Test(arguments: [Int.max, -1, Int.min])
    func aDamagedNumberOfAttemptsIsReported(fence: Int) throws {
        let directory = try closedStore()
        try directory.tamper("UPDATE run_records SET fence = ?, state = 'interrupted' WHERE run_key = 1", [fence])
        let store = try directory.open()
        let error = storeError { _ = try store.tryBegin(runID: Sample.id(0)) }
        expectCorrupt(error)
        #expect(error?.location.contains(Sample.id(0)) == true)
        // The lock is free again, and the other run is not held up.
        #expect(try !store.isHeld(runID: Sample.id(0)))
        try store.claim(1).publish(Sample.published())
        #expect(try store.records(ofRevision: 1).count == 2)
    }

    @Test func attemptsThatAreThereAlreadyAreReported() throws {
        let directory = try closedStore()
        let store = try directory.open()
        try store.claim(0).interrupted()
        try directory.tamper("UPDATE run_records SET fence = 0")
        expectCorrupt(storeError { _ = try store.tryBegin(runID: Sample.id(0)) })
    }

    @Test(arguments: [Int.max, Int.min])
    func aDamagedRevisionNumberIsReported(number: Int) throws {
        let directory = try closedStore()
        try directory.tamper("UPDATE revisions SET number = ?", [number])
        let store = try directory.open()
        expectCorrupt(storeError { try store.recordSample(3) })
        expectCorrupt(storeError { try store.recordSample(2) })
        #expect(storeError { _ = try store.newestRevision(ofSweep: "demo") }?.kind == .corrupt)
    }

    @Test func aDamagedRunOrderIsReported() throws {
        let directory = try closedStore()
        try directory.tamper("UPDATE sweeps SET run_order = ?", [Int.max])
        let store = try directory.open()
        expectCorrupt(storeError { try store.recordSample(2) })
        expectCorrupt(storeError { try store.recordSample(2, sweep: "other") })
        expectCorrupt(storeError { try store.markSweepRun("demo") })
        #expect(try store.mostRecentSweep() == "demo")
    }

    @Test func aDamagedCheckpointNumberDoesNotStopTheRun() throws {
        let directory = try closedStore()
        let store = try directory.open()
        let first = try store.claim(0)
        for step in [10, 20] {
            try first.saveCheckpoint(bytes: [1], phase: "training", step: step, history: Sample.history(through: step))
        }
        try first.interrupted()
        try directory.tamper("UPDATE checkpoints SET sequence = ? WHERE sequence = 2", [Int.max])
        let second = try store.claim(0)
        #expect(try second.loadCheckpoint().checkpoint?.step == 10)
        for step in [20, 30] {
            try second.saveCheckpoint(bytes: [2], phase: "training", step: step, history: Sample.history(through: step))
        }
        #expect(try directory.value("SELECT count(*) FROM checkpoints") == 2)
        #expect(try directory.value("SELECT max(sequence) FROM checkpoints") == 3)
        try second.interrupted()
        #expect(try store.claim(0).loadCheckpoint().checkpoint?.step == 30)
    }

    @Test func missingRevisionsAndTablesAreReported() throws {
        let directory = try closedStore()
        try directory.tamper("DELETE FROM revisions")
        let store = try directory.open()
        expectCorrupt(storeError { try store.recordSample(2) })

        let other = try closedStore()
        try other.tamper("DROP VIEW history; DROP TABLE history_rows")
        let damaged = try other.open()
        let claim = try damaged.claim(0)
        expectCorrupt(storeError { try claim.publish(Sample.published()) })
        claim.release()
        expectCorrupt(storeError { _ = try damaged.history(ofRun: Sample.id(0)) })
    }

    /// `sweep` is what the errors about a damaged spec or list of runs tell people to run, so it must mend it.
    @Test(arguments: [
        "UPDATE revisions SET spec = x'7b7d'", "UPDATE revisions SET resolved_spec = '[]'",
        "UPDATE revisions SET revision_sha256 = x'00'", "UPDATE revision_runs SET axes = '{}' WHERE position = 1",
        "DELETE FROM revision_runs WHERE position = 1", "UPDATE revisions SET number = 0",
    ])
    func sweepingAgainMendsADamagedRevision(sql: String) throws {
        let directory = try closedStore(3)
        try directory.tamper(sql)
        let store = try directory.open()
        #expect(
            storeError {
                let revision = try store.newestRevision(ofSweep: "demo")
                _ = try store.records(ofRevision: revision.id)
            }?.kind == .corrupt)
        let change = try store.recordSample(3)
        #expect(change.isNew)
        let revision = try store.newestRevision(ofSweep: "demo")
        #expect(revision.id == change.revisionID)
        #expect(revision.specBytes == Array("{ /* 3 */ }".utf8))
        #expect(try store.records(ofRevision: revision.id).map(\.id) == Sample.runs(3).map(\.id))
        #expect(try !store.recordSample(3).isNew)
    }

    /// Everything that `sweep` and `resume` do to a store, on files with random damage, the header included.
    @Test func damagedPagesNeverLookLikeABug() throws {
        let directory = try closedStore(20)
        let store = try directory.open()
        for number in 0..<6 { try store.claim(number).publish(Sample.published()) }
        let claim = try store.claim(6)
        try claim.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
        claim.release()
        try store.close()
        let original = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        var generator = SystemRandomNumberGenerator()
        for round in 0..<150 {
            var data = original
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<(round % 3 == 0 ? 100 : data.count), using: &generator)
                data[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
            }
            try data.write(to: URL(fileURLWithPath: directory.database))
            unlink(directory.database + "-journal")
            let error = storeError {
                let damaged = try directory.open()
                defer { try? damaged.close() }
                for step in [
                    { _ = try damaged.recordDeadAttempts() }, { try damaged.recordSample(21) },
                    { _ = try damaged.newestRevision(ofSweep: "demo") },
                    {
                        let claim = try damaged.claim(6)
                        defer { claim.release() }
                        _ = try claim.loadCheckpoint()
                        try claim.saveCheckpoint(
                            bytes: [2], phase: "training", step: 20, history: Sample.history(through: 20))
                        try claim.publish(Sample.published())
                    },
                    { try damaged.saveMetrics(runID: Sample.id(0), metrics: Sample.metrics(0.5)) },
                    { _ = try damaged.allRecords() }, { _ = try damaged.digest() },
                ] as [() throws -> Void] {
                    if let error = storeError(step) { #expect(error.exitCode != 70, "\(error)") }
                }
            }
            if let error { #expect(error.exitCode != 70, "\(error)") }
        }
    }

    @Test func aSweepThatLostItsRevisionsIsNotLeftOut() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        #expect(try store.sweeps().map(\.name) == ["demo"])
        try directory.tamper("UPDATE sweeps SET id = id + 128")
        #expect(storeError { _ = try store.sweeps() }?.kind == .corrupt)
    }

    /// A damaged row of a list of runs leaves a run in another place, which no join notices.
    @Test(arguments: [
        "UPDATE revision_runs SET run_key = run_key + 100 WHERE position = 1",
        "UPDATE revision_runs SET revision_id = revision_id + 100 WHERE position = 1",
        "UPDATE revision_runs SET axes = '{}' WHERE position = 1",
        "UPDATE sweeps SET id = id + 128",
        "DELETE FROM revision_runs",
    ])
    func runsThatLostTheirPlaceAreMarked(sql: String) throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        try store.claim(1).publish(Sample.published())
        #expect(try store.allRecords().map(\.integrity) == [.notPublished, .verified, .notPublished])
        try directory.tamper(sql)
        for record in try store.allRecords() + [try store.record(idPrefix: Sample.id(1))] {
            guard case .corrupt = record.integrity else {
                Issue.record("\(record.id) is \(record.integrity) in \(record.sweepName ?? "no sweep")")
                continue
            }
        }
    }

    @Test func runsOfAnOlderRevisionHaveNoPlaceAndAreNotDamaged() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        try store.recordSample(2)
        #expect(try store.allRecords().map(\.sweepName) == ["demo", "demo", nil])
        #expect(try store.allRecords().allSatisfy { $0.integrity == .notPublished })
    }
}

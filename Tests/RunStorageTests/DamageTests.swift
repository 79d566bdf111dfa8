import Foundation
import GRDB
import RunStorage
import Testing

@Suite struct DamageTests {
    private func published(_ count: Int = 3) throws -> (TemporaryDirectory, RunStore) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(count)
        for number in 0..<count { try store.claim(number).publish(Sample.published(Double(number) / 8)) }
        return (directory, store)
    }

    /// What a flipped bit or a careless hand does to one column of one run's rows.
    @Test(arguments: [
        "UPDATE metric_values SET value = value + 1e-9 WHERE name = 'mmd' AND run_key = 2",
        "UPDATE metric_values SET name = 'mme' WHERE name = 'mmd' AND run_key = 2",
        "UPDATE metric_values SET floor_mean = NULL WHERE run_key = 2",
        "UPDATE metric_values SET value = 0, reason = NULL WHERE name = 'energy' AND run_key = 2",
        "DELETE FROM metric_values WHERE name = 'energy' AND run_key = 2",
        "INSERT INTO metric_values SELECT 2, 'extra', parameters, version, value, reason, standard_error, sample_sizes, "
            + "direction, floor_mean, floor_sd, floor_repetitions, details FROM metric_values WHERE run_key = 1 LIMIT 1",
        "UPDATE run_records SET configuration = replace(configuration, 'gmm', 'gmn') WHERE run_key = 2",
        "UPDATE run_records SET state = 'failed' WHERE run_key = 2",
        "UPDATE run_records SET state = 'planned' WHERE run_key = 2",
        "UPDATE run_records SET summary = '{}' WHERE run_key = 2",
        "UPDATE run_records SET record_sha256 = NULL WHERE run_key = 2",
    ])
    func changedRecordsAreReportedAndNotTheOthers(sql: String) throws {
        let (directory, store) = try published()
        let good = try store.digest()
        try directory.tamper(sql)
        let records = try store.records(ofRevision: 1)
        #expect(records.count == 3)
        for (position, record) in records.enumerated() {
            if position == 1 {
                guard case .corrupt = record.integrity else {
                    Issue.record("not noticed: \(record.integrity)")
                    continue
                }
            } else {
                #expect(record.integrity == .verified)
            }
        }
        let error = storeError { _ = try store.digest() }
        #expect(error?.kind == .corrupt)
        #expect(error?.location.contains(Sample.id(1)) == true)
        #expect(!good.isEmpty)
    }

    @Test func aFlippedBitInTheFileIsNoticed() throws {
        let (directory, store) = try published()
        try store.close()
        // 0.125 and 0.25 as SQLite stores them, big-endian; flip the lowest bit of the first one found.
        var data = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let pattern = Data([0x3f, 0xc0, 0, 0, 0, 0, 0, 0])
        let place = try #require(data.range(of: pattern))
        data[place.upperBound - 1] ^= 1
        try data.write(to: URL(fileURLWithPath: directory.database))
        #expect(try directory.value("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1)
        let again = try directory.open(.readOnly)
        let corrupt = try again.records(ofRevision: 1).filter { $0.integrity != .verified }
        #expect(corrupt.map(\.id) == [Sample.id(1)])
    }

    @Test func damagedHistoryAndArtefactListsAreRefused() throws {
        let (directory, store) = try published()
        try directory.tamper("UPDATE history_rows SET loss = 0 WHERE run_key = 1 AND step = 10")
        #expect(storeError { _ = try store.history(ofRun: Sample.id(0)) }?.kind == .corrupt)
        #expect(storeError { _ = try store.digest() }?.exitCode == 65)
        try directory.tamper("UPDATE artefact_files SET sha256 = 'x' WHERE run_key = 2")
        #expect(storeError { _ = try store.artefacts(ofRun: Sample.id(1)) }?.kind == .corrupt)
        try directory.tamper("UPDATE artefact_files SET file = '../../etc/passwd' WHERE run_key = 3")
        #expect(storeError { _ = try store.loadArtefact(ofRun: Sample.id(2), name: "density.json") }?.kind == .corrupt)
    }

    @Test func damagedArtefactFilesAreRefused() throws {
        let (directory, store) = try published()
        let artefact = try store.artefacts(ofRun: Sample.id(0))[1]
        let url = URL(fileURLWithPath: directory.path + "/store/" + artefact.path)
        var data = try Data(contentsOf: url)
        data[0] ^= 1
        try data.write(to: url)
        #expect(storeError { _ = try store.loadArtefact(ofRun: Sample.id(0), name: artefact.name) }?.kind == .corrupt)
        _ = try store.digest()
        #expect(storeError { _ = try store.digest(verifyFiles: true) }?.kind == .corrupt)
    }

    @Test func aDamagedExpansionOrSpecIsRefused() throws {
        let (directory, store) = try published()
        try directory.tamper("UPDATE revision_runs SET axes = '{}' WHERE position = 2")
        #expect(storeError { _ = try store.records(ofRevision: 1) }?.kind == .corrupt)
        try directory.tamper("UPDATE revisions SET resolved_spec = '[]'")
        #expect(storeError { _ = try store.newestRevision(ofSweep: "demo") }?.kind == .corrupt)
        try directory.tamper("DELETE FROM run_records WHERE run_key = 2")
        #expect(storeError { _ = try store.records(ofRevision: 1) }?.kind == .corrupt)
    }

    @Test func metricsAreNotAddedToADamagedRecord() throws {
        let (directory, store) = try published()
        try directory.tamper("UPDATE metric_values SET value = 7 WHERE name = 'mmd' AND run_key = 1")
        #expect(storeError { try store.saveMetrics(runID: Sample.id(0), metrics: Sample.metrics()) }?.kind == .corrupt)
    }

    @Test func metricsAddedLaterVerify() throws {
        let (_, store) = try published()
        let before = try store.digest()
        var fixed = Sample.metrics(0.5)[0]
        fixed.version = 2
        try store.saveMetrics(runID: Sample.id(0), metrics: [fixed])
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.integrity == .verified)
        #expect(record.metrics.map(\.version) == [2, 1, 2])
        #expect(try store.digest() != before)
        try store.saveMetrics(runID: Sample.id(0), metrics: [fixed])
        #expect(try store.record(idPrefix: Sample.id(0)).metrics.count == 3)
        try store.recordSample(4)
        #expect(storeError { try store.saveMetrics(runID: Sample.id(3), metrics: [fixed]) }?.kind == .wrongState)
    }

    @Test func theReferenceCacheForgetsDamagedText() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        #expect(try store.cachedText(forKey: "k") == nil)
        try store.cacheText("[1]", forKey: "k")
        try store.cacheText("[1,2]", forKey: "k")
        #expect(try store.cachedText(forKey: "k") == "[1,2]")
        try directory.tamper("UPDATE reference_cache SET text = '[1,3]'")
        #expect(try store.cachedText(forKey: "k") == nil)
    }

    /// Random damage to the file's pages must end in an error or in records that verify and are right.
    @Test func damagedPagesNeverGiveAWrongNumber() throws {
        let (directory, store) = try published(20)
        let expected = try store.records(ofRevision: 1)
        try store.close()
        let original = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        var generator = SystemRandomNumberGenerator()
        var noticed = 0
        for _ in 0..<200 {
            var data = original
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                data[Int.random(in: 100..<data.count, using: &generator)] ^= UInt8(
                    1 << Int.random(in: 0..<8, using: &generator))
            }
            try data.write(to: URL(fileURLWithPath: directory.database))
            do {
                let damaged = try directory.open(.readOnly)
                let records = try damaged.records(ofRevision: 1)
                for (record, good) in zip(records, expected) where record.integrity == .verified {
                    #expect(record.metrics == good.metrics && record.configurationJSON == good.configurationJSON)
                }
                if records.contains(where: { $0.integrity != .verified }) { noticed += 1 }
            } catch let error as RunStoreError {
                noticed += 1
                #expect([65, 66, 70, 74].contains(error.exitCode))
            }
        }
        #expect(noticed > 0)
    }
}

import Foundation
import RunStorage
import Testing

/// One damaged record never hides the others, and is never taken for what it is not.
@Suite struct DamagedRecordTests {
    private func store() throws -> (RunStore, TemporaryDirectory) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        for number in 0..<3 { try store.claim(number).publish(Sample.published(Double(number))) }
        return (store, directory)
    }

    /// Damage to a metric, by the choices that do not read it.
    private static func isUnread(_ sql: String, _ choice: MetricChoice) -> Bool {
        guard sql.contains("metric_values") else { return false }
        switch choice {
        case .all: return false
        case .none: return true
        case .named(let names):
            // Without any row, those of every name are missing.
            return names.isDisjoint(with: ["mmd"]) && sql.contains("'mmd'") || sql.contains("'a'")
        }
    }

    @Test(
        arguments: [
            "UPDATE metric_values SET value = value + 1 WHERE run_key = 2 AND name = 'mmd'",
            "UPDATE metric_values SET sample_sizes = '[1' WHERE run_key = 2 AND name = 'mmd'",
            "UPDATE metric_values SET name = 'mmx' WHERE run_key = 2 AND name = 'mmd'",
            "DELETE FROM metric_values WHERE run_key = 2",
            "DELETE FROM metric_values WHERE run_key = 2 AND name = 'mmd'",
            "INSERT INTO metric_values (run_key, name, parameters, version, sample_sizes, direction, details) "
                + "VALUES (2, 'a', '{}', 1, '[]', 'lower', '{}')",
            "UPDATE run_records SET configuration = '{}' WHERE run_key = 2",
            "UPDATE run_records SET summary = NULL WHERE run_key = 2",
            "UPDATE run_records SET state = 'planned' WHERE run_key = 2",
            "UPDATE run_records SET state = 'failed' WHERE run_key = 2",
            "UPDATE run_records SET record_sha256 = NULL WHERE run_key = 2",
            "UPDATE run_records SET metrics_sha256 = NULL WHERE run_key = 2",
            "PRAGMA ignore_check_constraints = ON; UPDATE run_records SET state = 'complexed' WHERE run_key = 2",
        ])
    func theOthersAreRead(sql: String) throws {
        let (store, directory) = try store()
        try directory.tamper(sql)
        // What is read is verified.
        for choice in [
            MetricChoice.all, .none, .named(["energy"]), .named(["mmd"]), .named(["mmd", "energy", "none"]),
        ] {
            for records in [try store.records(ofRevision: 1, metrics: choice), try store.allRecords(metrics: choice)] {
                #expect(records.map(\.id) == (0..<3).map(Sample.id))
                #expect(records[0].integrity == .verified && records[2].integrity == .verified)
                if Self.isUnread(sql, choice) {
                    #expect(records[1].integrity == .verified, "\(sql), \(choice)")
                    continue
                }
                guard case .corrupt = records[1].integrity else {
                    Issue.record("\(sql), \(choice): \(records[1].integrity)")
                    continue
                }
            }
        }
        #expect(storeError { _ = try store.digest() }?.kind == .corrupt)
    }

    @Test func onlyTheMetricsAskedForAreKept() throws {
        let (store, _) = try store()
        #expect(try store.allRecords(metrics: .none).allSatisfy { $0.metrics.isEmpty && $0.integrity == .verified })
        let named = try store.allRecords(metrics: .named(["mmd"]))
        #expect(named.map { $0.metrics.map(\.name) } == Array(repeating: ["mmd"], count: 3))
        #expect(named.map { $0.metrics[0].value } == [0, 1, 2])
        #expect(try store.allRecords().map(\.metrics.count) == [2, 2, 2])
        #expect(try store.allRecords().map(\.metrics) == store.records(ofRevision: 1).map(\.metrics))
    }

    /// A flipped bit in the state must not make a sweep train over a result.
    @Test func aPublishedRunIsNotBegunAgain() throws {
        let (store, directory) = try store()
        for state in ["planned", "interrupted", "running"] {
            try directory.tamper("UPDATE run_records SET state = '\(state)' WHERE run_key = 2")
            let error = storeError { _ = try store.tryBegin(runID: Sample.id(1)) }
            #expect(error?.kind == .corrupt, "\(state): \(String(describing: error))")
        }
        #expect(try directory.value("SELECT max(fence) FROM attempts WHERE run_key = 2") == 1)
    }

    @Test func theListOfSweepsNeedsNoRuns() throws {
        let (store, directory) = try store()
        try store.recordSample(2, sweep: "other")
        try directory.tamper("UPDATE revision_runs SET axes = '{}' WHERE revision_id = 1 AND position = 0")
        #expect(try store.newestRevisions().map(\.name) == ["other", "demo"])
        #expect(storeError { _ = try store.records(ofRevision: 1) }?.kind == .corrupt)
        #expect(try store.records(ofRevision: 2).count == 2)
        #expect(try store.counts(ofRevision: 2).completed == 2)
    }

    @Test func namesThatNoRunCanHaveAreNotThere() throws {
        let (store, _) = try store()
        for name in ["xyz!", "", "A", "../x", String(repeating: "a", count: 65)] {
            let error = storeError { _ = try store.record(idPrefix: name) }
            #expect(error?.kind == .noSuchRun && error?.exitCode == 66, "\(name)")
        }
    }

    @Test func bulkRecordsAreRealOnes() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        var record = Sample.published()
        record.artefacts = []
        try store.claim(0).publish(record)
        try store.publishInBulk([(Sample.id(1), record), (Sample.id(2), record)])
        let records = try store.allRecords()
        #expect(records.allSatisfy { $0.integrity == .verified && $0.state == .completed && $0.attempts == 1 })
        #expect(try store.history(ofRun: Sample.id(2)).count == 5)
        #expect(try store.attempts(ofRun: Sample.id(1)).map(\.outcome) == ["completed"])
        _ = try store.digest()
        // Not twice, and nothing of a batch that has one wrong run.
        #expect(storeError { try store.publishInBulk([(Sample.id(1), record)]) }?.kind == .wrongState)
    }
}

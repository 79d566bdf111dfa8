import Foundation
import RunStorage
import Testing

/// Reading a few metrics gives what reading all of them gives, and notices what is damaged among those few.
@Suite struct MetricIndexTests {
    private static let choices: [Set<String>] = [["m0"], ["m1"], ["m0", "m1"], ["none"], ["m1", "none"], []]

    /// Stores in every state that claims, results, failures, metrics added later and merges can bring about.
    @Test(arguments: 1...8) func aFewAreWhatAllAre(seed: UInt64) throws {
        var stores = RandomStores(seed: seed)
        let first = try stores.make()
        let store = try first.merged(try stores.make()).open(.readOnly)
        for names in Self.choices {
            #expect(
                try store.allRecords(metrics: .named(names)) == store.allRecords().map { $0.keeping(names) }, "\(names)"
            )
            for sweep in try store.newestRevisions() {
                #expect(
                    try store.records(ofRevision: sweep.revisionID, metrics: .named(names))
                        == store.records(ofRevision: sweep.revisionID).map { $0.keeping(names) },
                    "\(sweep.name) \(names)")
            }
        }
    }

    /// Three runs with two values of each of two metrics.
    private func sample() throws -> (RunStore, TemporaryDirectory) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        for number in 0..<3 {
            try store.claim(number).publish(RandomStores.result(number, metrics: [0, 1, 2, 3]))
        }
        return (store, directory)
    }

    /// The index is not the record: without it, or with a damaged one, everything is read and right.
    @Test(
        arguments: [
            "DELETE FROM metric_indexes", "UPDATE metric_indexes SET hashes = x'00'",
            "UPDATE metric_indexes SET hashes = zeroblob(length(hashes))", "UPDATE metric_indexes SET sha256 = x''",
            "UPDATE metric_indexes SET run_key = run_key + 7",
            "UPDATE metric_indexes SET hashes = substr(hashes, 1, length(hashes) - 1)",
            // Each row the index of another run.
            "UPDATE metric_indexes SET (hashes, sha256) = (SELECT hashes, sha256 FROM metric_indexes AS other "
                + "WHERE other.run_key = metric_indexes.run_key % 3 + 1)",
        ])
    func withoutAnIndexTheMetricsAreReadWhole(sql: String) throws {
        let (store, directory) = try sample()
        let whole = try store.allRecords()
        let digest = try store.digest()
        try directory.tamper(sql)
        for names in Self.choices {
            #expect(try store.allRecords(metrics: .named(names)) == whole.map { $0.keeping(names) }, "\(names)")
        }
        try directory.tamper("UPDATE metric_values SET value = 99 WHERE run_key = 2 AND name = 'm0'")
        #expect(try store.allRecords(metrics: .named(["m0"])).map(\.isIntact) == [true, false, true])
        try directory.tamper(
            "UPDATE metric_values SET value = 10 WHERE run_key = 2 AND name = 'm0' AND parameters LIKE '%0%'")
        try directory.tamper(
            "UPDATE metric_values SET value = 12 WHERE run_key = 2 AND name = 'm0' AND parameters LIKE '%1%'")
        #expect(try store.digest() == digest)
        try store.close()
        // `store check` names it and `store repair` makes it anew.
        let check = try directory.check()
        #expect(check.problems.contains { $0.what.contains("index of its metrics") }, "\(check.problems)")
        #expect(try directory.repair().isNeeded)
        #expect(try directory.check().problems.isEmpty)
        #expect(try directory.digest() == digest)
    }

    /// Rows that were right once, or are another run's, or are missing beside others of their name.
    @Test(
        arguments: [
            "UPDATE metric_values SET value = (SELECT value FROM metric_values AS other WHERE run_key = 3 "
                + "AND other.name = metric_values.name AND other.parameters = metric_values.parameters) WHERE run_key = 2",
            "DELETE FROM metric_values WHERE run_key = 2 AND name = 'm1' AND reason IS NOT NULL",
            "UPDATE metric_values SET parameters = '{\"n\":2}' WHERE run_key = 2 AND name = 'm1' AND reason IS NULL",
            "UPDATE metric_values SET name = 'm1', parameters = 'x' WHERE run_key = 2 AND name = 'm0' AND value = 10",
            "UPDATE metric_values SET value = 21 WHERE run_key = 2 AND name = 'm1' AND reason IS NULL",
            "UPDATE metric_values SET sample_sizes = '[' WHERE run_key = 2 AND name = 'm1'",
        ])
    func valuesThatAreNotTheRunsAreNoticed(sql: String) throws {
        let (store, directory) = try sample()
        // The value before; it had its own index then.
        var earlier = RandomStores.result(1, metrics: [1]).metrics
        earlier[0].value = 21
        try store.saveMetrics(runID: Sample.id(1), metrics: earlier)
        try store.saveMetrics(runID: Sample.id(1), metrics: RandomStores.result(1, metrics: [1]).metrics)
        #expect(try store.allRecords(metrics: .named(["m1"])).allSatisfy(\.isIntact))
        try directory.tamper(sql)
        for records in [
            try store.allRecords(metrics: .named(["m1"])), try store.records(ofRevision: 1, metrics: .named(["m1"])),
        ] {
            #expect(records.map(\.isIntact) == [true, false, true])
        }
    }

    @Test func anUnpublishedRunWithMetricsIsDamaged() throws {
        let (store, directory) = try sample()
        try store.recordSample(4)
        try directory.tamper(
            "INSERT INTO metric_values SELECT 4, name, parameters, version, value, reason, standard_error, sample_sizes, "
                + "direction, floor_mean, floor_sd, floor_repetitions, details FROM metric_values WHERE run_key = 1")
        #expect(try store.allRecords(metrics: .named(["m0"])).map(\.isIntact) == [true, true, true, false])
    }

    @Test func sweepRevisionsAreAView() throws {
        let (store, _) = try sample()
        try store.recordSample(2, sweep: "other")
        let result = try store.query(
            "SELECT sweep, revision, runs, spec FROM sweep_revisions ORDER BY sweep, revision")
        #expect(result.rows.map { "\($0)" }.count == 2)
        #expect("\(result.rows[1])".contains("other") && "\(result.rows[1])".contains("{ /* 2 */ }"))
    }
}

extension RunRecord {
    fileprivate func keeping(_ names: Set<String>) -> RunRecord {
        var record = self
        record.metrics = metrics.filter { names.contains($0.name) }
        return record
    }

    /// Not damaged, as far as it was read.
    fileprivate var isIntact: Bool {
        if case .corrupt = integrity { return false }
        return true
    }
}

import Foundation
import GRDB
import RunStorage
import Testing

@Suite struct ReadingSpeedTests {
    /// The goal is 2 s for 10 000 runs with 20 metrics each, hashes verified: set FLOWEXP_TEST_RUNS=10000. A tenth of the
    /// runs is read by default.
    @Test func aThousandRunsWithTwentyMetricsAreQuick() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let count = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_RUNS"] ?? "") ?? 1000
        let change = try store.recordRevision(
            sweepName: "big", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: Sample.runs(count))
        try store.claim(0).publish(twentyMetrics())
        let start = ContinuousClock.now
        for number in 1..<min(count, 100) { try store.claim(number).publish(twentyMetrics()) }
        print("\(min(count, 100)) runs published in \(ContinuousClock.now - start)")
        // The rest get copies of run 0's rows: their record hashes are wrong, which costs the same time to find out.
        try directory.tamper(
            """
            INSERT INTO metric_values SELECT run_records.run_key, name, parameters, version, value, reason,
                standard_error, sample_sizes, direction, floor_mean, floor_sd, floor_repetitions, details
            FROM run_records, metric_values WHERE metric_values.run_key = 1 AND run_records.run_key > 100
            """)
        try directory.tamper(
            """
            UPDATE run_records SET state = 'completed',
                (metrics_sha256, history_sha256, artefacts_sha256, record_sha256, summary) =
                (SELECT metrics_sha256, history_sha256, artefacts_sha256, record_sha256, summary FROM run_records
                 WHERE run_key = 1) WHERE run_key > 100
            """)
        // This thread's processor time, so that a loaded machine does not count.
        let reading = clock(CLOCK_THREAD_CPUTIME_ID)
        let records = try store.records(ofRevision: change.revisionID)
        let elapsed = clock(CLOCK_THREAD_CPUTIME_ID) - reading
        print("\(count) runs with 20 metrics read in \(elapsed) s of processor time")
        #expect(records.count == count)
        #expect(records.allSatisfy { $0.metrics.count == 20 })
        #expect(records.prefix(min(count, 100)).allSatisfy { $0.integrity == .verified })
        #expect(elapsed < 2)
    }

    private func clock(_ kind: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(kind, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func twentyMetrics() -> PublishedRecord {
        var record = Sample.published()
        record.metrics = (0..<20).map { number in
            MetricRecord(
                name: "metric-\(number)", parametersJSON: #"{"bandwidths":"median","n":10000,"repetitions":20}"#,
                version: 1,
                value: Double(number) + 0.5, standardError: 0.01, sampleSizes: [10_000, 10_000], direction: "lower",
                floor: MetricFloorRecord(mean: 0, standardDeviation: 0.002, repetitions: 20),
                detailsJSON: #"{"first":0.25,"second":0.75}"#)
        }
        return record
    }
}

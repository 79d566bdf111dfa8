import Foundation
import GRDB
import RunStorage
import Testing

@Suite struct ReadingSpeedTests {
    /// The goal is 1 s for 10 000 runs with 20 metrics each, hashes verified: set FLOWEXP_TEST_RUNS=10000. A tenth of the
    /// runs is read by default, and four times as many may take little more than four times as long.
    @Test func aThousandRunsWithTwentyMetricsAreQuick() throws {
        let count = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_RUNS"] ?? "") ?? 1000
        let quarter = try seconds(reading: max(100, count / 4))
        let whole = try seconds(reading: max(400, count))
        print("\(count) runs with 20 metrics read in \(whole) s of processor time, a quarter of them in \(quarter) s")
        #expect(whole < 1)
        #expect(whole < 8 * quarter + 0.1)
    }

    /// This thread's processor time, so that a loaded machine does not count.
    private func seconds(reading count: Int) throws -> Double {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let change = try store.recordRevision(
            sweepName: "big", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: Sample.runs(count))
        try store.publishInBulk((0..<count).map { (Sample.id($0), twentyMetrics($0)) })
        let start = clock(CLOCK_THREAD_CPUTIME_ID)
        let records = try store.records(ofRevision: change.revisionID)
        let elapsed = clock(CLOCK_THREAD_CPUTIME_ID) - start
        #expect(records.count == count)
        #expect(records.allSatisfy { $0.metrics.count == 20 && $0.integrity == .verified })
        #expect(
            try store.records(ofRevision: change.revisionID, metrics: .none).allSatisfy { $0.integrity == .verified })
        return elapsed
    }

    private func clock(_ kind: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(kind, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func twentyMetrics(_ run: Int) -> PublishedRecord {
        var record = Sample.published()
        record.artefacts = []
        record.metrics = (0..<20).map { number in
            MetricRecord(
                name: "metric-\(number)", parametersJSON: #"{"bandwidths":"median","n":10000,"repetitions":20}"#,
                version: 1, value: Double(number) + 1 / Double(run + 1), standardError: 0.01,
                sampleSizes: [10_000, 10_000], direction: "lower",
                floor: MetricFloorRecord(mean: 0, standardDeviation: 0.002, repetitions: 20),
                detailsJSON: #"{"first":0.25,"second":\#(run)}"#)
        }
        return record
    }
}

import Foundation
import GRDB
import RunStorage
import Synchronization
import Testing

/// Two connections that read half of the runs each give what one gives.
@Suite struct HalvedReadingTests {
    private static let choices: [MetricChoice] = [.all, .none, .named(["m0"]), .named(["m0", "m1", "none"])]

    /// Both kinds of read, with every choice of metrics.
    private func expectSame(_ store: RunStore, _ comment: Comment) throws {
        let sweeps = try store.newestRevisions()
        for choice in Self.choices {
            #expect(
                try store.allRecords(metrics: choice, halvesFrom: 1)
                    == store.allRecords(metrics: choice, halvesFrom: .max), comment)
            for sweep in sweeps {
                #expect(
                    try store.records(ofRevision: sweep.revisionID, metrics: choice, halvesFrom: 1)
                        == store.records(ofRevision: sweep.revisionID, metrics: choice, halvesFrom: .max), comment)
            }
        }
    }

    @Test(arguments: 1...8) func halvesAreTheWhole(seed: UInt64) throws {
        var stores = RandomStores(seed: seed)
        let first = try stores.make()
        try expectSame(try first.merged(try stores.make()).open(.readOnly), "seed \(seed)")
    }

    /// Either both refuse in the same way, or both give the same records.
    @Test func damageIsNoticedAlike() throws {
        let original = TemporaryDirectory(inMemory: true)
        try RepairSample.make(original)
        let good = try Data(contentsOf: URL(fileURLWithPath: original.database))
        var generator = SeededGenerator(state: 41)
        var refused = 0
        for number in 0..<200 {
            let directory = try TemporaryDirectory(copying: original, inMemory: true)
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            var data = good
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                data[Int.random(in: 4096..<data.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            try data.write(to: URL(fileURLWithPath: directory.database))
            guard let store = try? directory.open(.readOnly) else { continue }
            for choice in Self.choices {
                let answers = [1, Int.max].map { least in
                    Result { try store.allRecords(metrics: choice, halvesFrom: least) }
                }
                let errors = answers.map { answer in
                    if case .failure(let error) = answer { return (error as? RunStoreError)?.what ?? "\(error)" }
                    return ""
                }
                #expect(errors[0] == errors[1], "damage \(number)")
                #expect((try? answers[0].get()) == (try? answers[1].get()), "damage \(number)")
                if !errors[0].isEmpty { refused += 1 }
            }
            try store.close()
        }
        #expect(refused > 20)
    }

    /// A writer changes all runs in one transaction, again and again: no read sees some of them changed.
    @Test func bothHalvesAreOfOneMoment() throws {
        let directory = TemporaryDirectory(inMemory: true)
        let store = try directory.open()
        let sweep = try store.recordSample(40)
        let isOver = Mutex(false)
        let path = directory.database
        let writes = Mutex(0)
        let writer = Thread {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return }
            while !isOver.withLock({ $0 }) {
                if (try? queue.write { try $0.execute(sql: "UPDATE run_records SET fence = fence + 1") }) != nil {
                    writes.withLock { $0 += 1 }
                }
            }
            try? queue.close()
        }
        writer.start()
        defer { isOver.withLock { $0 = true } }
        var seen: Set<Int> = []
        var reads = 0
        while reads < 200 || seen.count < 3 {
            for records in [
                try store.records(ofRevision: sweep.revisionID, metrics: .all, halvesFrom: 1),
                try store.allRecords(metrics: .none, halvesFrom: 1),
            ] {
                let attempts = Set(records.map(\.attempts))
                #expect(records.count == 40 && attempts.count == 1)
                seen.formUnion(attempts)
            }
            reads += 1
        }
        #expect(writes.withLock { $0 } > 0)
    }
}

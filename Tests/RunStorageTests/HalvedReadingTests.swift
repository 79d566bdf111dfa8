import Foundation
import GRDB
import RunStorage
import Synchronization
import Testing

/// Two connections that read half of the runs each give what one gives, and what is damaged is said by one.
@Suite struct HalvedReadingTests {
    private static let choices: [MetricChoice] = [.all, .none, .named(["m0"]), .named(["m0", "m1", "none"])]

    /// Both kinds of read, with every choice of metrics.
    private func expectSame(_ store: RunStore, _ comment: Comment) throws {
        let sweeps = try store.newestRevisions()
        for choice in Self.choices {
            let all = try store.allRecords(metrics: choice, halvesFrom: 2)
            #expect(try all.records == store.allRecords(metrics: choice, halvesFrom: nil).records, comment)
            for sweep in sweeps {
                let some = try store.records(ofRevision: sweep.revisionID, metrics: choice, halvesFrom: 2)
                #expect(
                    try some.records
                        == store.records(ofRevision: sweep.revisionID, metrics: choice, halvesFrom: nil).records,
                    comment)
            }
        }
    }

    @Test(arguments: 1...8) func halvesAreTheWhole(seed: UInt64) throws {
        var stores = RandomStores(seed: seed)
        let first = try stores.make()
        try expectSame(try first.merged(try stores.make()).open(.readOnly), "seed \(seed)")
    }

    @Test func onlyManyRunsAreHalved() throws {
        let directory = TemporaryDirectory(inMemory: true)
        let store = try directory.open()
        try store.recordSample(40)
        // The first may be done with so few before the second's thread has begun.
        var tries = 0
        while try !store.allRecords(metrics: .none, halvesFrom: 2).byTwo, tries < 100_000 { tries += 1 }
        #expect(tries < 100_000)
        for least in [41, nil] { #expect(try !store.allRecords(metrics: .none, halvesFrom: least).byTwo) }
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
            let revisions = [nil] + ((try? store.newestRevisions()) ?? []).map { Optional($0.revisionID) }
            for (choice, revision) in Self.choices.flatMap({ choice in revisions.map { (choice, $0) } }) {
                let answers = [2, nil].map { least in
                    Result {
                        try revision.map {
                            try store.records(ofRevision: $0, metrics: choice, halvesFrom: least).records
                        }
                            ?? store.allRecords(metrics: choice, halvesFrom: least).records
                    }
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
        var (reads, halved) = (0, 0)
        while reads < 200 || seen.count < 3 || halved < 20 {
            for (records, byTwo) in [
                try store.records(ofRevision: sweep.revisionID, metrics: .all, halvesFrom: 2),
                try store.allRecords(metrics: .none, halvesFrom: 2),
            ] {
                let attempts = Set(records.map(\.attempts))
                #expect(records.count == 40 && attempts.count == 1)
                seen.formUnion(attempts)
                halved += byTwo ? 1 : 0
            }
            reads += 1
            if reads == 100_000 { break }
        }
        #expect(writes.withLock { $0 } > 0 && seen.count >= 3 && halved >= 20)
    }
}

import Foundation
import RunStorage
import Testing

@Suite struct MergeTests {
    /// FLOWEXP_TEST_MERGES tries more.
    private static let trials = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_MERGES"] ?? "") ?? 4

    @Test func mergingIsIdempotentCommutativeAndAssociative() throws {
        var distinct: Set<String> = []
        for trial in 0..<Self.trials {
            var random = RandomStores(seed: UInt64(trial))
            let (a, b, c) = (try random.make(), try random.make(), try random.make())
            let before = try b.snapshot()
            let ab = try a.merged(b)
            #expect(try b.snapshot() == before, "trial \(trial): the source was written")
            let expected = try ab.intactDigest()
            #expect(try b.merged(a).intactDigest() == expected, "trial \(trial): A+B and B+A")
            #expect(try ab.merged(b).snapshot() == ab.snapshot(), "trial \(trial): (A+B)+B")
            #expect(try ab.merged(a).intactDigest() == expected, "trial \(trial): (A+B)+A")
            let left = try ab.merged(c).intactDigest()
            #expect(try a.merged(try b.merged(c)).intactDigest() == left, "trial \(trial): A+(B+C)")
            let together = try a.copy()
            let store = try together.open(.readWrite)
            try store.merge([try b.open(.readOnly), try c.open(.readOnly)])
            try store.close()
            #expect(try together.intactDigest() == left, "trial \(trial): both at once")
            distinct.formUnion([expected, left])
        }
        #expect(distinct.count > Self.trials / 2)
    }

    @Test func nothingIsLost() throws {
        for trial in 100..<100 + Self.trials {
            var random = RandomStores(seed: UInt64(trial))
            let (a, b) = (try random.make(), try random.make())
            let merged = try a.merged(b).open(.readOnly)
            let parts = [try a.open(.readOnly), try b.open(.readOnly)]
            let rank: [RunState: Int] = [.planned: 0, .interrupted: 1, .running: 1, .failed: 2, .completed: 3]
            for part in parts {
                for record in try part.allRecords() {
                    let now = try merged.record(idPrefix: record.id)
                    #expect((rank[now.state] ?? 0) >= (rank[record.state] ?? 0))
                    #expect(now.integrity == (now.state.isTerminal ? .verified : .notPublished))
                    for metric in record.metrics { #expect(now.metrics.contains(metric)) }
                    // Every attempt and note of the runs that came along is still there.
                    #expect(try merged.attempts(ofRun: record.id).count == now.attempts)
                }
                for sweep in try part.sweeps() {
                    let newest = try part.newestRevision(ofSweep: sweep.name)
                    _ = try merged.newestRevision(ofSweep: sweep.name)
                    #expect(
                        try merged.revisions(ofSweep: sweep.name).contains { $0.specBytes == newest.specBytes })
                }
            }
        }
    }

    @Test func twoDifferentResultsAreRefusedWhole() throws {
        let changes: [(String, (inout PublishedRecord) -> Void)] = [
            ("values of mmd", { $0.metrics[0].value = 0.2500000001 }),
            ("values of mmd", { $0.metrics[0].floor = nil }),
            ("values of energy", { $0.metrics[1].reason = "another" }),
            ("training histories", { $0.history[1].loss += 1e-12 }),
            ("training histories", { $0.history.removeLast() }),
            ("trained parameters", { $0.artefacts[0].tensors[0].shape = [8, 4] }),
        ]
        for (words, change) in changes {
            let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
            let target = try a.open()
            try target.recordSample(2)
            try target.claim(1).publish(Sample.published())
            let source = try b.open()
            try source.recordSample(2)
            // A run that could be taken, before the one that cannot.
            try source.claim(0).publish(Sample.published())
            var record = Sample.published()
            change(&record)
            try source.claim(1).publish(record)
            let before = try a.snapshot()
            let error = storeError { try target.merge([source]) }
            #expect(error?.kind == .conflict && error?.exitCode == 65)
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            #expect(error?.location.contains(Sample.id(1)) == true)
            #expect(error?.location.contains(a.path) == true && error?.location.contains(b.path) == true)
            #expect(try a.snapshot() == before)
        }
    }

    @Test func aDisagreementOfTwoSourcesIsFoundBeforeAnythingIsWritten() throws {
        let target = TemporaryDirectory()
        try target.open().recordSample(1)
        let sources = try [0.25, 0.5].map { value in
            let store = try TemporaryDirectory().open()
            try store.recordSample(1)
            try store.claim(0).publish(Sample.published(value))
            return store
        }
        let before = try target.snapshot()
        #expect(storeError { try target.open(.readWrite).merge(sources) }?.kind == .conflict)
        #expect(try target.snapshot() == before)
    }

    @Test func oneIdWithTwoConfigurationsAndTwoReasonsAreRefused() throws {
        let (a, b) = (try TemporaryDirectory().open(), try TemporaryDirectory().open())
        try a.recordSample(1)
        var run = Sample.runs(1)[0]
        run.configurationJSON = "{}"
        _ = try b.recordRevision(
            sweepName: "demo", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: [run])
        #expect(storeError { try a.merge([b]) }?.description.contains("configurations") == true)
        let (c, d) = (try TemporaryDirectory().open(), try TemporaryDirectory().open())
        for (store, code) in [(c, "diverged"), (d, "error")] {
            try store.recordSample(1)
            try store.claim(0).fail(code: code, message: "", history: [])
        }
        #expect(storeError { try c.merge([d]) }?.description.contains("reasons") == true)
    }

    @Test func damageInTheSourceIsRefusedByName() throws {
        let damages: [(String, (TemporaryDirectory) throws -> Void)] = [
            ("metrics changed", { try $0.tamper("UPDATE metric_values SET value = 7 WHERE name = 'mmd'") }),
            ("history changed", { try $0.tamper("UPDATE history_rows SET loss = 7 WHERE step = 10") }),
            ("artefacts changed", { try $0.tamper("UPDATE artefact_files SET size = 7 WHERE name = 'density.json'") }),
            ("record changed", { try $0.tamper("UPDATE run_records SET summary = '{}' WHERE state = 'completed'") }),
            ("revision 1", { try $0.tamper("UPDATE revisions SET evaluation = '[]'") }),
            ("number of attempts", { try $0.tamper("UPDATE run_records SET fence = -1 WHERE state = 'completed'") }),
            (
                "SHA-256",
                { directory in
                    let path = directory.path + "/store/artefacts/\(Sample.id(0))/published-1/density.json"
                    try Data("[1,3]".utf8).write(to: URL(fileURLWithPath: path))
                }
            ),
        ]
        for (words, damage) in damages {
            let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
            try a.open().recordSample(2)
            let store = try b.open()
            try store.recordSample(1)
            try store.claim(0).publish(Sample.published())
            try store.close()
            try damage(b)
            let before = try a.snapshot()
            let error = storeError { try a.open(.readWrite).merge([try b.open(.readOnly)]) }
            #expect(error?.kind == .corrupt && error?.description.contains(words) == true, "\(words): \(error as Any)")
            #expect(error?.location.contains(b.path) == true)
            #expect(try a.snapshot() == before)
        }
    }

    @Test func aGoodResultMendsADamagedOne() throws {
        let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
        for directory in [a, b] {
            let store = try directory.open()
            try store.recordSample(1)
            try store.claim(0).publish(Sample.published())
            try store.close()
        }
        try a.tamper("UPDATE metric_values SET value = 7 WHERE name = 'mmd'")
        #expect(storeError { _ = try a.open(.readOnly).digest() }?.kind == .corrupt)
        #expect(try a.merged(b).intactDigest() == b.intactDigest())
    }

    @Test func runsBeingWorkedOnAreRefused() throws {
        let (a, b) = (try TemporaryDirectory().open(), try TemporaryDirectory().open())
        for store in [a, b] { try store.recordSample(3) }
        try b.claim(0).publish(Sample.published())
        let live = try b.claim(1)
        #expect(storeError { try a.merge([b]) }?.exitCode == 75)
        live.release()
        let wanted = try a.claim(0)
        #expect(storeError { try a.merge([b]) }?.exitCode == 75)
        wanted.release()
        // One that the merge does not change may go on.
        let unrelated = try a.claim(2)
        try a.merge([b])
        #expect(try a.record(idPrefix: Sample.id(0)).state == .completed)
        try unrelated.publish(Sample.published())
    }

    @Test func theFurtherCheckpointWinsAndContinues() throws {
        let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
        for (directory, step, attempts) in [(a, 10, 3), (b, 30, 2)] {
            let store = try directory.open()
            try store.recordSample(1)
            for _ in 1..<attempts { try store.claim(0).release() }
            let claim = try store.claim(0)
            try claim.saveCheckpoint(
                bytes: Array("at \(step)".utf8), phase: "training", step: step, history: Sample.history(through: step))
            try claim.interrupted()
            try store.close()
        }
        for merged in [try a.merged(b), try b.merged(a)] {
            let store = try merged.open()
            let claim = try store.claim(0)
            let (checkpoint, notes) = try claim.loadCheckpoint()
            #expect(checkpoint?.step == 30 && checkpoint?.bytes == Array("at 30".utf8) && notes.isEmpty)
            claim.release()
        }
        // Numbers of attempts go on after those that are there, so no file name comes twice.
        #expect(try a.merged(b).open(.readOnly).record(idPrefix: Sample.id(0)).attempts == 5)
        #expect(try b.merged(a).open(.readOnly).record(idPrefix: Sample.id(0)).attempts == 2)
    }

    @Test func revisionsFollowTheTargetsOwn() throws {
        func store(_ sizes: [Int]) throws -> RunStore {
            let store = try TemporaryDirectory().open()
            for size in sizes { try store.recordSample(size) }
            return store
        }
        func sizes(_ store: RunStore) throws -> [String] {
            try store.revisions(ofSweep: "demo").map { String(decoding: $0.specBytes, as: UTF8.self) }
        }
        for (own, other, expected) in [
            ([], [1, 2, 1], [1, 2, 1]), ([1, 2], [1, 2], [1, 2]), ([1, 2], [1], [1, 2]), ([1], [1, 2], [1, 2]),
            ([1, 2], [1, 3, 4], [1, 2, 3, 4]), ([1, 2, 1], [2], [1, 2, 1]),
        ] as [([Int], [Int], [Int])] {
            let target = try store(own)
            let summary = try target.merge([try store(other)])
            #expect(try sizes(target) == expected.map { "{ /* \($0) */ }" }, "\(own) + \(other)")
            #expect(summary[0].revisions.first?.added ?? 0 == expected.count - own.count)
            _ = try target.newestRevision(ofSweep: "demo")
        }
    }

    @Test func aDryRunTellsAndChangesNothing() throws {
        let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
        try a.open().recordSample(1)
        let source = try b.open()
        try source.recordSample(2, sweep: "other")
        try source.claim(0).publish(Sample.published())
        let before = try a.snapshot()
        let told = try a.open(.readOnly).merge([source], dryRun: true)
        #expect(try a.snapshot() == before)
        #expect(told[0].replaced.completed == 1 && told[0].added.planned == 1 && told[0].files == 2)
        #expect(try a.open(.readWrite).merge([source]) == told)
    }

    @Test func theReferenceCacheComesAlong() throws {
        let (a, b) = (try TemporaryDirectory().open(), try TemporaryDirectory().open())
        try a.cacheText("mine", forKey: "both")
        try b.cacheText("theirs", forKey: "both")
        try b.cacheText("new", forKey: "one")
        try a.merge([b])
        #expect(try a.cachedText(forKey: "both") == "mine" && a.cachedText(forKey: "one") == "new")
    }
}

import Foundation
import RunStorage
import Synchronization
import Testing

/// A store that is changed or moved under the feet of a process that has it open.
@Suite struct MovedStoreTests {
    @Test("who has a moved store open neither reads nor writes, also when another store lies in its place")
    func movedStore() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claim = try store.claim(0)
        try FileManager.default.moveItem(atPath: directory.path + "/store", toPath: directory.path + "/moved")
        for replaced in [false, true] {
            if replaced {
                let other = try directory.open()
                try other.recordSample(2)
                try other.close()
            }
            let reading = storeError { _ = try store.digest() }
            #expect(reading?.what.contains("was moved or removed") == true && reading?.exitCode == 74)
            let writing = storeError {
                try claim.saveCheckpoint(
                    bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
            }
            #expect(writing?.what.contains("was moved or removed") == true)
            // Nothing of the moved store's run came into the other.
            let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path + "/store/artefacts")
            #expect((names ?? []).isEmpty)
        }
        claim.release()
        try store.close()
        for name in ["store", "moved"] {
            #expect(try RunStore.check(at: directory.path + "/" + name).problems.allSatisfy { $0.severity != .damage })
        }
    }

    @Test("a check during which a sweep is removed and recorded anew finds no damage")
    func checkWhileRemoving() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(4)
        for number in 1..<4 { try store.claim(number).publish(Sample.published()) }
        // Without the revision's file the first run's configuration must be judged by who calls.
        try FileManager.default.removeItem(atPath: store.path + "/revisions")
        let calls = Mutex(0)
        // Called while the first run is judged, after the list of runs was read.
        let check = try RunStore.check(at: store.path) { _, _ in
            let isFirst = calls.withLock { calls in
                calls += 1
                return calls == 1
            }
            if isFirst {
                let removed = try? store.moveToTrash(Removal(sweeps: ["demo"]), what: "test")
                #expect(removed?.plan.changedRuns.count == 4)
                // In another order, so that every run gets another key.
                _ = try? store.recordRevision(
                    sweepName: "demo", specBytes: Array("{}".utf8), resolvedSpecJSON: "{}", evaluationJSON: "{}",
                    runs: Sample.runs(6).reversed())
            }
            return true
        }
        #expect(calls.withLock { $0 } > 0)
        #expect(check.problems.filter { $0.severity == .damage }.map(\.what) == [])
        try store.close()
    }
}

import Foundation
import RunStorage
import Testing

@Suite struct SweepTests {
    @Test func revisionsCountWhatChanged() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let first = try store.recordSample(3)
        #expect((first.number, first.added, first.removed, first.kept) == (1, 3, 0, 0))
        #expect(first.isNew)
        let same = try store.recordSample(3)
        #expect((same.number, same.added, same.removed, same.kept) == (1, 0, 0, 3))
        #expect(!same.isNew)
        let larger = try store.recordSample(5)
        #expect((larger.number, larger.added, larger.removed, larger.kept) == (2, 2, 0, 3))
        let smaller = try store.recordSample(2)
        #expect((smaller.number, smaller.added, smaller.removed, smaller.kept) == (3, 0, 3, 2))
        let evaluation = try store.recordSample(2, evaluation: #"{"metrics":["mmd"]}"#)
        #expect((evaluation.number, evaluation.added, evaluation.removed, evaluation.kept) == (4, 0, 0, 2))
        let newest = try store.newestRevision(ofSweep: "demo")
        #expect(newest.id == evaluation.revisionID)
        #expect(newest.evaluationJSON == #"{"metrics":["mmd"]}"#)
        #expect(newest.specBytes == Array("{ /* 2 */ }".utf8))
        #expect(try store.runStates(ofRevision: larger.revisionID).map(\.id) == Sample.runs(5).map(\.id))
        #expect(try store.allRecords().count == 5)
    }

    @Test func theMostRecentSweepIsByOrderNotByClock() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        #expect(try store.mostRecentSweep() == nil)
        try store.recordSample(1, sweep: "a")
        try store.recordSample(2, sweep: "b")
        #expect(try store.mostRecentSweep() == "b")
        try directory.tamper("UPDATE sweeps SET last_run_at = 0")
        try store.recordSample(1, sweep: "a")
        #expect(try store.mostRecentSweep() == "a")
        try store.markSweepRun("b")
        #expect(try store.sweeps().map(\.name) == ["b", "a"])
        #expect(try store.sweeps().map(\.counts.planned) == [2, 1])
        #expect(storeError { try store.markSweepRun("c") }?.kind == .noSuchSweep)
        #expect(storeError { _ = try store.newestRevision(ofSweep: "c") }?.exitCode == 66)
    }

    @Test func oneIdWithTwoConfigurationsIsRefusedWhole() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        var runs = Sample.runs(3)
        runs[0].configurationJSON = "{}"
        let error = storeError {
            _ = try store.recordRevision(
                sweepName: "other", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: runs)
        }
        #expect(error?.kind == .conflict)
        #expect(try store.allRecords().count == 1)
        #expect(try store.sweeps().map(\.name) == ["demo"])
    }

    @Test func prefixesFindRuns() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let runs = ["abc1", "abc2", "abd", "zz"].map {
            PlannedRun(id: $0, configurationJSON: "{}", axesJSON: "{}")
        }
        _ = try store.recordRevision(
            sweepName: "s", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: runs)
        #expect(try store.record(idPrefix: "abd").id == "abd")
        #expect(try store.record(idPrefix: "z").id == "zz")
        #expect(try store.record(idPrefix: "z").sweepName == "s")
        #expect(
            storeError { _ = try store.record(idPrefix: "ab") }?.kind
                == .ambiguousRun(candidates: ["abc1", "abc2", "abd"]))
        #expect(storeError { _ = try store.record(idPrefix: "q") }?.kind == .noSuchRun)
    }

    @Test(arguments: ["", "../x", "a/b", "a\0b", "ABC", "a b", ".", "é", String(repeating: "a", count: 65)])
    func hostileRunIdsAreRefused(id: String) throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let run = PlannedRun(id: id, configurationJSON: "{}", axesJSON: "{}")
        #expect(
            storeError {
                _ = try store.recordRevision(
                    sweepName: "s", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: [run])
            }?.kind == .invalidName)
        #expect(storeError { _ = try store.tryBegin(runID: id) }?.kind == .invalidName)
        #expect(storeError { _ = try store.isHeld(runID: id) }?.kind == .invalidName)
        #expect(storeError { _ = try store.record(idPrefix: id) }?.kind == .noSuchRun)
        #expect(storeError { _ = try store.loadArtefact(ofRun: id, name: "x") }?.kind == .invalidName)
    }

    @Test(arguments: ["", "a\nb", "a\0b", String(repeating: "x", count: 1_000_000)])
    func hostileSweepNamesAreRefused(name: String) throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        #expect(storeError { try store.recordSample(1, sweep: name) }?.kind == .invalidName)
        #expect(storeError { _ = try store.newestRevision(ofSweep: name) }?.kind == .noSuchSweep)
    }

    @Test func tenThousandRunsAreQuick() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let runs = Sample.runs(10_000)
        let start = ContinuousClock.now
        let change = try store.recordRevision(
            sweepName: "big", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: runs)
        let recorded = ContinuousClock.now
        #expect(change.added == 10_000)
        #expect(try store.records(ofRevision: change.revisionID).count == 10_000)
        print("10 000 runs: recorded in \(recorded - start), read in \(ContinuousClock.now - recorded)")
        // The goal is 1 s on a free core; the bound leaves room for a loaded machine.
        #expect(recorded - start < .seconds(5))
    }
}

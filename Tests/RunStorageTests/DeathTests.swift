import Foundation
import RunStorage
import Testing

/// Attributed deaths: notes in the lock file, counting, setting aside.
@Suite struct DeathTests {
    /// Begins the run, leaves the note of a death and lets the lock go as a dying process would.
    private func die(_ store: RunStore, _ text: String? = nil, checkpoint step: Int? = nil) throws {
        let claim = try store.claim(0)
        if let step {
            try claim.saveCheckpoint(
                bytes: [1, 2, 3], phase: "training", step: step, history: Sample.history(through: step))
        }
        let note = claim.openDeathNote()
        #expect(note.descriptor >= 0 && note.prefix == "attempt \(claim.fence) died of ")
        let line = text ?? "\(note.prefix)\(SIGSEGV) in training after step 48\n"
        let bytes = Array(line.utf8)
        #expect(pwrite(note.descriptor, bytes, bytes.count, 0) == bytes.count)
        // Closing it must not free the lock.
        close(note.descriptor)
        #expect(try store.isHeld(runID: Sample.id(0)))
        claim.release()
    }

    private func outcomes(_ store: RunStore) throws -> [String?] {
        try store.attempts(ofRun: Sample.id(0)).map(\.outcome)
    }

    @Test("three deaths without a checkpoint between set a run aside, and a retry gives it three more")
    func setAside() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        for _ in 0..<3 { try die(store) }
        guard case .alreadyFailed(let code, let message) = try store.tryBegin(runID: Sample.id(0)) else {
            Issue.record("begun again")
            return
        }
        #expect(code == "crashed" && message.contains("SIGSEGV") && message.contains("training after step 48"))
        #expect(try outcomes(store) == ["crashed", "crashed", "failed"])
        #expect(try store.record(idPrefix: Sample.id(0)).state == .failed)
        #expect(try store.notes(ofRun: Sample.id(0)).count == 3)
        let before = try store.digest()
        #expect(try store.resetFailed(runIDs: [Sample.id(0)]) == 1)
        // Not deterministic, so not in the digest.
        #expect(try store.digest() == before)
        for _ in 0..<3 { try die(store) }
        #expect(try store.recordDeadAttempts() == [Sample.id(0)])
        #expect(try outcomes(store) == ["crashed", "crashed", "failed", "crashed", "crashed", "failed"])
        #expect(try store.record(idPrefix: Sample.id(0)).integrity == .verified)
    }

    @Test("a checkpoint that is no further than the one continued from is no progress")
    func noProgress() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        for _ in 0..<3 {
            let claim = try store.claim(0)
            let step = try claim.loadCheckpoint().checkpoint?.step ?? 10
            try claim.saveCheckpoint(
                bytes: [1], phase: "training", step: step, history: Sample.history(through: step))
            let note = claim.openDeathNote()
            let bytes = Array("\(note.prefix)\(SIGSEGV) in training after step 10\n".utf8)
            #expect(pwrite(note.descriptor, bytes, bytes.count, 0) == bytes.count)
            close(note.descriptor)
            claim.release()
        }
        #expect(try store.recordDeadAttempts() == [Sample.id(0)])
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.state == .failed && record.failureCode == "crashed")
        #expect(try store.resetFailed(runIDs: [Sample.id(0)]) == 1)
        let claim = try store.claim(0)
        #expect(try claim.loadCheckpoint().checkpoint?.step == 10)
        // In another phase it is another one.
        try claim.saveCheckpoint(bytes: [2], phase: "evaluation", step: 10, history: Sample.history(through: 10))
        claim.release()
        #expect(try store.claim(0).loadCheckpoint().checkpoint?.phase == "evaluation")
    }

    @Test("a checkpoint between deaths begins the count again")
    func progress() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        for round in 0..<4 {
            try die(store)
            try die(store, checkpoint: 10 * (round + 1))
        }
        #expect(try store.recordDeadAttempts() == [Sample.id(0)])
        #expect(try store.record(idPrefix: Sample.id(0)).state == .interrupted)
        // With the death after the last checkpoint these are three.
        for _ in 0..<2 { try die(store) }
        try store.recordDeadAttempts()
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.state == .failed && record.failureCode == "crashed")
        // The checkpoint stays for a retry, and its history with it.
        #expect(try store.history(ofRun: Sample.id(0)).last?.step == 40)
    }

    @Test(
        "what is no note of this attempt counts as an interruption",
        arguments: [
            "", "attempt 7 died of 11 in training after step 48\n", "attempt 1 died of 11 in training after step\n",
            "attempt 1 died of 99 in training after step 4\n", "attempt 1 died of 11 in training after step -4\n",
            "attempt 1 died of 11 in training after step 99999999999999999999\n", "\u{0}\u{0}\u{0}",
            "attempt 1 died of ",
        ])
    func noNote(text: String) throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        try die(store, text)
        #expect(try store.recordDeadAttempts() == [Sample.id(0)])
        #expect(try outcomes(store) == ["interrupted"])
        #expect(try store.notes(ofRun: Sample.id(0)).isEmpty)
    }

    @Test("a parent's word is recorded for its own child's attempt only")
    func parents() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let id = Sample.id(0)
        let pid = Int(getpid())
        let death = RunStore.ProcessEnd.died(AttributedDeath(signal: SIGABRT, detail: "last words"))
        let first = try store.claim(0)
        // Still held: nothing may be said about it.
        #expect(try store.recordProcessEnd(ofRun: id, pid: pid, elapsed: 1, death) == .notItsOwn)
        first.release()
        #expect(try store.recordProcessEnd(ofRun: id, pid: pid + 1, elapsed: 1, death) == .notItsOwn)
        #expect(try store.recordProcessEnd(ofRun: id, pid: pid, elapsed: 7, death) == .interrupted)
        #expect(try store.attempts(ofRun: id)[0].elapsed >= 7)
        #expect(try store.notes(ofRun: id).last?.text.contains("last words") == true)
        for _ in 0..<10 {
            try store.claim(0).release()
            #expect(try store.recordProcessEnd(ofRun: id, pid: pid, elapsed: 0, .died(nil)) == .interrupted)
        }
        try store.claim(0).release()
        let ended = try store.recordProcessEnd(ofRun: id, pid: pid, elapsed: 9, .ranOutOfTime("too long"))
        #expect(ended == .failed(code: "timeout", message: "too long"))
        #expect(try store.record(idPrefix: id).failureCode == "timeout")
        #expect(try outcomes(store).last == "failed")
    }
}

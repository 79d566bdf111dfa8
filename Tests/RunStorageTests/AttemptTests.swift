import Foundation
import RunStorage
import Testing

@Suite struct AttemptTests {
    @Test func aRunIsClaimedOnce() throws {
        let directory = TemporaryDirectory()
        let first = try directory.open()
        let second = try directory.open()
        try first.recordSample(1)
        let claim = try first.claim(0)
        #expect(claim.fence == 1)
        #expect(try second.isHeld(runID: Sample.id(0)))
        guard case .heldElsewhere(let holder) = try second.tryBegin(runID: Sample.id(0)) else {
            Issue.record("claimed twice")
            return
        }
        #expect(holder?.contains("pid \(getpid())") == true)
        guard case .heldElsewhere = try first.tryBegin(runID: Sample.id(0)) else {
            Issue.record("claimed twice by one handle")
            return
        }
        #expect(try second.runStates(ofRevision: 1).map(\.state) == [.running])
        #expect(try second.liveAttempts().map(\.runID) == [Sample.id(0)])
        try claim.interrupted()
        #expect(try second.runStates(ofRevision: 1).map(\.state) == [.interrupted])
        let next = try second.claim(0)
        #expect(next.fence == 2)
        next.release()
    }

    @Test func aDeadAttemptShowsAsInterruptedWithoutAWrite() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claim = try store.claim(0)
        try claim.recordProgress(AttemptProgress(phase: "training", step: 7, totalSteps: 10, loss: .nan))
        claim.release()
        let reader = try directory.open(.readOnly)
        #expect(try reader.records(ofRevision: 1).map(\.state) == [.interrupted, .planned])
        #expect(try reader.liveAttempts().isEmpty)
        #expect(try directory.value("SELECT count(*) FROM run_records WHERE state = 'running'") == 1)
        #expect(try store.recordDeadAttempts() == [Sample.id(0)])
        #expect(try directory.value("SELECT count(*) FROM run_records WHERE state = 'interrupted'") == 1)
        let attempt = try store.attempts(ofRun: Sample.id(0))[0]
        #expect(attempt.outcome == "interrupted")
        #expect(attempt.endedAt == nil)
        #expect(attempt.progress == AttemptProgress(phase: "training", step: 7, totalSteps: 10, loss: nil))
        #expect(attempt.process.pid == Int(getpid()))
    }

    @Test func aLateAttemptIsFenced() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let late = try store.claim(0)
        // The lock is lost (a network file system would do this), so another attempt gets in.
        try directory.tamper("UPDATE run_records SET fence = 2")
        #expect(
            storeError { try late.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: []) }?.kind
                == .fenced)
        #expect(storeError { try late.publish(Sample.published()) }?.kind == .fenced)
        #expect(storeError { try late.fail(code: "error", message: "", history: []) }?.exitCode == 75)
        #expect(storeError { try late.interrupted() }?.kind == .fenced)
        #expect(try directory.value("SELECT count(*) FROM metric_values") == 0)
        #expect(try directory.value("SELECT count(*) FROM run_records WHERE state = 'running'") == 1)
    }

    @Test func anEndedClaimWritesNothingMore() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let claim = try store.claim(0)
        try claim.publish(Sample.published())
        #expect(storeError { try claim.publish(Sample.published(9)) }?.kind == .fenced)
        #expect(storeError { try claim.interrupted() }?.kind == .fenced)
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.state == .completed)
        #expect(record.metrics.map(\.value) == [nil, 0.25])
    }

    @Test func publishedRecordsReadBackAsGiven() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let claim = try store.claim(0)
        claim.note("7 draws had weight 0")
        let given = Sample.published()
        try claim.publish(given)
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.integrity == .verified)
        #expect(record.metrics == given.metrics.sorted { $0.name < $1.name })
        #expect(record.summaryJSON == given.summaryJSON)
        #expect(record.timingsJSON == given.timingsJSON)
        #expect(try store.history(ofRun: record.id) == given.history)
        #expect(try store.notes(ofRun: record.id).map(\.text) == ["7 draws had weight 0"])
        let artefacts = try store.artefacts(ofRun: record.id)
        #expect(artefacts.map(\.name) == ["density.json", "parameters.safetensors"])
        #expect(artefacts[1].tensors.map(\.name) == ["base.mean", "layer0.weight"])
        #expect(try store.loadArtefact(ofRun: record.id, name: "density.json") == Array("[1,2]".utf8))
        #expect(storeError { _ = try store.loadArtefact(ofRun: record.id, name: "../density.json") }?.exitCode == 66)
        // The whole record lies beside the artefacts too.
        let path = directory.path + "/store/artefacts/" + record.id + "/published-1/record.json"
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        let object = try #require(json as? [String: Any])
        #expect(object["configuration"] as? String == record.configurationJSON)
        #expect((object["history"] as? [Any])?.count == 5)
        #expect(((object["metrics"] as? [[String: Any]])?[1])?["value"] as? Double == 0.25)
        guard case .alreadyCompleted = try store.tryBegin(runID: record.id) else {
            Issue.record("a completed run began again")
            return
        }
    }

    @Test func whatSQLiteCannotKeepIsKeptAnotherWayAndVerifies() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        var given = Sample.published()
        given.metrics = [
            MetricRecord(name: "nan", parametersJSON: "{}", version: 1, value: .nan, direction: "lower"),
            MetricRecord(name: "infinity", parametersJSON: "{}", version: 1, value: .infinity, direction: "lower"),
            MetricRecord(name: "zero", parametersJSON: "{}", version: 1, value: -0.0, direction: "lower"),
            MetricRecord(name: "text", parametersJSON: "{}", version: 1, value: 1, reason: "a\0b", direction: "lower"),
            MetricRecord(name: "twice", parametersJSON: "{}", version: 1, value: 1, direction: "lower"),
            MetricRecord(name: "twice", parametersJSON: "{}", version: 1, value: 2, direction: "lower"),
        ]
        given.history[1].loss = .nan
        given.history[2].validationLoss = .nan
        given.history[3].gradientNorm = .infinity
        try store.claim(0).publish(given)
        let record = try store.record(idPrefix: Sample.id(0))
        #expect(record.integrity == .verified)
        let values = Dictionary(uniqueKeysWithValues: record.metrics.map { ($0.name, $0) })
        #expect(values["nan"]?.value == nil)
        #expect(values["nan"]?.reason == "the value is not a number")
        #expect(values["infinity"]?.value == .infinity)
        #expect(values["zero"]?.value?.sign == .plus)
        #expect(values["text"]?.reason == "a\u{FFFD}b")
        #expect(values["twice"]?.value == 2)
        let history = try store.history(ofRun: record.id)
        #expect(history[1].loss.isNaN)
        #expect(history[2].validationLoss == nil)
        #expect(history[3].gradientNorm == .infinity)
        _ = try store.digest()
    }

    @Test func failuresStayUntilTheyAreReset() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claim = try store.claim(0)
        try claim.saveCheckpoint(bytes: [1, 2], phase: "training", step: 20, history: Sample.history(through: 20))
        try claim.fail(code: "timeout", message: "over 5 s", history: Sample.history(through: 30))
        guard case .alreadyFailed(let code, let message) = try store.tryBegin(runID: Sample.id(0)) else {
            Issue.record("a failed run began again")
            return
        }
        #expect((code, message) == ("timeout", "over 5 s"))
        #expect(try store.record(idPrefix: Sample.id(0)).integrity == .verified)
        #expect(try store.history(ofRun: Sample.id(0)).count == 4)
        #expect(try store.resetFailed(runIDs: [Sample.id(0), Sample.id(1)]) == 1)
        let retry = try store.claim(0)
        #expect(retry.fence == 2)
        #expect(retry.elapsedBefore > 0)
        #expect(try retry.loadCheckpoint().checkpoint?.step == 20)
        #expect(try store.history(ofRun: Sample.id(0)).map(\.step) == [0, 10, 20])
        try retry.publish(Sample.published())
        #expect(try store.records(ofRevision: 1).map(\.state) == [.completed, .planned])
    }

    @Test func progressIsWrittenAtMostOnceASecond() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claims = [try store.claim(0), try store.claim(1)]
        let start = ContinuousClock.now
        var step = 0
        while ContinuousClock.now - start < .milliseconds(1300) {
            step += 1
            for claim in claims {
                try claim.recordProgress(AttemptProgress(phase: "training", step: step, totalSteps: 0, loss: 1))
            }
        }
        // The first call writes claim 0 alone; the one a second later writes both, long before the last step.
        let steps = try store.liveAttempts().map { $0.progress?.step ?? 0 }
        #expect(steps.allSatisfy { $0 > 1 && $0 < step })
        try claims[0].interrupted()
        #expect(try store.attempts(ofRun: Sample.id(0))[0].progress?.step == step)
        claims[1].release()
    }
}

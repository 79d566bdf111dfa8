import Foundation
import GRDB
import RunStorage
import Testing

@Suite struct CheckpointTests {
    /// A run with checkpoints at steps 10, 20 and 30 whose attempt then died.
    private func prepared() throws -> (TemporaryDirectory, RunStore) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let claim = try store.claim(0)
        let loaded = try claim.loadCheckpoint()
        #expect(loaded.checkpoint == nil)
        #expect(loaded.notes.isEmpty)
        for step in [10, 20, 30] {
            try claim.saveCheckpoint(
                bytes: Array(repeating: UInt8(step), count: 100 + step), phase: "training", step: step,
                history: Sample.history(through: step))
        }
        claim.release()
        return (directory, store)
    }

    private func files(_ directory: TemporaryDirectory) -> [String] {
        let path = directory.path + "/store/artefacts/" + Sample.id(0)
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted().map { path + "/" + $0 }
    }

    @Test func theNewestIsLoadedAndTwoAreKept() throws {
        let (directory, store) = try prepared()
        #expect(files(directory).count == 2)
        let claim = try store.claim(0)
        let (checkpoint, notes) = try claim.loadCheckpoint()
        #expect(checkpoint == LoadedCheckpoint(bytes: Array(repeating: 30, count: 130), phase: "training", step: 30))
        #expect(notes.isEmpty)
        #expect(try store.history(ofRun: Sample.id(0)).map(\.step) == [0, 10, 20, 30])
        claim.release()
    }

    enum Damage: CaseIterable { case flipped, truncated, emptied, missing, lengthened, rowStep, rowHash }

    private func damage(_ kind: Damage, _ path: String, sequence: Int, _ directory: TemporaryDirectory) throws {
        let url = URL(fileURLWithPath: path)
        var data = try Data(contentsOf: url)
        switch kind {
        case .flipped: data[data.count / 2] ^= 0x10
        case .truncated: data.removeLast()
        case .emptied: data.removeAll()
        case .missing: return try FileManager.default.removeItem(at: url)
        case .lengthened: data.append(0)
        case .rowStep: return try directory.tamper("UPDATE checkpoints SET step = 29 WHERE sequence = ?", [sequence])
        case .rowHash:
            return try directory.tamper("UPDATE checkpoints SET sha256 = zeroblob(32) WHERE sequence = ?", [sequence])
        }
        try data.write(to: url)
    }

    @Test(arguments: Damage.allCases) func aDamagedOneFallsBackToThePrevious(kind: Damage) throws {
        let (directory, store) = try prepared()
        try damage(kind, files(directory)[1], sequence: 3, directory)
        let claim = try store.claim(0)
        let (checkpoint, notes) = try claim.loadCheckpoint()
        #expect(checkpoint?.step == 20)
        #expect(notes.count == 2)
        #expect(notes.last?.contains("step 20") == true)
        // The damaged one is gone, row and file, so that the next save keeps the good one.
        #expect(files(directory).count == 1 && files(directory)[0].contains("/checkpoint-1-2-training-20-"))
        // History is that of the checkpoint again.
        #expect(try store.history(ofRun: Sample.id(0)).map(\.step) == [0, 10, 20])
        try claim.saveCheckpoint(bytes: [9], phase: "training", step: 40, history: Sample.history(through: 40))
        #expect(try store.history(ofRun: Sample.id(0)).map(\.step) == [0, 10, 20, 30, 40])
        #expect(files(directory).count == 2)
        // The new one damaged too: the good one is still there.
        let newest = try #require(files(directory).first { !$0.contains("/checkpoint-1-2-") })
        try Data([0]).write(to: URL(fileURLWithPath: newest))
        #expect(try claim.loadCheckpoint().checkpoint?.step == 20)
        try claim.interrupted()
        #expect(try store.notes(ofRun: Sample.id(0)).count == 4)
    }

    @Test func withBothDamagedTheRunStartsAgainAndSaysSo() throws {
        let (directory, store) = try prepared()
        try damage(.flipped, files(directory)[0], sequence: 2, directory)
        try damage(.truncated, files(directory)[1], sequence: 3, directory)
        let claim = try store.claim(0)
        let (checkpoint, notes) = try claim.loadCheckpoint()
        #expect(checkpoint == nil)
        #expect(notes.last == "starting from step 0")
        #expect(try store.history(ofRun: Sample.id(0)).isEmpty)
        claim.release()
    }

    @Test func everyFlippedBitIsNoticed() throws {
        let (directory, store) = try prepared()
        let original = Data(repeating: 30, count: 130)
        try damage(.emptied, files(directory)[1], sequence: 3, directory)
        let claim = try store.claim(0)
        #expect(try claim.loadCheckpoint().checkpoint?.step == 20)
        for bit in stride(from: 0, to: original.count * 8, by: 7) {
            // Loading deletes the damaged one, so it is saved anew for each bit.
            try claim.saveCheckpoint(
                bytes: Array(original), phase: "training", step: 30, history: Sample.history(through: 30))
            let path = try #require(files(directory).first { !$0.contains("/checkpoint-1-2-") })
            var data = original
            data[bit / 8] ^= UInt8(1 << (bit % 8))
            try data.write(to: URL(fileURLWithPath: path))
            let (checkpoint, notes) = try claim.loadCheckpoint()
            #expect(checkpoint?.step == 20 && notes.count == 2)
        }
        claim.release()
    }

    @Test func discardingLeavesNothing() throws {
        let (directory, store) = try prepared()
        let claim = try store.claim(0)
        try claim.discardCheckpoints(reason: "written by avx2, this machine has avx512")
        #expect(try claim.loadCheckpoint().checkpoint == nil)
        #expect(try store.history(ofRun: Sample.id(0)).isEmpty)
        #expect(files(directory).isEmpty)
        try claim.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
        #expect(try claim.loadCheckpoint().checkpoint?.step == 10)
        try claim.interrupted()
        #expect(try store.notes(ofRun: Sample.id(0)).map(\.text).first?.contains("avx512") == true)
    }

    @Test func publishingRemovesThem() throws {
        let (directory, store) = try prepared()
        let claim = try store.claim(0)
        try claim.publish(Sample.published())
        #expect(files(directory).map { ($0 as NSString).lastPathComponent } == ["published-2"])
        try store.close()
        try directory.open().close()
        #expect(try directory.value("SELECT count(*) FROM checkpoints") == 0)
    }

    @Test func aNewAttemptRemovesWhatADeadOneLeft() throws {
        let (directory, store) = try prepared()
        let run = directory.path + "/store/artefacts/" + Sample.id(0)
        try Data([1]).write(to: URL(fileURLWithPath: run + "/checkpoint-1-4.safetensors"))
        try FileManager.default.createDirectory(atPath: run + "/published-1", withIntermediateDirectories: false)
        try Data([1]).write(to: URL(fileURLWithPath: run + "/published-1/parameters.safetensors"))
        try store.claim(0).release()
        #expect(files(directory).count == 2)
    }
}

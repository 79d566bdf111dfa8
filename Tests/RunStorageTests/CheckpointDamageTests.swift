import Foundation
import RunStorage
import Testing

/// Random damage to checkpoints: always noticed, never loaded, and the run goes on from the previous one.
@Suite struct CheckpointDamageTests {
    /// A short version by default; `make torture` asks for 10 000.
    private static let trials = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_DAMAGE"] ?? "") ?? 100

    private static func damaged(_ original: [UInt8], _ generator: inout SystemRandomNumberGenerator) -> [UInt8] {
        var bytes = original
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1: bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
        case 2: bytes.removeLast(bytes.count - place)
        case 3: for index in place..<min(place + 64, bytes.count) { bytes[index] = 0 }
        case 4: bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: place), count: 1 + place % 4096)
        default:
            for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255) }
        }
        return bytes
    }

    @Test func everyDamageIsNoticedAndThePreviousOneIsUsed() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let claim = try store.claim(0)
        let folder = directory.path + "/store/artefacts/" + Sample.id(0)
        var generator = SystemRandomNumberGenerator()
        let original = (0..<5000).map { _ in UInt8.random(in: 1...255, using: &generator) }
        try claim.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
        var tried = 0
        while tried < Self.trials {
            // Loading deletes the damaged one, so it is saved anew each time.
            try claim.saveCheckpoint(
                bytes: original, phase: "training", step: 20, history: Sample.history(through: 20))
            let newest = try FileManager.default.contentsOfDirectory(atPath: folder).max {
                $0.localizedStandardCompare($1) == .orderedAscending
            }
            let bytes = Self.damaged(original, &generator)
            if bytes == original { continue }
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + (newest ?? "")))
            let (checkpoint, notes) = try claim.loadCheckpoint()
            #expect(checkpoint == LoadedCheckpoint(bytes: [1], phase: "training", step: 10))
            #expect(notes.count == 2 && notes[0].contains("is not used"), "\(notes)")
            tried += 1
        }
        claim.release()
    }
}

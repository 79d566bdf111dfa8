import Foundation
import RunStorage
import Testing

/// Merging from a store whose database has flipped bytes: an error, or the right result; never another one.
@Suite struct MergeDamageTests {
    /// FLOWEXP_TEST_MERGE_FLIPS tries more.
    private static let flips = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_MERGE_FLIPS"] ?? "") ?? 40

    @Test func aFlippedByteOfTheSourceNeverReachesTheTarget() throws {
        var numbers = RandomStores.Numbers(state: 11)
        let a = TemporaryDirectory()
        try a.open().recordSample(RandomStores.runs)
        let b = try TrashTests.make()
        let before = try a.intactDigest()
        let merged = try a.merged(b).intactDigest()
        var refused = 0
        for trial in 0..<Self.flips {
            let (target, source) = (try a.copy(), try b.copy())
            var bytes = try Data(contentsOf: URL(fileURLWithPath: source.database))
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                let place = Int.random(in: 0..<bytes.count, using: &numbers)
                bytes[bytes.startIndex + place] ^= UInt8.random(in: 1...255, using: &numbers)
            }
            try bytes.write(to: URL(fileURLWithPath: source.database))
            do {
                let store = try target.open(.readWrite)
                defer { try? store.close() }
                let other = try source.open(.readOnly)
                defer { try? other.close() }
                try store.merge([other])
            } catch let error as RunStoreError {
                #expect(!error.location.hasPrefix(target.path), "trial \(trial): \(error)")
                refused += 1
                // Damage is told as damage, not as somebody else's change.
                #expect(error.exitCode != 75, "trial \(trial): \(error)")
                #expect(try target.intactDigest() == before, "trial \(trial): \(error)")
                continue
            }
            // What no hash covers (times, notes) may differ; no result may.
            #expect(try target.intactDigest() == merged, "trial \(trial)")
        }
        print("merges refused after flipped bytes: \(refused) of \(Self.flips)")
        #expect(before != merged && refused > 0 && refused < Self.flips)
    }
}

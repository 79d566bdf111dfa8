import Foundation
import RunStorage
import Testing

/// Symbolic links inside a store: nothing behind them is written or deleted (promise R13).
@Suite struct LinkTests {
    /// A store with one run, and a directory beside it in which nothing may change.
    private func prepared() throws -> (TemporaryDirectory, victim: String) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claim = try store.claim(0)
        try claim.saveCheckpoint(bytes: [1, 2, 3], phase: "training", step: 10, history: Sample.history(through: 10))
        claim.release()
        try store.close()
        let victim = directory.path + "/victim"
        try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: victim + "/precious"))
        return (directory, victim)
    }

    private func replace(_ part: String, in directory: TemporaryDirectory, with target: String) throws {
        let path = directory.path + "/store/" + part
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func isUntouched(_ victim: String) -> Bool {
        let names = try? FileManager.default.contentsOfDirectory(atPath: victim)
        return names == ["precious"]
            && FileManager.default.contents(atPath: victim + "/precious") == Data("precious".utf8)
    }

    @Test(arguments: ["tmp", "locks", "artefacts", "backups", "trash", "flowexp.sqlite", "store.lock"])
    func aStoreWithALinkedPartIsRefused(part: String) throws {
        let (directory, victim) = try prepared()
        let isFile = part == "flowexp.sqlite" || part == "store.lock"
        for target in [isFile ? victim + "/precious" : victim, victim + "/new"] {
            try replace(part, in: directory, with: target)
            for mode in [RunStore.Mode.createIfMissing, .readWrite, .readOnly] {
                let error = storeError { _ = try directory.open(mode) }
                #expect(
                    error?.kind == .notAStore && error?.exitCode == 65, "\(part) \(mode): \(String(describing: error))")
                #expect(error?.location.hasSuffix(part) == true)
            }
        }
        #expect(isUntouched(victim))
    }

    @Test func theStoreItselfMayLieBehindALink() throws {
        let (directory, _) = try prepared()
        let link = directory.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path + "/store")
        let store = try RunStore.open(at: link, mode: .readWrite, busyTimeout: 5)
        let claim = try store.claim(0)
        #expect(try claim.loadCheckpoint().checkpoint?.bytes == [1, 2, 3])
        claim.release()
        try store.close()
    }

    @Test func aLinkedDirectoryOfARunIsNeitherClearedNorFilled() throws {
        let (directory, victim) = try prepared()
        try replace("artefacts/" + Sample.id(1), in: directory, with: victim)
        let store = try directory.open()
        let claim = try store.claim(1)
        let saving = storeError {
            try claim.saveCheckpoint(bytes: [4], phase: "training", step: 10, history: Sample.history(through: 10))
        }
        #expect(saving?.kind == .notAStore)
        #expect(storeError { try claim.publish(Sample.published()) }?.kind == .notAStore)
        claim.release()
        try store.close()
        #expect(isUntouched(victim))
    }

    @Test func aLinkedLockIsNotMade() throws {
        let (directory, victim) = try prepared()
        let lock = "locks/" + Sample.id(1)
        try replace(lock, in: directory, with: victim + "/new")
        let store = try directory.open()
        #expect(storeError { _ = try store.claim(1) }?.kind == .notAStore)
        try store.close()
        #expect(isUntouched(victim))
    }
}

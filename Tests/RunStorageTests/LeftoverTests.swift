import Foundation
import RunStorage
import Testing

/// Files that a crash or a failed removal left are removed another time, and open files do not pile up.
@Suite(.serialized) struct LeftoverTests {
    private static let variable = "FLOWEXP_TEST_LEFTOVER_STORE"

    /// A completed run beside whose published files a checkpoint lies that could not be removed, and an older one that
    /// the database no longer names.
    private func storeWithLeftovers() throws -> (TemporaryDirectory, folder: String) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(2)
        let claim = try store.claim(0)
        for step in [10, 20] {
            try claim.saveCheckpoint(bytes: [1], phase: "training", step: step, history: Sample.history(through: step))
        }
        try claim.publish(Sample.published())
        try store.close()
        let folder = directory.path + "/store/artefacts/" + Sample.id(0)
        for name in ["checkpoint-1-1.safetensors", "checkpoint-1-2.safetensors", "checkpoint-1-0.safetensors"] {
            try Data([1]).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        return (directory, folder)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func theNextWritingOpenRemovesAllOfThem() throws {
        let (directory, folder) = try storeWithLeftovers()
        let store = try directory.open(.readWrite)
        #expect(try names(folder) == ["published-1"])
        #expect(try directory.value("SELECT count(*) FROM checkpoints") == 0)
        _ = try store.digest(verifyFiles: true)
    }

    @Test func whatCannotBeRemovedIsTriedAgain() throws {
        let (directory, folder) = try storeWithLeftovers()
        // A directory that holds a directory is not removed: it stands for a disk that refuses.
        try FileManager.default.createDirectory(atPath: folder + "/stuck/inner", withIntermediateDirectories: true)
        try directory.open(.readWrite).close()
        #expect(try names(folder) == ["published-1", "stuck"])
        #expect(try directory.value("SELECT count(*) FROM checkpoints") == 2)
        try FileManager.default.removeItem(atPath: folder + "/stuck/inner")
        try directory.open(.readWrite).close()
        #expect(try names(folder) == ["published-1"])
        #expect(try directory.value("SELECT count(*) FROM checkpoints") == 0)
    }

    @Test func manyRunsLeaveNoFileOpen() async throws {
        let directory = TemporaryDirectory()
        setenv(Self.variable, directory.path + "/store", 1)
        await #expect(processExitsWith: .exitCode(42)) {
            // Another suite of the parent sets it for children of its own.
            unsetenv("FLOWEXP_CRASH_AT")
            let path = ProcessInfo.processInfo.environment["FLOWEXP_TEST_LEFTOVER_STORE"] ?? ""
            let store = try RunStore.open(at: path, mode: .createIfMissing)
            try store.recordSample(60)
            func openFiles() -> Int {
                (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
            }
            var after: [Int] = []
            for number in 0..<60 {
                let claim = try store.claim(number)
                try claim.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
                try claim.publish(Sample.published())
                after.append(openFiles())
            }
            exit(after[59] == after[5] ? 42 : 1)
        }
    }
}

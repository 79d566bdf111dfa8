import Foundation
import RunStorage
import Testing

/// Kills merging, removing, restoring and garbage collection at durable operations. In the suite of the other crash tests,
/// because the number to die at is one variable of the whole process.
extension CrashTests {
    private static let operationVariable = "FLOWEXP_TEST_REARRANGEMENT"
    private static let directoryVariable = "FLOWEXP_TEST_REARRANGEMENT_PATH"

    /// Does one thing to the store in `path`; the store to merge in is in `path`/other.
    static func rearrange(_ operation: String, _ path: String) throws {
        let mode: RunStore.Mode = operation == "gc" ? .exclusive : .readWrite
        let store = try RunStore.open(at: path + "/store", mode: mode)
        switch operation {
        case "merge": try store.merge([try RunStore.open(at: path + "/other", mode: .readOnly)])
        case "rm": _ = try store.moveToTrash(Removal(sweeps: ["a"], runs: [Sample.id(3)]), what: "rm a")
        case "restore": for entry in store.trash() { _ = try store.restore(entry.name) }
        default: _ = try store.collectGarbage(superseded: true)
        }
        try store.close()
    }

    /// The store that an operation begins with.
    private func prepare(_ operation: String) throws -> TemporaryDirectory {
        let directory = try TrashTests.make()
        let manager = FileManager.default
        switch operation {
        case "merge":
            let other = TemporaryDirectory()
            let store = try other.open()
            try store.recordSample(6)
            for number in 3..<6 { try store.claim(number).publish(Sample.published()) }
            try store.saveMetrics(runID: Sample.id(3), metrics: Sample.metrics(1))
            try store.close()
            try manager.moveItem(atPath: other.path + "/store", toPath: directory.path + "/other")
        case "restore": try Self.rearrange("rm", directory.path)
        case "gc":
            let store = try directory.open()
            // Run 3 is listed by no newest revision any more; files of an attempt that nobody names.
            _ = try store.recordRevision(
                sweepName: "b", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}", runs: [Sample.runs(4)[2]])
            try store.close()
            let left = directory.path + "/store/artefacts/\(Sample.id(0))/published-9"
            try manager.createDirectory(atPath: left, withIntermediateDirectories: true)
            for name in ["one.bin", "two.bin"] {
                try Data(name.utf8).write(to: URL(fileURLWithPath: left + "/" + name))
            }
        default: break
        }
        return directory
    }

    /// What an operation ends with; everything that was there is there or in the trash, so that restoring all of it gives the
    /// digest of before.
    private func expectRecovered(_ operation: String, _ directory: TemporaryDirectory, _ comment: Comment) throws {
        do {
            try Self.rearrange(operation, directory.path)
        } catch let error as RunStoreError where error.kind == .noSuchSweep && operation == "rm" {
            // It was removed before the kill.
        }
        let store = try directory.open(.readOnly)
        switch operation {
        case "rm":
            #expect(try store.sweeps().map(\.name) == ["b"], comment)
            #expect(try store.allRecords().map(\.state) == [.completed, .planned], comment)
        case "gc":
            #expect(try store.allRecords().map(\.state) == [.completed, .completed, .completed, .planned], comment)
        default: break
        }
        try store.close()
    }

    @Test(arguments: ["merge", "rm", "restore", "gc"])
    func aKillWhileRunsMoveLosesNothing(operation: String) async throws {
        let whole = try prepare(operation)
        // Restoring what rm and gc took must give the digest of before.
        if operation == "merge" || operation == "restore" { try Self.rearrange(operation, whole.path) }
        let expected = try whole.open(.readOnly).digest(verifyFiles: true)
        let stride = max(Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_CRASH_STRIDE"] ?? "") ?? 23, 1)
        var point = 1 - stride
        var kills = 0
        var survived = false
        while !survived {
            point += stride
            let directory = try prepare(operation)
            setenv(Self.operationVariable, operation, 1)
            setenv(Self.directoryVariable, directory.path, 1)
            setenv("FLOWEXP_CRASH_AT", String(point), 1)
            let result = await #expect(processExitsWith: .failure) {
                let variables = ProcessInfo.processInfo.environment
                try CrashTests.rearrange(
                    variables["FLOWEXP_TEST_REARRANGEMENT"] ?? "", variables["FLOWEXP_TEST_REARRANGEMENT_PATH"] ?? "")
                exit(3)
            }
            unsetenv("FLOWEXP_CRASH_AT")
            survived = result?.exitStatus == .exitCode(3)
            if !survived {
                #expect(result?.exitStatus == .signal(SIGKILL), "\(operation), operation \(point)")
                kills += 1
            }
            let comment: Comment = "\(operation), operation \(point)"
            // Undoing at once, without doing it again first.
            let undone = try directory.copy()
            try Self.rearrange("restore", undone.path)
            if operation != "merge" {
                let store = try undone.open(.readOnly)
                #expect(try store.digest(verifyFiles: true) == expected, comment)
                #expect(store.trash().isEmpty, comment)
                try store.close()
            }
            // Doing it again, then undoing it.
            try expectRecovered(operation, directory, comment)
            try Self.rearrange("restore", directory.path)
            let store = try directory.open()
            #expect(try store.digest(verifyFiles: true) == expected, comment)
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.path + "/tmp").isEmpty, comment)
            try store.close()
        }
        print("\(operation): killed at \(kills) of \(point) durable operations")
        #expect(kills > 2)
    }
}

import Foundation
import RunStorage
import Testing

/// Kills a repair at its durable operations: the same command mends what it left.
@Suite(.serialized) struct RepairCrashTests {
    /// The database gone, a result damaged: everything a repair does is done.
    private static func damaged(_ original: TemporaryDirectory, keepDatabase: Bool) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory(copying: original)
        try directory.damage("artefacts/" + Sample.id(0) + "/published-1/density.json")
        try directory.damage("artefacts/" + Sample.id(1) + "/published-1/record.json")
        try directory.damage("revisions/" + directory.names("revisions")[0])
        if !keepDatabase { try directory.remove("flowexp.sqlite") }
        return directory
    }

    /// FLOWEXP_TEST_CRASH_STRIDE=1 tries every operation; a short version by default.
    @Test(arguments: [true, false]) func aKillAtAnyOperationOfARepairLosesNothing(keepDatabase: Bool) async throws {
        let original = TemporaryDirectory()
        try RepairSample.make(original)
        let reference = try Self.damaged(original, keepDatabase: keepDatabase)
        let redone = try reference.repair().redone
        let expected = try RepairSample.workAgain(reference)
        let stride = max(1, Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_CRASH_STRIDE"] ?? "") ?? 7)
        var operation = 1
        while true {
            let directory = try Self.damaged(original, keepDatabase: keepDatabase)
            setenv("FLOWEXP_TEST_REPAIR_STORE", directory.store, 1)
            setenv("FLOWEXP_CRASH_AT", String(operation), 1)
            let result = await #expect(processExitsWith: .failure) {
                let path = ProcessInfo.processInfo.environment["FLOWEXP_TEST_REPAIR_STORE"] ?? ""
                _ = try RunStore.repair(at: path, busyTimeout: 5)
                exit(3)
            }
            unsetenv("FLOWEXP_CRASH_AT")
            let survived = result?.exitStatus == .exitCode(3)
            if !survived { #expect(result?.exitStatus == .signal(SIGKILL), "operation \(operation)") }
            let again = try directory.repair()
            // Still to be mended, or the kill came after the new database was in place. Without a database, a run whose
            // damaged files were put away already is one that was never run.
            let (found, all) = (again.redone.map(\.runID), redone.map(\.runID))
            #expect(
                !again.isNeeded || (keepDatabase ? found == all : Set(found).isSubset(of: all)),
                "operation \(operation)")
            #expect(try directory.check().isSound, "operation \(operation)")
            #expect(try RepairSample.workAgain(directory) == expected, "operation \(operation)")
            #expect(try directory.check().isSound, "operation \(operation)")
            if survived { break }
            operation += stride
        }
        print("killed repairs at up to operation \(operation)")
        #expect(operation > 20)
    }
}

import Foundation
import RunStorage
import Testing

/// Kills a process at every durable operation in turn and continues its work in another.
@Suite(.serialized) struct CrashTests {
    /// A sweep of two runs, each with two checkpoints, and a third run that fails: everything the store writes.
    static func work(on path: String) throws {
        let store = try RunStore.open(at: path, mode: .createIfMissing)
        try store.recordSample(3)
        try store.recordDeadAttempts()
        for number in 0..<3 {
            guard case .claimed(let claim) = try store.tryBegin(runID: Sample.id(number)) else { continue }
            let step = try claim.loadCheckpoint().checkpoint?.step ?? 0
            for next in [10, 20] where next > step {
                try claim.saveCheckpoint(
                    bytes: Array("state at \(next)".utf8), phase: "training", step: next,
                    history: Sample.history(through: next))
            }
            if number == 2 {
                try claim.fail(code: "diverged", message: "loss is not finite", history: Sample.history(through: 20))
            } else {
                try claim.publish(Sample.published())
            }
        }
        try store.cacheText("1", forKey: "floor")
        try store.close()
    }

    private static let pathVariable = "FLOWEXP_TEST_CRASH_STORE"

    @Test func aKillAtAnyDurableOperationLosesNothing() async throws {
        let reference = TemporaryDirectory()
        try Self.work(on: reference.path + "/store")
        let expected = try reference.open(.readOnly).digest(verifyFiles: true)
        // A short version by default; FLOWEXP_TEST_CRASH_STRIDE=1 tries every operation.
        let stride = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_CRASH_STRIDE"] ?? "") ?? 11
        var operation = 1 - max(stride, 1)
        var kills = 0
        var survived = false
        while !survived {
            operation += max(stride, 1)
            let directory = TemporaryDirectory()
            setenv(Self.pathVariable, directory.path + "/store", 1)
            setenv("FLOWEXP_CRASH_AT", String(operation), 1)
            let result = await #expect(processExitsWith: .failure) {
                // Exits with 3 when the work ends before the N-th operation, so that every outcome is a failure exit.
                let path = ProcessInfo.processInfo.environment["FLOWEXP_TEST_CRASH_STORE"] ?? ""
                try CrashTests.work(on: path)
                exit(3)
            }
            unsetenv("FLOWEXP_CRASH_AT")
            survived = result?.exitStatus == .exitCode(3)
            if !survived {
                #expect(result?.exitStatus == .signal(SIGKILL), "operation \(operation)")
                kills += 1
            }
            // A crash leaves leftovers, never damage; before there is a database there is nothing to check.
            if let check = try? RunStore.check(at: directory.path + "/store") {
                #expect(check.isSound, "operation \(operation): \(check.problems)")
            }
            // Whatever was cut short, the same work again ends in the same store.
            try Self.work(on: directory.path + "/store")
            let store = try directory.open()
            #expect(try store.digest(verifyFiles: true) == expected, "operation \(operation)")
            let states = try store.records(ofRevision: 1).map(\.state)
            #expect(states == [.completed, .completed, .failed], "operation \(operation): \(states)")
            try store.close()
            try expectNoLeftovers(directory, "operation \(operation)")
        }
        print("killed at \(kills) durable operations")
        #expect(operation > 100)
    }

    /// Nothing but what the database names: no temporary file, no checkpoint of a completed run.
    private func expectNoLeftovers(_ directory: TemporaryDirectory, _ comment: Comment) throws {
        let store = directory.path + "/store"
        let manager = FileManager.default
        #expect(try manager.contentsOfDirectory(atPath: store + "/tmp").isEmpty, comment)
        for number in 0..<2 {
            let run = store + "/artefacts/" + Sample.id(number)
            let names = try manager.contentsOfDirectory(atPath: run)
            #expect(names.count == 1 && names[0].hasPrefix("published-"), comment)
        }
    }
}

import Foundation
import RunStorage
import Testing

/// Merging and removing while somebody works on the same store.
@Suite struct ConcurrentRearrangementTests {
    private static let runs = 12

    /// Publishes every run that is free, as a sweep would, until none is left; returns errors other than those of runs that
    /// went.
    private static func work(_ directory: TemporaryDirectory) -> [RunStoreError] {
        var errors: [RunStoreError] = []
        do {
            let store = try directory.open(.readWrite, busyTimeout: 30)
            for number in 0..<runs {
                guard case .claimed(let claim) = try store.tryBegin(runID: Sample.id(number)) else { continue }
                try claim.saveCheckpoint(
                    bytes: [UInt8(number)], phase: "training", step: 10, history: Sample.history(through: 10))
                try claim.publish(Sample.published())
            }
            try store.close()
        } catch {
            if let error = error as? RunStoreError { errors.append(error) }
        }
        return errors
    }

    /// Runs `body` until it no longer says that the store is busy; returns another error.
    private static func insist(_ body: () throws -> Void) -> RunStoreError? {
        for _ in 0..<1000 {
            guard let error = storeError(body) else { return nil }
            if error.exitCode != 75 { return error }
            usleep(2000)
        }
        return RunStoreError(.busy(holders: []), what: "busy for ever", location: "", remedy: "")
    }

    private static func bothAtOnce(
        _ first: @escaping @Sendable () -> [RunStoreError], _ second: @escaping @Sendable () -> [RunStoreError]
    ) async -> [RunStoreError] {
        async let one = first()
        async let two = second()
        return await one + two
    }

    @Test(arguments: 0..<3) func mergingIntoAStoreThatWorksGivesTheSameResults(trial: Int) async throws {
        let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
        for directory in [a, b] { try directory.open().recordSample(Self.runs) }
        #expect(Self.work(b).isEmpty)
        let errors = await Self.bothAtOnce(
            { Self.work(a) },
            {
                let error = Self.insist {
                    let store = try a.open(.readWrite, busyTimeout: 30)
                    try store.merge([try b.open(.readOnly)])
                }
                return error.map { [$0] } ?? []
            })
        #expect(errors.isEmpty)
        #expect(try a.intactDigest() == b.intactDigest())
        // Nobody's attempt was doubled or lost: each run has those of one store or of both.
        let store = try a.open(.readOnly)
        for number in 0..<Self.runs {
            let attempts = try store.attempts(ofRun: Sample.id(number))
            #expect((1...2).contains(attempts.count) && attempts.contains { $0.outcome == "completed" })
        }
    }

    @Test(arguments: 0..<3) func removingAndRestoringWhileSomebodyWorksLosesNothing(trial: Int) async throws {
        let (directory, whole) = (TemporaryDirectory(), TemporaryDirectory())
        for directory in [directory, whole] { try directory.open().recordSample(Self.runs) }
        #expect(Self.work(whole).isEmpty)
        let errors = await Self.bothAtOnce(
            { Self.work(directory) },
            {
                var errors: [RunStoreError] = []
                for number in 0..<Self.runs {
                    let error = Self.insist {
                        let store = try directory.open(.readWrite, busyTimeout: 30)
                        let removal = Removal(runs: [Sample.id(number)])
                        let entry = try store.moveToTrash(removal, what: "rm").entry
                        if let entry, number.isMultiple(of: 2) { _ = try store.restore(entry.name) }
                    }
                    if let error { errors.append(error) }
                }
                return errors
            })
        #expect(errors.isEmpty)
        let store = try directory.open(.readWrite)
        for entry in store.trash() { _ = try store.restore(entry.name) }
        try store.close()
        #expect(Self.work(directory).isEmpty)
        #expect(try directory.intactDigest() == whole.intactDigest())
    }
}

import Foundation
import RunStorage
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    /// Calls `body` on `count` threads of their own (the store blocks, so not on the cooperative pool).
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) -> [any Error] {
        let errors = Mutex<[any Error]>([])
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread.detachNewThread {
                do { try body(index) } catch { errors.withLock { $0.append(error) } }
                group.leave()
            }
        }
        group.wait()
        return errors.withLock { $0 }
    }

    @Test func severalHandlesDoEachRunOnce() throws {
        let directory = TemporaryDirectory()
        try directory.open().recordSample(40)
        let done = Mutex<[String: Int]>([:])
        let errors = onThreads(4) { worker in
            let store = try directory.open(busyTimeout: 60)
            for round in 0..<40 {
                let number = (round * 7 + worker * 10) % 40
                guard case .claimed(let claim) = try store.tryBegin(runID: Sample.id(number)) else { continue }
                try claim.saveCheckpoint(bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
                done.withLock { $0[claim.runID, default: 0] += 1 }
                try claim.publish(Sample.published())
            }
            try store.close()
        }
        #expect(errors.isEmpty, "\(errors)")
        #expect(done.withLock { $0 }.count == 40)
        #expect(done.withLock { $0 }.values.allSatisfy { $0 == 1 })
        let store = try directory.open(.readOnly)
        #expect(try store.records(ofRevision: 1).allSatisfy { $0.integrity == .verified && $0.attempts == 1 })
    }

    @Test func severalProcessesMayCreateAStoreAtOnce() throws {
        let directory = TemporaryDirectory()
        let errors = onThreads(6) { _ in
            let store = try directory.open(busyTimeout: 60)
            try store.recordSample(10)
            try store.close()
        }
        #expect(errors.isEmpty, "\(errors)")
        #expect(try directory.open(.readOnly).newestRevision(ofSweep: "demo").number == 1)
    }

    @Test func aReaderSeesNoHalfPublishedRun() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(30)
        let finished = Mutex(false)
        let errors = onThreads(2) { role in
            if role == 0 {
                defer { finished.withLock { $0 = true } }
                for number in 0..<30 { try store.claim(number).publish(Sample.published()) }
                return
            }
            let reader = try directory.open(.readOnly, busyTimeout: 60)
            while !finished.withLock({ $0 }) {
                for record in try reader.records(ofRevision: 1) {
                    if case .corrupt(let reason) = record.integrity { Issue.record("read \(reason)") }
                    if record.state == .completed { #expect(record.metrics.count == 2) }
                    // No attempt dies here, so nothing may ever look interrupted.
                    #expect(record.state != .interrupted)
                }
            }
        }
        #expect(errors.isEmpty, "\(errors)")
    }

    @Test func aLockedDatabaseIsBusyAfterTheTimeout() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open(busyTimeout: 0.3)
        try store.recordSample(1)
        let locker = try LockedDatabase(path: directory.database)
        let start = ContinuousClock.now
        let error = storeError { try store.recordSample(2) }
        #expect(error?.exitCode == 75)
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        try locker.unlock()
        try store.recordSample(2)
    }

    @Test func aBusyDatabaseIsWaitedFor() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open(busyTimeout: 30)
        let locker = try LockedDatabase(path: directory.database)
        let errors = onThreads(2) { role in
            if role == 0 {
                usleep(300_000)
                try locker.unlock()
            } else {
                try store.recordSample(2)
            }
        }
        #expect(errors.isEmpty, "\(errors)")
        #expect(try store.newestRevision(ofSweep: "demo").number == 1)
    }

    #if os(Linux)
        /// A process that is being started has, between its fork and its exec, a copy of every descriptor.
        @Test func aReleasedLockIsFreeWhateverCopiesOfItThereAre() throws {
            let directory = TemporaryDirectory()
            let store = try directory.open()
            try store.recordSample(1)
            let claim = try store.claim(0)
            let lock = directory.path + "/store/locks/" + Sample.id(0)
            var copies: [Int32] = []
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                guard let descriptor = Int32(name),
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
                else { continue }
                if target == lock { copies.append(dup(descriptor)) }
            }
            defer { for copy in copies { close(copy) } }
            #expect(!copies.isEmpty)
            #expect(try store.isHeld(runID: Sample.id(0)))
            claim.release()
            #expect(try !store.isHeld(runID: Sample.id(0)))
            try store.claim(0).publish(Sample.published())
        }
    #endif
}

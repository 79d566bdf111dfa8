import Foundation
import GRDB
import RunStorage

/// A store with one of everything, and ways to harm copies of it.
enum RepairSample {
    /// Two completed runs (one with a metric added later), a failed one, one with two checkpoints, one planned.
    static func make(_ directory: TemporaryDirectory) throws {
        let store = try directory.open()
        try store.recordSample(5, sweep: "demo")
        try finish(store, through: 3)
        try store.recordSample(2, sweep: "little; \"sweep\"/..")
        try store.saveMetrics(
            runID: Sample.id(1),
            metrics: [MetricRecord(name: "late", parametersJSON: "{}", version: 1, value: 7, direction: "lower")])
        let claim = try store.claim(3)
        for step in [10, 20] {
            try claim.saveCheckpoint(
                bytes: Array("state at \(step)".utf8), phase: "training", step: step,
                history: Sample.history(through: step))
        }
        try claim.interrupted()
        try store.close()
    }

    /// Does what is left of the first `count` runs; the third of them fails. What is done once is done the same again.
    static func finish(_ store: RunStore, through count: Int) throws {
        try store.recordDeadAttempts()
        for number in 0..<count {
            guard case .claimed(let claim) = try store.tryBegin(runID: Sample.id(number)) else { continue }
            _ = try claim.loadCheckpoint()
            if number == 2 {
                try claim.fail(code: "diverged", message: "loss is not finite", history: Sample.history(through: 20))
            } else {
                try claim.publish(Sample.published(Double(number) / 4))
            }
        }
    }

    /// Records both sweeps and does every run, as `sweep` and `evaluate` would after a repair; returns the digest.
    static func workAgain(_ directory: TemporaryDirectory) throws -> String {
        let store = try directory.open()
        try store.recordSample(5, sweep: "demo")
        try store.recordSample(2, sweep: "little; \"sweep\"/..")
        try finish(store, through: 5)
        try store.saveMetrics(
            runID: Sample.id(1),
            metrics: [MetricRecord(name: "late", parametersJSON: "{}", version: 1, value: 7, direction: "lower")])
        let digest = try store.digest(verifyFiles: true)
        try store.close()
        return digest
    }
}

extension TemporaryDirectory {
    var store: String { path + "/store" }

    /// A copy of another store.
    convenience init(copying other: TemporaryDirectory, inMemory: Bool = false) throws {
        self.init(inMemory: inMemory)
        try FileManager.default.copyItem(atPath: other.store, toPath: store)
    }

    func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: store + "/" + relative) }

    func names(_ relative: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: store + "/" + relative)) ?? []).sorted()
    }

    /// Changes one byte in the middle of a file.
    func damage(_ relative: String) throws {
        let url = URL(fileURLWithPath: store + "/" + relative)
        var data = try Data(contentsOf: url)
        data[data.count / 2] ^= 1
        try data.write(to: url)
    }

    func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: store + "/" + relative) }

    func digest() throws -> String {
        let store = try open(.readOnly)
        defer { try? store.close() }
        return try store.digest(verifyFiles: true)
    }

    func check(quick: Bool = false) throws -> StoreCheck { try RunStore.check(at: store, quick: quick, busyTimeout: 5) }

    @discardableResult
    func repair(dryRun: Bool = false) throws -> StoreRepair {
        try RunStore.repair(at: store, dryRun: dryRun, busyTimeout: 5)
    }
}

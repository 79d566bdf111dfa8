import Foundation
import RunStorage

/// Stores that hold random parts of one truth, so that any of them may be merged.
struct RandomStores {
    private var generator: Numbers
    static let runs = 6

    init(seed: UInt64) { generator = Numbers(state: seed) }

    /// SplitMix64 (Steele, Lea & Flood 2014), so that a failing case can be repeated.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    /// What run `number` gives, wherever it is trained: run 4 diverges, the others complete. The seconds differ each time.
    static func result(_ number: Int, metrics: Set<Int>) -> PublishedRecord {
        var record = Sample.published(Double(number) + 0.5)
        record.metrics = metrics.sorted().map { metric in
            MetricRecord(
                name: "m\(metric % 2)", parametersJSON: #"{"n":\#(metric / 2)}"#, version: 1,
                value: metric == 3 ? nil : Double(number * 10 + metric), reason: metric == 3 ? "none" : nil,
                direction: "lower")
        }
        return record
    }

    /// Makes a store with sweeps of random parts of the runs, and each run as far as chance has it.
    mutating func make() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        for sweep in ["a", "b"].shuffled(using: &generator) where Bool.random(using: &generator) || sweep == "a" {
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let chosen = Sample.runs(Self.runs).filter { _ in Bool.random(using: &generator) }
                _ = try store.recordRevision(
                    sweepName: sweep, specBytes: Array("spec of \(chosen.count)".utf8), resolvedSpecJSON: "{}",
                    evaluationJSON: "{}", runs: chosen)
            }
        }
        for id in try store.allRecords().map(\.id) {
            guard let number = (0..<Self.runs).first(where: { Sample.id($0) == id }) else { continue }
            try advance(number, in: store)
        }
        try store.close()
        return directory
    }

    private mutating func advance(_ number: Int, in store: RunStore) throws {
        let fate = Int.random(in: 0..<6, using: &generator)
        if fate == 0 { return }
        for _ in 0..<Int.random(in: 0...2, using: &generator) { try store.claim(number).release() }
        let claim = try store.claim(number)
        claim.note("an attempt")
        let step = 10 * Int.random(in: 1...4, using: &generator)
        try claim.saveCheckpoint(
            bytes: Array("state \(number) at \(step)".utf8), phase: "training", step: step,
            history: Sample.history(through: step))
        switch fate {
        case 1: claim.release()
        case 2: try claim.interrupted()
        case 3: try claim.fail(code: "timeout", message: "too long", history: Sample.history(through: step))
        default:
            if number == 4 {
                try claim.fail(code: "diverged", message: "not finite", history: Sample.history(through: 40))
            } else {
                try claim.publish(Self.result(number, metrics: []))
                let metrics = Set((0..<4).filter { _ in Bool.random(using: &generator) })
                try store.saveMetrics(
                    runID: Sample.id(number), metrics: Self.result(number, metrics: metrics).metrics)
            }
        }
    }
}

extension TemporaryDirectory {
    /// Another directory with the same store.
    func copy() throws -> TemporaryDirectory {
        let other = TemporaryDirectory()
        try FileManager.default.copyItem(atPath: path + "/store", toPath: other.path + "/store")
        return other
    }

    /// A copy of this store with the others merged in, one after the other.
    func merged(_ others: TemporaryDirectory...) throws -> TemporaryDirectory {
        let target = try copy()
        for other in others {
            let store = try target.open(.readWrite)
            let source = try other.open(.readOnly)
            try store.merge([source])
            try source.close()
            try store.close()
        }
        return target
    }

    /// The digest, every file verified. Also requires that nothing lies about that no row names.
    func intactDigest() throws -> String {
        let store = try open(.exclusive)
        defer { try? store.close() }
        guard try store.garbage().isEmpty else {
            throw RunStoreError(.corrupt, what: "leftovers \(try store.garbage())", location: path, remedy: "")
        }
        return try store.digest(verifyFiles: true)
    }

    /// Every file below the store with its content's hash value, without lock files.
    func snapshot() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path + "/store") {
            if name.hasSuffix(".lock") || name.hasPrefix("locks/") { continue }
            if let bytes = FileManager.default.contents(atPath: path + "/store/" + name) { files[name] = bytes }
        }
        return files
    }
}

import Foundation
import GRDB
import RunStorage

/// A directory that goes away when the tests end.
///
/// Not in a deinit: an object may die right after its last use, and the store would lose its files under its feet.
final class TemporaryDirectory: Sendable {
    private static let root: String = {
        let root = FileManager.default.temporaryDirectory.path + "/flowexp-store-tests-\(getpid())"
        atexit { try? FileManager.default.removeItem(atPath: TemporaryDirectory.root) }
        return root
    }()

    /// In memory where the system has such a place: for tests whose time would go into flushing to the disk.
    private static let memoryRoot: String = {
        let root = "/dev/shm/flowexp-store-tests-\(getpid())"
        guard access("/dev/shm", W_OK) == 0 else { return TemporaryDirectory.root }
        atexit { try? FileManager.default.removeItem(atPath: TemporaryDirectory.memoryRoot) }
        return root
    }()

    let path: String

    init(inMemory: Bool = false) {
        path = (inMemory ? Self.memoryRoot : Self.root) + "/" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func open(_ mode: RunStore.Mode = .createIfMissing, busyTimeout: Double = 5) throws -> RunStore {
        try RunStore.open(at: path + "/store", mode: mode, busyTimeout: busyTimeout)
    }

    var database: String { path + "/store/flowexp.sqlite" }

    /// Changes the database behind the store's back, as a damaged disk would. Close the store first or not: it is a
    /// committed transaction of another connection.
    func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: database, configuration: configuration)
        try queue.write { try $0.execute(sql: sql, arguments: arguments) }
        try queue.close()
    }

    func value(_ sql: String) throws -> Int {
        let queue = try DatabaseQueue(path: database)
        defer { try? queue.close() }
        return try queue.read { try Int.fetchOne($0, sql: sql) ?? -1 }
    }
}

/// Deterministic records for tests.
enum Sample {
    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 63 - digits.count) + digits + "f"
    }

    static func runs(_ count: Int) -> [PlannedRun] {
        (0..<count).map { number in
            PlannedRun(
                id: id(number), configurationJSON: #"{"base":{"name":"gmm"},"seed":\#(number)}"#,
                axesJSON: #"{"seed":\#(number)}"#)
        }
    }

    static func history(through step: Int, offset: Double = 0) -> [HistoryRecord] {
        stride(from: 0, through: step, by: 10).map { step in
            HistoryRecord(
                step: step, loss: 3 - Double(step) / 100 + offset, validationLoss: step.isMultiple(of: 20) ? 0.5 : nil,
                gradientNorm: 1.5, learningRate: 1e-3, effectiveSampleSize: 99.5, likelihoodEvaluations: step * 512,
                nonfiniteBatches: 0, seconds: Double.random(in: 0...1))
        }
    }

    static func metrics(_ value: Double = 0.25) -> [MetricRecord] {
        [
            MetricRecord(
                name: "mmd", parametersJSON: #"{"n":100}"#, version: 1, value: value, standardError: 0.01,
                sampleSizes: [100, 100], direction: "lower",
                floor: MetricFloorRecord(mean: 0, standardDeviation: 0.002, repetitions: 20), detailsJSON: "{}"),
            MetricRecord(
                name: "energy", parametersJSON: "{}", version: 2, value: nil, reason: "weights underflowed",
                sampleSizes: [], direction: "lower"),
        ]
    }

    static func published(_ value: Double = 0.25) -> PublishedRecord {
        PublishedRecord(
            metrics: metrics(value), history: history(through: 40),
            artefacts: [
                PublishedArtefact(
                    name: "parameters.safetensors", bytes: Array("weights \(value)".utf8),
                    tensors: [
                        ArtefactTensor(
                            name: "layer0.weight", dtype: "F32", shape: [4, 8],
                            sha256: String(repeating: "ab", count: 32)),
                        ArtefactTensor(
                            name: "base.mean", dtype: "F32", shape: [], sha256: String(repeating: "cd", count: 32)),
                    ]),
                PublishedArtefact(name: "density.json", bytes: Array("[1,2]".utf8)),
            ],
            summaryJSON: #"{"bestStep":40}"#, timingsJSON: #"{"training":\#(Double.random(in: 0...1))}"#)
    }
}

extension RunStore {
    /// Records a sweep of `count` runs.
    @discardableResult
    func recordSample(_ count: Int, sweep: String = "demo", evaluation: String = "{}") throws -> RevisionChange {
        try recordRevision(
            sweepName: sweep, specBytes: Array("{ /* \(count) */ }".utf8), resolvedSpecJSON: "{}",
            evaluationJSON: evaluation, runs: Sample.runs(count))
    }

    /// Begins a run that must be free.
    func claim(_ number: Int) throws -> RunClaim {
        guard case .claimed(let claim) = try tryBegin(runID: Sample.id(number)) else {
            throw RunStoreError(.wrongState, what: "not claimed", location: "test", remedy: "")
        }
        return claim
    }
}

/// The error `body` throws, nil when it throws none or another type.
func storeError(_ body: () throws -> Void) -> RunStoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RunStoreError
    }
}

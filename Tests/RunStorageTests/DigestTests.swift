import Foundation
import RunStorage
import Testing

@Suite struct DigestTests {
    @Test func orderAttemptsAndTimingsDoNotMatter() throws {
        var digests: [String] = []
        for order in [[0, 1, 2], [2, 0, 1]] {
            let directory = TemporaryDirectory()
            let store = try directory.open()
            try store.recordSample(order == [0, 1, 2] ? 3 : 5)
            for number in order {
                if number == 1 && order[0] == 2 {
                    let claim = try store.claim(number)
                    try claim.saveCheckpoint(
                        bytes: [1], phase: "training", step: 10, history: Sample.history(through: 10))
                    claim.release()
                }
                let claim = try store.claim(number)
                if number == 2 {
                    try claim.fail(code: "diverged", message: "by \(order)", history: Sample.history(through: 10))
                } else {
                    try claim.publish(Sample.published())
                }
            }
            digests.append(try store.digest(verifyFiles: true))
        }
        #expect(digests[0] == digests[1])
        #expect(digests[0].count == 64)
    }

    @Test func everyResultMatters() throws {
        var digests: Set<String> = []
        let changes: [(inout PublishedRecord) -> Void] = [
            { _ in },
            { $0.metrics[0].value = 0.2500000001 },
            { $0.metrics[0].value = nil },
            { $0.metrics[1].reason = "another" },
            { $0.metrics[0].standardError = nil },
            { $0.metrics[0].floor = nil },
            { $0.metrics[0].sampleSizes = [100, 101] },
            { $0.metrics[0].detailsJSON = #"{"a":1}"# },
            { $0.metrics.removeLast() },
            { $0.history[1].loss += 1e-12 },
            { $0.history[1].validationLoss = 0 },
            { $0.history.removeLast() },
            { $0.artefacts[0].tensors[0].shape = [8, 4] },
            { $0.artefacts[0].tensors[0].dtype = "F64" },
            { $0.artefacts[0].tensors[0].sha256 = String(repeating: "00", count: 32) },
        ]
        for change in changes {
            let directory = TemporaryDirectory()
            let store = try directory.open()
            try store.recordSample(1)
            var record = Sample.published()
            change(&record)
            try store.claim(0).publish(record)
            digests.insert(try store.digest())
        }
        #expect(digests.count == changes.count)
    }

    @Test func onlyTerminalAndDeterministicRunsCount() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(4)
        let empty = try store.digest()
        // SHA-256 of the 8-byte length 22 and the 22 bytes "flowexp.store-digest/1" (Python's hashlib).
        #expect(empty == "7d093ba2128f4fe273d96394ccff5498197b7ff7496594b890d4c01e72a0c0e1")
        try store.claim(0).fail(code: "timeout", message: "", history: [])
        try store.claim(1).interrupted()
        #expect(try store.digest() == empty)
        try store.claim(2).fail(code: "diverged", message: "", history: [])
        #expect(try store.digest() != empty)
    }

    @Test func tensorsAreComparedWhenAsked() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(1)
        let record = Sample.published()
        try store.claim(0).publish(record)
        let digest = try store.digest()
        #expect(try store.digest(verifyFiles: true) { _, _ in record.artefacts[0].tensors } == digest)
        let error = storeError { _ = try store.digest(verifyFiles: true) { _, _ in [] } }
        #expect(error?.kind == .corrupt)
    }

    /// The bytes of one whole run, built by hand from docs/store.md by Tests/Oracles/store_digest.py.
    @Test func theDefinitionIsTheDocumentedOne() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        _ = try store.recordRevision(
            sweepName: "s", specBytes: [], resolvedSpecJSON: "{}", evaluationJSON: "{}",
            runs: [PlannedRun(id: "0a", configurationJSON: #"{"seed":0}"#, axesJSON: "{}")])
        guard case .claimed(let claim) = try store.tryBegin(runID: "0a") else {
            Issue.record("not claimed")
            return
        }
        try claim.publish(
            PublishedRecord(
                metrics: [
                    MetricRecord(
                        name: "mmd", parametersJSON: "{}", version: 1, value: 0.5, standardError: nil,
                        sampleSizes: [10, 20], direction: "lower",
                        floor: MetricFloorRecord(mean: 0.25, standardDeviation: 0.125, repetitions: 3),
                        detailsJSON: "{}")
                ],
                history: [
                    HistoryRecord(
                        step: 5, loss: .nan, validationLoss: -1.5, gradientNorm: 2, learningRate: 0.001,
                        effectiveSampleSize: 8, likelihoodEvaluations: 100, nonfiniteBatches: 1, seconds: 9)
                ],
                artefacts: [
                    PublishedArtefact(
                        name: "parameters.safetensors", bytes: [1],
                        tensors: [
                            ArtefactTensor(
                                name: "w", dtype: "F32", shape: [2, 3], sha256: String(repeating: "ab", count: 32))
                        ])
                ], summaryJSON: "{}", timingsJSON: "{}"))
        #expect(try store.digest() == "6616cbc0771bdedc643066c1c1427231ebc04bc3a8978c21746f90e0760978b4")
    }
}

/// Compares copied records with their stored hashes, outside any transaction but for lists that two connections read.
extension RecordReader.StoredRun {
    /// The record with ``RunRecord/integrity`` set, which covers what was read. The hashes of history, artefacts and of
    /// metrics that were not read enter as stored: who prints those verifies them too.
    func verified() -> RunRecord {
        var record = record
        record.integrity = integrity
        if case .corrupt = record.integrity { return record }
        if let doubt { record.integrity = .corrupt(reason: doubt) }
        return record
    }

    fileprivate var isIntact: Bool {
        if case .corrupt = integrity { return false }
        return true
    }

    private var integrity: RecordIntegrity {
        if let damage { return .corrupt(reason: damage) }
        guard storedState.isTerminal else {
            if hashes != nil { return .corrupt(reason: "a published record is not marked as completed or failed") }
            return !hasMetrics ? .notPublished : .corrupt(reason: "an unpublished run has metrics")
        }
        guard let hashes else { return .corrupt(reason: "the record has no hash") }
        if let metrics, metrics != hashes.metrics {
            return .corrupt(reason: "the metrics changed since they were published")
        }
        guard fits ?? fitsItsHash else { return .corrupt(reason: "the record changed since it was published") }
        return .verified
    }

    /// Whether it is published and its own hash is right, with the parts' hashes given.
    var fitsItsHash: Bool {
        guard storedState.isTerminal, let hashes else { return false }
        return RecordHash.record(hashed(hashes)) == hashes.record
    }

    /// What the record's own hash covers, with the parts' hashes given.
    func hashed(_ hashes: RecordReader.Hashes) -> RecordHash.Record {
        RecordHash.Record(
            id: record.id, configurationJSON: record.configurationJSON, state: storedState,
            failureCode: record.failureCode, failureMessage: record.failureMessage, summaryJSON: record.summaryJSON,
            timingsJSON: record.timingsJSON, metrics: hashes.metrics, history: hashes.history,
            artefacts: hashes.artefacts)
    }
}

extension RecordReader.Copy {
    /// The verified records; throws `.corrupt` when the list of runs itself changed.
    func verified(path: String) throws -> [RunRecord] {
        // A halved copy is intact.
        if let expansion, !isHalved, !isExpansionIntact {
            throw RunStoreError(
                .corrupt, what: "the list of runs changed since it was recorded",
                location: "\(path), revision \(expansion.revisionID)",
                remedy: "Run `flowexp store repair`, or `flowexp sweep` with the spec again, which records it anew.")
        }
        return runs.map { $0.verified() }
    }

    /// Whether nothing in it is damaged.
    var isIntact: Bool { runs.allSatisfy(\.isIntact) && isExpansionIntact }

    private var isExpansionIntact: Bool {
        guard let expansion else { return true }
        let hash = RevisionHash.expansion(
            evaluationJSON: expansion.evaluationJSON, runs: runs.map { ($0.record.id, $0.record.axesJSON) })
        return hash == expansion.hash
    }
}

import Crypto
import Foundation
import GRDB

/// The digest of a store's content.
extension RunStore {
    /// Failure codes that the same configuration always reproduces.
    static let deterministicFailures: Set<String> = ["diverged", "error"]

    /// SHA-256 over the terminal runs, 64 lower-case hexadecimal digits.
    ///
    /// It depends on results only: two stores that hold the same results have the same digest whatever order, number of
    /// attempts, host or time made them. docs/store.md gives it byte by byte. Every record is verified on the way.
    ///
    /// - `verifyFiles`: re-read every artefact and check its SHA-256.
    /// - `tensorsOf`: with it, the tensors it finds in an artefact that has recorded ones must equal those.
    /// - Throws: `.corrupt` naming the run and what changed; what the closure throws.
    public func digest(
        verifyFiles: Bool = false,
        tensorsOf: ((_ artefactName: String, _ bytes: [UInt8]) throws -> [ArtefactTensor])? = nil
    ) throws -> String {
        let runs = try digestedRuns()
        var hash = SHA256()
        var encoder = ByteEncoder(capacity: 65536)
        encoder.text("flowexp.store-digest/1")
        for run in runs {
            let record = try checked(run)
            guard Self.isDigested(record) else { continue }
            Self.encode(record, history: run.history, artefacts: run.artefacts, into: &encoder)
            hash.update(data: encoder.bytes)
            encoder.removeAll()
        }
        hash.update(data: encoder.bytes)
        if verifyFiles {
            for (id, artefact) in runs.flatMap({ run in run.artefacts.map { (run.stored.record.id, $0) } }) {
                let bytes = try load(artefact, ofRun: id)
                guard let tensorsOf, !artefact.tensors.isEmpty else { continue }
                guard try tensorsOf(artefact.name, bytes).storable == artefact.tensors else {
                    throw damagedRun(id, "the tensors in \(artefact.path) are not those recorded")
                }
            }
        }
        return Hashing.hexadecimal(Array(hash.finalize()))
    }

    private struct DigestedRun {
        var stored: RecordReader.StoredRun
        var history: [HistoryRecord]
        var artefacts: [ArtefactRecord]
    }

    /// The terminal runs by id, copied in one transaction so that the digest is of one moment.
    private func digestedRuns() throws -> [DigestedRun] {
        try database.read { database in
            let runs = try RecordReader(database: database, path: self.path).copy(.all).runs
            return try runs.compactMap { run in
                // A damaged record must stop the digest even where its state leaves it out.
                guard Self.isDigested(run.record) || run.hashes != nil || run.damage != nil else { return nil }
                return DigestedRun(
                    stored: run, history: try Self.historyRows(database, key: run.key),
                    artefacts: try Self.artefactRows(database, key: run.key))
            }
        }
    }

    /// The record, its parts verified; throws `.corrupt`.
    private func checked(_ run: DigestedRun) throws -> RunRecord {
        let record = run.stored.verified()
        if case .corrupt(let reason) = record.integrity { throw damagedRun(record.id, reason) }
        guard let hashes = run.stored.hashes, RecordHash.history(run.history) == hashes.history else {
            throw damagedRun(record.id, "the history changed since it was published")
        }
        guard RecordHash.artefacts(run.artefacts) == hashes.artefacts else {
            throw damagedRun(record.id, "the list of artefacts changed since it was published")
        }
        return record
    }

    private static func isDigested(_ record: RunRecord) -> Bool {
        switch record.state {
        case .completed: return true
        case .failed: return deterministicFailures.contains(record.failureCode ?? "")
        default: return false
        }
    }

    private static func encode(
        _ record: RunRecord, history: [HistoryRecord], artefacts: [ArtefactRecord], into encoder: inout ByteEncoder
    ) {
        encoder.text(record.id)
        encoder.text(record.configurationJSON)
        encoder.text(record.state.rawValue)
        encoder.text(record.failureCode ?? "")
        RecordHash.encode(record.metrics, into: &encoder)
        RecordHash.encode(history, withTimings: false, into: &encoder)
        let tensors = artefacts.filter { !$0.tensors.isEmpty }
        encoder.integer(tensors.count)
        for artefact in tensors {
            encoder.text(artefact.name)
            encoder.integer(artefact.tensors.count)
            for tensor in artefact.tensors { RecordHash.encode(tensor, into: &encoder) }
        }
    }
}

import Foundation
import GRDB

/// What changes of a run whenever anybody works on it: taken when a change is planned and compared in the transaction
/// that makes it, so that neither locks for thousands of runs nor luck is needed.
struct RunFingerprint: Equatable {
    private var values: [DatabaseValue]

    /// nil when the store does not know the run.
    static func read(_ database: Database, id: String) throws -> RunFingerprint? {
        try database.first(
            """
            SELECT state, fence, record_sha256,
                (SELECT max(sequence) FROM checkpoints WHERE checkpoints.run_key = run_records.run_key)
            FROM run_records WHERE id = ?
            """, [id]
        ) { RunFingerprint(values: Array($0.databaseValues)) }
    }
}

extension RunStore {
    /// Somebody worked on a run between the look at it and the transaction.
    func changedMeanwhile(_ id: String) -> RunStoreError {
        RunStoreError(
            .busy(holders: []), what: "run \(id) changed while it was being looked at", location: path,
            remedy: "Run the same command again when nobody works on it.")
    }

    /// Throws `.busy` when an attempt holds one of the runs; `what` is what cannot be done, a participle.
    func requireFree(_ ids: some Sequence<String>, toBe what: String) throws {
        for id in ids where try FileLock.isHeld(layout.lock(ofRun: id)) { throw isHeld(id, toBe: what) }
    }

    /// Keeps attempts at these runs, at most some dozens because open files are limited, from beginning while `body` puts
    /// files where they would. Throws `.busy` when an attempt holds one of them.
    func holding<Value>(_ ids: some Sequence<String>, toBe what: String, _ body: () throws -> Value) throws -> Value {
        var locks: [FileLock] = []
        defer { for lock in locks { lock.release() } }
        for id in ids {
            guard let lock = try FileLock.take(layout.lock(ofRun: id), exclusive: true) else {
                throw isHeld(id, toBe: what)
            }
            locks.append(lock)
        }
        return try body()
    }

    private func isHeld(_ id: String, toBe what: String) -> RunStoreError {
        let holders = FileHolders.describe(layout.lock(ofRun: id))
        return RunStoreError(
            .busy(holders: holders),
            what: "run \(id) is being worked on" + (holders.isEmpty ? "" : " by " + holders.joined(separator: ", "))
                + " and cannot be \(what)",
            location: path, remedy: "Wait for it or stop its sweep (Ctrl-C), then run the same command again.")
    }

    /// Removes the files of runs that their rows no longer name.
    ///
    /// A run that somebody holds by now is left alone: beginning an attempt removes leftovers too. Without that, a crash
    /// before this leaves files to the next attempt or to garbage collection.
    func removeUnnamedFiles(ofRuns ids: some Sequence<String>) throws {
        for id in ids {
            guard SystemCalls.exists(layout.absolute(layout.directory(ofRun: id))),
                let lock = try FileLock.take(layout.lock(ofRun: id), exclusive: true)
            else { continue }
            defer { lock.release() }
            let named = try database.read { try NamedFiles.read($0, run: id) }
            files.removeLeftovers(ofRun: id, keep: named.entries)
            rmdir(layout.absolute(layout.directory(ofRun: id)))
        }
    }
}

import Foundation
import GRDB

/// Removing into the trash.
extension RunStore {
    /// What removing would do. Throws `.noSuchSweep`, `.noSuchRun`.
    public func planRemoval(_ removal: Removal) throws -> RemovalPlan {
        try database.read { try RemovalPlan.make($0, removal, in: self) }
    }

    /// The trash's entries, oldest first.
    public func trash() -> [TrashEntry] { TrashDirectory(layout: layout).entries() }

    /// Bytes of the files in the directories of runs.
    public func bytes(ofRuns ids: [String]) -> (files: Int, bytes: Int) {
        var total = (files: 0, bytes: 0)
        for id in ids where (try? StoreLayout.check(runID: id)) != nil {
            for file in DurableFiles.regularFiles(below: layout.absolute(layout.directory(ofRun: id))) {
                total.files += 1
                total.bytes += file.size
            }
        }
        return total
    }

    /// Moves sweeps and results of runs into a new trash entry; nil when nothing goes.
    ///
    /// Copies first (files as further names of the same files where possible), durably; then one transaction deletes; then the
    /// files go. Whatever is damaged is moved as it is. `what` describes the removal for people. Throws `.busy` when an
    /// attempt holds one of the runs or the store changed meanwhile; then nothing is removed.
    public func moveToTrash(_ removal: Removal, what: String) throws -> (plan: RemovalPlan, entry: TrashEntry?) {
        let lock = try rearrangementLock()
        defer { lock.release() }
        return try moveToTrashHeld(removal, what: what)
    }

    /// The same for who holds the rearrangement lock.
    func moveToTrashHeld(_ removal: Removal, what: String) throws -> (plan: RemovalPlan, entry: TrashEntry?) {
        let directory = TrashDirectory(layout: layout)
        directory.removeLeftovers()
        let plan = try planRemoval(removal)
        if plan.isEmpty { return (plan, nil) }
        try requireFree(plan.changedRuns, toBe: "removed")
        var entry = TrashEntry(
            name: directory.freshName(), what: what, sweeps: plan.sweeps.map(\.name), runs: plan.changedRuns.count)
        let removed = Set(plan.sweeps.map(\.name))
        let revisionFiles = try revisionsBySweep().joined().filter { removed.contains($0.sweepName) }.map(\.filePath)
        let making = try directory.begin()
        let fingerprints: [String: RunFingerprint]
        do {
            fingerprints = try copy(plan, to: making, entry: &entry)
            try directory.finish(making, entry)
        } catch {
            DurableFiles.removeTree(making)
            throw error
        }
        do {
            try database.write { database in
                guard try RemovalPlan.make(database, removal, in: self) == plan else {
                    throw self.changedMeanwhile(plan.changedRuns.first ?? "")
                }
                for id in plan.changedRuns
                where try RunFingerprint.read(database, id: id) != fingerprints[id] {
                    throw self.changedMeanwhile(id)
                }
                try self.requireFree(plan.changedRuns, toBe: "removed")
                try plan.carryOut(database)
            }
        } catch let error as RunStoreError {
            // Refused before the COMMIT: the entry is only a copy. After any other error it stays, because a COMMIT that failed
            // need not have failed to reach the disk; restoring an entry whose runs are there changes nothing.
            if case .busy = error.kind { try? directory.delete(entry.name) }
            throw error
        }
        for path in revisionFiles { SystemCalls.removeLeftover(layout.absolute(path)) }
        try removeUnnamedFiles(ofRuns: plan.changedRuns)
        return (plan, entry)
    }

    /// Copies what goes into a new store; returns the runs as they were when they were copied.
    private func copy(
        _ plan: RemovalPlan, to making: String, entry: inout TrashEntry
    ) throws -> [String: RunFingerprint] {
        let store = try RunStore.open(at: making, mode: .createIfMissing, busyTimeout: busyTimeout)
        var fingerprints: [String: RunFingerprint] = [:]
        let ids = plan.changedRuns
        for start in stride(from: 0, to: ids.count, by: 64) {
            var copies: [RunCopy] = []
            for id in ids[start..<min(start + 64, ids.count)] {
                let (copy, fingerprint) = try database.read {
                    (try RunCopy($0, id: id), try RunFingerprint.read($0, id: id))
                }
                guard let copy, let fingerprint else { throw changedMeanwhile(id) }
                fingerprints[id] = fingerprint
                copies.append(copy)
                guard (try? StoreLayout.check(runID: id)) != nil else { continue }
                let moved = try store.files.linkDirectory(
                    layout.absolute(layout.directory(ofRun: id)), to: layout.directory(ofRun: id))
                entry.files += moved.files
                entry.bytes += moved.bytes
            }
            try store.database.write { database in for copy in copies { try copy.insert(database) } }
        }
        try copySweeps(plan, to: store)
        try store.close()
        return fingerprints
    }

    private func copySweeps(_ plan: RemovalPlan, to store: RunStore) throws {
        let names = Set(plan.sweeps.map(\.name))
        let sweeps = try revisionsBySweep().filter { names.contains($0.first?.sweepName ?? "") }
        // Runs that stay here are named by the revisions too.
        let kept = try database.read { database in
            try plan.keptRuns.map { id in
                (
                    id: id,
                    configurationJSON: try database.first(
                        "SELECT configuration FROM run_records WHERE id = ?", [id]
                    ) { try $0.text(0) } ?? ""
                )
            }
        }
        try store.database.write { database in
            for run in kept {
                try RunCopy.insertPlanned(database, id: run.id, configurationJSON: run.configurationJSON)
            }
            for sweep in sweeps {
                _ = try sweep.addMissing(to: database, files: store.files) { try store.nextRunOrder(database) }
            }
        }
    }
}

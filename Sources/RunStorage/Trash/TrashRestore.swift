import Foundation
import GRDB

/// What restoring a trash entry brought back.
public struct RestoreSummary: Sendable, Equatable {
    /// Runs and sweeps, as after a merge.
    public var merge: MergeSummary
    /// Files that no run names, put back where they lay.
    public var looseFiles = 0
    /// Such files for which there is another file now; they stay in the entry, which is kept.
    public var keptLooseFiles: [String] = []
}

extension RunStore {
    /// The entry with this name, or with the one name that begins so. Throws `.noSuchRun`.
    public func trashEntry(_ name: String) throws -> TrashEntry {
        let entries = trash()
        let fitting = entries.filter { $0.name.hasPrefix(name) && !name.isEmpty }
        if let exact = fitting.first(where: { $0.name == name }) ?? (fitting.count == 1 ? fitting[0] : nil) {
            return exact
        }
        throw RunStoreError(
            .noSuchRun,
            what: fitting.isEmpty
                ? "there is no trash entry \(StoreLayout.printable(name))"
                : "\(StoreLayout.printable(name)) fits \(fitting.count) trash entries",
            location: path, remedy: "`flowexp store trash` lists them.")
    }

    /// Merges a trash entry back and removes it from the trash.
    ///
    /// A run that this store does not have, or only as planned, comes back exactly as it was; where it has a result of
    /// its own by now, the rules of ``merge(_:dryRun:)`` hold. A crash leaves the entry, and restoring it again finishes.
    public func restore(_ name: String) throws -> RestoreSummary {
        let lock = try rearrangementLock()
        defer { lock.release() }
        let directory = TrashDirectory(layout: layout)
        directory.removeLeftovers()
        let entry = try trashEntry(name)
        try requireNoInnerTrash(entry.name, directory)
        let store = try RunStore.open(at: directory.path(entry.name), mode: .readWrite, busyTimeout: busyTimeout)
        var moved = StoreMoveBack(target: self, source: store)
        do {
            try moved.moveUntouchedRuns()
            let merge = StoreMerge(target: self, source: store, settled: moved.ids, carriesDamage: true)
            var plan = try merge.plan()
            try merge.write(plan)
            for state in moved.states { plan.summary.added.count(state) }
            plan.summary.files += moved.files
            plan.summary.bytes += moved.bytes
            try store.close()
            var summary = RestoreSummary(merge: plan.summary)
            try restoreLooseFiles(entry.name, directory, &summary)
            if summary.keptLooseFiles.isEmpty { try directory.delete(entry.name) }
            return summary
        } catch {
            try? store.close()
            throw error
        }
    }

    /// An entry is a store, and what somebody removed from it would go with it.
    private func requireNoInnerTrash(_ name: String, _ directory: TrashDirectory) throws {
        let inner = TrashDirectory(layout: StoreLayout(path: directory.path(name)))
        guard let first = inner.names().first else { return }
        throw RunStoreError(
            .wrongState, what: "something was removed from this trash entry itself, and restoring it would lose that",
            location: directory.path(name),
            remedy: "Run `flowexp store restore \(first) --store \(directory.path(name))` first, or "
                + "`flowexp store trash --empty --store \(directory.path(name))`.")
    }

    private func restoreLooseFiles(
        _ name: String, _ directory: TrashDirectory, _ summary: inout RestoreSummary
    ) throws {
        let loose = directory.path(name) + "/" + TrashDirectory.loose
        for (path, _) in DurableFiles.regularFiles(below: loose, depth: 3) where StoreLayout.isLoosePath(path) {
            let target = layout.absolute(path)
            // Equal where a restore was cut short between the next two steps.
            if let other = try SystemCalls.read(target), try other != SystemCalls.read(loose + "/" + path) {
                summary.keptLooseFiles.append(path)
                continue
            }
            let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
            try files.makeDirectory(parent)
            try files.link(loose + "/" + path, to: path)
            try SystemCalls.syncDirectory(layout.absolute(parent))
            SystemCalls.removeLeftover(loose + "/" + path)
            summary.looseFiles += 1
        }
    }
}

/// Moves runs back that the store does not have, or has as planned: as they are, damaged ones too.
private struct StoreMoveBack {
    let target: RunStore
    let source: RunStore
    private(set) var ids: Set<String> = []
    private(set) var states: [RunState] = []
    private(set) var files = 0
    private(set) var bytes = 0

    init(target: RunStore, source: RunStore) {
        self.target = target
        self.source = source
    }

    mutating func moveUntouchedRuns() throws {
        let all = try source.allRunIDs()
        for start in stride(from: 0, to: all.count, by: 64) {
            var ids: [String] = []
            for id in all[start..<min(start + 64, all.count)] {
                let own = try source.database.read { try RunFingerprint.read($0, id: id) }
                let (known, isUntouched) = try target.database.read {
                    (try RunFingerprint.read($0, id: id), try RunCopy.isUntouched($0, id: id))
                }
                if known == nil || isUntouched {
                    ids.append(id)
                } else if known == own {
                    // It is back: a restore was cut short, or the removal never came to its transaction.
                    self.ids.insert(id)
                }
            }
            try target.holding(ids, toBe: "restored") { try move(ids) }
        }
    }

    private mutating func move(_ ids: [String]) throws {
        var copies: [RunCopy] = []
        for id in ids {
            guard let copy = try source.database.read({ try RunCopy($0, id: id) }) else { continue }
            let moved = try target.files.linkDirectory(
                source.layout.absolute(source.layout.directory(ofRun: id)), to: target.layout.directory(ofRun: id))
            files += moved.files
            bytes += moved.bytes
            copies.append(copy)
        }
        try target.database.write { database in
            for copy in copies {
                guard
                    try RunFingerprint.read(database, id: copy.id) == nil
                        || RunCopy.isUntouched(database, id: copy.id)
                else { throw target.changedMeanwhile(copy.id) }
                try copy.insert(database)
            }
        }
        self.ids.formUnion(copies.map(\.id))
        states += copies.map(\.state)
    }
}

import Foundation
import GRDB

/// What garbage collection takes out of a store.
public struct Garbage: Sendable, Equatable {
    /// Files below `artefacts/` and `revisions/` that no row names, as paths relative to the store.
    public var looseFiles: [String] = []
    /// Their bytes.
    public var looseBytes = 0
    /// Lock files of runs that are gone.
    public var locks: [String] = []
    /// Trash entries that a crash left half made or half deleted.
    public var brokenEntries: [String] = []
    /// Runs that no newest revision lists, with results; empty unless asked for.
    public var supersededRuns: [String] = []

    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        looseFiles.isEmpty && locks.isEmpty && brokenEntries.isEmpty && supersededRuns.isEmpty
    }
}

extension RunStore {
    /// Looks for garbage: files that no row names, locks of runs that are gone and, with `superseded`, runs that no newest
    /// revision lists. Verifies every record first, because a damaged row names the wrong files.
    ///
    /// While somebody has the store open, files that are just being published look like garbage too; only a store opened
    /// ``Mode/exclusive`` gives the last word. Throws `.corrupt`.
    public func garbage(superseded: Bool = false) throws -> Garbage {
        _ = try digest()
        var garbage = Garbage()
        let known = try namedFiles()
        for (path, size) in DurableFiles.regularFiles(below: layout.artefacts, depth: 2) {
            let path = "artefacts/" + path
            let id = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            if known[id]?.contains(path) == true { continue }
            garbage.looseFiles.append(path)
            garbage.looseBytes += size
        }
        try addLooseRevisions(to: &garbage)
        garbage.locks = SystemCalls.names(in: layout.locks).filter { known[$0] == nil && isRunID($0) }
        garbage.brokenEntries = SystemCalls.names(in: layout.trash).filter { $0.hasPrefix(".") }
        if superseded { garbage.supersededRuns = try supersededRuns() }
        return garbage
    }

    /// A revision whose row is damaged may need a file that no intact row names; then all files stay.
    private func addLooseRevisions(to garbage: inout Garbage) throws {
        let revisions = try revisionsBySweep().joined()
        guard revisions.allSatisfy(\.isIntact) else { return }
        let named = Set(revisions.map(\.filePath))
        for (name, size) in DurableFiles.regularFiles(below: layout.revisions, depth: 0) {
            let path = "revisions/" + name
            if named.contains(path) || !StoreLayout.isLoosePath(path) { continue }
            garbage.looseFiles.append(path)
            garbage.looseBytes += size
        }
    }

    private func isRunID(_ name: String) -> Bool { (try? StoreLayout.check(runID: name)) != nil }

    private func namedFiles() throws -> [String: NamedFiles] {
        let ids = try allRunIDs()
        return try database.read { database in
            var known: [String: NamedFiles] = [:]
            for id in ids { known[id] = try NamedFiles.read(database, run: id) }
            return known
        }
    }

    private func supersededRuns() throws -> [String] {
        try database.read { database in
            var ids: [String] = []
            try database.forEachRow(
                """
                SELECT id FROM run_records WHERE NOT (state = 'planned' AND fence = 0)
                    AND run_key NOT IN (SELECT run_key FROM newest_revisions JOIN revision_runs USING (revision_id))
                ORDER BY id
                """
            ) { ids.append(try $0.text(0)) }
            return ids
        }
    }

    /// Moves garbage to the trash, in one entry; lock files, empty directories and half made trash entries are deleted. Needs a store
    /// opened ``Mode/exclusive``. Returns what it was and the entry, nil when nothing was moved.
    public func collectGarbage(superseded: Bool = false) throws -> (garbage: Garbage, entry: TrashEntry?) {
        guard isExclusive else {
            throw RunStoreError(
                .internalError, what: "garbage collection needs the store alone", location: path,
                remedy: "This is a bug in flowexp; please report it.")
        }
        let lock = try rearrangementLock()
        defer { lock.release() }
        let garbage = try garbage(superseded: superseded)
        let directory = TrashDirectory(layout: layout)
        directory.removeLeftovers()
        var entry: TrashEntry?
        if !garbage.supersededRuns.isEmpty {
            entry = try moveToTrashHeld(Removal(runs: garbage.supersededRuns), what: "store gc --superseded").entry
        }
        if !garbage.looseFiles.isEmpty { entry = try moveLooseFiles(garbage, to: entry, directory) }
        for name in garbage.locks { SystemCalls.removeLeftover(layout.locks + "/" + name) }
        removeEmptyDirectories()
        return (garbage, entry)
    }

    /// Into the entry, or into one of its own. It is whole before the first file moves, so a crash leaves each file either
    /// here or in an entry.
    private func moveLooseFiles(
        _ garbage: Garbage, to entry: TrashEntry?, _ directory: TrashDirectory
    ) throws -> TrashEntry {
        var described = entry ?? TrashEntry(name: directory.freshName(), what: "store gc")
        described.looseFiles = garbage.looseFiles.count
        described.files += garbage.looseFiles.count
        described.bytes += garbage.looseBytes
        if entry == nil {
            let making = try directory.begin()
            try RunStore.open(at: making, mode: .createIfMissing, busyTimeout: busyTimeout).close()
            try directory.finish(making, described)
        } else {
            try directory.describe(described)
        }
        let store = DurableFiles(layout: StoreLayout(path: directory.path(described.name)))
        for path in garbage.looseFiles {
            let target = TrashDirectory.loose + "/" + path
            let parent = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
            try store.makeDirectory(parent)
            try store.link(layout.absolute(path), to: target)
            try SystemCalls.syncDirectory(store.layout.absolute(parent))
            SystemCalls.removeLeftover(layout.absolute(path))
        }
        return described
    }

    private func removeEmptyDirectories() {
        for name in SystemCalls.names(in: layout.artefacts) {
            let run = layout.artefacts + "/" + name
            for inner in SystemCalls.names(in: run) { rmdir(run + "/" + inner) }
            rmdir(run)
        }
    }
}

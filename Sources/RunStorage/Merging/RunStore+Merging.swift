import Foundation

/// Merging other stores into this one.
extension RunStore {
    /// Takes over what other stores have and this one lacks. They are read, never written.
    ///
    /// Everything is checked before anything is written: every record of the others, every file that comes along, and that no
    /// run has two different results in any two of the stores. Runs: completed beats failed beats interrupted beats
    /// planned; metrics of equal results are united. Merging is idempotent, and in the digest commutative and
    /// associative. With `dryRun`, which works on a store opened for reading too, only the summaries are made; what several of
    /// the others have counts once for each then.
    ///
    /// Throws `.conflict`, `.corrupt`, `.busy` (somebody works on a run that matters, or rearranges this store), ….
    @discardableResult
    public func merge(_ others: [RunStore], dryRun: Bool = false) throws -> [MergeSummary] {
        let lock = dryRun ? nil : try rearrangementLock()
        defer { lock?.release() }
        let merges = others.map { StoreMerge(target: self, source: $0) }
        var plans = try merges.map { try $0.plan() }
        for index in merges.indices { try merges[index].compare(with: merges[..<index]) }
        if dryRun { return plans.map(\.summary) }
        for index in merges.indices {
            // What came from the stores before changes what this one still adds.
            if index > 0 { plans[index] = try merges[index].plan() }
            try merges[index].write(plans[index])
        }
        return plans.map(\.summary)
    }

    /// Whether both are the same directory, by whatever path.
    public func isSameStore(as other: RunStore) -> Bool {
        var own = stat()
        var its = stat()
        return stat(layout.database, &own) == 0 && stat(other.layout.database, &its) == 0 && own.st_ino == its.st_ino
            && own.st_dev == its.st_dev
    }

    /// Held by whoever moves runs in or out of the store, so that one such change sees no other half done.
    func rearrangementLock() throws -> FileLock {
        try FileLock.waiting(for: layout.rearrangementLock, timeout: busyTimeout) {
            try FileLock.take(layout.rearrangementLock, exclusive: true)
        } busy: { holders in
            RunStoreError(
                .busy(holders: holders),
                what: "runs are being moved by another merge, rm or restore"
                    + (holders.isEmpty ? "" : " (" + holders.joined(separator: ", ") + ")"),
                location: path, remedy: "Wait for it and run the same command again.")
        }
    }
}

extension StoreMerge {
    /// Throws `.conflict` when the source and one of the other sources have different results of one run.
    fileprivate func compare(with others: ArraySlice<StoreMerge>) throws {
        if others.isEmpty { return }
        for id in try source.allRunIDs() {
            guard let content = try content(id) else { continue }
            for other in others {
                _ = try decide(target: try RunContent.read(other.source, id: id), in: other.source, source: content)
            }
        }
    }
}

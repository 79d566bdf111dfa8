/// Deleting from the trash, for good.
extension RunStore {
    /// Deletes entries and returns them: all, or those that were removed at least `seconds` ago by the wall clock. One
    /// whose time cannot be read counts as young.
    public func emptyTrash(olderThan seconds: Double? = nil) throws -> [TrashEntry] {
        let lock = try rearrangementLock()
        defer { lock.release() }
        let directory = TrashDirectory(layout: layout)
        directory.removeLeftovers()
        var deleted: [TrashEntry] = []
        for entry in entriesToDelete(olderThan: seconds) {
            try directory.delete(entry.name)
            deleted.append(entry)
        }
        return deleted
    }

    /// What ``emptyTrash(olderThan:)`` would delete.
    public func entriesToDelete(olderThan seconds: Double? = nil) -> [TrashEntry] {
        guard let seconds else { return trash() }
        let now = SystemCalls.wallSeconds()
        return trash().filter { now - $0.removedAt >= seconds }
    }
}

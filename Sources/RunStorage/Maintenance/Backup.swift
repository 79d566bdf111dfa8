import Foundation

/// Where a repair puts what it replaces: `backups/damaged-<time>.sqlite` and `backups/damaged-<time>/…`. Nothing is deleted.
struct Backup {
    let layout: StoreLayout
    let files: DurableFiles
    /// Relative to the store, without an extension.
    let name: String

    init(layout: StoreLayout, files: DurableFiles) throws {
        self.layout = layout
        self.files = files
        if try SystemCalls.makeDirectory(layout.backups) { try SystemCalls.syncDirectory(layout.root) }
        let taken = Set(SystemCalls.names(in: layout.backups))
        let stamp = "damaged-\(Int(SystemCalls.wallSeconds()))"
        var name = stamp
        var number = 1
        while taken.contains(where: { $0 == name || $0.hasPrefix(name + ".") }) {
            number += 1
            name = stamp + "-\(number)"
        }
        self.name = "backups/" + name
    }

    /// Moves files and directories, given relative to the store, below the backup.
    func take(_ paths: [String]) throws {
        for path in paths where SystemCalls.exists(layout.absolute(path)) {
            let target = name + "/" + path
            let parent = String(target.prefix(upTo: target.lastIndex(of: "/") ?? target.endIndex))
            try files.makeDirectory(parent)
            try move(layout.absolute(path), layout.absolute(target))
            try SystemCalls.syncDirectory(layout.absolute(parent))
        }
    }

    /// Puts the old database away and `built` in its place; returns where the old one is, nil when there was none.
    ///
    /// A journal that is still there belongs to the old database and must never meet the new one. The old database is
    /// linked, not moved, so that there is one at every instant.
    func replaceDatabase(by built: String) throws -> String? {
        let journal = layout.database + "-journal"
        let target = layout.absolute(name + ".sqlite")
        if SystemCalls.exists(journal) { try move(journal, target + "-journal") }
        var saved: String?
        if SystemCalls.exists(layout.database) && !SystemCalls.isFile(layout.database) {
            // A directory has no second name, and nothing in it is a database.
            try move(layout.database, target)
            saved = name + ".sqlite"
        } else if SystemCalls.exists(layout.database) {
            DurableOperations.point()
            if link(layout.database, target) != 0 { throw SystemCalls.failure("link", target, errno: errno) }
            saved = name + ".sqlite"
        }
        try SystemCalls.syncDirectory(layout.backups)
        try SystemCalls.syncDirectory(layout.root)
        try move(built, layout.database)
        try SystemCalls.syncDirectory(layout.root)
        return saved
    }

    private func move(_ source: String, _ target: String) throws {
        DurableOperations.point()
        if rename(source, target) != 0 { throw SystemCalls.failure("move to", target, errno: errno) }
    }
}

import Foundation
import GRDB
import Synchronization

/// The store of runs: one directory with a SQLite database, per-run artefacts and locks.
///
/// Several processes, and several handles in one process, may use a store at once; docs/store.md states what each call
/// promises. Every method throws ``RunStoreError`` only. Methods may be called from any thread; they block while the
/// database is busy (up to the busy timeout), so do not call them from a cooperative executor.
public final class RunStore: Sendable {
    /// What an open may do.
    public enum Mode: Sendable, Equatable {
        /// Creates the directory and the database where missing, migrates an older one.
        case createIfMissing
        /// Needs an existing store; migrates an older one.
        case readWrite
        /// Like ``readWrite``, and nobody else may have the store open until it is closed.
        case exclusive
        /// Never changes a record, and works on a read-only medium. A transaction that a crash cut short is still rolled
        /// back where that is permitted, because nothing could be read otherwise.
        case readOnly
    }

    let layout: StoreLayout
    let files: DurableFiles
    let database: StoreDatabase
    /// Held shared until close, so that no other process migrates the store meanwhile; nil on a read-only medium
    /// without a lock file.
    private let lock: FileLock?
    /// Whether nobody else can have the store open.
    let isExclusive: Bool
    /// Seconds to wait for others.
    let busyTimeout: Double
    let progress = ProgressBoard()
    /// Sentences for people found at open: a network file system, another machine's store.
    public let openWarnings: [String]

    /// The store's directory, absolute.
    public var path: String { layout.root }

    private init(
        layout: StoreLayout, database: StoreDatabase, lock: FileLock?, isExclusive: Bool, busyTimeout: Double
    ) throws {
        self.layout = layout
        self.isExclusive = isExclusive
        self.busyTimeout = busyTimeout
        files = DurableFiles(layout: layout)
        self.database = database
        self.lock = lock
        var warnings: [String] = []
        if let kind = FileSystemKind.network(path: layout.root) {
            warnings.append(
                "\(layout.root) is on \(kind): a store belongs on a local file system, where locks and fsync hold.")
        }
        let home = try database.read { database in
            try database.first("SELECT value FROM store_properties WHERE name = 'machine_id'") { try $0.text(0) } ?? ""
        }
        if !home.isEmpty, !ProcessIdentity.machineID.isEmpty, home != ProcessIdentity.machineID {
            warnings.append(
                "\(layout.root) was made on another machine: a store belongs to one, and locks do not reach further.")
        }
        openWarnings = warnings
    }

    /// Opens the store at `path`.
    ///
    /// - `busyTimeout`: seconds to wait for other processes, here and in every later call.
    /// - Throws: `.missingStore`, `.cannotCreate`, `.newerVersion`, `.olderVersion` (reading only), `.notAStore` (also when
    ///   a part of the store is a symbolic link),
    ///   `.busy`, `.readOnlyHotJournal`, `.corrupt`, `.permission`, `.diskFull`, `.inputOutput`.
    public static func open(at path: String, mode: Mode, busyTimeout: Double = 60) throws -> RunStore {
        try StoreLayout.checkWorkingDirectory(for: path)
        let layout = StoreLayout(path: path)
        try layout.requireNoLinks()
        if mode == .createIfMissing {
            try createDirectories(layout)
        }
        let opening = StoreOpening(layout: layout, busyTimeout: busyTimeout)
        if mode != .createIfMissing {
            // Before a lock file is made: an open that may not create leaves everything as it is. Runs come after their
            // database, so that is looked at last: somebody may be making the store.
            let holdsWork = try SystemCalls.size(layout.database) ?? 0 > 0 || layout.holdsWork()
            guard let size = try SystemCalls.size(layout.database) else {
                throw holdsWork ? opening.databaseLost : missing(layout)
            }
            if size == 0 { throw holdsWork ? opening.databaseLost : opening.incomplete }
        }
        let (database, lock) =
            mode == .readOnly
            ? try opening.forReading()
            : try opening.forWriting(creating: mode == .createIfMissing, alone: mode == .exclusive)
        return try RunStore(
            layout: layout, database: database, lock: lock, isExclusive: mode == .exclusive, busyTimeout: busyTimeout)
    }

    /// Makes the store's directory, parents included, and what lies in it.
    private static func createDirectories(_ layout: StoreLayout) throws {
        do {
            var path = ""
            for part in layout.root.split(separator: "/") {
                let parent = path
                path += "/" + part
                if !SystemCalls.exists(path), try SystemCalls.makeDirectory(path) {
                    try SystemCalls.syncDirectory(parent.isEmpty ? "/" : parent)
                }
            }
            for directory in layout.directories {
                if !SystemCalls.exists(directory), try SystemCalls.makeDirectory(directory) {
                    try SystemCalls.syncDirectory(layout.root)
                }
            }
        } catch let error as RunStoreError where error.kind != .permission && error.kind != .diskFull {
            throw RunStoreError(
                .cannotCreate, what: error.what, location: error.location, remedy: "Choose another store with --store.")
        }
    }

    /// Writes what is pending, closes the database and frees the store lock. Claims of this store must have ended.
    public func close() throws {
        defer { lock?.release() }
        try database.close()
    }
}

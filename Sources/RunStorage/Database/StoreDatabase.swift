import Foundation
import GRDB
import Synchronization

/// A connection to the database file, and the only code that begins and ends transactions. A store has one, and from
/// its first long read on a second (``readAlongside(_:)``).
///
/// Every read copies what it needs and ends its transaction before it returns; every write is one BEGIN IMMEDIATE …
/// COMMIT. Errors of SQLite come out as ``RunStoreError``.
final class StoreDatabase: Sendable {
    private let queue: DatabaseQueue
    let path: String
    /// False for a store opened for reading.
    let isWritable: Bool
    /// The file that was opened; nil where a transaction that a crash cut short cannot be undone through this connection.
    let opened: FileIdentity?
    /// Where ``readAlongside(_:)`` reads; made when it is wanted.
    let other = Mutex<StoreDatabase?>(nil)

    /// Opens the file. `create` makes it where missing; `readOnly` opens without the right to write the file at all;
    /// `queryOnly` may roll back a hot journal but refuses every statement that changes something.
    init(path: String, readOnly: Bool, queryOnly: Bool, busyTimeout: Double) throws {
        self.path = path
        isWritable = !readOnly && !queryOnly
        var configuration = Configuration()
        configuration.label = "flowexp.store"
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .callback(Self.busyHandler(timeout: busyTimeout))
        configuration.prepareDatabase { database in
            if !readOnly {
                // The journal is deleted at each commit. WAL would expose two writing processes to the WAL-reset
                // corruption bug of the system library.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                // EXTRA is FULL and flushes the directory after a commit has deleted the journal (sqlite.org/pragma.html):
                // without it a power loss could bring the journal back and undo the commit, while files that were
                // removed because of it stay removed.
                try database.execute(sql: "PRAGMA synchronous = EXTRA")
            }
            // Damage in the schema or in a cell is an error, never a guess.
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            if queryOnly { try database.execute(sql: "PRAGMA query_only = ON") }
        }
        let configured = configuration
        queue = try Self.mapping(path) {
            do {
                return try DatabaseQueue(path: path, configuration: configured)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
                // Perhaps a page that could not be read, which SQLite calls corrupt: then another try may read it, and
                // else tells the disk's error.
                do {
                    return try DatabaseQueue(path: path, configuration: configured)
                } catch let error as DatabaseError {
                    guard let number = DiskFailure.behind(error, openingFileAt: path) else { throw error }
                    throw Self.diskFailed(String(cString: strerror(number)), errno: number, path: path)
                }
            }
        }
        opened = readOnly ? nil : FileIdentity(path)
    }

    /// SQLite finds the journal by name. When the store was moved and another made in its place, the other's journal would
    /// be rolled back into this database, and the other's files would be written. Throws `.inputOutput`.
    private func requireUnmoved() throws {
        if opened == nil || FileIdentity(path) == opened { return }
        throw Self.moved(path)
    }

    static func moved(_ path: String) -> RunStoreError {
        RunStoreError(
            .inputOutput(errno: 0), what: "the database file was moved or removed while it was open",
            location: path,
            remedy: "Put it back where it was and run the same command again.")
    }

    /// Retries with growing, jittered pauses (1 to 100 ms) until `timeout` seconds have passed since the first try.
    private static func busyHandler(timeout: Double) -> @Sendable (Int) -> Bool {
        let started = StartTime()
        return { attempt in
            let now = SystemCalls.monotonicSeconds()
            if attempt == 0 { started.value.withLock { $0 = now } }
            if now - started.value.withLock({ $0 }) >= timeout { return false }
            usleep(Backoff.microseconds(attempt: attempt))
            return true
        }
    }

    private final class StartTime: Sendable {
        let value = Mutex<Double>(0)
    }

    /// Reads in one deferred transaction.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.mapping(path) {
            try queue.writeWithoutTransaction { database in
                try tellingDiskFailures(database) {
                    try requireUnmoved()
                    var result: Value?
                    try database.inTransaction(.deferred) {
                        result = try body(database)
                        return .commit
                    }
                    guard let result else { throw DatabaseError(message: "transaction without a result") }
                    return result
                }
            }
        }
    }

    /// Writes in one immediate transaction; when this returns the COMMIT is on the disk.
    @discardableResult
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        guard isWritable else {
            throw RunStoreError(
                .readOnly, what: "the store was opened for reading", location: path,
                remedy: "Open it with a command that writes.")
        }
        return try Self.mapping(path) {
            try queue.writeWithoutTransaction { database in
                try tellingDiskFailures(database) {
                    try requireUnmoved()
                    var result: Value?
                    DurableOperations.point()
                    try database.inTransaction(.immediate) {
                        result = try body(database)
                        DurableOperations.point()
                        return .commit
                    }
                    DurableOperations.point()
                    guard let result else { throw DatabaseError(message: "transaction without a result") }
                    return result
                }
            }
        }
    }

    /// Runs `body`; a page that could not be read is an error of the disk, not damage.
    private func tellingDiskFailures<Value>(_ database: Database, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            guard let number = DiskFailure.behind(error, of: database) else { throw error }
            throw Self.diskFailed(String(cString: strerror(number)), errno: number, path: path)
        }
    }

    /// Copies the database to a new file with SQLite's backup API.
    func backUp(to target: String) throws {
        try Self.mapping(path) {
            let copy = try DatabaseQueue(path: target)
            try queue.backup(to: copy)
            try copy.close()
        }
    }

    /// Closes the connection; later calls fail.
    func close() throws {
        try other.withLock { try $0?.close() }
        try Self.mapping(path) { try queue.close() }
    }

    /// Translates what SQLite and GRDB throw.
    private static func mapping<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw translate(error, path: path)
        } catch let damage as DamagedValue {
            throw RunStoreError(
                .corrupt, what: "a stored value is none that flowexp writes (column \(damage.column) of a query)",
                location: path,
                remedy: damagedRemedy)
        }
    }

    /// Bytes: SQLite's own limit of 512 for the longest name, that of the journal, and its end.
    private static let longestPath = 512 - "-journal".utf8.count - 1

    static let damagedRemedy =
        "Run `flowexp store check`, which says what is damaged, and `flowexp store repair`, which mends it."

    static func translate(_ error: DatabaseError, path: String) -> RunStoreError {
        // A backup's errors come with the message of a connection that had none.
        let message = error.message.flatMap { $0 == "not an error" ? nil : ": \($0)" } ?? ""
        let detail = "SQLite \(error.extendedResultCode.rawValue)\(message)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            let holders = FileHolders.describe(path)
            return RunStoreError(
                .busy(holders: holders),
                what: "the database stayed locked" + (holders.isEmpty ? "" : " by " + holders.joined(separator: ", ")),
                location: path, remedy: "Wait for the other process, or end it, and run the same command again.")
        case .SQLITE_FULL:
            return RunStoreError(
                .diskFull, what: "the disk is full (\(detail))", location: path,
                remedy: "Free some space and run the same command again; nothing recorded is lost.")
        // The statements are fixed and fit the schema of the version, which was checked at the open. So a missing table, a
        // broken constraint or a value that does not fit its column tells of a database that somebody else changed.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH,
            .SQLITE_SCHEMA, .SQLITE_TOOBIG, .SQLITE_INTERNAL:
            return RunStoreError(
                .corrupt, what: "the database is damaged (\(detail))", location: path, remedy: damagedRemedy)
        case .SQLITE_READONLY where error.extendedResultCode.rawValue == 776:
            return RunStoreError(
                .readOnlyHotJournal,
                what: "a crash left an unfinished transaction, and the store cannot be written to undo it",
                location: path,
                remedy: "Make the store writable and run `flowexp status` once.")
        case .SQLITE_READONLY where error.extendedResultCode.rawValue == 1032:
            return moved(path)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            return RunStoreError(
                .permission, what: "the database cannot be written (\(detail))", location: path,
                remedy: "Give this user the right to write the store, or choose another with --store.")
        case .SQLITE_CANTOPEN where path.utf8.count > longestPath:
            return RunStoreError(
                .cannotCreate,
                what: "the path has \(path.utf8.count) bytes, and SQLite takes at most \(longestPath)", location: path,
                remedy: "Choose a shorter place for the store with --store.")
        case .SQLITE_CANTOPEN:
            let readable = access(path, R_OK) == 0
            let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
            let writable = access(directory, W_OK) == 0
            return RunStoreError(
                readable && writable ? .inputOutput(errno: 0) : .permission,
                what: "the database or its journal cannot be opened (\(detail))", location: path,
                remedy: "Check the rights of the store's directory and the number of open files (ulimit -n).")
        // SQLite aborts a transaction by itself only where the disk, or memory, failed in it.
        case .SQLITE_IOERR, .SQLITE_NOLFS, .SQLITE_ABORT:
            return diskFailed(detail, errno: 0, path: path)
        default:
            return RunStoreError(
                .internalError, what: "the database refused a statement (\(detail))", location: path,
                remedy: "This is a bug in flowexp; please report it with this message.")
        }
    }
}

extension StoreDatabase {
    /// `errno`: 0 where SQLite does not tell.
    private static func diskFailed(_ detail: String, errno number: Int32, path: String) -> RunStoreError {
        RunStoreError(
            .inputOutput(errno: number), what: "the disk failed (\(detail))", location: path,
            remedy: "Check the disk and run the same command again; nothing recorded is lost.")
    }
}

/// Pauses between tries of a busy lock.
enum Backoff {
    /// Doubles from 1 ms to 64 ms, times a random factor in [0.5, 1.5), so that two waiting processes drift apart.
    static func microseconds(attempt: Int) -> UInt32 {
        let milliseconds = Double(1 << min(attempt, 6))
        return UInt32(milliseconds * Double.random(in: 0.5..<1.5) * 1000)
    }
}

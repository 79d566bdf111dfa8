import Foundation
import GRDB
import GRDBSQLite

/// Tells a disk that failed from a database that is damaged.
///
/// SQLite reports a page that the disk could not deliver (EIO) as `SQLITE_CORRUPT`, as it does a page whose content is
/// wrong. Only the error number of the file's last failed call tells them apart, and GRDB does not pass that on.
enum DiskFailure {
    /// What SQLite turns into `SQLITE_CORRUPT`.
    private static let numbers: Set<Int32> = [EIO, ENXIO, ERANGE]

    /// The number of the failure behind an error of `database`; nil when it is not the disk's.
    static func behind(_ error: DatabaseError, of database: Database) -> Int32? {
        guard error.resultCode == .SQLITE_CORRUPT, let connection = database.sqliteConnection else { return nil }
        return lastNumber(connection)
    }

    /// The number of the failure behind an error at the opening of the file at `path`, when no connection is left to
    /// ask: found by reading it again.
    static func behind(_ error: DatabaseError, openingFileAt path: String) -> Int32? {
        guard error.resultCode == .SQLITE_CORRUPT else { return nil }
        var connection: OpaquePointer?
        defer { sqlite3_close_v2(connection) }
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil) == SQLITE_OK, let connection,
            sqlite3_exec(connection, "SELECT count(*) FROM sqlite_master", nil, nil, nil) == SQLITE_CORRUPT
        else { return nil }
        return lastNumber(connection)
    }

    private static func lastNumber(_ connection: OpaquePointer) -> Int32? {
        var number: Int32 = 0
        guard sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK else {
            return nil
        }
        return numbers.contains(number) ? number : nil
    }
}

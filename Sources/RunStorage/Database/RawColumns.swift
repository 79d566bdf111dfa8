import GRDB
import GRDBSQLite

/// The current row of a statement, its columns read where SQLite keeps them: a list of 200 000 metrics must not make
/// millions of values on the way. Texts and blobs are valid until the next row.
struct RawColumns {
    fileprivate let statement: OpaquePointer

    func isNull(_ index: Int) -> Bool { type(index) == SQLITE_NULL }

    func integer(_ index: Int) throws(DamagedValue) -> Int {
        guard type(index) == SQLITE_INTEGER else { throw DamagedValue(column: index) }
        return Int(sqlite3_column_int64(statement, Int32(index)))
    }

    /// A number out of ``Counter/range`` is damage.
    func counter(_ index: Int) throws(DamagedValue) -> Int {
        let value = try integer(index)
        guard Counter.range.contains(value) else { throw DamagedValue(column: index) }
        return value
    }

    func optionalInteger(_ index: Int) throws(DamagedValue) -> Int? {
        isNull(index) ? nil : try integer(index)
    }

    func double(_ index: Int) throws(DamagedValue) -> Double {
        switch type(index) {
        case SQLITE_FLOAT, SQLITE_INTEGER: return sqlite3_column_double(statement, Int32(index))
        default: throw DamagedValue(column: index)
        }
    }

    func optionalDouble(_ index: Int) throws(DamagedValue) -> Double? {
        isNull(index) ? nil : try double(index)
    }

    /// UTF-8 as it is stored.
    func utf8(_ index: Int) throws(DamagedValue) -> UnsafeRawBufferPointer {
        guard type(index) == SQLITE_TEXT else { throw DamagedValue(column: index) }
        // The pointer first: it may convert, and the count is that of the result.
        let start = sqlite3_column_text(statement, Int32(index))
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(index))))
    }

    func optionalUTF8(_ index: Int) throws(DamagedValue) -> UnsafeRawBufferPointer? {
        isNull(index) ? nil : try utf8(index)
    }

    func text(_ index: Int) throws(DamagedValue) -> String { String(decoding: try utf8(index), as: UTF8.self) }

    func optionalText(_ index: Int) throws(DamagedValue) -> String? {
        isNull(index) ? nil : try text(index)
    }

    /// A blob as it is stored.
    func blob(_ index: Int) throws(DamagedValue) -> UnsafeRawBufferPointer {
        guard type(index) == SQLITE_BLOB else { throw DamagedValue(column: index) }
        let start = sqlite3_column_blob(statement, Int32(index))
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(index))))
    }

    func optionalBytes(_ index: Int) throws(DamagedValue) -> [UInt8]? {
        isNull(index) ? nil : [UInt8](try blob(index))
    }

    private func type(_ index: Int) -> Int32 { sqlite3_column_type(statement, Int32(index)) }
}

extension Database {
    /// Calls `body` for each row of a cached statement that reads; the row is only valid inside.
    func forEachRawRow(
        _ sql: String, _ arguments: StatementArguments = [], _ body: (RawColumns) throws -> Void
    ) throws {
        let cached = try cachedStatement(sql: sql)
        try cached.setArguments(arguments)
        let statement = cached.sqliteStatement
        defer { sqlite3_reset(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: try body(RawColumns(statement: statement))
            case SQLITE_DONE: return
            case let code:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(sqliteConnection)))
            }
        }
    }
}

import GRDB
import GRDBSQLite

/// A read-only connection for one query. It is SQLite's own interface, because a statement of a stranger needs an authorizer
/// and a progress handler of its own.
final class QueryConnection {
    private let database: OpaquePointer
    private let path: String
    /// One value may have 64 MiB.
    private static let largestValue = 64 << 20

    /// Functions that give tables, for columns of JSON and for the columns of the views.
    private static let tableFunctions = ["json_each", "json_tree", "pragma_table_info"]

    init(path: String) throws {
        self.path = path
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw StoreDatabase.translate(
                DatabaseError(resultCode: ResultCode(rawValue: code), message: "it cannot be opened for reading"),
                path: path)
        }
        database = opened
        sqlite3_extended_result_codes(database, 1)
        sqlite3_busy_timeout(database, 60_000)
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Int32(Self.largestValue))
        sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
        for pragma in ["query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"] {
            try check(sqlite3_exec(database, "PRAGMA " + pragma, nil, nil, nil))
        }
        // SQLite asks the authorizer for more than reading when it first makes these; afterwards the connection has them.
        for table in Self.tableFunctions {
            var statement: OpaquePointer?
            sqlite3_prepare_v2(database, "SELECT 1 FROM \(table)('{}')", -1, &statement, nil)
            sqlite3_finalize(statement)
        }
        sqlite3_set_authorizer(database, { _, action, first, second, _, _ in authorize(action, first, second) }, nil)
    }

    deinit { sqlite3_close_v2(database) }

    /// Runs a statement to its end; see ``RunStore/query(_:limits:isStopped:)``.
    func run(_ sql: String, limits: QueryLimits, isStopped: @escaping () -> Bool) throws -> QueryResult {
        let watch = QueryWatch(seconds: limits.seconds, isStopped: isStopped)
        let context = Unmanaged.passUnretained(watch).toOpaque()
        sqlite3_progress_handler(database, 10_000, { queryMustEnd($0) ? 1 : 0 }, context)
        defer { sqlite3_progress_handler(database, 0, nil, nil) }
        return try withExtendedLifetime(watch) {
            let statement = try prepare(sql, watch)
            defer { sqlite3_finalize(statement) }
            return try copy(statement, limits, watch)
        }
    }

    /// Compiles the only statement of the text.
    private func prepare(_ sql: String, _ watch: QueryWatch) throws -> OpaquePointer {
        var text = Array(sql.utf8CString)
        // Text behind a U+0000 would not be seen.
        guard !sql.utf8.contains(0) else { throw QueryError.statement("the statement has a U+0000") }
        return try text.withUnsafeMutableBufferPointer { buffer in
            var statement: OpaquePointer?
            var rest: UnsafePointer<CChar>?
            try check(sqlite3_prepare_v2(database, buffer.baseAddress, -1, &statement, &rest), watch)
            guard let statement else { throw QueryError.empty }
            var isAlone = true
            while isAlone, let next = rest, next.pointee != 0 {
                var second: OpaquePointer?
                let code = sqlite3_prepare_v2(database, next, -1, &second, &rest)
                sqlite3_finalize(second)
                // Comments and lone semicolons give no statement.
                isAlone = code == SQLITE_OK && second == nil
                if next == rest { break }
            }
            guard isAlone else {
                sqlite3_finalize(statement)
                throw QueryError.severalStatements
            }
            guard sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0 else {
                sqlite3_finalize(statement)
                throw QueryError.notAQuery
            }
            return statement
        }
    }

    private func copy(_ statement: OpaquePointer, _ limits: QueryLimits, _ watch: QueryWatch) throws -> QueryResult {
        let width = sqlite3_column_count(statement)
        var result = QueryResult(
            columns: (0..<width).map { sqlite3_column_name(statement, $0).map { String(cString: $0) } ?? "" }, rows: [],
            isCut: false)
        var bytes = 0
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return result }
            guard code == SQLITE_ROW else {
                try check(code, watch)
                return result
            }
            if let most = limits.rows, result.rows.count >= most {
                result.isCut = true
                return result
            }
            let row = (0..<width).map { Self.value(statement, $0) }
            bytes += row.reduce(MemoryLayout<QueryValue>.stride * row.count) { $0 + $1.size }
            guard bytes <= limits.bytes else { throw QueryError.tooLarge(limit: limits.bytes) }
            result.rows.append(row)
        }
    }

    private static func value(_ statement: OpaquePointer, _ index: Int32) -> QueryValue {
        func buffer(_ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
        }
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(statement, index)))
        case SQLITE_FLOAT: return .number(sqlite3_column_double(statement, index))
        case SQLITE_TEXT:
            return .text(String(decoding: buffer(sqlite3_column_text(statement, index)), as: UTF8.self))
        case SQLITE_BLOB: return .bytes([UInt8](buffer(sqlite3_column_blob(statement, index))))
        default: return .null
        }
    }

    /// Throws what SQLite answered unless all is well.
    private func check(_ code: Int32, _ watch: QueryWatch? = nil) throws {
        if code == SQLITE_OK { return }
        let message = String(cString: sqlite3_errmsg(database))
        // The authorizer's words come with several codes.
        if message == "not authorized" { throw QueryError.notAQuery }
        switch code & 0xff {
        case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_NOMEM, SQLITE_CONSTRAINT:
            throw QueryError.statement(message)
        case SQLITE_AUTH: throw QueryError.notAQuery
        // Its other kinds tell of a transaction that a crash cut short.
        case SQLITE_READONLY where code == SQLITE_READONLY: throw QueryError.notAQuery
        case SQLITE_TOOBIG: throw QueryError.tooLarge(limit: Self.largestValue)
        case SQLITE_INTERRUPT:
            throw watch?.isStopped() == true
                ? QueryError.stopped : QueryError.timeout(seconds: watch?.seconds ?? 0)
        default:
            throw StoreDatabase.translate(
                DatabaseError(resultCode: ResultCode(rawValue: code), message: message), path: path)
        }
    }
}

extension QueryValue {
    /// Bytes beside the value itself.
    fileprivate var size: Int {
        switch self {
        case .text(let text): return text.utf8.count
        case .bytes(let bytes): return bytes.count
        default: return 0
        }
    }
}

/// When a query must end.
private final class QueryWatch {
    let seconds: Double
    let isStopped: () -> Bool
    private let end: Double

    init(seconds: Double, isStopped: @escaping () -> Bool) {
        self.seconds = seconds
        self.isStopped = isStopped
        end = SystemCalls.monotonicSeconds() + seconds
    }

    var mustEnd: Bool { isStopped() || SystemCalls.monotonicSeconds() >= end }
}

private func queryMustEnd(_ context: UnsafeMutableRawPointer?) -> Bool {
    guard let context else { return true }
    return Unmanaged<QueryWatch>.fromOpaque(context).takeUnretainedValue().mustEnd
}

/// What a statement may do: read, compute, and ask for the columns of a table.
private func authorize(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Int32 {
    func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0).lowercased() } ?? "" }
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
    case SQLITE_FUNCTION: return text(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK
    case SQLITE_PRAGMA:
        return text(first) == "table_info" ? SQLITE_OK : SQLITE_DENY
    default: return SQLITE_DENY
    }
}

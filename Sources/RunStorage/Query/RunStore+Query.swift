import GRDBSQLite

extension RunStore {
    /// The views that queries are meant for, with their columns.
    public static let queryViews = ["runs", "results", "history", "sweep_revisions"]

    /// Runs one SELECT (or VALUES, WITH … SELECT, EXPLAIN) over the database and copies what it gives; the transaction has
    /// ended when this returns. No record is verified.
    ///
    /// It cannot change anything: the connection of its own is read-only, an authorizer lets nothing through but reading
    /// and functions, and the statement must be one that SQLite calls read-only and that has columns. `isStopped` is asked
    /// many times a second. Throws ``QueryError``, and ``RunStoreError`` for what is not the statement's fault.
    public func query(
        _ sql: String, limits: QueryLimits = QueryLimits(), isStopped: () -> Bool = { false }
    ) throws -> QueryResult {
        let connection = try QueryConnection(path: layout.database)
        return try withoutActuallyEscaping(isStopped) { isStopped in
            try connection.run(sql, limits: limits, isStopped: isStopped)
        }
    }

    /// The columns of ``queryViews`` as the database has them.
    public func queryColumns() throws -> [(view: String, columns: [String])] {
        try Self.queryViews.map { view in
            let result = try query("SELECT name FROM pragma_table_info('\(view)')")
            return (view, result.rows.compactMap { if case .text(let name) = $0[0] { name } else { nil } })
        }
    }
}

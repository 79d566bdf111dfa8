import Foundation
import RunStorage
import Testing

/// `query` reads and nothing else, whatever it is given.
@Suite struct QueryTests {
    private func store() throws -> (RunStore, TemporaryDirectory) {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        try store.recordSample(3)
        try store.claim(0).publish(Sample.published())
        return (store, directory)
    }

    private func error(_ store: RunStore, _ sql: String, _ limits: QueryLimits = QueryLimits()) -> QueryError? {
        do {
            _ = try store.query(sql, limits: limits)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    @Test func valuesComeAsTheyAre() throws {
        let (store, _) = try store()
        let result = try store.query("SELECT 1, 2.5, 'a', x'0aff', NULL, 1 AS \"1\"; -- nothing follows\n ;")
        #expect(result.rows == [[.integer(1), .number(2.5), .text("a"), .bytes([10, 255]), .null, .integer(1)]])
        #expect(result.columns.last == "1" && !result.isCut)
        let states = try store.query("SELECT state, count(*) FROM runs GROUP BY state ORDER BY state")
        #expect(states.rows == [[.text("completed"), .integer(1)], [.text("planned"), .integer(2)]])
        #expect(try store.query("WITH x(n) AS (VALUES (1), (2)) SELECT sum(n) FROM x").rows == [[.integer(3)]])
        #expect(try store.query("SELECT count(*) FROM history").rows == [[.integer(5)]])
        #expect(try store.query("SELECT key, value FROM json_each('{\"a\": 2}')").rows == [[.text("a"), .integer(2)]])
        let columns = try store.queryColumns()
        #expect(columns.map(\.view) == ["runs", "results", "history", "sweep_revisions"])
        #expect(columns[1].columns.contains("value") && columns[0].columns.first == "run")
    }

    @Test(
        arguments: [
            "INSERT INTO sweeps VALUES (9, 'x', 1, 1)", "INSERT INTO sweeps VALUES (9, 'x', 1, 1) RETURNING id",
            "UPDATE run_records SET state = 'planned'", "DELETE FROM metric_values", "DROP TABLE attempts",
            "CREATE TABLE t (x)", "CREATE TEMP TABLE t (x)", "CREATE VIEW v AS SELECT 1",
            "ALTER TABLE sweeps RENAME TO s",
            "ATTACH 'other.sqlite' AS other", "ATTACH ':memory:' AS other", "DETACH main", "VACUUM",
            "VACUUM INTO 'copy.sqlite'", "REINDEX", "ANALYZE", "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK",
            "SAVEPOINT s", "PRAGMA writable_schema = ON", "PRAGMA query_only = OFF", "PRAGMA user_version = 7",
            "PRAGMA journal_mode = WAL", "PRAGMA wal_checkpoint", "PRAGMA incremental_vacuum", "PRAGMA user_version",
            "SELECT load_extension('x')", "SELECT * FROM pragma_journal_mode", "EXPLAIN DELETE FROM sweeps",
            "REPLACE INTO sweeps VALUES (1, 'x', 1, 1)", "WITH x AS (SELECT 1) DELETE FROM sweeps",
        ])
    func nothingIsChanged(sql: String) throws {
        let (store, directory) = try store()
        let before = try store.digest()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let found = error(store, sql)
        let isRefused: Bool
        switch found {
        case .notAQuery: isRefused = true
        case .statement: isRefused = sql.contains("load_extension") || sql.contains("pragma_journal_mode")
        default: isRefused = false
        }
        #expect(isRefused, "\(sql): \(String(describing: found))")
        #expect(try store.digest() == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.database)) == bytes)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/store").sorted()
        #expect(files == ["artefacts", "flowexp.sqlite", "locks", "revisions", "store.lock", "tmp"])
    }

    @Test func onlyOneStatementIsRun() throws {
        let (store, _) = try store()
        for sql in [
            "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE sweeps", "SELECT 1;;/* x */ PRAGMA user_version", "SELECT 1; x",
        ] {
            #expect(error(store, sql) == .severalStatements, "\(sql)")
        }
        for sql in ["", " ; ", "-- nothing", "/* nothing"] { #expect(error(store, sql) == .empty, "\(sql)") }
    }

    @Test func badStatementsSayWhy() throws {
        let (store, _) = try store()
        #expect(error(store, "SELECT vlaue FROM results") == .statement("no such column: vlaue"))
        #expect(error(store, "SELECT * FROM result") == .statement("no such table: result"))
        #expect(error(store, "SELEC 1") == .statement(#"near "SELEC": syntax error"#))
        #expect(error(store, "SELECT json_extract('{', '$')") == .statement("malformed JSON"))
        if case .statement = error(store, "SELECT 1\u{0}; DROP TABLE sweeps") {} else { Issue.record("NUL passed") }
        // Deeper than the parser goes.
        let deep = "SELECT " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
        if case .statement = error(store, deep) {} else { Issue.record("depth passed") }
    }

    @Test func hugeResultsAreRefused() throws {
        let (store, _) = try store()
        #expect(error(store, "SELECT zeroblob(1000000000)") == .tooLarge(limit: 64 << 20))
        #expect(error(store, "SELECT randomblob(2000000000)") == .tooLarge(limit: 64 << 20))
        #expect(error(store, "SELECT replace(hex(zeroblob(10000000)), '0', 'abcdefgh')") == .tooLarge(limit: 64 << 20))
        var limits = QueryLimits()
        limits.bytes = 1 << 20
        let million = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x LIMIT 1000000) SELECT n FROM x"
        #expect(error(store, million, limits) == .tooLarge(limit: 1 << 20))
        limits.rows = 10
        let cut = try store.query(million, limits: limits)
        #expect(cut.rows.count == 10 && cut.isCut)
        limits.rows = 0
        #expect(try store.query("SELECT 1", limits: limits).isCut)
        #expect(try !store.query("SELECT 1 WHERE 0", limits: limits).isCut)
    }

    @Test func endlessQueriesEnd() throws {
        let (store, _) = try store()
        let bomb = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x"
        var limits = QueryLimits()
        limits.seconds = 0.1
        #expect(error(store, bomb, limits) == .timeout(seconds: 0.1))
        var asked = 0
        #expect {
            _ = try store.query(bomb) {
                asked += 1
                return asked > 3
            }
        } throws: {
            ($0 as? QueryError) == .stopped
        }
        // Others can commit again.
        try store.claim(1).publish(Sample.published())
    }
}

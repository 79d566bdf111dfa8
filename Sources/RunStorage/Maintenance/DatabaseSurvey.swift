import GRDB

/// Everything the database says, as far as it can be read: what is wrong with it, its revisions, its runs.
struct DatabaseSurvey {
    /// A sweep's row.
    struct Sweep {
        var name: String
        var order: Int
        var lastRunAt: Double
    }

    let database: StoreDatabase
    let path: String
    var version: Int?
    var problems: [StoreProblem] = []
    /// By name.
    var sweeps: [String: Sweep] = [:]
    /// Those that verify, by their file's path.
    var revisions: [String: RevisionFile] = [:]
    /// Keys by id.
    var keys: [String: Int64] = [:]

    /// Whether nothing was wrong in what was read so far.
    var isWhole: Bool { !problems.contains { $0.severity == .damage } }

    init(_ database: StoreDatabase, path: String) throws {
        self.database = database
        self.path = path
        try part("the schema") { survey, database in try survey.readStructure(database) }
        try part("the list of runs") { survey, database in try survey.readKeys(database) }
        try part("the list of sweeps") { survey, database in try survey.readSweeps(database) }
        try part("the list of revisions") { survey, database in try survey.readRevisions(database) }
    }

    /// One look at the database; damage becomes a problem, other errors are thrown.
    private mutating func part(_ name: String, _ body: (inout DatabaseSurvey, Database) throws -> Void) throws {
        do {
            var copy = self
            // What was read before the damage is kept.
            defer { self = copy }
            try database.read { try body(&copy, $0) }
        } catch let error as RunStoreError where error.kind == .corrupt {
            report("\(name) cannot be read whole: \(error.what)")
        }
    }

    private mutating func report(_ what: String, _ location: String = "flowexp.sqlite") {
        problems.append(StoreProblem(severity: .damage, what: what, location: location, remedy: Remedy.repair))
    }

    private mutating func readStructure(_ database: Database) throws {
        version = try StoreSchema.identity(database).version
        var findings = 0
        try database.forEachRow("PRAGMA integrity_check(20)") { row in
            let text = try row.text(0)
            if text == "ok" { return }
            findings += 1
            report("SQLite's integrity check: " + StoreLayout.printable(text))
        }
        try database.forEachRow("PRAGMA foreign_key_check") { row in
            findings += 1
            if findings < 20 { report("a row of the table \((try? row.text(0)) ?? "?") belongs to nothing") }
        }
        let expected = try StoreSchema.definition()
        var found: [String: String] = [:]
        try database.forEachRow(StoreSchema.definitionQuery) { found[try $0.text(0)] = try $0.optionalText(1) ?? "" }
        for name in Set(expected.keys).union(found.keys).sorted() where expected[name] != found[name] {
            report("the schema of \(StoreLayout.printable(name)) is not the one of version \(StoreSchema.version)")
        }
    }

    private mutating func readKeys(_ database: Database) throws {
        try database.forEachRow("SELECT run_key, id FROM run_records NOT INDEXED") { row in
            guard let key = try? row.integer(0), let id = try? row.text(1), (try? StoreLayout.check(runID: id)) != nil,
                keys[id] == nil
            else { return report("a run has an id that is none, or twice the same") }
            keys[id] = Int64(key)
        }
    }

    private mutating func readSweeps(_ database: Database) throws {
        try database.forEachRow("SELECT name, run_order, last_run_at FROM sweeps NOT INDEXED") { row in
            guard let name = try? row.text(0), (try? StoreLayout.check(sweepName: name)) != nil,
                let order = try? row.counter(1), let at = try? row.double(2)
            else { return report("a sweep has a name or an order that is none") }
            sweeps[name] = Sweep(name: name, order: order, lastRunAt: at)
        }
    }

    private mutating func readRevisions(_ database: Database) throws {
        var ids: [Int64] = []
        try database.forEachRow("SELECT id FROM revisions NOT INDEXED") { ids.append(Int64(try $0.integer(0))) }
        for id in ids {
            do {
                let stored = try RevisionFile.stored(database, revisionID: id)
                if stored.isIntact && (try? StoreLayout.check(sweepName: stored.revision.sweepName)) != nil {
                    revisions[stored.path] = stored.revision
                } else {
                    report(
                        "revision \(stored.revision.number) changed since it was recorded",
                        "flowexp.sqlite, sweep \(StoreLayout.printable(stored.revision.sweepName))")
                }
            } catch is DamagedValue {
                report("a revision (key \(id)) cannot be read")
            }
        }
    }

    /// One run, in a transaction of its own.
    func content(ofRun id: String) throws -> StoredContent? {
        guard let key = keys[id] else { return nil }
        do {
            return try database.read { self.content($0, ofRun: id) }
        } catch let error as RunStoreError where error.kind == .corrupt {
            return StoredContent(key: key, id: id, damage: error.what)
        }
    }

    /// One run in the caller's transaction; nil when the database has none such, or no longer.
    ///
    /// Since the list of runs was read it may have been removed, and recorded anew under another key.
    func content(_ connection: Database, ofRun id: String) -> StoredContent? {
        guard let key = keys[id] else { return nil }
        let content = StoredContent(connection, key: key, id: id, path: path)
        if content.damage.isEmpty || !isWhole { return content }
        do {
            let found = try connection.first("SELECT run_key FROM run_records NOT INDEXED WHERE id = ?", [id]) {
                Int64(try $0.integer(0))
            }
            guard let found else { return nil }
            return found == key ? content : StoredContent(connection, key: found, id: id, path: path)
        } catch {
            return content
        }
    }
}

extension StoreSchema {
    static let definitionQuery = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"

    /// What the schema of ``version`` looks like in a database that was just made.
    static func definition() throws -> [String: String] {
        let queue = try DatabaseQueue()
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            try migrate(database, from: 0)
            var definition: [String: String] = [:]
            try database.forEachRow(definitionQuery) { definition[try $0.text(0)] = try $0.optionalText(1) ?? "" }
            return definition
        }
    }
}

import GRDB

/// Reads run records in bulk inside one transaction, to be compared with their hashes after it has ended.
///
/// Ordered queries, one over runs and one over metrics, with plain prepared statements: 10 000 runs with 20 metrics each
/// must not take seconds. Metrics are hashed while they are read; of those that nobody asked for nothing is read.
struct RecordReader {
    /// Which runs; the SQL conditions share one argument list.
    enum Selection {
        case revision(Int64)
        /// Without their places in the sweeps, which ``RunPlaces`` finds faster than a join.
        case all
        case run(key: Int64)
        /// The record alone, without its place in a sweep: cheap to ask for run by run.
        case content(key: Int64)
    }

    /// A run with the stored hashes of its parts; verify it before showing it.
    struct StoredRun {
        var key: Int64
        /// With the metrics that were asked for.
        var record: RunRecord
        var storedState: RunState
        var hashes: Hashes?
        /// Of all the run's metrics, where all were read: for every choice but ``MetricChoice/all`` the index vouches for
        /// those that were.
        var metrics: [UInt8]?
        var hasMetrics = false
        var damage: String?
        /// ``fitsItsHash`` where that was worked out already.
        var fits: Bool?
        /// Why its place in the sweeps may not be the recorded one.
        var doubt: String?
    }

    /// The hashes stored with a published record.
    struct Hashes {
        var metrics: [UInt8]
        var history: [UInt8]
        var artefacts: [UInt8]
        var record: [UInt8]
    }

    let database: Database
    let path: String
    /// Of a revision the positions, else the keys, that are read; nil for all.
    var bounds: ClosedRange<Int64>?
    /// Where many runs are read at once, half of them with the help of this.
    var helper: HalvedReading?

    /// What one read copied out of the database.
    struct Copy {
        var runs: [StoredRun]
        /// Read in halves, and intact.
        var isHalved = false
        /// The halves were read by two connections.
        var isReadByTwo = false
        /// For a revision: what its expansion hash covers besides the runs, and the hash.
        var expansion: (revisionID: Int64, evaluationJSON: String, hash: [UInt8])?
    }

    /// Copies the records in order (position for a revision, id else). States are as stored, nothing is verified.
    func copy(_ selection: Selection, metrics choice: MetricChoice = .all) throws -> Copy {
        if let halves = try helper?.read(selection, choice, self) {
            do {
                var copy = try copy(selection, of: halves.runs)
                copy.isHalved = true
                copy.isReadByTwo = halves.byTwo
                if copy.isIntact { return copy }
            } catch  where Self.isDamage(error) {}
        }
        return try copy(selection, of: read(selection, choice))
    }

    private func copy(_ selection: Selection, of runs: [StoredRun]) throws -> Copy {
        var runs = runs
        if case .all = selection {
            runs = runs.indices.sorted { runs[$0].record.id < runs[$1].record.id }.map { runs[$0] }
            try requireIndexed(runs)
        }
        guard case .revision(let id) = selection else { return Copy(runs: runs) }
        let stored = try database.first(
            "SELECT evaluation, expansion_sha256 FROM revisions WHERE id = ?", [id]
        ) { (revisionID: id, evaluationJSON: try $0.text(0), hash: try $0.bytes(1)) }
        guard let stored else {
            throw RunStoreError(
                .noSuchSweep, what: "there is no revision \(id)", location: path,
                remedy: "`flowexp status` lists the sweeps of the store.")
        }
        return Copy(runs: runs, expansion: stored)
    }

    /// The runs within ``bounds``, by position or key, with their metrics.
    func read(_ selection: Selection, _ choice: MetricChoice) throws -> [StoredRun] {
        var runs: [StoredRun] = []
        try readRuns(selection) { runs.append($0) }
        var places = [Int64: Int](minimumCapacity: runs.count)
        for place in runs.indices { places[runs[place].key] = place }
        switch choice {
        case .none: break
        case .named(let names): try readChosenMetrics(selection, names.sorted(), &runs, places)
        case .all:
            for place in runs.indices { runs[place].metrics = MetricRows.Metrics.emptyHash }
            try readMetrics(selection) { key, metrics in
                if let place = places[key] { runs[place].take(metrics) }
            }
        }
        return runs
    }

    /// Throws `.corrupt` unless these runs, which are sorted by id, are those that the index of ids has: of a table that lost a
    /// page, what is left looks whole.
    private func requireIndexed(_ runs: [StoredRun]) throws {
        var place = 0
        var isSame = true
        try database.forEachRawRow("SELECT id, run_key FROM run_records ORDER BY id") { row in
            defer { place += 1 }
            guard isSame, place < runs.count else { return }
            let key = Int64(try row.integer(1))
            isSame = try key == runs[place].key && row.utf8(0).elementsEqual(runs[place].record.id.utf8)
        }
        guard isSame, place == runs.count else {
            throw RunStoreError(
                .corrupt, what: "the runs and their index disagree", location: path,
                remedy: StoreDatabase.damagedRemedy)
        }
    }

    /// SQL for ``bounds``; empty without.
    func bound(_ word: String, _ column: String) -> String { bounds == nil ? "" : "\(word) \(column) BETWEEN ? AND ?" }

    var boundArguments: StatementArguments { bounds.map { [$0.lowerBound, $0.upperBound] } ?? [] }

    private func readRuns(_ selection: Selection, _ body: (StoredRun) -> Void) throws {
        let columns = """
            run_records.run_key, run_records.id, configuration, state, failure_code, failure_message, fence, summary,
            timings, metrics_sha256, history_sha256, artefacts_sha256, record_sha256
            """
        let sql: String
        let arguments: StatementArguments
        switch selection {
        case .revision(let id):
            // LEFT JOIN: a run of the expansion that is not there is damage, not a shorter list.
            sql = """
                SELECT \(columns), sweeps.name, position, axes FROM revision_runs
                JOIN revisions ON revisions.id = revision_id JOIN sweeps ON sweeps.id = sweep_id
                LEFT JOIN run_records USING (run_key) WHERE revision_id = ? \(bound("AND", "position")) ORDER BY position
                """
            arguments = [id] + boundArguments
        case .all:
            // Not by id, which would read the table's pages in a random order.
            sql = "SELECT \(columns), NULL, NULL, NULL FROM run_records \(bound("WHERE", "run_key")) ORDER BY run_key"
            arguments = boundArguments
        case .run(let key):
            sql = """
                SELECT \(columns), sweep, position, axes FROM run_records
                LEFT JOIN (SELECT run_key, sweep, position, axes, max(revision_id) FROM newest_revisions
                           JOIN revision_runs USING (revision_id) WHERE run_key = ? GROUP BY run_key) USING (run_key)
                WHERE run_records.run_key = ?
                """
            arguments = [key, key]
        case .content(let key):
            sql = "SELECT \(columns), NULL, NULL, NULL FROM run_records WHERE run_key = ?"
            arguments = [key]
        }
        try database.forEachRawRow(sql, arguments) { row in
            guard let key = try row.optionalInteger(0), let id = try row.optionalText(1) else {
                throw RunStoreError(
                    .corrupt, what: "a run of the expansion is not in the database", location: path,
                    remedy: StoreDatabase.damagedRemedy)
            }
            body(Self.storedRun(row, key: Int64(key), id: id))
        }
    }

    /// The run; columns that cannot be read are left empty and make it a damaged one.
    private static func storedRun(_ row: RawColumns, key: Int64, id: String) -> StoredRun {
        var damage: String?
        func read<Value>(_ column: String, _ otherwise: Value, _ body: () throws -> Value) -> Value {
            if let value = try? body() { return value }
            damage = "its \(column) has a value that flowexp never writes"
            return otherwise
        }
        let state = read("state", RunState.planned) { () throws(DamagedValue) -> RunState in
            guard let state = RunState(rawValue: try row.text(3)) else { throw DamagedValue(column: 3) }
            return state
        }
        let hashes = read("hash", Hashes?.none) {
            guard let record = try row.optionalBytes(12) else { return nil }
            return Hashes(
                metrics: try row.optionalBytes(9) ?? [], history: try row.optionalBytes(10) ?? [],
                artefacts: try row.optionalBytes(11) ?? [], record: record)
        }
        let record = RunRecord(
            id: id, sweepName: read("sweep", nil) { try row.optionalText(13) },
            position: read("position", 0) { try row.optionalInteger(14) ?? 0 },
            configurationJSON: read("configuration", "{}") { try row.text(2) },
            axesJSON: read("axes", "{}") { try row.optionalText(15) ?? "{}" }, state: state,
            failureCode: read("failure code", nil) { try row.optionalText(4) },
            failureMessage: read("failure message", nil) { try row.optionalText(5) },
            attempts: read("number of attempts", 0) { try row.counter(6) }, metrics: [],
            summaryJSON: read("summary", nil) { try row.optionalText(7) },
            timingsJSON: read("timings", nil) { try row.optionalText(8) }, integrity: .notPublished)
        return StoredRun(key: key, record: record, storedState: state, hashes: hashes, damage: damage)
    }

    /// Reads all metrics, run by run.
    func readMetrics(
        _ selection: Selection, keeping names: Set<String>? = nil, _ body: (Int64, MetricRows.Metrics) -> Void
    ) throws {
        let restriction: String
        let arguments: StatementArguments
        switch selection {
        case .revision(let id):
            restriction = """
                WHERE run_key IN (SELECT run_key FROM revision_runs WHERE revision_id = ? \(bound("AND", "position")))
                """
            arguments = [id] + boundArguments
        case .all:
            restriction = bound("WHERE", "run_key")
            arguments = boundArguments
        case .run(let key), .content(let key):
            restriction = "WHERE run_key = ?"
            arguments = [key]
        }
        try gatherMetrics(
            "FROM metric_values \(restriction) ORDER BY run_key, name, parameters, version", arguments,
            MetricRows(keeping: names), body)
    }

    /// Reads rows of metrics, those of a run one after the other, and hands them over run by run.
    func gatherMetrics(
        _ source: String, _ arguments: StatementArguments, _ empty: MetricRows,
        _ body: (Int64, MetricRows.Metrics) -> Void
    ) throws {
        var rows = empty
        var current: Int64?
        try database.forEachRawRow("SELECT \(MetricRows.columns) \(source)", arguments) { row in
            let key = Int64(try row.integer(0))
            if key != current {
                if let current { body(current, rows.take()) }
                current = key
            }
            rows.add(row)
        }
        if let current { body(current, rows.take()) }
    }
}

extension RecordReader.StoredRun {
    /// All of the run's metrics, as they were read.
    mutating func take(_ metrics: MetricRows.Metrics) {
        record.metrics = metrics.records
        self.metrics = metrics.hash
        hasMetrics = true
        if metrics.isDamaged { damage = "a metric has a value of the wrong type" }
    }
}

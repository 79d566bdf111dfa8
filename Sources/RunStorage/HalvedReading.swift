import GRDB

/// Reads many runs in two halves at once, the second through another connection.
///
/// Both see the same state: while this process's first connection is inside its transaction, no other can commit. The
/// second is only a help: where it cannot read, the first reads that half too, and where what they read is not all right,
/// the first reads everything as if there were no halves, so that it says what is wrong. A store on a medium that cannot be
/// written is always read so.
struct HalvedReading {
    /// Fewer runs are faster read by one.
    static let usualLeast = 10_000

    let database: StoreDatabase
    var leastRuns = usualLeast

    /// The runs of `reader`'s selection, their own hashes compared on both threads, and whether the second connection read
    /// its half; nil where they are to be read by one.
    func read(
        _ selection: RecordReader.Selection, _ choice: MetricChoice, _ reader: RecordReader
    ) throws -> (runs: [RecordReader.StoredRun], byTwo: Bool)? {
        guard let middle = try Self.middle(selection, reader.database, leastRuns) else { return nil }
        let path = reader.path
        let second = database.readAlongside { database in
            try Self.half(
                selection, choice, RecordReader(database: database, path: path, bounds: middle + 1...Int64.max))
        }
        guard let second else { return nil }
        // Not to be left at work when this half fails.
        defer { _ = second.result() }
        do {
            var own = RecordReader(database: reader.database, path: path, bounds: Int64.min...middle)
            let runs = try Self.half(selection, choice, own)
            if let others = second.result() { return (runs + others, true) }
            own.bounds = middle + 1...Int64.max
            return (runs + (try Self.half(selection, choice, own)), false)
        } catch  where RecordReader.isDamage(error) {
            return nil
        }
    }

    private static func half(
        _ selection: RecordReader.Selection, _ choice: MetricChoice, _ reader: RecordReader
    ) throws -> [RecordReader.StoredRun] {
        var runs = try reader.read(selection, choice)
        for place in runs.indices { runs[place].fits = runs[place].fitsItsHash }
        return runs
    }

    /// The position or key at which the first half ends; nil where there are fewer runs than `least`, and where an end is
    /// damaged. Each is a search in the list or the table itself.
    private static func middle(
        _ selection: RecordReader.Selection, _ database: Database, _ least: Int
    ) throws -> Int64? {
        let sql: String
        let arguments: StatementArguments
        switch selection {
        case .run, .content: return nil
        case .revision(let id):
            sql = """
                SELECT (SELECT min(position) FROM revision_runs WHERE revision_id = ?),
                    (SELECT max(position) FROM revision_runs WHERE revision_id = ?)
                """
            arguments = [id, id]
        case .all:
            sql = "SELECT (SELECT min(run_key) FROM run_records), (SELECT max(run_key) FROM run_records)"
            arguments = []
        }
        var ends: (first: Int, last: Int)?
        do {
            ends = try database.first(sql, arguments) { (first: try $0.counter(0), last: try $0.counter(1)) }
        } catch  where RecordReader.isDamage(error) {}
        guard let ends, ends.last - ends.first >= least - 1 else { return nil }
        return Int64(ends.first + (ends.last - ends.first) / 2)
    }
}

extension RecordReader {
    /// Whether an error speaks of what is stored, not of the disk or of other processes.
    static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case is DamagedValue: true
        case let error as RunStoreError: error.kind == .corrupt
        case let error as DatabaseError: error.resultCode == .SQLITE_CORRUPT
        default: false
        }
    }
}

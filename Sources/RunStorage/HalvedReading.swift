import GRDB

/// Reads many runs in two halves at once, the second through another connection.
///
/// Both see the same state: while this process's first connection is inside its transaction, no other can commit. The
/// second is only a help. Whatever goes wrong in it, the first reads that half, and tells what is wrong.
struct HalvedReading {
    /// Fewer runs are faster read by one.
    static let usualLeast = 10_000

    let database: StoreDatabase
    var leastRuns = usualLeast

    /// The runs of `reader`'s selection; nil where they are few, or no second connection can be had.
    func read(
        _ selection: RecordReader.Selection, _ choice: MetricChoice, _ reader: RecordReader
    ) throws -> [RecordReader.StoredRun]? {
        guard let middle = try middle(selection, reader.database) else { return nil }
        let path = reader.path
        let second = database.readAlongside { database in
            try Self.half(
                selection, choice, RecordReader(database: database, path: path, bounds: middle + 1...Int64.max))
        }
        guard let second else { return nil }
        // Not to be left at work when this half fails.
        defer { _ = second.result() }
        let first = RecordReader(database: reader.database, path: path, bounds: Int64.min...middle)
        let runs = try Self.half(selection, choice, first)
        if let others = second.result() { return runs + others }
        var rest = first
        rest.bounds = middle + 1...Int64.max
        return runs + (try Self.half(selection, choice, rest))
    }

    private static func half(
        _ selection: RecordReader.Selection, _ choice: MetricChoice, _ reader: RecordReader
    ) throws -> [RecordReader.StoredRun] {
        var runs = try reader.read(selection, choice)
        for place in runs.indices { runs[place].fits = runs[place].fitsItsHash }
        return runs
    }

    /// The position or key at which the first half ends; nil where there are fewer runs than ``leastRuns``.
    private func middle(_ selection: RecordReader.Selection, _ database: Database) throws -> Int64? {
        let ends: (first: Int?, last: Int?)?
        func pair(_ row: Row) throws -> (first: Int?, last: Int?) {
            (try row.optionalInteger(0), try row.optionalInteger(1))
        }
        switch selection {
        case .run, .content: return nil
        case .revision(let id):
            ends = try database.first(
                "SELECT min(position), max(position) FROM revision_runs WHERE revision_id = ?", [id], pair)
        case .all:
            ends = try database.first("SELECT min(run_key), max(run_key) FROM run_records", [], pair)
        }
        // Of numbers that nobody counted up to, nothing is worked out.
        guard let first = ends?.first, let last = ends?.last, Counter.range.contains(first),
            Counter.range.contains(last), last - first >= leastRuns - 1
        else { return nil }
        return Int64(first + (last - first) / 2)
    }
}

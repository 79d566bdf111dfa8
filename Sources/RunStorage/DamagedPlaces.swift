import GRDB

/// Which runs' places in the sweeps are not those that were recorded.
///
/// The sweep, position and axes of a run come out of joins; a damaged row or index there does not fail, it leaves the run
/// in another sweep or in none. So the lists of runs are read without secondary indexes, verified by their hashes, and compared.
struct DamagedPlaces {
    private static let reason = "its place in a sweep is not the one that was recorded"

    private struct Place: Equatable {
        var sweep: String
        var position: Int
        var revisionID: Int64
    }

    private var places: [String: Place] = [:]
    /// Sweeps whose newest list does not verify.
    private var sweeps: Set<String> = []
    /// A list belongs to no sweep, or a sweep has none.
    private var isTorn = false

    /// Looks at the newest list of `sweep`; of every sweep when that is nil.
    static func read(_ database: Database, sweep: String?) throws -> DamagedPlaces {
        var result = DamagedPlaces()
        guard let newest = try newestRevisions(database) else {
            result.isTorn = true
            return result
        }
        for (name, id) in newest where sweep == nil || sweep == name {
            let stored = try database.first(
                "SELECT evaluation, expansion_sha256 FROM revisions WHERE id = ?", [id]
            ) { (evaluationJSON: try $0.text(0), expansion: try $0.bytes(1)) }
            var runs: [(id: String, axesJSON: String)]? = []
            try database.forEachRow(
                """
                SELECT run_records.id, axes, position FROM revision_runs
                LEFT JOIN run_records NOT INDEXED USING (run_key) WHERE revision_id = ? ORDER BY position
                """, [id]
            ) { row in
                guard let run = try row.optionalText(0) else {
                    runs = nil
                    return
                }
                runs?.append((run, try row.text(1)))
                if id > result.places[run]?.revisionID ?? -1 {
                    result.places[run] = Place(sweep: name, position: try row.integer(2), revisionID: id)
                }
            }
            if let runs, let stored,
                RevisionHash.expansion(evaluationJSON: stored.evaluationJSON, runs: runs) == stored.expansion
            {
                continue
            }
            result.sweeps.insert(name)
        }
        return result
    }

    /// Every sweep with the key of its newest revision, read without an index; nil when a sweep has no revision, or a
    /// revision no sweep, neither of which is ever written.
    static func newestRevisions(_ database: Database) throws -> [String: Int64]? {
        var names: [Int: String] = [:]
        try database.forEachRow("SELECT id, name FROM sweeps NOT INDEXED") { names[try $0.integer(0)] = try $0.text(1) }
        var newest: [Int: (number: Int, id: Int64)] = [:]
        try database.forEachRow("SELECT id, sweep_id, number FROM revisions NOT INDEXED") { row in
            let sweep = try row.integer(1)
            let number = try row.integer(2)
            if number > newest[sweep]?.number ?? Int.min { newest[sweep] = (number, Int64(try row.integer(0))) }
        }
        guard Set(names.keys) == Set(newest.keys) else { return nil }
        return Dictionary(newest.map { (names[$0.key] ?? "", $0.value.id) }) { first, _ in first }
    }

    /// The record, marked as corrupt where its place in the sweeps is in doubt.
    func marking(_ record: RunRecord) -> RunRecord {
        if isRight(record) { return record }
        if case .corrupt = record.integrity { return record }
        var marked = record
        marked.integrity = .corrupt(reason: Self.reason)
        return marked
    }

    private func isRight(_ record: RunRecord) -> Bool {
        guard let sweep = record.sweepName else { return !isTorn && sweeps.isEmpty && places[record.id] == nil }
        guard let place = places[record.id] else { return false }
        return !isTorn && !sweeps.contains(sweep) && place.sweep == sweep && place.position == record.position
    }
}

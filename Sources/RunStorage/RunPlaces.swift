import GRDB

/// Where runs are in the sweeps, and which of these places are not those that were recorded.
///
/// A damaged row or index of a join does not fail, it leaves a run in another sweep or in none. So the lists of runs are
/// read without secondary indexes and verified by their hashes.
struct RunPlaces {
    private static let reason = "its place in a sweep is not the one that was recorded"

    private struct Place {
        var sweep: String
        var position: Int
        var axesJSON: String
        var revisionID: Int64
    }

    /// By the run's key.
    private var places: [Int64: Place] = [:]
    /// Sweeps whose newest list does not verify.
    private var sweeps: Set<String> = []
    /// A list belongs to no sweep, or a sweep has none.
    private var isTorn = false

    /// Looks at the newest list of `sweep`; of every sweep when that is nil.
    static func read(_ database: Database, sweep: String?) throws -> RunPlaces {
        var result = RunPlaces()
        guard let newest = try newestRevisions(database) else {
            result.isTorn = true
            return result
        }
        for (name, id) in newest where sweep == nil || sweep == name {
            let stored = try database.first(
                "SELECT evaluation, expansion_sha256 FROM revisions WHERE id = ?", [id]
            ) { (evaluationJSON: try $0.text(0), expansion: try $0.bytes(1)) }
            var runs: [(id: String, axesJSON: String)]? = []
            try database.forEachRawRow(
                """
                SELECT run_records.id, axes, position, run_key FROM revision_runs
                LEFT JOIN run_records NOT INDEXED USING (run_key) WHERE revision_id = ? ORDER BY position
                """, [id]
            ) { row in
                guard let run = try row.optionalText(0) else {
                    runs = nil
                    return
                }
                let axes = try row.text(1)
                let key = Int64(try row.integer(3))
                runs?.append((run, axes))
                if id > result.places[key]?.revisionID ?? -1 {
                    result.places[key] = Place(
                        sweep: name, position: try row.integer(2), axesJSON: axes, revisionID: id)
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

    /// Why a run's place, which a join gave, is in doubt; nil for one that is right.
    func doubt(_ run: RecordReader.StoredRun) -> String? {
        let place = places[run.key]
        let isSame = place?.sweep == run.record.sweepName && (place == nil || place?.position == run.record.position)
        return isSame ? doubt(of: place) : Self.reason
    }

    /// Puts a run that was read without a place where it is.
    func place(_ run: inout RecordReader.StoredRun) {
        let place = places[run.key]
        if let place {
            run.record.sweepName = place.sweep
            run.record.position = place.position
            run.record.axesJSON = place.axesJSON
        }
        run.doubt = doubt(of: place)
    }

    private func doubt(of place: Place?) -> String? {
        // One that is nowhere may be missing from a list that does not verify.
        let isVerified = place.map { !sweeps.contains($0.sweep) } ?? sweeps.isEmpty
        return isVerified && !isTorn ? nil : Self.reason
    }
}

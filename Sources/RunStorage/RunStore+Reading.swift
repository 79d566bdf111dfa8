import Foundation
import GRDB

/// What reports, `ls` and `show` read. Each call is one copy out of one short transaction.
extension RunStore {
    /// All runs of a revision with their metrics, in expansion order. Damaged records come with
    /// ``RecordIntegrity/corrupt(reason:)``; a damaged expansion throws `.corrupt`.
    ///
    /// `metrics`: which metrics the records hold. These are verified with the rest of the record, the others not read.
    public func records(ofRevision revisionID: Int64, metrics: MetricChoice = .all) throws -> [RunRecord] {
        try records(ofRevision: revisionID, metrics: metrics, halvesFrom: HalvedReading.usualLeast).records
    }

    /// The same; `halvesFrom` runs are read by two connections at once, or by one (nil). Tells which it was.
    package func records(
        ofRevision revisionID: Int64, metrics: MetricChoice, halvesFrom: Int?
    ) throws -> (records: [RunRecord], byTwo: Bool) {
        try displayedRecords(.revision(revisionID), metrics, halvesFrom: halvesFrom)
    }

    /// All runs of the store with their metrics, sorted by id; `sweepName`, `position` and axes are those of the newest
    /// revision that contains the run.
    public func allRecords(metrics: MetricChoice = .all) throws -> [RunRecord] {
        try allRecords(metrics: metrics, halvesFrom: HalvedReading.usualLeast).records
    }

    /// The same; `halvesFrom` runs are read by two connections at once, or by one (nil). Tells which it was.
    package func allRecords(
        metrics: MetricChoice, halvesFrom: Int?
    ) throws -> (records: [RunRecord], byTwo: Bool) {
        try displayedRecords(.all, metrics, halvesFrom: halvesFrom)
    }

    /// The run whose id begins with `idPrefix`. Throws `.noSuchRun`, `.ambiguousRun`.
    public func record(idPrefix: String) throws -> RunRecord {
        let id = try runID(prefix: idPrefix)
        let key = try database.read { try self.key(ofRun: id, $0) }
        guard let record = try displayedRecords(.run(key: key), .all, halvesFrom: nil).records.first else {
            throw noSuchRun(id)
        }
        return record
    }

    private func displayedRecords(
        _ selection: RecordReader.Selection, _ metrics: MetricChoice, halvesFrom: Int?
    ) throws -> (records: [RunRecord], byTwo: Bool) {
        var byTwo = false
        // States are displayed ones afterwards, so the hashes, which cover the stored ones, are checked first.
        let records = try readDisplayed(
            { database in
                let helper = halvesFrom.map { HalvedReading(database: self.database, leastRuns: $0) }
                var copy = try RecordReader(database: database, path: self.path, helper: helper)
                    .copy(selection, metrics: metrics)
                try Self.findPlaces(&copy, selection, database)
                return copy
            },
            then: { copy in
                byTwo = copy.isReadByTwo
                return try copy.verified(path: self.path)
            }, id: \.id, state: \.state)
        return (records, byTwo)
    }

    /// A revision's own list is verified with its records; the places of other selections are found, or tried, here.
    private static func findPlaces(
        _ copy: inout RecordReader.Copy, _ selection: RecordReader.Selection, _ database: Database
    ) throws {
        switch selection {
        case .revision, .content: return
        case .run:
            let places = try RunPlaces.read(database, sweep: copy.runs.first?.record.sweepName)
            for index in copy.runs.indices { copy.runs[index].doubt = places.doubt(copy.runs[index]) }
        case .all:
            let places = try RunPlaces.read(database, sweep: nil)
            for index in copy.runs.indices { places.place(&copy.runs[index]) }
        }
    }

    /// The whole id for a prefix of at least one character. Throws `.noSuchRun`, `.ambiguousRun`.
    public func runID(prefix: String) throws -> String {
        guard (try? StoreLayout.check(runID: prefix)) != nil else {
            throw RunStoreError(
                .noSuchRun, what: "there is no run \(StoreLayout.printable(prefix)), and no run can be called so",
                location: path,
                remedy: "A run id has 1 to 64 lower-case letters and digits; `flowexp ls` lists the runs of the store.")
        }
        let candidates = try database.read { database in
            var ids: [String] = []
            // "{" follows "z", the last character an id can have.
            try database.forEachRow(
                "SELECT id FROM run_records WHERE id >= ? AND id < ? ORDER BY id LIMIT 11", [prefix, prefix + "{"]
            ) { ids.append(try $0.text(0)) }
            if ids.isEmpty, let hidden = try self.noRun(database, "id >= ? AND id < ?", [prefix, prefix + "{"]) {
                throw hidden
            }
            // The same search finds it, unless the index is out of order.
            if let id = ids.first, try database.first("SELECT 1 FROM run_records WHERE id = ?", [id], { _ in }) == nil {
                throw self.damagedRun(id, "the index of ids has the run in a wrong place")
            }
            return ids
        }
        if candidates.isEmpty { throw noSuchRun(prefix) }
        if candidates.count == 1 || candidates[0] == prefix { return candidates[0] }
        throw RunStoreError(
            .ambiguousRun(candidates: Array(candidates.prefix(10))),
            what: "\(StoreLayout.printable(prefix)) fits "
                + (candidates.count > 10 ? "more than 10" : "\(candidates.count)")
                + " runs: " + candidates.prefix(10).map { String($0.prefix(12)) }.joined(separator: ", "),
            location: path, remedy: "Give more characters of the id.")
    }

    /// A run's history by step. For a completed or failed run it is verified; throws `.corrupt` when it changed.
    public func history(ofRun id: String) throws -> [HistoryRecord] {
        try StoreLayout.check(runID: id)
        return try database.read { database in
            let key = try self.key(ofRun: id, database)
            let rows = try Self.historyRows(database, key: key)
            let stored = try database.first("SELECT history_sha256 FROM run_records WHERE run_key = ?", [key]) {
                try $0.optionalBytes(0)
            }
            if let stored = stored ?? nil, RecordHash.history(rows) != stored {
                throw self.damagedRun(id, "the history changed since it was published")
            }
            return rows
        }
    }

    static func historyRows(_ database: Database, key: Int64) throws -> [HistoryRecord] {
        var rows: [HistoryRecord] = []
        try database.forEachRow(
            """
            SELECT step, loss, validation_loss, gradient_norm, learning_rate, effective_sample_size,
                likelihood_evaluations, nonfinite_batches, seconds
            FROM history_rows WHERE run_key = ? ORDER BY step
            """, [key]
        ) { row in
            rows.append(
                HistoryRecord(
                    step: try row.integer(0), loss: try row.double(1), validationLoss: try row.optionalDouble(2),
                    gradientNorm: try row.double(3), learningRate: try row.double(4),
                    effectiveSampleSize: try row.double(5), likelihoodEvaluations: try row.integer(6),
                    nonfiniteBatches: try row.integer(7), seconds: try row.double(8)))
        }
        return rows
    }

    /// A completed run's files by name, their list verified; empty for other runs.
    public func artefacts(ofRun id: String) throws -> [ArtefactRecord] {
        try StoreLayout.check(runID: id)
        return try database.read { database in
            let key = try self.key(ofRun: id, database)
            let artefacts = try Self.artefactRows(database, key: key)
            let stored = try database.first("SELECT artefacts_sha256 FROM run_records WHERE run_key = ?", [key]) {
                try $0.optionalBytes(0)
            }
            if let stored = stored ?? nil, RecordHash.artefacts(artefacts) != stored {
                throw self.damagedRun(id, "the list of artefacts changed since it was published")
            }
            return artefacts
        }
    }

    static func artefactRows(_ database: Database, key: Int64) throws -> [ArtefactRecord] {
        var artefacts: [ArtefactRecord] = []
        try database.forEachRow(
            "SELECT name, file, size, sha256 FROM artefact_files WHERE run_key = ? ORDER BY name", [key]
        ) { row in
            artefacts.append(
                ArtefactRecord(
                    name: try row.text(0), path: try row.text(1), size: try row.integer(2), sha256: try row.text(3),
                    tensors: []))
        }
        try database.forEachRow(
            """
            SELECT artefact, name, dtype, shape, sha256 FROM artefact_tensors WHERE run_key = ? ORDER BY artefact, name
            """, [key]
        ) { row in
            let artefact = try row.text(0)
            guard let place = artefacts.firstIndex(where: { $0.name == artefact }),
                let shape = IntegerList.values(try row.text(3))
            else { throw DamagedValue(column: 0) }
            artefacts[place].tensors.append(
                ArtefactTensor(name: try row.text(1), dtype: try row.text(2), shape: shape, sha256: try row.text(4)))
        }
        return artefacts
    }

    /// Reads a file of a completed run and checks its size and SHA-256. Throws `.noSuchRun` (also for a name the run
    /// does not have), `.corrupt`.
    public func loadArtefact(ofRun id: String, name: String) throws -> [UInt8] {
        let artefacts = try artefacts(ofRun: id)
        guard let artefact = artefacts.first(where: { $0.name == name }) else {
            throw RunStoreError(
                .noSuchRun, what: "run \(id) has no artefact \(StoreLayout.printable(name))", location: path,
                remedy: artefacts.isEmpty
                    ? "Only completed runs have artefacts; run the sweep."
                    : "It has \(artefacts.map(\.name).joined(separator: ", ")).")
        }
        return try load(artefact, ofRun: id)
    }

    func load(_ artefact: ArtefactRecord, ofRun id: String) throws -> [UInt8] {
        guard StoreLayout.isPayloadPath(artefact.path), let hash = Hashing.bytes(hexadecimal: artefact.sha256) else {
            throw damagedRun(id, "the artefact \(StoreLayout.printable(artefact.name)) has a damaged record")
        }
        return try files.readVerified(
            artefact.path, size: artefact.size, sha256: hash, what: "the artefact of run \(id)")
    }

    func damagedRun(_ id: String, _ what: String) -> RunStoreError {
        RunStoreError(
            .corrupt, what: what, location: "\(path), run \(id)",
            remedy: StoreDatabase.damagedRemedy)
    }
}

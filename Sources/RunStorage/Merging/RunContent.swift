import GRDB

/// Everything that one store holds of a run, read in one transaction and compared with its hashes, to be compared with
/// or taken into another store.
struct RunContent {
    let key: Int64
    let id: String
    let configurationJSON: String
    /// How often somebody began it; file names carry such numbers.
    let fence: Int
    /// As stored, except that a run marked running counts as interrupted: no merge touches one that is held.
    var rows: RunRows
    /// Newest first; none for a completed run.
    var checkpoints: [CheckpointRow]
    var attempts: RowTable
    var notes: RowTable
    /// What differs from what was published; nil when everything verifies.
    let damage: String?
    let fingerprint: RunFingerprint

    /// nil when the store does not know the run. Throws only what the database throws: damage is a property.
    static func read(_ store: RunStore, id: String) throws -> RunContent? {
        try store.database.read { try read($0, id: id, path: store.path) }
    }

    static func read(_ database: Database, id: String, path: String) throws -> RunContent? {
        guard let fingerprint = try RunFingerprint.read(database, id: id),
            let key = try database.first(
                "SELECT run_key FROM run_records WHERE id = ?", [id], { Int64(try $0.integer(0)) })
        else { return nil }
        do {
            let reader = RecordReader(database: database, path: path)
            guard let run = try reader.copy(.run(key: key)).runs.first else { return nil }
            // A damaged index finds another run's row.
            guard run.record.id.utf8.elementsEqual(id.utf8) else { throw DamagedValue(column: 1) }
            return try RunContent(database, run, key: key, fingerprint: fingerprint)
        } catch is DamagedValue {
            return try RunContent(unreadable: database, key: key, id: id, fingerprint: fingerprint)
        } catch let error as RunStoreError where error.kind == .corrupt {
            return try RunContent(unreadable: database, key: key, id: id, fingerprint: fingerprint)
        }
    }

    private init(
        _ database: Database, _ run: RecordReader.StoredRun, key: Int64, fingerprint: RunFingerprint
    ) throws {
        let record = run.record
        let state = run.storedState == .running ? RunState.interrupted : run.storedState
        self.key = key
        id = record.id
        configurationJSON = record.configurationJSON
        fence = record.attempts
        rows = RunRows(
            state: state,
            failure: state == .failed ? (record.failureCode ?? "", record.failureMessage ?? "") : nil,
            metrics: record.metrics, history: try RunStore.historyRows(database, key: key),
            artefacts: try RunStore.artefactRows(database, key: key), summaryJSON: record.summaryJSON,
            timingsJSON: record.timingsJSON)
        checkpoints = state == .completed ? [] : try CheckpointRow.read(database, run: key)
        attempts = try RowTable("attempts", run: key, database)
        notes = try RowTable("run_notes", run: key, database)
        if run.storedState == .running {
            attempts.replace(.null, with: RunState.interrupted.rawValue.databaseValue, in: "outcome")
        }
        self.fingerprint = fingerprint
        let log = (attempts: try RunStore.attempts(database, ofRun: id), notes: try RunStore.notes(database, key: key))
        damage = Self.damage(run, rows: rows, checkpoints: checkpoints) ?? Self.damage(log.attempts, log.notes, fence)
    }

    /// A run whose rows hold values that flowexp never writes.
    private init(unreadable database: Database, key: Int64, id: String, fingerprint: RunFingerprint) throws {
        self.key = key
        self.id = id
        configurationJSON = ""
        let stored = try database.first("SELECT fence FROM run_records WHERE run_key = ?", [key]) { try? $0.counter(0) }
        fence = (stored ?? nil) ?? 0
        rows = RunRows(state: .planned, metrics: [], history: [], artefacts: [])
        checkpoints = []
        attempts = try RowTable("attempts", run: key, database)
        notes = try RowTable("run_notes", run: key, database)
        self.fingerprint = fingerprint
        damage = "the record has a value that flowexp never writes, or another run's id"
    }

    private static func damage(
        _ run: RecordReader.StoredRun, rows: RunRows, checkpoints: [CheckpointRow]
    ) -> String? {
        let id = run.record.id
        if (try? StoreLayout.check(runID: id)) == nil { return "its id is none" }
        // The next attempt's number, and twice as many attempts as a merge may make of them, must fit too.
        if !(0..<Counter.range.upperBound / 4).contains(run.record.attempts) {
            return "its number of attempts is damaged (\(run.record.attempts))"
        }
        if case .corrupt(let reason) = run.verified().integrity { return reason }
        if let hashes = run.hashes {
            if RecordHash.history(rows.history) != hashes.history {
                return "the history changed since it was published"
            }
            if RecordHash.artefacts(rows.artefacts) != hashes.artefacts {
                return "the list of artefacts changed since it was published"
            }
        } else if !rows.artefacts.isEmpty {
            return "an unpublished run has artefacts"
        }
        let paths = rows.artefacts.map(\.path) + checkpoints.map(\.file)
        // No artefact may take the place of the record beside it.
        let areNamed = rows.artefacts.allSatisfy { $0.name != RecordFile.name && $0.path.hasSuffix("/" + $0.name) }
        if !areNamed { return "an artefact has another's name" }
        let isOwn = paths.allSatisfy { $0.hasPrefix("artefacts/" + id + "/") && StoreLayout.isPayloadPath($0) }
        if !isOwn { return "it names a file of another place" }
        if !checkpoints.allSatisfy(\.isIntact) { return "the record of a checkpoint changed since it was written" }
        return nil
    }

    /// No hash covers attempts and notes, but numbers among them that cannot be would spoil the run's next attempt.
    private static func damage(_ attempts: [AttemptRecord], _ notes: [NoteRecord], _ fence: Int) -> String? {
        let areWhole =
            attempts.allSatisfy { (1...max(1, fence)).contains($0.fence) && !$0.startedAt.isNaN && !$0.elapsed.isNaN }
            && notes.allSatisfy { (0...max(1, fence)).contains($0.fence) && !$0.at.isNaN }
        return areWhole ? nil : "the list of its attempts is damaged"
    }

    /// How far an unfinished run is: step and phase of its newest checkpoint, (−1, 0) without one.
    var progress: (step: Int, phase: Int) {
        guard let newest = checkpoints.first else { return (-1, 0) }
        return (newest.step, ["pool", "training", "evaluation", "published"].firstIndex(of: newest.phase) ?? 0)
    }
}

import GRDB

/// What the database says of one run, each part only as far as it verifies.
struct StoredContent {
    var key: Int64
    var id: String
    /// As stored; only ``ended`` says that a hash covers it.
    var configurationJSON: String?
    var state: RunState?
    /// 0 when it is out of range.
    var fence = 0
    /// The record of a run that ended, every hash verified.
    var ended: RecordContent?
    /// What does not verify.
    var damage: [String] = []
    /// Rows that can be read.
    var checkpoints: [CheckpointRow] = []

    /// A run of which nothing can be read.
    init(key: Int64, id: String, damage: String) {
        self.key = key
        self.id = id
        self.damage = [damage]
    }

    init(_ database: Database, key: Int64, id: String, path: String) {
        self.key = key
        self.id = id
        do {
            guard let run = try RecordReader(database: database, path: path).copy(.content(key: key)).runs.first else {
                damage.append("the record cannot be found by its key")
                return
            }
            // A page in place of another gives keys to names that are no runs'.
            guard run.record.id == id else {
                damage.append("its key is another run's")
                return
            }
            configurationJSON = run.record.configurationJSON
            state = run.storedState
            if Counter.range.contains(run.record.attempts) {
                fence = run.record.attempts
            } else {
                damage.append("the number of attempts is out of range (\(run.record.attempts))")
            }
            if case .corrupt(let reason) = run.verified().integrity { damage.append(reason) }
            checkpoints = try CheckpointRow.read(database, run: key)
            try readEnded(run, database)
        } catch let error as RunStoreError {
            damage.append(error.what)
        } catch is DamagedValue {
            damage.append("a value of the record is none that flowexp writes")
        } catch let error as DatabaseError {
            damage.append("the record cannot be read (SQLite \(error.extendedResultCode.rawValue))")
        } catch {
            damage.append("the record cannot be read")
        }
    }

    private mutating func readEnded(_ run: RecordReader.StoredRun, _ database: Database) throws {
        guard run.storedState.isTerminal, let hashes = run.hashes else { return }
        let history = try RunStore.historyRows(database, key: key)
        let artefacts = try RunStore.artefactRows(database, key: key)
        if RecordHash.history(history) != hashes.history { damage.append("the history changed since it was published") }
        if RecordHash.artefacts(artefacts) != hashes.artefacts {
            damage.append("the list of artefacts changed since it was published")
        }
        guard damage.isEmpty else { return }
        let failure =
            run.storedState == .failed
            ? (code: run.record.failureCode ?? "", message: run.record.failureMessage ?? "") : nil
        let rows = RunRows(
            state: run.storedState, failure: failure, metrics: run.record.metrics, history: history,
            artefacts: artefacts, summaryJSON: run.record.summaryJSON, timingsJSON: run.record.timingsJSON)
        if try !MetricIndex.isRight(
            in: database, run: key, metrics: rows.metrics, metricsHash: hashes.metrics)
        {
            // The record itself is whole; a rebuilt database has the right index.
            damage.append("the index of its metrics is not the one they have")
        }
        ended = RecordContent(
            id: id, fence: fence, configurationJSON: run.record.configurationJSON, rows: rows, hash: hashes.record)
    }
}

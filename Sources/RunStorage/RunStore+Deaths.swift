import Foundation
import GRDB

/// What becomes of a run whose process died.
extension RunStore {
    /// How a process that worked on a run ended, as its parent saw it.
    public enum ProcessEnd: Sendable {
        /// It died; nil when the death cannot be pinned on the run.
        case died(AttributedDeath?)
        /// Its parent ended it because the run used up its time; the sentence is for people.
        case ranOutOfTime(String)
    }

    /// What was recorded of a run whose process ended.
    public enum EndedProcess: Sendable, Equatable {
        /// It continues from its last checkpoint.
        case interrupted
        /// It is recorded as failed, by its deaths or by its time.
        case failed(code: String, message: String)
        /// The process had no attempt at it any more: the run is over, or another process has it.
        case notItsOwn
    }

    /// Records that the process `pid` of this machine, which worked on the run, is gone.
    ///
    /// A note that the dying process left in the run's lock file counts before what the parent knows. `elapsed`: seconds
    /// that the attempt took. Throws `.noSuchRun`, `.invalidName`, `.corrupt`, `.busy`, `.diskFull`, ….
    public func recordProcessEnd(
        ofRun runID: String, pid: Int, elapsed: Double, _ end: ProcessEnd
    ) throws -> EndedProcess {
        try StoreLayout.check(runID: runID)
        guard let lock = try FileLock.take(layout.lock(ofRun: runID), exclusive: true) else { return .notItsOwn }
        defer { lock.release() }
        return try database.write { database in
            guard let known = try Self.runState(database, id: runID) else { throw self.noSuchRun(runID) }
            let owner = try database.first(
                "SELECT pid FROM attempts WHERE run_key = ? AND fence = ?", [known.key, known.fence]
            ) { try $0.integer(0) }
            guard known.state == .running, owner == pid else { return .notItsOwn }
            try database.run(
                "UPDATE attempts SET elapsed = max(elapsed, ?), ended_at = ? WHERE run_key = ? AND fence = ?",
                [elapsed.storable, SystemCalls.wallSeconds(), known.key, known.fence])
            let failure: (code: String, message: String)?
            switch end {
            case .died(let seen):
                var death = DeathNote.parse(lock.text(), fence: known.fence) ?? seen
                if let seen, !seen.detail.isEmpty { death?.detail = seen.detail }
                failure = try self.endDeadAttempt(database, run: known, id: runID, death: death)
            case .ranOutOfTime(let message):
                failure = ("timeout", message)
                try self.setAside(database, run: known, id: runID, code: "timeout", message: message)
            }
            if let failure { return .failed(code: failure.code, message: failure.message) }
            try database.run("UPDATE run_records SET state = 'interrupted' WHERE run_key = ?", [known.key])
            return .interrupted
        }
    }

    /// Records that the run's current attempt died; returns the failure when it was set aside for it.
    ///
    /// Its end is unknown, so none is given. A death counts when it is attributed; those since the last checkpoint, and
    /// since the last time the run failed, add up.
    func endDeadAttempt(
        _ database: Database, run: KnownState, id: String, death: AttributedDeath?
    ) throws -> (code: String, message: String)? {
        guard let death else {
            try database.run(
                "UPDATE attempts SET outcome = 'interrupted' WHERE run_key = ? AND fence = ? AND outcome IS NULL",
                [run.key, run.fence])
            return nil
        }
        try database.run(
            "UPDATE attempts SET outcome = 'crashed' WHERE run_key = ? AND fence = ?", [run.key, run.fence])
        try Self.note(database, run: run, "its process died of \(death.description)")
        let deaths =
            try database.first(
                """
                SELECT count(*) FROM attempts WHERE run_key = ?1 AND outcome = 'crashed'
                    AND fence >= (SELECT coalesce(max(fence), 0) FROM checkpoints WHERE run_key = ?1)
                    AND fence > (SELECT coalesce(max(fence), 0) FROM attempts WHERE run_key = ?1 AND outcome = 'failed')
                """, [run.key]
            ) { try $0.integer(0) } ?? 0
        guard deaths >= AttributedDeath.limit else { return nil }
        let message =
            "set aside: its process died \(deaths) times without a new checkpoint between, the last time of "
            + death.description
        try setAside(database, run: run, id: id, code: AttributedDeath.failureCode, message: message)
        return (AttributedDeath.failureCode, message)
    }

    /// Records a failure without a claim, with its `record.json`; checkpoints and history stay for a retry.
    private func setAside(
        _ database: Database, run: KnownState, id: String, code: String, message: String
    ) throws {
        try database.run(
            "UPDATE attempts SET outcome = 'failed' WHERE run_key = ? AND fence = ?", [run.key, run.fence])
        let rows = RunRows(
            state: .failed, failure: (code.storable, message.storable), metrics: [],
            history: try Self.historyRows(database, key: run.key), artefacts: [], summaryJSON: nil, timingsJSON: nil)
        let configuration = try database.first(
            "SELECT configuration FROM run_records WHERE run_key = ?", [run.key]
        ) { try $0.text(0) }
        let hash = rows.hashes(id: id, configurationJSON: configuration ?? "").record
        try files.writeRecord(
            RecordContent(
                id: id, fence: run.fence, configurationJSON: configuration ?? "", rows: rows, hash: hash))
        try rows.replace(in: database, run: run.key, id: id)
    }

    private static func note(_ database: Database, run: KnownState, _ text: String) throws {
        try database.run(
            "INSERT INTO run_notes (run_key, fence, at, text) VALUES (?, ?, ?, ?)",
            [run.key, run.fence, SystemCalls.wallSeconds(), text.storable])
    }
}

extension RunClaim {
    /// Opens the file that takes the note of a fatal signal, and says what the note begins with; -1 where it cannot be
    /// opened: then a death is recorded as any interruption.
    ///
    /// It is another open file than the lock's, so closing it frees nothing. The caller closes it.
    public func openDeathNote() -> (descriptor: Int32, prefix: String) {
        let descriptor = try? SystemCalls.open(
            store.layout.lock(ofRun: runID), O_WRONLY, to: "open the lock file")
        return (descriptor ?? -1, DeathNote.prefix(fence: fence))
    }
}

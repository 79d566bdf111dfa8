import Foundation
import GRDB

/// A file that a merge brings along.
struct MergedFile: Equatable {
    /// Relative to the store it comes from.
    var source: String
    /// Relative to the store it goes to.
    var target: String
    var size: Int
    var sha256: [UInt8]
    /// For messages.
    var what: String
}

/// Taking a verified run of another store.
extension RunContent {
    /// The content with its attempts numbered after the `earlier` ones that the target has had, so that the names of its
    /// files, which carry these numbers, are not those of any file there; 0 leaves everything as it is.
    ///
    /// Also returns the files to bring along, without `record.json`, which is written anew. Throws `DamagedValue` when a
    /// number is damaged.
    func renumbered(after earlier: Int) throws -> (content: RunContent, files: [MergedFile]) {
        var content = self
        var files: [MergedFile] = []
        try content.attempts.add(earlier, to: "fence")
        try content.notes.add(earlier, to: "fence")
        for index in checkpoints.indices {
            let old = checkpoints[index]
            content.checkpoints[index] = old.renumbered(fence: old.fence + earlier, run: id)
            files.append(
                MergedFile(
                    source: old.file, target: content.checkpoints[index].file, size: old.size, sha256: old.sha256,
                    what: "the checkpoint of step \(old.step) of run \(id)"))
        }
        for index in rows.artefacts.indices {
            let old = rows.artefacts[index]
            guard let hash = Hashing.bytes(hexadecimal: old.sha256) else { throw DamagedValue(column: 0) }
            content.rows.artefacts[index].path = try Self.renumbered(old.path, by: earlier)
            files.append(
                MergedFile(
                    source: old.path, target: content.rows.artefacts[index].path, size: old.size, sha256: hash,
                    what: "the artefact of run \(id)"))
        }
        return (content, files)
    }

    /// `artefacts/<id>/published-<n>/<name>` with another n.
    private static func renumbered(_ path: String, by change: Int) throws -> String {
        if change == 0 { return path }
        var parts = path.split(separator: "/").map(String.init)
        let prefix = "published-"
        guard parts.count == 4, parts[2].hasPrefix(prefix), let number = Int(parts[2].dropFirst(prefix.count)),
            Counter.range.contains(number)
        else { throw DamagedValue(column: 0) }
        parts[2] = prefix + String(number + change)
        return parts.joined(separator: "/")
    }

    /// The `record.json` of a result; nil for a run without one.
    func recordFile(fence: Int) -> (path: String, bytes: [UInt8])? {
        guard rows.state.isTerminal else { return nil }
        let hash = rows.hashes(id: id, configurationJSON: configurationJSON).record
        let record = RecordContent(
            id: id, fence: fence, configurationJSON: configurationJSON, rows: rows, hash: hash)
        return (record.path, record.fileBytes)
    }

    /// Inserts this content, renumbered already, or puts it in the place of what the database has of the run, whose
    /// attempts and notes stay. `fence` is the number of attempts that the run then has had.
    func take(into database: Database, fence: Int) throws {
        try RunCopy.insertPlanned(database, id: id, configurationJSON: configurationJSON)
        guard
            let key = try database.first(
                "SELECT run_key FROM run_records WHERE id = ?", [id], { Int64(try $0.integer(0)) })
        else { throw DamagedValue(column: 0) }
        try database.run("DELETE FROM checkpoints WHERE run_key = ?", [key])
        // Also in place of a damaged text; for all others they are equal.
        try database.run(
            "UPDATE run_records SET configuration = ?, fence = ? WHERE run_key = ?", [configurationJSON, fence, key])
        try rows.replace(in: database, run: key, id: id)
        if !rows.state.isTerminal {
            try database.run(
                """
                UPDATE run_records SET metrics_sha256 = NULL, history_sha256 = NULL, artefacts_sha256 = NULL,
                    record_sha256 = NULL WHERE run_key = ?
                """, [key])
            try database.run("DELETE FROM metric_indexes WHERE run_key = ?", [key])
        }
        for checkpoint in checkpoints { try checkpoint.insert(database, run: key) }
        try attempts.insert(database, run: key)
        try notes.insert(database, run: key)
    }
}

import GRDB

/// The files of a run that its rows name.
struct NamedFiles {
    /// Paths relative to the store.
    var files: Set<String> = []

    /// What stays in the run's directory: the named files that lie in it, and the directories that hold named files.
    var entries: Set<String> {
        Set(files.map { $0.split(separator: "/").prefix(3).joined(separator: "/") })
    }

    /// Whether a path inside the run's directory is named: as a file, or as the record beside named files.
    func contains(_ path: String) -> Bool {
        if files.contains(path) { return true }
        guard path.hasSuffix("/" + RecordFile.name) else { return false }
        let directory = path.dropLast(RecordFile.name.utf8.count)
        return files.contains { $0.hasPrefix(directory) }
    }

    /// Checkpoints and artefacts of a run; none for a run that the store does not know.
    static func read(_ database: Database, run id: String) throws -> NamedFiles {
        var named = NamedFiles()
        for table in ["checkpoints", "artefact_files"] {
            try database.forEachRow(
                "SELECT file FROM \(table) JOIN run_records USING (run_key) WHERE id = ?", [id]
            ) { named.files.insert(try $0.text(0)) }
        }
        return named
    }
}

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

    /// Checkpoints, artefacts and the record of a run; none for a run that the store does not know.
    static func read(_ database: Database, run id: String) throws -> NamedFiles {
        var named = NamedFiles()
        for table in ["checkpoints", "artefact_files"] {
            try database.forEachRow(
                "SELECT file FROM \(table) JOIN run_records USING (run_key) WHERE id = ?", [id]
            ) { named.files.insert(try $0.text(0)) }
        }
        // The record of a result lies in the folder of the attempt that ended, also where no artefact does.
        try database.forEachRow("SELECT state, fence FROM run_records WHERE id = ?", [id]) { row in
            guard let state = RunState(rawValue: try row.text(0)), state.isTerminal else { return }
            let directory = RecordFile.directory(ofRun: id, state: state, fence: try row.integer(1))
            named.files.insert(directory + "/" + RecordFile.name)
        }
        return named
    }
}

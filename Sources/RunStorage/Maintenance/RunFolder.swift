/// What lies in the directory of one run, read without the database.
struct RunFolder {
    /// A directory `published-<fence>` or `failed-<fence>`.
    struct Outcome {
        /// Relative to the store.
        var path: String
        var fence: Int
        var state: RunState
        /// nil when there is no `record.json`.
        var record: FileReading<RecordContent>?

        /// The record, when it verified and belongs here.
        var content: RecordContent? { record?.content }
    }

    /// A file whose name begins with `checkpoint-`.
    struct Checkpoint {
        var path: String
        /// nil for a name that tells too little.
        var name: CheckpointName?
    }

    var id: String
    /// The newest first.
    var outcomes: [Outcome] = []
    var checkpoints: [Checkpoint] = []
    /// Paths of what no version of flowexp puts here.
    var strangers: [String] = []

    init(id: String, verifier: inout FileVerifier) throws {
        self.id = id
        let directory = verifier.layout.directory(ofRun: id)
        for name in try SystemCalls.readableNames(in: verifier.layout.absolute(directory)) {
            let path = directory + "/" + name
            if let (state, fence) = Self.outcome(name) {
                var outcome = Outcome(path: path, fence: fence, state: state)
                outcome.record = try Self.record(path, id: id, state: state, fence: fence, verifier: &verifier)
                outcomes.append(outcome)
            } else if name.hasPrefix("checkpoint-") {
                checkpoints.append(Checkpoint(path: path, name: CheckpointName(name)))
            } else {
                strangers.append(path)
            }
        }
        outcomes.sort { $0.fence > $1.fence }
    }

    private static func outcome(_ name: String) -> (RunState, Int)? {
        for (prefix, state) in [("published-", RunState.completed), ("failed-", .failed)] where name.hasPrefix(prefix) {
            guard let fence = Int(name.dropFirst(prefix.count)), Counter.range.contains(fence) else { return nil }
            return (state, fence)
        }
        return nil
    }

    /// A record that verifies but lies in the wrong place is of no use here.
    private static func record(
        _ directory: String, id: String, state: RunState, fence: Int, verifier: inout FileVerifier
    ) throws -> FileReading<RecordContent>? {
        guard let bytes = try verifier.read(directory + "/" + RecordFile.name) else { return nil }
        let reading = RecordFile.read(bytes)
        guard let content = reading.content else { return reading }
        let belongs =
            content.id == id && content.rows.state == state && content.fence == fence
            && content.rows.artefacts.allSatisfy { $0.path == directory + "/" + $0.name }
        return belongs ? reading : .damaged("is the record of something else")
    }
}

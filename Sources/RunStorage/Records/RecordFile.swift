/// `record.json`, written beside a run's artefacts: the whole published record, so that the database can be rebuilt from
/// the artefacts alone.
///
/// It is in `published-<fence>/` of a completed run, renewed when metrics are added, and in `failed-<fence>/` of a failed
/// one. JSON texts (the configuration and so on) are kept as strings, because their bytes are what is hashed.
enum RecordFile {
    /// The file's name; no artefact may have it.
    static let name = "record.json"
    private static let schemaName = "flowexp.record/"
    /// The version this program writes and reads.
    static let version = 1
    static var schema: String { schemaName + String(version) }

    /// The version in a schema text; nil for another kind of file.
    static func version(ofSchema text: String) -> Int? {
        text.hasPrefix(schemaName) ? Int(text.dropFirst(schemaName.count)) : nil
    }

    /// The directory, relative to the store, of what attempt `fence` at a run left when it ended in `state`.
    static func directory(ofRun id: String, state: RunState, fence: Int) -> String {
        "artefacts/" + id + (state == .failed ? "/failed-" : "/published-") + String(fence)
    }

    static func bytes(
        id: String, fence: Int, configurationJSON: String, rows: RunRows, hash: [UInt8]
    ) -> [UInt8] {
        let metrics = rows.metrics.map { metric in
            JSONText.object([
                ("name", JSONText.string(metric.name)), ("parameters", JSONText.string(metric.parametersJSON)),
                ("version", String(metric.version)), ("value", JSONText.number(metric.value)),
                ("reason", JSONText.string(metric.reason)), ("standardError", JSONText.number(metric.standardError)),
                ("sampleSizes", IntegerList.text(metric.sampleSizes)), ("direction", JSONText.string(metric.direction)),
                (
                    "floor",
                    metric.floor.map {
                        JSONText.object([
                            ("mean", JSONText.number($0.mean)), ("sd", JSONText.number($0.standardDeviation)),
                            ("reps", String($0.repetitions)),
                        ])
                    } ?? "null"
                ),
                ("details", JSONText.string(metric.detailsJSON)),
            ])
        }
        let history = rows.history.map { row in
            JSONText.array([
                String(row.step), JSONText.number(row.loss), JSONText.number(row.validationLoss),
                JSONText.number(row.gradientNorm),
                JSONText.number(row.learningRate), JSONText.number(row.effectiveSampleSize),
                String(row.likelihoodEvaluations),
                String(row.nonfiniteBatches), JSONText.number(row.seconds),
            ])
        }
        let artefacts = rows.artefacts.map { artefact in
            JSONText.object([
                ("name", JSONText.string(artefact.name)), ("path", JSONText.string(artefact.path)),
                ("size", String(artefact.size)),
                ("sha256", JSONText.string(artefact.sha256)),
                (
                    "tensors",
                    JSONText.array(
                        artefact.tensors.map {
                            JSONText.object([
                                ("name", JSONText.string($0.name)), ("dtype", JSONText.string($0.dtype)),
                                ("shape", IntegerList.text($0.shape)), ("sha256", JSONText.string($0.sha256)),
                            ])
                        })
                ),
            ])
        }
        let columns = [
            "step", "loss", "validationLoss", "gradientNorm", "learningRate", "effectiveSampleSize",
            "likelihoodEvaluations", "nonfiniteBatches", "seconds",
        ]
        let text = JSONText.object([
            ("schema", JSONText.string(schema)), ("id", JSONText.string(id)), ("attempt", String(fence)),
            ("state", JSONText.string(rows.state.rawValue)), ("failureCode", JSONText.string(rows.failure?.code)),
            ("failureMessage", JSONText.string(rows.failure?.message)),
            ("configuration", JSONText.string(configurationJSON)),
            ("summary", JSONText.string(rows.summaryJSON)), ("timings", JSONText.string(rows.timingsJSON)),
            ("metrics", JSONText.array(metrics)), ("historyColumns", JSONText.array(columns.map(JSONText.string))),
            ("history", JSONText.array(history)),
            ("artefacts", JSONText.array(artefacts)), ("recordSHA256", JSONText.string(Hashing.hexadecimal(hash))),
        ])
        return Array((text + "\n").utf8)
    }
}

extension RecordContent {
    /// Where the record lies, relative to the store: with its artefacts, where it has some.
    var directory: String {
        if let path = rows.artefacts.first?.path, StoreLayout.isPayloadPath(path), let slash = path.lastIndex(of: "/") {
            return String(path[..<slash])
        }
        return RecordFile.directory(ofRun: id, state: rows.state, fence: fence)
    }

    /// The `record.json` of this record.
    var path: String { directory + "/" + RecordFile.name }

    /// The file's bytes. The attempt is the one that the directory is named after.
    var fileBytes: [UInt8] {
        let fence = directory.split(separator: "-").last.flatMap { Int($0) } ?? fence
        return RecordFile.bytes(
            id: id, fence: fence, configurationJSON: configurationJSON, rows: rows, hash: hash)
    }
}

extension DurableFiles {
    /// Writes, or writes anew, the `record.json` of a record.
    func writeRecord(_ content: RecordContent) throws {
        try makeDirectory(content.directory)
        try write([(name: RecordFile.name, bytes: content.fileBytes)], into: content.directory)
    }
}

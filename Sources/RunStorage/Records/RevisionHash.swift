/// Hashes of revisions, so that a damaged spec or expansion is not taken for the recorded one.
enum RevisionHash {
    static func expansion(evaluationJSON: String, runs: [(id: String, axesJSON: String)]) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 256 * (runs.count + 1))
        encoder.text("flowexp.expansion/1")
        encoder.text(evaluationJSON)
        encoder.integer(runs.count)
        for run in runs {
            encoder.text(run.id)
            encoder.text(run.axesJSON)
        }
        return Hashing.sha256(encoder.bytes)
    }

    static func revision(
        sweepName: String, number: Int, specBytes: [UInt8], resolvedSpecJSON: String, evaluationJSON: String,
        expansion: [UInt8]
    ) -> [UInt8] {
        var encoder = ByteEncoder(capacity: specBytes.count + resolvedSpecJSON.utf8.count + 1024)
        encoder.text("flowexp.revision/1")
        encoder.text(sweepName)
        encoder.integer(number)
        encoder.integer(specBytes.count)
        encoder.raw(specBytes)
        encoder.text(resolvedSpecJSON)
        encoder.text(evaluationJSON)
        encoder.raw(expansion)
        return Hashing.sha256(encoder.bytes)
    }
}

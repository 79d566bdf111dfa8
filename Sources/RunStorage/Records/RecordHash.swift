/// The hashes that a published record carries, each over its own part, so that a reader verifies exactly what it prints
/// without reading the rest. docs/store.md gives the bytes.
enum RecordHash {
    /// What a record's own hash covers; the three parts enter by their hashes.
    struct Record {
        var id: String
        var configurationJSON: String
        var state: RunState
        var failureCode: String?
        var failureMessage: String?
        var summaryJSON: String?
        var timingsJSON: String?
        var metrics: [UInt8]
        var history: [UInt8]
        var artefacts: [UInt8]
    }

    static func record(_ record: Record) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 1024)
        encoder.text("flowexp.record/1")
        encoder.text(record.id)
        encoder.text(record.configurationJSON)
        encoder.text(record.state.rawValue)
        encoder.optionalText(record.failureCode)
        encoder.optionalText(record.failureMessage)
        encoder.optionalText(record.summaryJSON)
        encoder.optionalText(record.timingsJSON)
        encoder.raw(record.metrics)
        encoder.raw(record.history)
        encoder.raw(record.artefacts)
        return Hashing.sha256(encoder.bytes)
    }

    static func metrics(_ metrics: [MetricRecord]) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 256 * (metrics.count + 1))
        encoder.text("flowexp.metrics/1")
        encode(metrics, into: &encoder)
        return Hashing.sha256(encoder.bytes)
    }

    /// The same of metrics that are encoded already, without their count.
    static func metrics(count: Int, encoded: [UInt8]) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 64)
        encoder.text("flowexp.metrics/1")
        encoder.integer(count)
        return encoded.withUnsafeBytes { Hashing.sha256(encoder.bytes, $0) }
    }

    static func history(_ rows: [HistoryRecord]) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 80 * (rows.count + 1))
        encoder.text("flowexp.history/1")
        encode(rows, withTimings: true, into: &encoder)
        return Hashing.sha256(encoder.bytes)
    }

    static func artefacts(_ artefacts: [ArtefactRecord]) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 1024)
        encoder.text("flowexp.artefacts/1")
        encoder.integer(artefacts.count)
        for artefact in artefacts {
            encoder.text(artefact.name)
            encoder.text(artefact.path)
            encoder.integer(artefact.size)
            encoder.text(artefact.sha256)
            encoder.integer(artefact.tensors.count)
            for tensor in artefact.tensors { encode(tensor, into: &encoder) }
        }
        return Hashing.sha256(encoder.bytes)
    }

    /// Count, then every column of every metric in the order given.
    static func encode(_ metrics: [MetricRecord], into encoder: inout ByteEncoder) {
        encoder.integer(metrics.count)
        for metric in metrics {
            encoder.text(metric.name)
            encoder.text(metric.parametersJSON)
            encoder.integer(metric.version)
            encoder.optionalDouble(metric.value)
            encoder.optionalText(metric.reason)
            encoder.optionalDouble(metric.standardError)
            encoder.integer(metric.sampleSizes.count)
            for size in metric.sampleSizes { encoder.integer(size) }
            encoder.text(metric.direction)
            encoder.optional(metric.floor) { encoder, floor in
                encoder.double(floor.mean)
                encoder.double(floor.standardDeviation)
                encoder.integer(floor.repetitions)
            }
            encoder.text(metric.detailsJSON)
        }
    }

    /// Count, then every column of every row; `seconds` only with timings.
    static func encode(_ rows: [HistoryRecord], withTimings: Bool, into encoder: inout ByteEncoder) {
        encoder.integer(rows.count)
        for row in rows {
            encoder.integer(row.step)
            encoder.double(row.loss)
            encoder.optionalDouble(row.validationLoss)
            encoder.double(row.gradientNorm)
            encoder.double(row.learningRate)
            encoder.double(row.effectiveSampleSize)
            encoder.integer(row.likelihoodEvaluations)
            encoder.integer(row.nonfiniteBatches)
            if withTimings { encoder.double(row.seconds) }
        }
    }

    /// Name, dtype, rank and dimensions, SHA-256 in hexadecimal.
    static func encode(_ tensor: ArtefactTensor, into encoder: inout ByteEncoder) {
        encoder.text(tensor.name)
        encoder.text(tensor.dtype)
        encoder.integer(tensor.shape.count)
        for extent in tensor.shape { encoder.integer(extent) }
        encoder.text(tensor.sha256)
    }
}

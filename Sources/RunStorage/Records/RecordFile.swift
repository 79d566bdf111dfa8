/// `record.json`, written beside a run's artefacts: the whole published record, so that the database can be rebuilt from
/// the artefacts alone.
///
/// It holds the record as it was published; metrics added later are computed again after a rebuild. JSON texts (the
/// configuration and so on) are kept as strings, because their bytes are what is hashed. Numbers are shortest round-trip
/// decimals; those JSON does not have are the strings "NaN", "Infinity" and "-Infinity".
enum RecordFile {
    /// The file's name; no artefact may have it.
    static let name = "record.json"

    static func bytes(
        id: String, fence: Int, configurationJSON: String, rows: RunRows, hash: [UInt8]
    ) -> [UInt8] {
        let metrics = rows.metrics.map { metric in
            object([
                ("name", string(metric.name)), ("parameters", string(metric.parametersJSON)),
                ("version", String(metric.version)), ("value", number(metric.value)),
                ("reason", metric.reason.map(string) ?? "null"), ("standardError", number(metric.standardError)),
                ("sampleSizes", IntegerList.text(metric.sampleSizes)), ("direction", string(metric.direction)),
                (
                    "floor",
                    metric.floor.map {
                        object([
                            ("mean", number($0.mean)), ("sd", number($0.standardDeviation)),
                            ("reps", String($0.repetitions)),
                        ])
                    } ?? "null"
                ),
                ("details", string(metric.detailsJSON)),
            ])
        }
        let history = rows.history.map { row in
            array([
                String(row.step), number(row.loss), number(row.validationLoss), number(row.gradientNorm),
                number(row.learningRate), number(row.effectiveSampleSize), String(row.likelihoodEvaluations),
                String(row.nonfiniteBatches), number(row.seconds),
            ])
        }
        let artefacts = rows.artefacts.map { artefact in
            object([
                ("name", string(artefact.name)), ("path", string(artefact.path)), ("size", String(artefact.size)),
                ("sha256", string(artefact.sha256)),
                (
                    "tensors",
                    array(
                        artefact.tensors.map {
                            object([
                                ("name", string($0.name)), ("dtype", string($0.dtype)),
                                ("shape", IntegerList.text($0.shape)), ("sha256", string($0.sha256)),
                            ])
                        })
                ),
            ])
        }
        let columns = [
            "step", "loss", "validationLoss", "gradientNorm", "learningRate", "effectiveSampleSize",
            "likelihoodEvaluations", "nonfiniteBatches", "seconds",
        ]
        let text = object([
            ("schema", string("flowexp.record/1")), ("id", string(id)), ("attempt", String(fence)),
            ("state", string(rows.state.rawValue)), ("configuration", string(configurationJSON)),
            ("summary", rows.summaryJSON.map(string) ?? "null"), ("timings", rows.timingsJSON.map(string) ?? "null"),
            ("metrics", array(metrics)), ("historyColumns", array(columns.map(string))), ("history", array(history)),
            ("artefacts", array(artefacts)), ("recordSHA256", string(Hashing.hexadecimal(hash))),
        ])
        return Array((text + "\n").utf8)
    }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { string($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
    }

    private static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    private static func number(_ value: Double?) -> String {
        guard let value else { return "null" }
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
        return value.description
    }

    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

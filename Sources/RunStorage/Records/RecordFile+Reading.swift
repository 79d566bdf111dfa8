import Catalog

/// A `record.json` that verified: its hash fits what it says.
struct RecordContent {
    var id: String
    var fence: Int
    var configurationJSON: String
    var rows: RunRows
    var hash: [UInt8]
}

/// What a file of the store turned out to be.
enum FileReading<Content> {
    case verified(Content)
    /// A later flowexp wrote it.
    case newer(version: Int)
    case damaged(String)

    /// The content when it verified.
    var content: Content? {
        if case .verified(let content) = self { return content }
        return nil
    }
}

/// A member that is missing or of the wrong kind.
struct UnreadableMember: Error {
    var name: String
}

extension RecordFile {
    /// Reads the file's bytes and compares the record's hash. Any bytes give a result.
    static func read(_ bytes: [UInt8]) -> FileReading<RecordContent> {
        var options = JSONReader.Options.strict
        options.maximumBytes = 1 << 30
        let result = JSONReader.read(bytes, options: options)
        guard let value = result.node?.value, result.errors.isEmpty else {
            return .damaged("is not whole JSON (\(result.errors.first?.message ?? "no value"))")
        }
        guard let version = value["schema"]?.stringValue.flatMap(version(ofSchema:)) else {
            return .damaged("is not a record")
        }
        if version > Self.version { return .newer(version: version) }
        do {
            let content = try content(value)
            guard
                content.rows.hashes(id: content.id, configurationJSON: content.configurationJSON).record == content.hash
            else { return .damaged("is not what was written (its SHA-256 differs)") }
            // What the hash does not cover, such as the names of the columns, shows here. Records of before the version that
            // writes failures lack two members.
            if value["failureCode"] != nil && content.fileBytes != bytes {
                return .damaged("is not what was written (bytes outside the record changed)")
            }
            return .verified(content)
        } catch let error as UnreadableMember {
            return .damaged("has no usable \(error.name)")
        } catch {
            return .damaged("cannot be understood")
        }
    }

    private static func content(_ value: JSONValue) throws -> RecordContent {
        let id = try value.text("id")
        try StoreLayout.check(runID: id)
        guard let state = RunState(rawValue: try value.text("state")), state.isTerminal else {
            throw UnreadableMember(name: "state")
        }
        let fence = try value.integer("attempt")
        guard Counter.range.contains(fence) else { throw UnreadableMember(name: "attempt") }
        guard let hash = Hashing.bytes(hexadecimal: try value.text("recordSHA256")) else {
            throw UnreadableMember(name: "recordSHA256")
        }
        var failure: (code: String, message: String)?
        if state == .failed {
            failure = (code: try value.text("failureCode"), message: try value.text("failureMessage"))
        }
        let rows = RunRows(
            state: state, failure: failure, metrics: try value.list("metrics").map(metric),
            history: try value.list("history").map(historyRow), artefacts: try value.list("artefacts").map(artefact),
            summaryJSON: value["summary"]?.stringValue, timingsJSON: value["timings"]?.stringValue)
        return RecordContent(
            id: id, fence: fence, configurationJSON: try value.text("configuration"), rows: rows, hash: hash)
    }

    private static func metric(_ value: JSONValue) throws -> MetricRecord {
        var floor: MetricFloorRecord?
        if let stored = value["floor"], stored != .null {
            floor = MetricFloorRecord(
                mean: try stored.double("mean"), standardDeviation: try stored.double("sd"),
                repetitions: try stored.integer("reps"))
        }
        return MetricRecord(
            name: try value.text("name"), parametersJSON: try value.text("parameters"),
            version: try value.integer("version"), value: try value.optionalDouble("value"),
            reason: value["reason"]?.stringValue, standardError: try value.optionalDouble("standardError"),
            sampleSizes: try value.integers("sampleSizes"), direction: try value.text("direction"), floor: floor,
            detailsJSON: try value.text("details"))
    }

    private static func historyRow(_ value: JSONValue) throws -> HistoryRecord {
        let columns = value.arrayValue ?? []
        guard columns.count == 9, let step = columns[0].integerValue, let evaluations = columns[6].integerValue,
            let nonfinite = columns[7].integerValue
        else { throw UnreadableMember(name: "history") }
        func number(_ index: Int) throws -> Double {
            guard let number = columns[index].recordedDouble else { throw UnreadableMember(name: "history") }
            return number
        }
        return HistoryRecord(
            step: step, loss: try number(1), validationLoss: columns[2] == .null ? nil : try number(2),
            gradientNorm: try number(3), learningRate: try number(4), effectiveSampleSize: try number(5),
            likelihoodEvaluations: evaluations, nonfiniteBatches: nonfinite, seconds: try number(8))
    }

    private static func artefact(_ value: JSONValue) throws -> ArtefactRecord {
        ArtefactRecord(
            name: try value.text("name"), path: try value.text("path"), size: try value.integer("size"),
            sha256: try value.text("sha256"),
            tensors: try value.list("tensors").map { tensor in
                ArtefactTensor(
                    name: try tensor.text("name"), dtype: try tensor.text("dtype"), shape: try tensor.integers("shape"),
                    sha256: try tensor.text("sha256"))
            })
    }
}

/// Members of the store's own files, by name.
extension JSONValue {
    func text(_ name: String) throws -> String {
        guard let text = self[name]?.stringValue else { throw UnreadableMember(name: name) }
        return text
    }

    func integer(_ name: String) throws -> Int {
        guard let number = self[name]?.integerValue else { throw UnreadableMember(name: name) }
        return number
    }

    func double(_ name: String) throws -> Double {
        guard let number = self[name]?.recordedDouble else { throw UnreadableMember(name: name) }
        return number
    }

    /// nil for `null` and for a missing member.
    func optionalDouble(_ name: String) throws -> Double? {
        guard let member = self[name], member != .null else { return nil }
        return try double(name)
    }

    func list(_ name: String) throws -> [JSONValue] {
        guard let list = self[name]?.arrayValue else { throw UnreadableMember(name: name) }
        return list
    }

    func integers(_ name: String) throws -> [Int] {
        try list(name).map {
            guard let number = $0.integerValue else { throw UnreadableMember(name: name) }
            return number
        }
    }

    /// A number, or one of the texts that ``JSONText/number(_:)`` writes for those JSON does not have.
    var recordedDouble: Double? {
        switch self {
        case .string("NaN"): return .nan
        case .string("Infinity"): return .infinity
        case .string("-Infinity"): return -.infinity
        default: return doubleValue
        }
    }
}

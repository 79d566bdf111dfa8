import Catalog
import Foundation

/// A revision as a file of its own, `revisions/<sweep>-<number>-<hash>.json`: with the records of the runs it is all that is
/// needed to make the database again.
///
/// The document has its runs one to a line, so that ten thousand of them are read line by line. Its last member is a
/// SHA-256 over every value in it.
struct RevisionFile: Equatable {
    var sweepName: String
    var number: Int
    /// The counter by which the most recently run sweep is known, when this was recorded.
    var order: Int
    var createdAt: Double
    var specBytes: [UInt8]
    var resolvedSpecJSON: String
    var evaluationJSON: String
    var runs: [PlannedRun]

    private static let schemaName = "flowexp.revision/"
    static let version = 1

    var expansion: [UInt8] {
        RevisionHash.expansion(evaluationJSON: evaluationJSON, runs: runs.map { ($0.id, $0.axesJSON) })
    }

    /// The hash that the database has of it too.
    var revisionHash: [UInt8] {
        RevisionHash.revision(
            sweepName: sweepName, number: number, specBytes: specBytes, resolvedSpecJSON: resolvedSpecJSON,
            evaluationJSON: evaluationJSON, expansion: expansion)
    }

    /// Relative to the store. The hash makes it one of its own; the name before it is for people.
    static func path(sweepName: String, number: Int, hash: [UInt8]) -> String {
        let letters = sweepName.utf8.prefix(40).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: return byte
            default: return 0x5f
            }
        }
        let digits = Hashing.hexadecimal(hash).prefix(32)
        return "revisions/\(String(decoding: letters, as: UTF8.self))-\(number)-\(digits).json"
    }

    /// Covers every value, the configurations of the runs included.
    private var contentHash: [UInt8] {
        var encoder = ByteEncoder(capacity: 1024 * (runs.count + 1))
        encoder.text(Self.schemaName + String(Self.version))
        encoder.raw(revisionHash)
        encoder.integer(order)
        encoder.double(createdAt)
        encoder.integer(runs.count)
        for run in runs {
            encoder.text(run.id)
            encoder.text(run.configurationJSON)
        }
        return Hashing.sha256(encoder.bytes)
    }

    /// The file's bytes.
    var bytes: [UInt8] {
        let head = JSONText.object([
            ("schema", JSONText.string(Self.schemaName + String(Self.version))),
            ("sweep", JSONText.string(sweepName)), ("number", String(number)), ("order", String(order)),
            ("createdAt", JSONText.number(createdAt)),
            ("spec", JSONText.string(Data(specBytes).base64EncodedString())),
            ("resolvedSpec", JSONText.string(resolvedSpecJSON)), ("evaluation", JSONText.string(evaluationJSON)),
        ])
        var result = Array((head.dropLast() + ",\"runs\":[\n").utf8)
        for (index, run) in runs.enumerated() {
            let line = JSONText.object([
                ("id", JSONText.string(run.id)), ("axes", JSONText.string(run.axesJSON)),
                ("configuration", JSONText.string(run.configurationJSON)),
            ])
            result += Array((line + (index + 1 < runs.count ? ",\n" : "\n")).utf8)
        }
        return result + Array("],\"sha256\":\"\(Hashing.hexadecimal(contentHash))\"}\n".utf8)
    }

    /// Reads the file's bytes and compares its hash. Any bytes give a result.
    static func read(_ bytes: [UInt8]) -> FileReading<RevisionFile> {
        let lines = bytes.split(separator: 0x0a)
        guard lines.count >= 2, let first = lines.first, let last = lines.last else { return .damaged("is cut short") }
        do {
            let head = try value(Array(first) + Array("]}".utf8))
            guard let schema = head["schema"]?.stringValue, schema.hasPrefix(schemaName),
                let version = Int(schema.dropFirst(schemaName.count))
            else { return .damaged("is not a revision") }
            if version > Self.version { return .newer(version: version) }
            let foot = try value(Array("{\"runs\":[".utf8) + Array(last))
            let runs = try lines.dropFirst().dropLast().map { line in
                let value = try value(Array(line.last == 0x2c ? line.dropLast() : line))
                let run = PlannedRun(
                    id: try value.text("id"), configurationJSON: try value.text("configuration"),
                    axesJSON: try value.text("axes"))
                try StoreLayout.check(runID: run.id)
                return run
            }
            let file = try RevisionFile(head, runs: runs)
            // The hash first: comparing all bytes is for what it does not cover.
            guard Hashing.hexadecimal(file.contentHash) == (try foot.text("sha256")), file.bytes == bytes else {
                return .damaged("is not what was written (its SHA-256 differs)")
            }
            return .verified(file)
        } catch let error as UnreadableMember {
            return .damaged("has no usable \(error.name)")
        } catch {
            return .damaged("is not whole")
        }
    }

    private static func value(_ bytes: [UInt8]) throws -> JSONValue {
        var options = JSONReader.Options.strict
        options.maximumBytes = 1 << 30
        let result = JSONReader.read(bytes, options: options)
        guard let node = result.node, result.errors.isEmpty else { throw UnreadableMember(name: "line") }
        return node.value
    }

    private init(_ head: JSONValue, runs: [PlannedRun]) throws {
        guard let spec = Data(base64Encoded: try head.text("spec")) else { throw UnreadableMember(name: "spec") }
        self.init(
            sweepName: try head.text("sweep"), number: try head.integer("number"), order: try head.integer("order"),
            createdAt: try head.double("createdAt"), specBytes: [UInt8](spec),
            resolvedSpecJSON: try head.text("resolvedSpec"), evaluationJSON: try head.text("evaluation"), runs: runs)
        try StoreLayout.check(sweepName: sweepName)
        guard Counter.range.contains(number), Counter.range.contains(order) else {
            throw UnreadableMember(name: "number or order")
        }
    }

    init(
        sweepName: String, number: Int, order: Int, createdAt: Double, specBytes: [UInt8], resolvedSpecJSON: String,
        evaluationJSON: String, runs: [PlannedRun]
    ) {
        self.sweepName = sweepName
        self.number = number
        self.order = order
        self.createdAt = createdAt
        self.specBytes = specBytes
        self.resolvedSpecJSON = resolvedSpecJSON
        self.evaluationJSON = evaluationJSON
        self.runs = runs
    }
}

import Catalog

/// One thing to say about a spec: where, what was found, what is allowed, and how to mend it.
public struct SpecDiagnostic: Sendable, Equatable {
    /// How bad it is; only errors keep the spec from running.
    public enum Severity: String, Sendable, Equatable {
        /// From the one that stops the spec to the one that only informs.
        case error, warning, note
    }

    /// How bad it is.
    public var severity: Severity
    /// Where the key or value at fault starts.
    public var position: SourcePosition
    /// The key path, for example `sweep.base[1].components`; empty for the whole text.
    public var keyPath: String
    /// What is wrong, one sentence without the parts below.
    public var message: String
    /// What stands there, as JSON or in words.
    public var found: String?
    /// What may stand there.
    public var allowed: String?
    /// The nearest known name.
    public var suggestion: String?
    /// What to do.
    public var remedy: String?

    /// Creates a diagnostic; longer texts than anyone reads are cut, the key path at 200 characters, the others at 2 000.
    public init(
        _ severity: Severity = .error, at position: SourcePosition, keyPath: String, message: String,
        found: String? = nil, allowed: String? = nil, suggestion: String? = nil, remedy: String? = nil
    ) {
        self.severity = severity
        self.position = position
        self.keyPath = Self.cut(keyPath, to: 200)
        self.message = Self.cut(message, to: 2000)
        self.found = found.map { Self.cut($0, to: 2000) }
        self.allowed = allowed.map { Self.cut($0, to: 2000) }
        self.suggestion = suggestion
        self.remedy = remedy.map { Self.cut($0, to: 2000) }
    }

    /// By scalars, since a million combining marks are one character.
    private static func cut(_ text: String, to count: Int) -> String {
        // A scalar has at least one byte.
        guard text.utf8.count > count, text.unicodeScalars.count > count else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(count - 1))) + "…"
    }

    /// Line, from 1.
    public var line: Int { position.line }
    /// Column in Unicode scalars, from 1.
    public var column: Int { position.column }

    /// The diagnostic as JSON, for `--json`.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "severity": .string(severity.rawValue), "line": .integer(line), "column": .integer(column),
            "keyPath": .string(keyPath), "message": .string(message),
        ]
        members["found"] = found.map(JSONValue.string)
        members["allowed"] = allowed.map(JSONValue.string)
        members["suggestion"] = suggestion.map(JSONValue.string)
        members["remedy"] = remedy.map(JSONValue.string)
        return .object(members)
    }
}

/// Everything that is wrong with a spec, thrown at once.
public struct SpecDiagnostics: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name to print before line and column.
    public var fileName: String
    /// All diagnostics in reading order; at least one is an error.
    public var diagnostics: [SpecDiagnostic]
    /// The text they are about.
    public var source: [UInt8]

    /// Creates a collection; sorts by position.
    public init(fileName: String, diagnostics: [SpecDiagnostic], source: [UInt8]) {
        self.fileName = fileName
        self.source = source
        // A stable sort: diagnostics of one place keep their order.
        self.diagnostics = diagnostics.enumerated()
            .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
            .map(\.element)
    }

    /// Only the errors.
    public var errors: [SpecDiagnostic] { diagnostics.filter { $0.severity == .error } }

    /// The rendered text; see ``render()``.
    public var description: String { render() }
}

import Catalog
import Crypto

/// Everything that decides a run's numbers: what is inferred, from which base, through which flow, how it is trained,
/// and the seed. All defaults are filled in and `match` is already a number.
public struct RunConfiguration: Sendable, Equatable, Hashable {
    /// The inference task with its parameters.
    public var task: ComponentChoice
    /// The base distribution with its parameters.
    public var base: ComponentChoice
    /// The `flow` section.
    public var flow: ParameterValues
    /// The `training` section.
    public var training: ParameterValues
    /// Keys every random stream of the run.
    public var seed: UInt64
    /// Declared versions of the components used.
    public var versions: ComponentVersions

    /// Creates a configuration from resolved parts; `versions` are those of this program when not given.
    public init(
        task: ComponentChoice, base: ComponentChoice, flow: ParameterValues, training: ParameterValues, seed: UInt64,
        versions: ComponentVersions? = nil
    ) {
        self.task = task
        self.base = base
        self.flow = flow
        self.training = training
        self.seed = seed
        self.versions =
            versions
            ?? ComponentVersions(task: task.name, base: base.name, flow: flow, training: training, in: .standard)
    }

    /// One line of JSON from which the configuration can be read back and whose SHA-256 is the run's id: members
    /// sorted, types as the catalogs declare them, shortest doubles, parameters at their absent value left out.
    public var canonicalJSON: String { canonicalJSON(vocabulary: .standard) }

    /// ``canonicalJSON`` under another vocabulary.
    public func canonicalJSON(vocabulary: SpecVocabulary) -> String {
        CanonicalRunText(self, vocabulary: vocabulary).text(seed: seed)
    }

    /// The run id: SHA-256 of ``canonicalJSON``, 64 lower-case hexadecimal digits.
    public var id: String { id(vocabulary: .standard) }

    /// The id of the run that this canonical JSON describes: a stored text of another id was changed.
    public static func id(ofCanonicalJSON text: String) -> String { sha256Hexadecimal(text) }

    /// ``id`` under another vocabulary.
    public func id(vocabulary: SpecVocabulary) -> String {
        sha256Hexadecimal(canonicalJSON(vocabulary: vocabulary))
    }

    /// Whether `id` is the run id of the configuration that `canonicalJSON` says, byte for byte.
    public static func identifies(id: String, canonicalJSON: String) -> Bool { sha256Hexadecimal(canonicalJSON) == id }

    /// The same for all runs that differ only in the seed: the canonical JSON without it.
    public var cellKey: String { CanonicalRunText(self, vocabulary: .standard).textWithoutSeed }

    /// The canonical JSON of the task alone with its version: what depends on nothing else (metric floors, reference
    /// samples) can be kept under it.
    public var taskKey: String {
        let task = CanonicalRunText(self, vocabulary: .standard).task
        return "{\"task\":\(task),\"version\":\(versions.task)}"
    }

    /// Whether the versions are those of this program, so that the run can be executed or continued by it.
    public var isCurrent: Bool {
        versions
            == ComponentVersions(task: task.name, base: base.name, flow: flow, training: training, in: .standard)
    }

    /// The resolved value at a full path (`task`, `base.components`, `flow.couplingLayers`, `seed`); nil where the path
    /// does not apply.
    public func value(at path: String) -> JSONValue? {
        if path == "seed" { return Int(exactly: seed).map(JSONValue.integer) }
        guard let path = SpecPath(path) else { return nil }
        guard let parameter = path.parameter else {
            switch path.section {
            case .task: return .string(task.name)
            case .base: return .string(base.name)
            case .flow, .training: return nil
            }
        }
        return parameters(of: path.section)[parameter]
    }

    /// The parameters of a section.
    func parameters(of section: SpecSection) -> ParameterValues {
        switch section {
        case .task: return task.parameters
        case .base: return base.parameters
        case .flow: return flow
        case .training: return training
        }
    }
}

/// A full path of a spec: a section, or a parameter of it.
struct SpecPath: Hashable, Sendable {
    var section: SpecSection
    /// Nil for the section itself (the component's name).
    var parameter: String?

    init(section: SpecSection, parameter: String? = nil) {
        self.section = section
        self.parameter = parameter
    }

    /// Reads `task`, `base.components`, …; `task.name` is `task`. Only the form is checked.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let section = SpecSection(rawValue: String(first)) else { return nil }
        self.section = section
        if parts.count == 2 && !(section.isComponent && parts[1] == "name") { parameter = String(parts[1]) }
    }

    var text: String { parameter.map { "\(section.rawValue).\($0)" } ?? section.rawValue }
}

/// SHA-256 of a text's UTF-8 bytes, lower-case hexadecimal.
func sha256Hexadecimal(_ text: String) -> String {
    var text = text
    var hash = SHA256()
    text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    let digits = Array("0123456789abcdef".utf8)
    var output: [UInt8] = []
    output.reserveCapacity(64)
    for byte in hash.finalize() {
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
    }
    return String(decoding: output, as: UTF8.self)
}

/// Compares files with what was recorded of them, each once, and counts what it read.
struct FileVerifier {
    let layout: StoreLayout
    /// Compare sizes only.
    let quick: Bool
    private(set) var files = 0
    private(set) var bytes = 0
    /// Verdicts on the files of the run at hand, by path.
    private var known: [String: String] = [:]

    init(layout: StoreLayout, quick: Bool) {
        self.layout = layout
        self.quick = quick
    }

    mutating func forget() { known.removeAll(keepingCapacity: true) }

    /// Reads a file that is to be parsed; nil when it is not there. Throws `.permission`; a file that the disk cannot
    /// give is damaged, and so is what is no file: a repair must move it out of the way of the file it writes.
    mutating func read(_ path: String) throws -> [UInt8]? {
        do {
            guard let content = try SystemCalls.read(layout.absolute(path)) else {
                return SystemCalls.exists(layout.absolute(path)) ? [] : nil
            }
            files += 1
            bytes += content.count
            return content
        } catch let error as RunStoreError where error.isUnreadableFile {
            return []
        }
    }

    /// What is wrong with a file; nil when nothing is.
    mutating func problem(_ path: String, size: Int, sha256: [UInt8]) throws -> String? {
        let key = path + "\n" + Hashing.hexadecimal(sha256)
        if let verdict = known[key] { return verdict.isEmpty ? nil : verdict }
        let verdict = try examine(path, size: size, sha256: sha256)
        known[key] = verdict ?? ""
        return verdict
    }

    private mutating func examine(_ path: String, size: Int, sha256: [UInt8]) throws -> String? {
        guard StoreLayout.isPayloadPath(path) else { return "has a name that the store never gives" }
        let absolute = layout.absolute(path)
        guard let found = try SystemCalls.size(absolute) else { return "is missing" }
        guard found == size else { return "has \(found) bytes instead of \(size)" }
        files += 1
        if quick { return nil }
        do {
            guard let content = try SystemCalls.read(absolute) else { return "is not a file" }
            bytes += content.count
            return Hashing.sha256(content) == sha256 ? nil : "is not what was written (SHA-256 differs)"
        } catch let error as RunStoreError where error.isUnreadableFile {
            return "cannot be read (\(error.what))"
        }
    }

    /// What is wrong with a published file.
    mutating func problem(_ artefact: ArtefactRecord) throws -> String? {
        guard let hash = Hashing.bytes(hexadecimal: artefact.sha256) else { return "has a damaged record" }
        return try problem(artefact.path, size: artefact.size, sha256: hash)
    }
}

extension RunStoreError {
    /// The disk does not give the bytes: as good as damaged. Wanting rights is another matter.
    var isUnreadableFile: Bool {
        if case .inputOutput = kind { return true }
        return false
    }
}

import Catalog

/// Reads a spec into a ``SpecModel``, collecting every mistake on the way. The tables of the vocabulary alone say what
/// is allowed.
struct SpecReader {
    static let topLevelKeys = [
        "name", "description", "task", "base", "flow", "training", "evaluation", "sweep", "zip", "exclude", "include",
    ]
    /// More seeds than anyone needs, few enough to list.
    static let maximumSeeds = 100_000

    let vocabulary: SpecVocabulary
    var diagnostics: [SpecDiagnostic] = []
    var model = SpecModel()
    /// More mistakes than these are not listed: a hostile file must not cost minutes.
    static let maximumDiagnostics = 500
    /// Names that the spec uses for its task and base anywhere; empty when none is known.
    var usedNames: [SpecSection: [String]] = [:]
    /// Sections whose name is an axis.
    var sweptSections: Set<SpecSection> = []
    /// Where each path is swept.
    var axisOfPath: [SpecPath: SourcePosition] = [:]

    init(vocabulary: SpecVocabulary) {
        self.vocabulary = vocabulary
    }

    mutating func read(_ root: JSONNode) {
        model.position = root.position
        guard let members = root.members else {
            report(
                at: root.position, "", "an experiment is an object", found: root.shortText,
                remedy: "write { \"name\": …, \"task\": …, \"sweep\": { … } }")
            return
        }
        collectUsedNames(root)
        for member in members { readTopLevel(member) }
        // Groups of `zip` come after the axes of `sweep` wherever they are written.
        if let zip = root["zip"] { readZip(zip) }
        if root["name"] == nil {
            report(
                at: root.position, "name", "an experiment needs a name",
                remedy: "add \"name\": \"…\" (letters, digits, '_', '-' and '.')")
        }
        if root["task"] == nil && !sweptSections.contains(.task) {
            report(
                at: root.position, "task", "an experiment needs a task", allowed: list(vocabulary, .task),
                remedy: "add \"task\": \"…\", or an axis \"task\" to \"sweep\"")
            model.fixed.append(invalid(SpecPath(section: .task), root, "task"))
        }
        let evaluation = root["evaluation"] ?? JSONNode(.object([]))
        readEvaluation(evaluation)
        if isFull {
            diagnostics.append(
                SpecDiagnostic(
                    .note, at: root.position, keyPath: "",
                    message: "there are more mistakes than the \(Self.maximumDiagnostics) listed"))
        }
    }

    private mutating func readTopLevel(_ member: JSONNode.Member) {
        switch member.key {
        case "name": readName(member.value)
        case "description":
            if case .string(let text) = member.value.content {
                model.description = text
            } else {
                mismatch(member.value, "description", "the description is a text", allowed: "a string")
            }
        case "task", "base", "flow", "training":
            guard let section = SpecSection(rawValue: member.key) else { return }
            model.fixed += readSection(section, member.value, keyPath: member.key, place: .fixed)
        case "sweep": readSweep(member.value)
        case "include": readCells(member, isExclude: false)
        case "exclude": readCells(member, isExclude: true)
        case "zip", "evaluation": break
        case "$schema":
            // For editors (`flowexp schema`); no part of the experiment.
            if member.value.value.stringValue == nil {
                mismatch(member.value, "$schema", "the schema's place is a text", allowed: "a string")
            }
        default: unknownTopLevelKey(member)
        }
    }

    private mutating func unknownTopLevelKey(_ member: JSONNode.Member) {
        if isFull { return }
        var remedy: String?
        var suggestion = NearestName.of(member.key, among: Self.topLevelKeys)
        if member.key == "seed" || member.key == "seeds" {
            suggestion = nil
            remedy = "seeds belong to the sweep: \"sweep\": {\"seeds\": \(member.value.shortText)}"
        } else if let path = SpecPath(member.key), let parameter = path.parameter {
            suggestion = nil
            remedy =
                "outside \"sweep\" write \"\(path.section.rawValue)\": "
                + "{\(JSONValue.string(path.section == .flow ? Self.written(parameter) : parameter).text): "
                + "\(member.value.shortText)}; inside \"sweep\" write a list of values"
        } else if suggestion == nil, let path = pathsEnding(in: Self.written(member.key)).first {
            suggestion = path
        }
        report(
            at: member.keyPosition, member.key, "unknown key", allowed: Self.topLevelKeys.joined(separator: ", "),
            suggestion: suggestion, remedy: remedy)
    }

    private mutating func readName(_ node: JSONNode) {
        let allowed =
            "1 to 128 letters (a-z, A-Z), digits, '_', '-' and '.', not starting with '.' or '-'"
        guard case .string(let name) = node.content else {
            mismatch(node, "name", "the name is a text", allowed: "a string: " + allowed)
            return
        }
        if isSafeName(name) {
            model.name = name
            return
        }
        var safe = String(name.unicodeScalars.map { isNameScalar($0) ? Character($0) : "_" }.prefix(128))
        while let first = safe.first, first == "." || first == "-" || first == "_" { safe.removeFirst() }
        report(
            at: node.position, "name", "the name is used for files, so it must be a plain word", found: node.shortText,
            allowed: allowed, suggestion: safe.isEmpty ? nil : safe)
    }

    private mutating func readEvaluation(_ node: JSONNode) {
        for parameter in vocabulary.evaluation { model.evaluation[parameter.name] = parameter.defaultValue }
        guard let members = node.members else {
            mismatch(node, "evaluation", "the section is an object", allowed: "{ \"…\": … }")
            return
        }
        for member in members {
            let keyPath = "evaluation.\(member.key)"
            guard let parameter = vocabulary.evaluation.first(where: { $0.name == member.key }) else {
                unknownParameter(member, keyPath, "evaluation", vocabulary.evaluation.map(\.name))
                continue
            }
            switch parameter.kind.canonicalValue(of: member.value) {
            case .success(let value): model.evaluation[member.key] = value
            case .failure(let mismatch): report(mismatch, keyPath, "wrong value", remedy: nil)
            }
        }
    }

    // MARK: Names in use

    private mutating func collectUsedNames(_ root: JSONNode) {
        for section in [SpecSection.task, .base] {
            let key = section.rawValue
            var nodes: [JSONNode] = []
            if let fixed = root[key] { nodes.append(fixed) }
            for axisKey in [key, "\(key).name"] {
                let axes = [root["sweep"]?[axisKey]] + (root["zip"]?.elements ?? []).map { $0[axisKey] }
                if axes.contains(where: { $0 != nil }) { sweptSections.insert(section) }
                nodes += root["sweep"]?[axisKey]?.elements ?? []
                for group in root["zip"]?.elements ?? [] { nodes += group[axisKey]?.elements ?? [] }
                for cell in root["include"]?.elements ?? [] { nodes += cell[axisKey].map { [$0] } ?? [] }
            }
            var names: [String] = []
            for node in nodes {
                let value = node.value
                guard let name = value.stringValue ?? value["name"]?.stringValue else { continue }
                if vocabulary.variant(name, of: section) != nil, !names.contains(name) { names.append(name) }
            }
            if names.isEmpty, section == .base, root[key] == nil, let first = vocabulary.bases.first {
                names = [first.name]
            }
            usedNames[section] = names
        }
    }

    // MARK: Reporting

    /// Whether no further mistake is listed.
    var isFull: Bool { diagnostics.count >= Self.maximumDiagnostics }

    mutating func report(
        _ severity: SpecDiagnostic.Severity = .error, at position: SourcePosition, _ keyPath: String,
        _ message: String, found: String? = nil, allowed: String? = nil, suggestion: String? = nil,
        remedy: String? = nil
    ) {
        if isFull { return }
        diagnostics.append(
            SpecDiagnostic(
                severity, at: position, keyPath: keyPath, message: message, found: found, allowed: allowed,
                suggestion: suggestion, remedy: remedy))
    }

    /// Reports a value of the wrong form, unless it is unreadable and has been reported.
    mutating func mismatch(
        _ node: JSONNode, _ keyPath: String, _ message: String, allowed: String, remedy: String? = nil
    ) {
        if node.content == .invalid { return }
        report(at: node.position, keyPath, message, found: node.shortText, allowed: allowed, remedy: remedy)
    }

    mutating func report(_ mismatch: KindMismatch, _ keyPath: String, _ message: String, remedy: String?) {
        if mismatch.found == "something unreadable" { return }
        report(
            at: mismatch.position, keyPath + mismatch.pathSuffix, message, found: mismatch.found,
            allowed: mismatch.allowed, suggestion: mismatch.suggestion, remedy: remedy)
    }

    mutating func unknownParameter(
        _ member: JSONNode.Member, _ keyPath: String, _ owner: String, _ names: [String], remedy: String? = nil
    ) {
        if isFull { return }
        report(
            at: member.keyPosition, keyPath, "\(owner) has no parameter of this name",
            allowed: names.isEmpty ? "no parameters" : names.joined(separator: ", "),
            suggestion: NearestName.of(Self.written(member.key), among: names), remedy: remedy)
    }

    func invalid(_ path: SpecPath, _ node: JSONNode, _ keyPath: String) -> SpecAssignment {
        SpecAssignment(path: path, node: node, keyPath: keyPath, isValid: false)
    }

    func list(_ vocabulary: SpecVocabulary, _ section: SpecSection) -> String {
        vocabulary.variants(of: section).map(\.name).joined(separator: ", ")
    }
}

/// Whether a text can be the name of a sweep: safe as a file name, in a shell and in SQL.
public func isSafeName(_ name: String) -> Bool {
    let count = name.unicodeScalars.count
    guard (1...128).contains(count), name.unicodeScalars.allSatisfy(isNameScalar) else { return false }
    return !name.hasPrefix(".") && !name.hasPrefix("-")
}

private func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".": return true
    default: return false
    }
}

import Catalog

// Sections as objects or names, and single values of parameters.
extension SpecReader {
    /// Where a section or value is written; decides what must be said and which remedy fits.
    enum Place: Equatable {
        case fixed, axis, include, exclude
    }

    /// Reads a task, base, flow or training: a name, or an object with members.
    mutating func readSection(_ section: SpecSection, _ node: JSONNode, keyPath: String, place: Place)
        -> [SpecAssignment]
    {
        let path = SpecPath(section: section)
        if section.isComponent, case .string = node.content {
            return [readName(section, node, keyPath: keyPath)]
        }
        guard let members = node.members else {
            mismatchedSection(section, node, keyPath: keyPath, place: place)
            return [invalid(path, node, keyPath)]
        }
        var assignments: [SpecAssignment] = []
        var name: String?
        var isNameKnown = !section.isComponent
        if section.isComponent, let nameNode = node["name"] {
            let assignment = readName(section, nameNode, keyPath: "\(keyPath).name")
            assignments.append(assignment)
            name = nameNode.value.stringValue
            isNameKnown = assignment.isValid
        } else if section.isComponent,
            place == .axis || place == .include || place == .fixed && !sweptSections.contains(section)
        {
            report(
                at: node.position, keyPath, "the object has no \"name\"", allowed: list(vocabulary, section),
                remedy: "add \"name\": \"…\"")
            return [invalid(path, node, keyPath)]
        }
        for member in members where !(section.isComponent && member.key == "name") {
            let memberPath = SpecPath(section: section, parameter: member.key)
            let memberKeyPath = "\(keyPath).\(member.key)"
            var variants = vocabulary.variants(of: section)
            if let name {
                // Under an unknown name nothing can be said about its parameters.
                if !isNameKnown { continue }
                variants = variants.filter { $0.name == name }
            }
            let isKnown = variants.contains { $0.parameter(member.key) != nil }
            if !isKnown {
                reportUnknown(member, section, name: name, keyPath: memberKeyPath, variants: variants)
                assignments.append(invalid(memberPath, member.value, memberKeyPath))
                continue
            }
            var assignment = SpecAssignment(path: memberPath, node: member.value, keyPath: memberKeyPath)
            assignment.isValid = checkValue(
                memberPath, member.value, variants: name == nil ? nil : variants, keyPath: memberKeyPath, place: place)
            assignments.append(assignment)
        }
        return assignments
    }

    private mutating func reportUnknown(
        _ member: JSONNode.Member, _ section: SpecSection, name: String?, keyPath: String,
        variants: [ComponentDescription]
    ) {
        let owner = section.isComponent ? name.map { "\(section.rawValue) '\($0)'" } ?? "no \(section.rawValue)" : nil
        var names: [String] = []
        for parameter in variants.flatMap(\.parameters) where !names.contains(parameter.name) {
            names.append(parameter.name)
        }
        let others = vocabulary.variants(of: section).filter { $0.parameter(member.key) != nil }.map(\.name)
        let remedy =
            others.isEmpty || !section.isComponent
            ? nil : "remove it, or choose a \(section.rawValue) that has it: \(others.joined(separator: ", "))"
        unknownParameter(member, keyPath, owner ?? "\(section.rawValue)", names, remedy: remedy)
    }

    private mutating func mismatchedSection(
        _ section: SpecSection, _ node: JSONNode, keyPath: String, place: Place
    ) {
        let key = section.rawValue
        let allowed = section.isComponent ? "a name, or { \"name\": …, … }" : "{ \"…\": … }"
        var remedy: String?
        if place == .fixed, node.elements != nil {
            remedy = "to compare several, move the list into the sweep: \"sweep\": {\"\(key)\": \(node.shortText)}"
        }
        mismatch(
            node, keyPath, section.isComponent ? "a \(key) is a name or an object" : "the section is an object",
            allowed: allowed, remedy: remedy)
    }

    private mutating func readName(_ section: SpecSection, _ node: JSONNode, keyPath: String) -> SpecAssignment {
        var assignment = SpecAssignment(path: SpecPath(section: section), node: node, keyPath: keyPath)
        guard case .string(let name) = node.content else {
            mismatch(node, keyPath, "a \(section.rawValue)'s name is a text", allowed: list(vocabulary, section))
            assignment.isValid = false
            return assignment
        }
        if vocabulary.variant(name, of: section) == nil {
            report(
                at: node.position, keyPath, "there is no such \(section.rawValue)", found: node.shortText,
                allowed: list(vocabulary, section),
                suggestion: NearestName.of(name, among: vocabulary.variants(of: section).map(\.name)))
            assignment.isValid = false
        }
        return assignment
    }

    // MARK: Values

    /// Checks a value against every variant that may take it: the given ones, else those in use that have the
    /// parameter, else (none in use has it) any. Reports the first that refuses.
    mutating func checkValue(
        _ path: SpecPath, _ node: JSONNode, variants: [ComponentDescription]?, keyPath: String, place: Place
    ) -> Bool {
        guard let name = path.parameter else { return true }
        let all = (variants ?? vocabulary.variants(of: path.section)).filter { $0.parameter(name) != nil }
        let used = usedNames[path.section] ?? []
        let inUse = path.section.isComponent && variants == nil ? all.filter { used.contains($0.name) } : all
        let holders = inUse.isEmpty ? all : inUse
        var firstMismatch: (KindMismatch, ComponentDescription, ParameterDescription.Kind)?
        for holder in holders {
            guard let kind = holder.parameter(name)?.kind else { continue }
            switch kind.canonicalValue(of: node) {
            case .success:
                if inUse.isEmpty { return true }
            case .failure(let mismatch):
                if firstMismatch == nil { firstMismatch = (mismatch, holder, kind) }
            }
        }
        guard let (mismatch, holder, kind) = firstMismatch else { return true }
        let owner = path.section.isComponent ? " for \(path.section.rawValue) '\(holder.name)'" : ""
        report(
            mismatch, keyPath, "wrong value\(owner)",
            remedy: listRemedy(path, node, kind: kind, keyPath: keyPath, place: place))
        return false
    }

    private func listRemedy(
        _ path: SpecPath, _ node: JSONNode, kind: ParameterDescription.Kind, keyPath: String, place: Place
    ) -> String? {
        if place == .fixed, let elements = node.elements, !elements.isEmpty,
            elements.allSatisfy({ if case .success = kind.canonicalValue(of: $0) { true } else { false } })
        {
            return "to sweep over the values write \"sweep\": {\"\(path.text)\": \(node.shortText)}"
        }
        if place == .axis, kind.acceptsList, node.elements == nil {
            return "each value of this axis is itself a list: write [[…], […]]"
        }
        return nil
    }

    // MARK: Paths

    /// Reads the key of an axis, an included or an excluded cell; reports what is no path.
    mutating func readPath(_ member: JSONNode.Member, keyPath: String, in owner: String) -> SpecPath? {
        let key = member.key
        if let path = SpecPath(key) {
            guard let parameter = path.parameter else { return path }
            if vocabulary.variants(of: path.section).contains(where: { $0.parameter(parameter) != nil }) {
                return path
            }
        }
        if isFull { return nil }
        var suggestion = pathsEnding(in: Self.written(key)).first ?? NearestName.of(key, among: allPaths)
        if Self.written(key) != key, allPaths.contains(Self.written(key)) { suggestion = Self.written(key) }
        var remedy: String?
        if key == "evaluation" || key.hasPrefix("evaluation.") {
            suggestion = nil
            remedy =
                "what is measured is no part of a run: put it once at the top level, \"evaluation\": { … }, and every "
                + "run is measured so"
        } else if key == "seed" || key == "seeds" {
            suggestion = owner == "sweep" ? "seeds" : nil
            remedy = owner == "sweep" ? nil : "seeds apply to all cells: write \"sweep\": {\"seeds\": 5}"
        } else if owner == "sweep", key == "zip" || key == "include" || key == "exclude" {
            suggestion = nil
            remedy = "\"\(key)\" stands beside \"sweep\", at the top level"
        }
        report(
            at: member.keyPosition, keyPath, "no task, base, flow or training has this path",
            allowed: allowedPaths(near: key), suggestion: suggestion, remedy: remedy)
        return nil
    }

    /// Every path of the vocabulary, in the order of the tables.
    var allPaths: [String] {
        var paths: [String] = []
        var seen: Set<String> = []
        for section in SpecSection.allCases {
            let parameters = vocabulary.variants(of: section).flatMap(\.parameters)
            for path in [section.rawValue] + parameters.map({ "\(section.rawValue).\($0.name)" })
            where seen.insert(path).inserted {
                paths.append(path)
            }
        }
        return paths
    }

    /// What a spec calls what tables show under another name: the depth is `couplingLayers`.
    static func written(_ shown: String) -> String {
        switch shown {
        case "depth": "couplingLayers"
        case "flow.depth": "flow.couplingLayers"
        default: shown
        }
    }

    /// Paths whose parameter is the word itself: for someone who left out the section.
    func pathsEnding(in word: String) -> [String] {
        allPaths.filter { $0.hasSuffix("." + word) }
    }

    private func allowedPaths(near key: String) -> String {
        guard let section = SpecPath(key)?.section else {
            return "task, task.…, base, base.…, flow.…, training.…"
        }
        return allPaths.filter { $0.hasPrefix(section.rawValue) }.joined(separator: ", ")
    }
}

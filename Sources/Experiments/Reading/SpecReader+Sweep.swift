import Catalog

// `sweep`, `zip`, `include` and `exclude`.
extension SpecReader {
    mutating func readSweep(_ node: JSONNode) {
        guard let members = node.members else {
            mismatch(
                node, "sweep", "the sweep is an object of axes", allowed: "{ \"flow.couplingLayers\": [4, 8], … }")
            return
        }
        for member in members {
            let keyPath = "sweep.\(member.key)"
            if member.key == "seeds" {
                readSeeds(member.value)
                continue
            }
            guard let path = readPath(member, keyPath: keyPath, in: "sweep") else { continue }
            guard claim(path, member, keyPath: keyPath),
                let elements = readAxisList(member.value, path: path, keyPath: keyPath)
            else { continue }
            warnOfRepeats(elements, keyPath: keyPath)
            let index = model.axes.count
            var values: [[SpecAssignment]] = []
            for (i, element) in elements.enumerated() {
                values.append(readAxisValue(path, element, keyPath: "\(keyPath)[\(i)]", origin: .axis(index)))
            }
            model.axes.append(
                SpecAxis(
                    paths: [path], values: values, position: member.keyPosition,
                    written: [(member.key, member.value)]))
            warnIfUseless(path, member, keyPath: keyPath)
        }
        model.sweepAxisCount = model.axes.count
    }

    mutating func readZip(_ node: JSONNode) {
        guard let groups = node.elements else {
            mismatch(
                node, "zip", "zip is a list of groups", allowed: "[{ \"training.steps\": [1000, 4000], … }]",
                remedy: node.members == nil ? nil : "put the group in brackets: [{ … }]")
            return
        }
        for (number, group) in groups.enumerated() {
            readZipGroup(group, keyPath: "zip[\(number)]")
        }
    }

    private mutating func readZipGroup(_ group: JSONNode, keyPath groupPath: String) {
        guard let members = group.members, !members.isEmpty else {
            mismatch(
                group, groupPath, "a zip group is an object of lists that advance together",
                allowed: "{ \"training.steps\": [1000, 4000], \"training.batch\": [512, 2048] }")
            return
        }
        let index = model.axes.count
        var columns: [(path: SpecPath, key: String, elements: [JSONNode], node: JSONNode)] = []
        var isComplete = true
        for member in members {
            let keyPath = "\(groupPath).\(member.key)"
            guard let path = readPath(member, keyPath: keyPath, in: "zip"), claim(path, member, keyPath: keyPath),
                let elements = readAxisList(member.value, path: path, keyPath: keyPath)
            else {
                isComplete = false
                continue
            }
            columns.append((path, member.key, elements, member.value))
            warnIfUseless(path, member, keyPath: keyPath)
        }
        let lengths = columns.map(\.elements.count)
        if let first = lengths.first, lengths.contains(where: { $0 != first }) {
            let found = columns.map { "\($0.key) has \($0.elements.count)" }.joined(separator: ", ")
            report(
                at: group.position, groupPath, "lists of a zip group must be equally long", found: found,
                remedy: "make them equally long, or move one to \"sweep\" for all combinations")
            isComplete = false
        }
        var values = [[SpecAssignment]](repeating: [], count: lengths.max() ?? 0)
        for column in columns {
            for (i, element) in column.elements.enumerated() {
                values[i] += readAxisValue(
                    column.path, element, keyPath: "\(groupPath).\(column.key)[\(i)]", origin: .axis(index))
            }
        }
        guard isComplete else { return }
        // Single values may repeat in a group, whole rows should not.
        var seen: [[JSONValue]: Int] = [:]
        for i in values.indices {
            let row = columns.map { $0.elements[i].value }
            if let earlier = seen[row] {
                report(
                    .warning, at: columns[0].elements[i].position, "\(groupPath)[\(i)]",
                    "the same values stand at [\(earlier)]; they are run once")
            }
            seen[row] = i
        }
        model.axes.append(
            SpecAxis(
                paths: columns.map(\.path), values: values, position: group.position,
                written: columns.map { ($0.key, $0.node) }))
    }

    /// Notes that a path is swept; a second time is an error.
    private mutating func claim(_ path: SpecPath, _ member: JSONNode.Member, keyPath: String) -> Bool {
        if let earlier = axisOfPath[path] {
            report(
                at: member.keyPosition, keyPath,
                "\(path.text) is already an axis at \(earlier.line):\(earlier.column)",
                remedy: "keep one of the two")
            return false
        }
        axisOfPath[path] = member.keyPosition
        return true
    }

    private mutating func readAxisList(_ node: JSONNode, path: SpecPath, keyPath: String) -> [JSONNode]? {
        guard let elements = node.elements else {
            let nested = node.members != nil && path.parameter == nil
            mismatch(
                node, keyPath, "an axis is a list of values", allowed: "[…]",
                remedy: nested
                    ? "name the parameter in the path: \"\(path.text).…\": […]"
                    : "write [\(node.shortText)], or move it out of the sweep")
            return nil
        }
        if elements.isEmpty {
            mismatch(node, keyPath, "an axis needs at least one value", allowed: "[…]")
            return nil
        }
        return elements
    }

    private mutating func warnOfRepeats(_ elements: [JSONNode], keyPath: String) {
        var seen: [JSONValue: Int] = [:]
        for (i, element) in elements.enumerated() where element.content != .invalid {
            if let earlier = seen[element.value] {
                report(
                    .warning, at: element.position, "\(keyPath)[\(i)]",
                    "the same value stands at [\(earlier)]; it is run once", found: element.shortText)
            }
            seen[element.value] = i
        }
    }

    private mutating func readAxisValue(
        _ path: SpecPath, _ node: JSONNode, keyPath: String, origin: SpecAssignment.Origin, place: Place = .axis
    ) -> [SpecAssignment] {
        var assignments: [SpecAssignment]
        if path.parameter == nil {
            assignments = readSection(path.section, node, keyPath: keyPath, place: place)
        } else {
            var assignment = SpecAssignment(path: path, node: node, keyPath: keyPath, depth: 2)
            assignment.isValid = checkValue(path, node, variants: nil, keyPath: keyPath, place: place)
            assignments = [assignment]
        }
        for i in assignments.indices { assignments[i].origin = origin }
        return assignments
    }

    /// Warns of an axis that changes nothing, because no task or base in use has the parameter.
    private mutating func warnIfUseless(_ path: SpecPath, _ member: JSONNode.Member, keyPath: String) {
        guard path.section.isComponent, let parameter = path.parameter, let used = usedNames[path.section],
            !used.isEmpty,
            !used.contains(where: { vocabulary.variant($0, of: path.section)?.parameter(parameter) != nil })
        else { return }
        let holders = vocabulary.variants(of: path.section).filter { $0.parameter(parameter) != nil }.map(\.name)
        let names = used.map { "'\($0)'" }.joined(separator: ", ")
        report(
            .warning, at: member.keyPosition, keyPath,
            "\(path.text) applies to no \(path.section.rawValue) used here (\(names))",
            remedy: "choose a \(path.section.rawValue) that has it: \(holders.joined(separator: ", "))")
    }

    // MARK: Seeds

    private mutating func readSeeds(_ node: JSONNode) {
        let allowed = "a count from 1 to \(Self.maximumSeeds) (5 means seeds 0 to 4), or a list of whole numbers from 0"
        if case .array(let elements) = node.content {
            var seeds: [UInt64] = []
            if elements.isEmpty || elements.count > Self.maximumSeeds {
                mismatch(node, "sweep.seeds", "a list of this length cannot be run", allowed: allowed)
            }
            var seen: Set<UInt64> = []
            for (i, element) in elements.prefix(Self.maximumSeeds).enumerated() {
                guard let value = element.value.integerValue, value >= 0 else {
                    mismatch(element, "sweep.seeds[\(i)]", "wrong seed", allowed: "a whole number from 0")
                    continue
                }
                if seen.insert(UInt64(value)).inserted {
                    seeds.append(UInt64(value))
                } else {
                    report(
                        at: element.position, "sweep.seeds[\(i)]", "this seed is already in the list",
                        found: element.shortText, remedy: "remove it")
                }
            }
            if !seeds.isEmpty { model.seeds = seeds }
            return
        }
        guard let count = node.value.integerValue, (1...Self.maximumSeeds).contains(count) else {
            mismatch(node, "sweep.seeds", "wrong seeds", allowed: allowed)
            return
        }
        model.seeds = (0..<UInt64(count)).map { $0 }
    }

    // MARK: Cells

    mutating func readCells(_ member: JSONNode.Member, isExclude: Bool) {
        let key = member.key
        guard let cells = member.value.elements else {
            mismatch(
                member.value, key, "\(key) is a list of cells",
                allowed: "[{ \"base.components\": 16, \"task.modes\": 2 }]",
                remedy: member.value.members == nil ? nil : "put the cell in brackets: [{ … }]")
            return
        }
        if isExclude { model.excludeNode = member.value } else { model.includeNode = member.value }
        for (i, cell) in cells.enumerated() {
            let cellPath = "\(key)[\(i)]"
            guard let members = cell.members, !members.isEmpty else {
                mismatch(cell, cellPath, "a cell is an object of paths and values", allowed: "{ \"task.modes\": 2 }")
                continue
            }
            var assignments: [SpecAssignment] = []
            for entry in members {
                let keyPath = "\(cellPath).\(entry.key)"
                guard let path = readPath(entry, keyPath: keyPath, in: key) else { continue }
                let origin: SpecAssignment.Origin = isExclude ? .exclude(i) : .include(i)
                assignments += readAxisValue(
                    path, entry.value, keyPath: keyPath, origin: origin, place: isExclude ? .exclude : .include)
            }
            if isExclude { model.excludes.append(assignments) } else { model.includes.append(assignments) }
        }
    }
}

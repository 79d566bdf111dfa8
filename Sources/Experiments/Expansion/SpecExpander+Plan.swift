import Catalog

// From distinct cells to runs.
extension SpecExpander {
    /// The plan; only for a model without errors.
    func plan(source: [UInt8]) -> ExperimentPlan {
        let configurations = cells.map { configuration($0.cell, seed: 0) }
        let axes = varyingAxes(configurations)
        var runs: [PlannedRun] = []
        runs.reserveCapacity(cells.count * model.seeds.count)
        for (i, kept) in cells.enumerated() {
            var configuration = configurations[i]
            let text = CanonicalRunText(
                task: resolver.sections[kept.cell.task].text, base: resolver.sections[kept.cell.base].text,
                flow: resolver.sections[kept.cell.flow].text, training: resolver.sections[kept.cell.training].text,
                versions: configuration.versions)
            for seed in model.seeds {
                configuration.seed = seed
                runs.append(
                    PlannedRun(
                        configuration: configuration, canonicalJSON: text.text(seed: seed), cell: i, axes: axes[i],
                        asked: kept.asked))
            }
        }
        return ExperimentPlan(
            name: model.name, description: model.description, source: source, runs: runs,
            axisCounts: model.axes.map { AxisCount(paths: $0.paths.map(\.text), count: $0.values.count) },
            seeds: model.seeds, excludedCells: excludedCells, equalCells: equalCells, includedCells: includedCells,
            notes: notes, evaluation: EvaluationPlan(parameters: model.evaluation), resolvedSpec: resolvedSpec)
    }

    private func configuration(_ cell: Cell, seed: UInt64) -> RunConfiguration {
        let task = resolver.sections[cell.task]
        let base = resolver.sections[cell.base]
        let flow = resolver.sections[cell.flow].parameters
        let training = resolver.sections[cell.training].parameters
        return RunConfiguration(
            task: ComponentChoice(name: task.name ?? "", parameters: task.parameters),
            base: ComponentChoice(name: base.name ?? "", parameters: base.parameters),
            flow: flow, training: training, seed: seed,
            versions: ComponentVersions(
                task: task.name ?? "", base: base.name ?? "", flow: flow, training: training, in: vocabulary))
    }

    /// For each cell the values of all paths that an axis or an included cell names and that differ between cells.
    private func varyingAxes(_ configurations: [RunConfiguration]) -> [[AxisValue]] {
        var paths: [SpecPath] = []
        func add(_ path: SpecPath) {
            // `flow` and `training` have no value of their own, only their parameters have.
            if path.parameter == nil && !path.section.isComponent { return }
            if !paths.contains(path) { paths.append(path) }
        }
        for axis in model.axes {
            axis.paths.forEach(add)
            axis.values.joined().forEach { add($0.path) }
        }
        model.includes.joined().forEach { add($0.path) }
        let columns = paths.compactMap { path -> (String, [JSONValue])? in
            let values = configurations.map { $0.value(at: path.text) ?? .null }
            return Set(values).count > 1 ? (path.text, values) : nil
        }
        return configurations.indices.map { i in
            columns.map { AxisValue(path: $0.0, value: $0.1[i]) }
        }
    }

    /// The spec as understood: defaults written out wherever the component is fixed. It reads as the same plan.
    private var resolvedSpec: String {
        typealias Member = JSONNode.Member
        func section(_ section: SpecSection) -> Member? {
            let fixed = model.fixed.filter { $0.path.section == section }
            let swept = model.axes.flatMap { $0.values.flatMap { $0 } } + model.includes.flatMap { $0 }
            let isSwept = swept.contains { $0.path.section == section && $0.path.parameter == nil }
            var members: [Member] = []
            if section.isComponent && isSwept {
                for assignment in fixed {
                    members.append(Member(key: assignment.path.parameter ?? "name", value: assignment.node))
                }
                if members.isEmpty { return nil }
            } else {
                let resolved = resolver.resolve(section, fixed)
                if let name = resolved.name { members.append(Member(key: "name", value: JSONNode(.string(name)))) }
                for parameter in vocabulary.variant(resolved.name, of: section)?.parameters ?? [] {
                    guard let value = resolved.parameters[parameter.name] else { continue }
                    members.append(Member(key: parameter.name, value: JSONNode(value: value)))
                }
            }
            return Member(key: section.rawValue, value: JSONNode(.object(members)))
        }
        var members = [
            Member(key: "name", value: JSONNode(.string(model.name))),
            Member(key: "description", value: JSONNode(.string(model.description))),
        ]
        members += SpecSection.allCases.compactMap(section)
        members.append(Member(key: "evaluation", value: JSONNode(value: .object(model.evaluation.values))))
        func object(_ axis: SpecAxis) -> [Member] { axis.written.map { Member(key: $0.key, value: $0.node) } }
        let sweep = model.axes.prefix(model.sweepAxisCount).flatMap(object)
        let seeds = JSONNode(.array(model.seeds.map { JSONNode(.integer(Int(clamping: $0))) }))
        members.append(Member(key: "sweep", value: JSONNode(.object(sweep + [Member(key: "seeds", value: seeds)]))))
        let zip = model.axes.dropFirst(model.sweepAxisCount).map { JSONNode(.object(object($0))) }
        if !zip.isEmpty { members.append(Member(key: "zip", value: JSONNode(.array(zip)))) }
        if let exclude = model.excludeNode { members.append(Member(key: "exclude", value: exclude)) }
        if let include = model.includeNode { members.append(Member(key: "include", value: include)) }
        return JSONNode(.object(members)).prettyText
    }
}

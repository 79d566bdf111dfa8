import Catalog
import Tasks
import Training

// What sections say of each other: the task can be made, `match` has a number, given means fit.
extension SpecExpander {
    mutating func makeTask(_ number: Int) -> TaskFacts? {
        let section = resolver.sections[number]
        let naming = section.deciding[""]
        do {
            let entry = vocabulary.tasks.first { $0.description.name == section.name }
            guard let task = try entry?.make(section.parameters) else { return nil }
            return TaskFacts(
                modeCount: task.modeCount, dimension: task.dimension, hasSimulator: task is any SimulatorTask,
                isBounded: task.priorBox.allSatisfy { $0.lowerBound.isFinite && $0.upperBound.isFinite })
        } catch {
            // A parameter's own place is better than the task's.
            let name = (error as? ParameterError)?.name
            let place = name.flatMap { section.deciding[$0] } ?? naming
            diagnostics.append(
                SpecDiagnostic(
                    at: place?.node.position ?? model.position, keyPath: place?.keyPath ?? "task",
                    message: "task '\(section.name ?? "")' cannot be made so: \(message(of: error))"))
            return nil
        }
    }

    private func message(of error: any Error) -> String {
        if let error = error as? ParameterError {
            return "\(error.name) must be \(error.expected)" + (error.found.map { ", found \($0.text)" } ?? "")
        }
        return "\(error)"
    }

    /// The number of the base with `match` replaced by the task's number of modes.
    mutating func matchBase(task: Int, base: Int, _ facts: TaskFacts) -> Int? {
        var section = resolver.sections[base]
        let names = section.parameters.values.filter { $0.value == .string("match") }.keys.sorted()
        for name in names {
            let place = section.deciding[name] ?? section.deciding[""]
            let position = place?.node.position ?? model.position
            let taskName = resolver.sections[task].name ?? ""
            guard let count = facts.modeCount else {
                diagnostics.append(
                    SpecDiagnostic(
                        at: position, keyPath: place?.keyPath ?? "base.\(name)",
                        message: "\"match\" needs a task whose number of modes is known; that of '\(taskName)' is not",
                        remedy: "write a number instead of \"match\""))
                return nil
            }
            let kind = vocabulary.variant(section.name, of: .base)?.parameter(name)?.kind
            let node = JSONNode(.integer(count), position: position)
            guard case .success(let value) = kind?.canonicalValue(of: node) else {
                diagnostics.append(
                    SpecDiagnostic(
                        at: position, keyPath: place?.keyPath ?? "base.\(name)",
                        message: "\"match\" is \(count) on task '\(taskName)'", allowed: kind?.summary,
                        remedy: "write a number instead of \"match\""))
                return nil
            }
            section.parameters[name] = value
        }
        guard checkGivenMeans(section, facts, taskName: resolver.sections[task].name ?? "") else { return nil }
        section.text = resolver.text(of: section, .base)
        return resolver.intern(section, .base)
    }

    /// A mixture that starts from given means needs them: as many as components, with the task's dimension.
    private mutating func checkGivenMeans(_ section: ResolvedSection, _ facts: TaskFacts, taskName: String) -> Bool {
        guard section.parameters["init"]?.stringValue == "given" else { return true }
        func fail(_ name: String, _ message: String, _ remedy: String) -> Bool {
            let place = section.deciding[name] ?? section.deciding["init"] ?? section.deciding[""]
            let diagnostic = SpecDiagnostic(
                at: place?.node.position ?? model.position, keyPath: place?.keyPath ?? "base.\(name)",
                message: message, remedy: remedy)
            if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
            return false
        }
        guard let means = section.parameters["means"]?.arrayValue else {
            return fail("means", "init \"given\" needs \"means\"", "add \"means\": [[…], …], one list per component")
        }
        guard section.parameters["standardDeviation"] != nil else {
            return fail(
                "standardDeviation", "init \"given\" needs \"standardDeviation\"", "add \"standardDeviation\": …")
        }
        if section.parameters["components"] == .string("auto") {
            return fail(
                "components", "\"auto\" does not go with init \"given\": the means say how many components there are",
                "write \"components\": \(means.count), or another init")
        }
        if let components = section.parameters["components"]?.integerValue, means.count != components {
            return fail(
                "means", "there are \(means.count) means for \(components) components",
                "write one mean for each component, or \"components\": \(means.count)")
        }
        if let wrong = means.first(where: { $0.arrayValue?.count != facts.dimension }) {
            return fail(
                "means",
                "the mean \(wrong.text) does not have the \(facts.dimension) coordinates of task '\(taskName)'",
                "write \(facts.dimension) numbers in each mean")
        }
        return true
    }

    // MARK: Exclude

    /// Whether every value that `exclude[index]` names is the cell's.
    mutating func matches(_ index: Int, _ cell: Cell) -> Bool {
        let conditions = model.excludes[index]
        if conditions.isEmpty || !conditions.allSatisfy(\.isValid) { return false }
        for (i, condition) in conditions.enumerated() {
            let number: Int
            switch condition.path.section {
            case .task: number = cell.task
            case .base: number = cell.base
            case .flow: number = cell.flow
            case .training: number = cell.training
            }
            // What `match` stands for depends on the task, everything else on the section alone.
            let isMatch = condition.node.content == .string("match") && condition.path.parameter != nil
            let key = isMatch ? [index, i, number, cell.task] : [index, i, number]
            let isEqual = comparisons[key] ?? compare(condition, resolver.sections[number], task: cell.task)
            comparisons[key] = isEqual
            if !isEqual { return false }
        }
        return true
    }

    private func compare(_ condition: SpecAssignment, _ section: ResolvedSection, task: Int) -> Bool {
        guard let name = condition.path.parameter else {
            return condition.node.content == .string(section.name ?? "")
        }
        guard let parameter = vocabulary.variant(section.name, of: condition.path.section)?.parameter(name),
            case .success(var value) = parameter.kind.canonicalValue(of: condition.node)
        else { return false }
        if value == .string("match"), condition.path.section == .base,
            case .some(.some(let facts)) = taskFacts[task], let count = facts.modeCount
        {
            value = .integer(count)
        }
        return section.parameters[name] == value
    }

    // MARK: Notes

    /// Says which values of the grid do not apply, once for each path and component:
    /// `base.components does not apply to gaussian: 5 → 1`.
    mutating func addGridNotes(_ grids: [GridSection]) {
        var said: Set<String> = []
        var lines: [String] = []
        for (assignment, name) in grids.flatMap(\.unapplied) {
            var text = "\(assignment.path.text) does not apply to \(name)"
            if case .axis(let number) = assignment.origin {
                let axis = model.axes[number]
                let remaining = axis.values.map { values in
                    values.filter { $0.path != assignment.path }.map { "\($0.path.text)=\($0.node.text)" }
                        .joined(separator: " ")
                }
                text += ": \(axis.values.count) → \(Set(remaining).count)"
            }
            if said.insert(text).inserted { lines.append(text) }
        }
        if equalCells > 0 && lines.isEmpty {
            lines.append("\(equalCells) of the grid's cells equal others and run once")
        }
        notes = lines + notes
    }

    /// Refuses training settings that exclude each other, at the one to change.
    mutating func checkTraining(_ cell: Cell) -> Bool {
        let training = resolver.sections[cell.training]
        guard let conflict = TrainingParameters.conflict(in: training.parameters) else { return true }
        let place = training.deciding[conflict.parameter] ?? training.deciding[""]
        let diagnostic = SpecDiagnostic(
            at: place?.node.position ?? model.position,
            keyPath: place?.keyPath ?? "training.\(conflict.parameter)", message: conflict.message,
            remedy: "write \(conflict.expected)")
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        return false
    }

    /// Refuses a flow that maps to the prior's box on a task whose prior has none.
    mutating func checkBox(_ cell: Cell, _ facts: TaskFacts) -> Bool {
        let flow = resolver.sections[cell.flow]
        guard !facts.isBounded, let box = flow.parameters["box"]?.stringValue, box != "none" else { return true }
        let place = flow.deciding["box"] ?? flow.deciding[""]
        let diagnostic = SpecDiagnostic(
            at: place?.node.position ?? model.position, keyPath: place?.keyPath ?? "flow.box",
            message:
                "\"\(box)\" needs a bounded prior; that of task '\(resolver.sections[cell.task].name ?? "")' is not",
            remedy: "write \"none\", or leave the task out of these cells with exclude")
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        return false
    }

    /// Refuses a cell whose run would need more memory than ``RunMemory/limit``, at the setting that needs most.
    mutating func checkMemory(_ cell: Cell, dimension: Int) -> Bool {
        let (base, flow) = (resolver.sections[cell.base], resolver.sections[cell.flow])
        let training = resolver.sections[cell.training]
        let memory = RunMemory(
            dimension: dimension, base: base.parameters, flow: flow.parameters, training: training.parameters)
        guard memory.total > RunMemory.limit else { return true }
        let flowIsLargest = memory.flow >= max(memory.pool, memory.fit)
        let section = flowIsLargest ? flow : training
        let name = flowIsLargest ? "hiddenSizes" : "draws"
        let place = section.deciding[name] ?? section.deciding["couplingLayers"] ?? section.deciding[""]
        let gibibytes = Int((memory.total / (1024 * 1024 * 1024)).rounded(.up))
        let diagnostic = SpecDiagnostic(
            at: place?.node.position ?? model.position,
            keyPath: place?.keyPath ?? (flowIsLargest ? "flow.hiddenSizes" : "training.draws"),
            message: "a run would need about \(grouped(gibibytes)) GiB of memory; the limit is 8",
            remedy: flowIsLargest
                ? "use fewer couplingLayers or smaller hiddenSizes"
                : "use fewer draws (a fresh pool every stepsPerRound steps gives as many in all) or fewer components")
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        return false
    }
}

import Catalog
import Tasks

/// Expands a model into cells and runs: grid × zip, exclude, include, deduplicate; then every seed.
struct SpecExpander {
    /// The numbers of a cell's resolved sections.
    struct Cell: Hashable {
        var task: Int
        var base: Int
        var flow: Int
        var training: Int
    }

    /// A distinct cell with what does not decide its identity.
    struct KeptCell {
        var cell: Cell
        var asked: [String: JSONValue]
    }

    let model: SpecModel
    let vocabulary: SpecVocabulary
    var diagnostics: [SpecDiagnostic] = []
    var resolver: SectionResolver
    /// Distinct cells in order.
    var cells: [KeptCell] = []
    var notes: [String] = []
    var excludedCells = 0
    var equalCells = 0
    var includedCells = 0
    var excludeHits: [Int]
    /// Facts of each task section that could be made, by number; nil for one that could not.
    var taskFacts: [Int: TaskFacts?] = [:]
    /// The base section after `match` is a number, by (task, base as asked); nil when it cannot be resolved.
    var matchedBases: [[Int]: Int?] = [:]
    /// Values of excluded cells that have been compared with a section, by [exclude, assignment, section].
    var comparisons: [[Int]: Bool] = [:]
    private var isKept: Set<Cell> = []

    init(model: SpecModel, vocabulary: SpecVocabulary) {
        self.model = model
        self.vocabulary = vocabulary
        resolver = SectionResolver(vocabulary: vocabulary)
        excludeHits = [Int](repeating: 0, count: model.excludes.count)
    }

    mutating func expand() {
        guard let gridCount = checkedGridCount() else { return }
        var grids = SpecSection.allCases.map { GridSection($0, model: model) }
        var indices = [Int](repeating: 0, count: model.axes.count)
        for _ in 0..<gridCount {
            for i in grids.indices { resolve(&grids[i], indices) }
            addGridCell(grids.map { $0.number[$0.place] ?? 0 })
            advance(&indices)
        }
        for (i, include) in model.includes.enumerated() { addInclude(include, number: i) }
        warnOfIdleExcludes()
        addGridNotes(grids)
        if cells.isEmpty && excludedCells > 0 {
            diagnostics.append(
                SpecDiagnostic(
                    at: model.position, keyPath: "exclude",
                    message: "every cell is excluded, so there is nothing to run")
            )
        }
    }

    /// Every entry of `exclude` that excludes nothing, up to a number that a person reads.
    private mutating func warnOfIdleExcludes() {
        var unlisted = 0
        for (i, hits) in excludeHits.enumerated() where hits == 0 {
            guard let first = model.excludes[i].first, model.excludes[i].allSatisfy(\.isValid) else { continue }
            guard diagnostics.count < SpecReader.maximumDiagnostics else {
                unlisted += 1
                continue
            }
            diagnostics.append(
                SpecDiagnostic(
                    .warning, at: first.node.position, keyPath: "exclude[\(i)]",
                    message: "no cell of the grid matches, so nothing is excluded"))
        }
        if unlisted > 0 {
            diagnostics.append(
                SpecDiagnostic(
                    .note, at: model.position, keyPath: "exclude",
                    message: "\(unlisted) more entries exclude nothing"))
        }
    }

    /// The number of cells of the grid when the whole sweep is within the limit; reports it otherwise.
    private mutating func checkedGridCount() -> Int? {
        var grid = 1
        var overflows = false
        for axis in model.axes {
            let (product, overflow) = grid.multipliedReportingOverflow(by: axis.values.count)
            grid = product
            if overflow {
                overflows = true
                break
            }
        }
        let (cells, addOverflow) = grid.addingReportingOverflow(model.includes.count)
        let (runs, overflow) = cells.multipliedReportingOverflow(by: model.seeds.count)
        if !overflows && !addOverflow && !overflow && runs <= ExperimentSpec.maximumRuns { return grid }
        let factors = (model.axes.map { "\($0.values.count)" } + ["\(model.seeds.count) seeds"]).joined(
            separator: " × ")
        let size = overflows || addOverflow || overflow ? "more than \(grouped(Int.max))" : grouped(runs)
        diagnostics.append(
            SpecDiagnostic(
                at: model.axes.first?.position ?? model.position, keyPath: "sweep",
                message: "the sweep has \(size) runs (\(factors))",
                allowed: "at most \(grouped(ExperimentSpec.maximumRuns)) runs",
                remedy: "shorten an axis, or use zip for axes that belong together"))
        return nil
    }

    private func advance(_ indices: inout [Int]) {
        for i in indices.indices.reversed() {
            indices[i] += 1
            if indices[i] < model.axes[i].values.count { return }
            indices[i] = 0
        }
    }

    private mutating func resolve(_ grid: inout GridSection, _ indices: [Int]) {
        grid.place = grid.axes.reduce(0) { $0 * model.axes[$1].values.count + indices[$1] }
        if grid.number[grid.place] != nil { return }
        var assignments = grid.fixed
        for axis in grid.axes {
            assignments += model.axes[axis].values[indices[axis]].filter { $0.path.section == grid.section }
        }
        let resolved = resolver.resolve(grid.section, Self.inOrder(assignments))
        grid.number[grid.place] = resolver.intern(resolved, grid.section)
        for assignment in resolved.unapplied where assignment.isValid {
            grid.unapplied.append((assignment, resolved.name ?? ""))
        }
    }

    /// The fixed part first, then what is written under sections, then what is written under parameters.
    private static func inOrder(_ assignments: [SpecAssignment]) -> [SpecAssignment] {
        func rank(_ assignment: SpecAssignment) -> Int { assignment.origin == .fixed ? 0 : assignment.depth }
        return (0...2).flatMap { wanted in assignments.filter { rank($0) == wanted } }
    }

    private mutating func addGridCell(_ numbers: [Int]) {
        guard let cell = finish(numbers) else { return }
        for i in model.excludes.indices where matches(i, cell.cell) {
            excludeHits[i] += 1
            excludedCells += 1
            return
        }
        // Combinations that make no sense may be excluded, so they are refused only now.
        guard makesSense(cell.cell) else { return }
        if !keep(cell) { equalCells += 1 }
    }

    private mutating func addInclude(_ include: [SpecAssignment], number: Int) {
        var numbers: [Int] = []
        for section in SpecSection.allCases {
            let assignments = (model.fixed + include).filter { $0.path.section == section }
            let resolved = resolver.resolve(section, Self.inOrder(assignments))
            numbers.append(resolver.intern(resolved, section))
            if section == .task, resolved.name == nil, let first = include.first, include.allSatisfy(\.isValid) {
                diagnostics.append(
                    SpecDiagnostic(
                        at: first.node.position, keyPath: "include[\(number)]",
                        message: "the cell names no task, and the fixed part has none",
                        remedy: "add \"task\": \"…\" to the cell"))
            }
            for assignment in resolved.unapplied where assignment.origin != .fixed && assignment.isValid {
                diagnostics.append(
                    SpecDiagnostic(
                        .warning, at: assignment.node.position, keyPath: assignment.keyPath,
                        message: "\(assignment.path.text) does not apply to \(resolved.name ?? "")"))
            }
        }
        guard let cell = finish(numbers), makesSense(cell.cell) else { return }
        if keep(cell) {
            includedCells += 1
        } else {
            notes.append("include[\(number)] is already among the cells")
        }
    }

    /// Whether the cell's sections fit each other; what does not is reported.
    private mutating func makesSense(_ cell: Cell) -> Bool {
        guard case .some(.some(let facts)) = taskFacts[cell.task] else { return false }
        return checkBox(cell, facts) && checkTraining(cell) && checkObjective(cell, facts)
    }

    private mutating func keep(_ cell: KeptCell) -> Bool {
        guard isKept.insert(cell.cell).inserted else { return false }
        cells.append(cell)
        return true
    }

    /// Makes the task, turns `match` into a number and checks what the sections say of each other; nil when something
    /// was wrong (it has been reported).
    private mutating func finish(_ numbers: [Int]) -> KeptCell? {
        let task = numbers[0]
        if resolver.sections[task].isTainted { return nil }
        if taskFacts[task] == nil { taskFacts[task] = makeTask(task) }
        guard case .some(.some(let facts)) = taskFacts[task], !resolver.sections[numbers[1]].isTainted else {
            return nil
        }
        let key = [task, numbers[1]]
        if matchedBases[key] == nil { matchedBases[key] = matchBase(task: task, base: numbers[1], facts) }
        guard case .some(.some(let base)) = matchedBases[key],
            !resolver.sections[numbers[2]].isTainted, !resolver.sections[numbers[3]].isTainted
        else { return nil }
        let cell = Cell(task: task, base: base, flow: numbers[2], training: numbers[3])
        guard checkMemory(cell, dimension: facts.dimension) else { return nil }
        var asked: [String: JSONValue] = [:]
        for (name, value) in resolver.sections[numbers[1]].parameters.values where value == .string("match") {
            asked["base.\(name)"] = value
        }
        return KeptCell(cell: cell, asked: asked)
    }
}

/// One section over the grid: which axes touch it, and its resolved number for each combination of their values.
struct GridSection {
    let section: SpecSection
    let axes: [Int]
    let fixed: [SpecAssignment]
    /// Numbers by place.
    var number: [Int: Int] = [:]
    /// The place of the current cell: its values on `axes` as one mixed-radix number.
    var place = 0
    var unapplied: [(SpecAssignment, String)] = []

    init(_ section: SpecSection, model: SpecModel) {
        self.section = section
        axes = model.axes.indices.filter { i in
            model.axes[i].values.contains { $0.contains { $0.path.section == section } }
        }
        fixed = model.fixed.filter { $0.path.section == section }
    }
}

/// Digits in groups of three: `1 000 000`.
func grouped(_ value: Int) -> String {
    var result = ""
    for (i, digit) in String(value).reversed().enumerated() {
        if i > 0, i % 3 == 0, digit != "-" { result.append(" ") }
        result.append(digit)
    }
    return String(result.reversed())
}

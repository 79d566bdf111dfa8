import Catalog

/// Runs that differ only in the seed.
final class ReportCell {
    /// Ordinal among the cells, in order of first appearance.
    let index: Int
    /// The numbers of all cells' settings.
    let table: SettingTable
    /// By path, cut after the last one that the cell has.
    private let codes: [Int32]
    /// The first run; every run of the cell has the same configuration.
    let example: ReportRun
    /// By ascending seed.
    fileprivate(set) var runs: [ReportRun]

    fileprivate init(index: Int, table: SettingTable, codes: [Int32], example: ReportRun) {
        self.index = index
        self.table = table
        self.codes = codes
        self.example = example
        runs = [example]
    }

    /// The code of a path's value, by the path's number.
    func code(_ number: Int) -> Int32 { number < codes.count ? codes[number] : SettingTable.absent }

    /// The values by path.
    struct Settings {
        fileprivate let cell: ReportCell

        subscript(path: String) -> JSONValue? {
            guard let number = cell.table.number(of: path) else { return nil }
            return cell.table.value(cell.code(number), ofPath: number)
        }
    }

    var settings: Settings { Settings(cell: self) }

    /// The setting as a spec would name it: components as written there (`match`) where known.
    func groupingText(_ path: String) -> String? {
        if path == ReportPaths.components, let written = example.componentsInSpec { return JSONText.canonical(written) }
        guard let number = table.number(of: path) else { return nil }
        return table.text(code(number), ofPath: number)
    }

    /// The codes of some settings, by path number: equal keys, equal settings.
    func key(_ isKept: [Bool]) -> [Int32] {
        isKept.indices.map { isKept[$0] ? code($0) : SettingTable.absent }
    }
}

/// Paths with a meaning of their own in reports.
enum ReportPaths {
    static let task = "task"
    static let base = "base"
    static let components = "base.components"
    static let couplingLayers = "flow.couplingLayers"
    static let proposal = "training.proposal"

    /// Whether `path` is `root` or below it.
    static func isWithin(_ path: String, _ root: String) -> Bool {
        path == root || path.hasPrefix(root + ".")
    }
}

/// Groups runs into cells. Runs given twice (one id) count once.
///
/// Two different runs with one configuration and one seed (for example from two versions of a component) never share
/// a cell: the second opens another, and `hasTwins` says so.
func makeCells(_ runs: [ReportRun]) -> (cells: [ReportCell], runs: [ReportRun], hasTwins: Bool) {
    var seenIDs = Set<String>(minimumCapacity: runs.count)
    var distinct: [ReportRun] = []
    distinct.reserveCapacity(runs.count)
    let table = SettingTable()
    // Configurations that share their storage, which `runs` keeps alive, are not even looked at.
    var formOfStorage: [UnsafeRawPointer: Int] = [:]
    var formOfCodes: [[Int32]: Int] = [:]
    var codesOfForm: [[Int32]] = []
    var runsOfSeed: [FormPart: Int] = [:]
    var cellOfForm: [FormPart: Int] = [:]
    var cells: [ReportCell] = []
    var hasTwins = false
    for run in runs where seenIDs.insert(run.id).inserted {
        distinct.append(run)
        let form: Int
        let storage = run.configuration.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
        if let storage, let known = formOfStorage[storage] {
            form = known
        } else {
            let codes = table.codes(of: run.configuration)
            form = formOfCodes[codes] ?? codesOfForm.count
            if form == codesOfForm.count {
                formOfCodes[codes] = form
                codesOfForm.append(codes)
            }
        }
        if let storage { formOfStorage[storage] = form }
        let twin = runsOfSeed[FormPart(form: form, part: run.seed), default: 0]
        runsOfSeed[FormPart(form: form, part: run.seed)] = twin + 1
        hasTwins = hasTwins || twin > 0
        if let index = cellOfForm[FormPart(form: form, part: twin)] {
            cells[index].runs.append(run)
        } else {
            cellOfForm[FormPart(form: form, part: twin)] = cells.count
            cells.append(ReportCell(index: cells.count, table: table, codes: codesOfForm[form], example: run))
        }
    }
    for cell in cells { cell.runs.sort { $0.seed < $1.seed } }
    return (cells, distinct, hasTwins)
}

/// A seed of a form, or one of the cells that have it.
private struct FormPart: Hashable {
    var form: Int
    var part: Int
}

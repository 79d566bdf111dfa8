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
    /// The runs of all cells, which share one list.
    let all: [ReportRun]
    /// Where the cell's runs are among ``all``, by ascending seed.
    fileprivate(set) var places: [Int]

    fileprivate init(index: Int, table: SettingTable, codes: [Int32], all: [ReportRun], first: Int) {
        self.index = index
        self.table = table
        self.codes = codes
        self.all = all
        example = all[first]
        places = [first]
    }

    /// A copy of the cell's runs, by ascending seed.
    var runs: [ReportRun] { places.map { all[$0] } }

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
    var isCounted = [Bool](repeating: true, count: runs.count)
    let table = SettingTable()
    // Configurations that share their storage, which `runs` keeps alive, are not even looked at.
    var formOfStorage: [UnsafeRawPointer: Int] = [:]
    var last: (storage: UnsafeRawPointer, form: Int)?
    var formOfCodes: [[Int32]: Int] = [:]
    var codesOfForm: [[Int32]] = []
    // Where the first run with the seed is, and the others where there are any.
    var firstOfSeed: [FormPart: Int] = [:]
    var twinsOfSeed: [FormPart: [Int]] = [:]
    var cellOfForm: [FormPart: Int] = [:]
    firstOfSeed.reserveCapacity(runs.count)
    var cells: [ReportCell] = []
    var hasTwins = false
    for place in runs.indices {
        let form: Int
        let storage = runs[place].configuration.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
        if let storage, let last, last.storage == storage {
            form = last.form
        } else if let storage, let known = formOfStorage[storage] {
            form = known
        } else {
            let codes = table.codes(of: runs[place].configuration)
            form = formOfCodes[codes] ?? codesOfForm.count
            if form == codesOfForm.count {
                formOfCodes[codes] = form
                codesOfForm.append(codes)
            }
        }
        if let storage, last?.storage != storage {
            formOfStorage[storage] = form
            last = (storage, form)
        }
        let seed = FormPart(form: form, part: runs[place].seed)
        var twin = 0
        if let first = firstOfSeed[seed] {
            let known = [first] + twinsOfSeed[seed, default: []]
            // A run given twice has the same configuration and seed both times.
            if known.contains(where: { runs[$0].id == runs[place].id }) {
                isCounted[place] = false
                continue
            }
            twinsOfSeed[seed, default: []].append(place)
            twin = known.count
            hasTwins = true
        } else {
            firstOfSeed[seed] = place
        }
        if let index = cellOfForm[FormPart(form: form, part: twin)] {
            cells[index].places.append(place)
        } else {
            cellOfForm[FormPart(form: form, part: twin)] = cells.count
            cells.append(
                ReportCell(index: cells.count, table: table, codes: codesOfForm[form], all: runs, first: place))
        }
    }
    for cell in cells { cell.places.sort { (runs[$0].seed, $0) < (runs[$1].seed, $1) } }
    if isCounted.allSatisfy({ $0 }) { return (cells, runs, hasTwins) }
    return (cells, runs.indices.filter { isCounted[$0] }.map { runs[$0] }, hasTwins)
}

/// A seed of a form, or one of the cells that have it.
private struct FormPart: Hashable {
    var form: Int
    var part: Int
}

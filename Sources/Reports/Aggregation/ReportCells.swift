import Catalog

/// Runs that differ only in the seed.
struct ReportCell {
    /// Ordinal among the cells, in order of first appearance.
    let index: Int
    let settings: [String: JSONValue]
    /// Values as text by path, for grouping.
    let texts: [String: String]
    /// The same by path.
    private let ordered: [(path: String, text: String)]
    /// The first run; every run of the cell has the same configuration.
    let example: ReportRun
    /// By ascending seed.
    var runs: [ReportRun]

    init(index: Int, settings: [String: JSONValue], texts: [String: String], example: ReportRun, runs: [ReportRun]) {
        self.index = index
        self.settings = settings
        self.texts = texts
        self.example = example
        self.runs = runs
        ordered = texts.sorted { $0.key < $1.key }.map { (path: $0.key, text: $0.value) }
    }

    /// The setting as a spec would name it: components as written there (`match`) where known.
    func groupingText(_ path: String) -> String? {
        if path == ReportPaths.components, let written = example.componentsInSpec { return JSONText.canonical(written) }
        return texts[path]
    }

    /// Canonical text of every setting whose path `keep` accepts: equal texts, equal settings.
    func key(where keep: (String) -> Bool) -> String {
        var key = ""
        for (path, text) in ordered where keep(path) { append(path, text, to: &key) }
        return key
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
    var seenIDs: Set<String> = []
    var distinct: [ReportRun] = []
    // Configurations as given → the number of their canonical form, so that this is made once per configuration; those
    // that share their storage, which `runs` keeps alive, are not even compared.
    var formOfStorage: [UnsafeRawPointer: Int] = [:]
    var formOfConfiguration: [[ReportSetting]: Int] = [:]
    var formOfKey: [String: Int] = [:]
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
        } else if let known = formOfConfiguration[run.configuration] {
            form = known
        } else {
            let key = canonicalKey(canonicalTexts(run))
            form = formOfKey[key] ?? formOfKey.count
            formOfKey[key] = form
            formOfConfiguration[run.configuration] = form
        }
        if let storage { formOfStorage[storage] = form }
        let twin = runsOfSeed[FormPart(form: form, part: run.seed), default: 0]
        runsOfSeed[FormPart(form: form, part: run.seed)] = twin + 1
        hasTwins = hasTwins || twin > 0
        if let index = cellOfForm[FormPart(form: form, part: twin)] {
            cells[index].runs.append(run)
        } else {
            cellOfForm[FormPart(form: form, part: twin)] = cells.count
            var settings: [String: JSONValue] = [:]
            for setting in run.configuration { settings[setting.path] = setting.value }
            cells.append(
                ReportCell(
                    index: cells.count, settings: settings, texts: canonicalTexts(run), example: run, runs: [run]))
        }
    }
    for index in cells.indices { cells[index].runs.sort { $0.seed < $1.seed } }
    return (cells, distinct, hasTwins)
}

/// A seed of a form, or one of the cells that have it.
private struct FormPart: Hashable {
    var form: Int
    var part: Int
}

/// Every setting's value as canonical text, by path.
private func canonicalTexts(_ run: ReportRun) -> [String: String] {
    var texts: [String: String] = [:]
    for setting in run.configuration { texts[setting.path] = JSONText.canonical(setting.value) }
    return texts
}

/// One text for texts by path: equal exactly when they are.
private func canonicalKey(_ texts: [String: String]) -> String {
    var key = ""
    for (path, text) in texts.sorted(by: { $0.key < $1.key }) { append(path, text, to: &key) }
    return key
}

/// With the path's length, so that different paths and texts never give the same key.
private func append(_ path: String, _ text: String, to key: inout String) {
    key += "\(path.utf8.count):"
    key += path
    key += text
    key += ","
}

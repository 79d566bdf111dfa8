import Catalog

/// Runs that differ only in the seed.
struct ReportCell {
    /// Ordinal among the cells, in order of first appearance.
    let index: Int
    let settings: [String: JSONValue]
    /// Values as text by path, for grouping.
    let texts: [String: String]
    /// The first run; every run of the cell has the same configuration.
    let example: ReportRun
    /// By ascending seed.
    var runs: [ReportRun]

    /// The setting as a spec would name it: components as written there (`match`) where known.
    func groupingText(_ path: String) -> String? {
        if path == ReportPaths.components, let written = example.componentsInSpec { return JSONText.canonical(written) }
        return texts[path]
    }

    /// Canonical text of every setting whose path `keep` accepts: equal texts, equal settings.
    func key(where keep: (String) -> Bool) -> String {
        canonicalKey(texts.filter { keep($0.key) })
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
    // Configurations as given → the number of their canonical form, so that this is made once per configuration.
    var formOfConfiguration: [[ReportSetting]: Int] = [:]
    var formOfKey: [String: Int] = [:]
    var runsOfSeed: [[Int]: Int] = [:]
    var cellOfForm: [[Int]: Int] = [:]
    var cells: [ReportCell] = []
    var hasTwins = false
    for run in runs where seenIDs.insert(run.id).inserted {
        distinct.append(run)
        let form: Int
        if let known = formOfConfiguration[run.configuration] {
            form = known
        } else {
            let key = canonicalKey(canonicalTexts(run))
            form = formOfKey[key] ?? formOfKey.count
            formOfKey[key] = form
            formOfConfiguration[run.configuration] = form
        }
        let twin = runsOfSeed[[form, run.seed], default: 0]
        runsOfSeed[[form, run.seed]] = twin + 1
        hasTwins = hasTwins || twin > 0
        if let index = cellOfForm[[form, twin]] {
            cells[index].runs.append(run)
        } else {
            cellOfForm[[form, twin]] = cells.count
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

/// Every setting's value as canonical text, by path.
private func canonicalTexts(_ run: ReportRun) -> [String: String] {
    var texts: [String: String] = [:]
    for setting in run.configuration { texts[setting.path] = JSONText.canonical(setting.value) }
    return texts
}

/// One text for texts by path: equal exactly when they are.
private func canonicalKey(_ texts: [String: String]) -> String {
    var key = ""
    for path in texts.keys.sorted() { key += JSONText.string(path) + ":" + (texts[path] ?? "") + "," }
    return key
}

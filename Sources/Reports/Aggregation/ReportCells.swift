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
        var key = ""
        for path in texts.keys.sorted() where keep(path) {
            key += JSONText.string(path) + ":" + (texts[path] ?? "") + ","
        }
        return key
    }
}

/// Paths with a meaning of their own in reports.
enum ReportPaths {
    static let task = "task"
    static let base = "base"
    static let components = "base.components"
    static let couplingLayers = "flow.couplingLayers"

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
    var indexOfKey: [String: Int] = [:]
    var twins: [String: Int] = [:]
    var cells: [ReportCell] = []
    var hasTwins = false
    for run in runs where seenIDs.insert(run.id).inserted {
        distinct.append(run)
        var settings: [String: JSONValue] = [:]
        for setting in run.configuration { settings[setting.path] = setting.value }
        let texts = settings.mapValues(JSONText.canonical)
        var key = ""
        for path in texts.keys.sorted() { key += JSONText.string(path) + ":" + (texts[path] ?? "") + "," }
        let twin = twins["\(run.seed) " + key, default: 0]
        twins["\(run.seed) " + key] = twin + 1
        hasTwins = hasTwins || twin > 0
        key = "\(twin) " + key
        if let index = indexOfKey[key] {
            cells[index].runs.append(run)
        } else {
            indexOfKey[key] = cells.count
            cells.append(
                ReportCell(index: cells.count, settings: settings, texts: texts, example: run, runs: [run]))
        }
    }
    for index in cells.indices { cells[index].runs.sort { $0.seed < $1.seed } }
    return (cells, distinct, hasTwins)
}

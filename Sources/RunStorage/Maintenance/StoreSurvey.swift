import Foundation

/// A look at the whole store, database and files, which changes nothing. `store check` prints what it finds; `store
/// repair` acts on it.
struct StoreSurvey {
    let layout: StoreLayout
    let identifies: ConfigurationCheck?
    var verifier: FileVerifier
    var check: StoreCheck
    /// nil when the database cannot be opened.
    var database: DatabaseSurvey?
    /// The revisions that verify, wherever they are, by their file's path.
    private(set) var revisions: [String: RevisionFile] = [:]
    /// Paths of revision files that do not verify.
    private(set) var damagedRevisionFiles: [String] = []
    /// Revision files that are missing or damaged while the revision is known.
    private(set) var missingRevisionFiles: [String] = []
    /// Configurations by run id, from the revision files that verify.
    private(set) var configurations: [String: String] = [:]
    /// A version of a file that this program does not know.
    private(set) var newerVersion: Int?

    init(layout: StoreLayout, quick: Bool, identifies: ConfigurationCheck?) {
        self.layout = layout
        self.identifies = identifies
        verifier = FileVerifier(layout: layout, quick: quick)
        check = StoreCheck(path: layout.root)
    }

    mutating func report(_ severity: StoreProblem.Severity, _ what: String, _ location: String, _ remedy: String) {
        check.problems.append(StoreProblem(severity: severity, what: what, location: location, remedy: remedy))
    }

    /// Opens the database with `open` and reads it; one that is damaged becomes a problem.
    mutating func readDatabase(_ open: () throws -> StoreDatabase) throws {
        do {
            let survey = try DatabaseSurvey(try open(), path: layout.database)
            check.version = survey.version
            check.problems += survey.problems
            database = survey
        } catch let error as RunStoreError {
            switch error.kind {
            case .corrupt, .notAStore:
                report(.damage, error.what, "flowexp.sqlite", Remedy.repair)
            default: throw error
            }
        }
    }

    /// Compares the revisions of the database with their files.
    mutating func readRevisionFiles() throws {
        let stored = database?.revisions ?? [:]
        var found: [String: RevisionFile] = [:]
        for name in try SystemCalls.readableNames(in: layout.revisions) {
            let path = "revisions/" + name
            guard (try? StoreLayout.check(artefactName: name)) != nil, let bytes = try verifier.read(path) else {
                report(.leftover, "nobody names this", path, Remedy.gc)
                continue
            }
            switch RevisionFile.read(bytes) {
            case .verified(let file):
                found[path] = file
                if stored[path] == nil && database?.isWhole == true {
                    report(.leftover, "a revision that was not recorded", path, Remedy.gc)
                }
            case .newer(let version):
                newerVersion = version
                report(.note, "a later flowexp wrote this (version \(version))", path, "Use that flowexp.")
            case .damaged(let reason):
                damagedRevisionFiles.append(path)
                report(.damage, "the revision's file \(reason)", path, Remedy.repair)
            }
        }
        for path in stored.keys.sorted() where found[path] == nil {
            missingRevisionFiles.append(path)
            if damagedRevisionFiles.contains(path) { continue }
            report(.note, "this revision has no file (earlier versions wrote none)", path, Remedy.migrate)
        }
        let isWhole = database?.isWhole == true
        revisions = isWhole ? stored : found.merging(stored) { file, _ in file }
        // A file's hash covers the configurations; that of the database's revision does not.
        for revision in found.values {
            for run in revision.runs { configurations[run.id] = run.configurationJSON }
        }
        check.revisions = revisions.count
    }

    /// Ids in the database, in the revisions and in the files, sorted.
    func runIDs() throws -> (ids: [String], strangers: [String]) {
        let names = try SystemCalls.readableNames(in: layout.artefacts)
        let folders = names.filter { (try? StoreLayout.check(runID: $0)) != nil }
        var ids = Set(database?.keys.keys.map { $0 } ?? [])
        if database?.isWhole != true {
            ids.formUnion(folders)
            for revision in revisions.values { ids.formUnion(revision.runs.map(\.id)) }
        }
        let strangers = names.filter { !ids.contains($0) }.map { "artefacts/" + $0 }
        return (ids.sorted(), strangers)
    }

    /// What database and files say of one run.
    mutating func judge(_ id: String) throws -> RunJudgement {
        try judge(id, stored: try database?.content(ofRun: id))
    }

    /// The same, with what the database says.
    mutating func judge(_ id: String, stored: StoredContent?) throws -> RunJudgement {
        let folder = try RunFolder(id: id, verifier: &verifier)
        let judgement = try RunJudgement(
            stored: stored, folder: folder,
            context: .init(
                isDatabaseWhole: database?.isWhole == true, configurationJSON: configurations[id],
                identifies: identifies),
            verifier: &verifier)
        if let version = judgement.newerVersion { newerVersion = version }
        return judgement
    }
}

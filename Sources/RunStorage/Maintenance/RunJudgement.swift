/// What database and files together say of one run: what is wrong, and what a rebuilt database holds.
///
/// A record counts when its hashes verify and every file it names is what it says. The database's comes first, because
/// only it knows what was committed; metrics that only one of the two has are taken from there.
struct RunJudgement {
    /// What is known besides the run's own record and files.
    struct Context {
        /// Nothing at all is wrong with the database, so that it alone says which runs there are and where they are.
        var isDatabaseWhole: Bool
        /// The configuration by the revision files.
        var configurationJSON: String?
        /// Tells a configuration that belongs to an id from a damaged one; nil when the caller cannot.
        var identifies: ConfigurationCheck?
    }

    let id: String
    private(set) var problems: [StoreProblem] = []
    /// The record of the run that ended; nil for one that is to be run.
    private(set) var ended: RecordContent?
    /// nil when no source that can be trusted gives it.
    private(set) var configurationJSON: String?
    /// The number of attempts.
    private(set) var fence = 0
    /// Oldest first, at most two, numbered.
    var checkpoints: [CheckpointRow] = []
    /// Files and directories that a repair moves to the backups, relative to the store.
    var setAside: [String] = []
    /// Why a run that had ended has to be done again.
    private(set) var redoneBecause: String?
    /// Set when a later flowexp wrote a file.
    private(set) var newerVersion: Int?

    let stored: StoredContent?
    let folder: RunFolder
    let context: Context

    init(
        stored: StoredContent?, folder: RunFolder, context: Context, verifier: inout FileVerifier
    ) throws {
        id = folder.id
        self.stored = stored
        self.folder = folder
        self.context = context
        verifier.forget()
        judgeRecord()
        try judgeEnd(&verifier)
        judgeRecordFile()
        judgeOtherOutcomes()
        try judgeCheckpoints(&verifier)
        judgeConfiguration()
        let fences = folder.outcomes.map(\.fence) + folder.checkpoints.compactMap { $0.name?.fence }
        let trusted = stored.map { $0.damage.isEmpty ? $0.fence : 0 } ?? 0
        fence = max(fences.max() ?? 0, trusted)
        for path in folder.strangers {
            report(.leftover, "nobody names this file", path, Remedy.nextRun)
        }
    }

    mutating func report(
        _ severity: StoreProblem.Severity, _ what: String, _ path: String?, _ remedy: String
    ) {
        let problem = StoreProblem(
            severity: severity, what: what, location: path ?? "flowexp.sqlite, run \(id)", remedy: remedy)
        if !problems.contains(problem) { problems.append(problem) }
    }

    // MARK: - Steps

    private mutating func judgeRecord() {
        for damage in stored?.damage ?? [] { report(.damage, damage, nil, Remedy.repair) }
        for outcome in folder.outcomes {
            if case .newer(let version) = outcome.record {
                newerVersion = version
                report(
                    .note, "a later flowexp wrote this record (version \(version))",
                    outcome.path + "/" + RecordFile.name, "Use that flowexp.")
            }
        }
    }

    /// Finds the record the run ended with.
    private mutating func judgeEnd(_ verifier: inout FileVerifier) throws {
        if let content = stored?.ended, try areFilesGood(content, &verifier) {
            ended = content
            return
        }
        let isTrusted = stored?.damage.isEmpty == true && context.isDatabaseWhole
        for outcome in folder.outcomes where ended == nil && outcome.state == .completed {
            guard let content = outcome.content else { continue }
            let isUnrecorded = isTrusted && stored?.state?.isTerminal == false
            if isUnrecorded {
                report(
                    .leftover, "finished, but a crash came before it was recorded", outcome.path,
                    "The next sweep does the run again, with the same numbers.")
            }
            if try areFilesGood(content, &verifier, severity: isUnrecorded ? .leftover : .damage) { ended = content }
        }
        if ended == nil && !isTrusted { ended = failureOfFiles }
        guard ended == nil else { return }
        if stored?.state == .completed || (!isTrusted && folder.outcomes.contains { $0.state == .completed }) {
            redoneBecause = problems.last { $0.severity == .damage }?.what ?? "its record is nowhere whole"
            if stored == nil {
                report(.damage, "the result is not whole", folder.outcomes.first?.path, Remedy.planAgain)
            }
        } else if stored?.state == .failed || (!isTrusted && folder.outcomes.contains { $0.state == .failed }) {
            redoneBecause = "the record of its failure is nowhere whole"
        }
    }

    /// A failure that no later attempt followed.
    private var failureOfFiles: RecordContent? {
        guard let failure = folder.outcomes.first(where: { $0.state == .failed }), let content = failure.content
        else { return nil }
        let later = folder.checkpoints.compactMap { $0.name?.fence }.max() ?? 0
        return later > failure.fence ? nil : content
    }

    private mutating func areFilesGood(
        _ content: RecordContent, _ verifier: inout FileVerifier, severity: StoreProblem.Severity = .damage
    ) throws -> Bool {
        var isGood = true
        for artefact in content.rows.artefacts {
            let isOwn = artefact.path.hasPrefix("artefacts/\(id)/")
            guard let problem = isOwn ? try verifier.problem(artefact) : "is not the run's own" else { continue }
            isGood = false
            report(severity, "the result's file \(problem)", artefact.path, Remedy.planAgain)
        }
        return isGood
    }

    /// Compares the `record.json` of the chosen record.
    private mutating func judgeRecordFile() {
        guard let ended, let stored, stored.ended != nil || !stored.damage.isEmpty else { return }
        let path = ended.path
        let outcome = folder.outcomes.first { $0.path == ended.directory }
        switch outcome?.record {
        case nil:
            if ended.rows.state == .failed {
                report(.note, "this failure has no file (earlier versions wrote none)", path, Remedy.migrate)
            } else {
                report(.damage, "the record's file is missing", path, Remedy.repair)
            }
        case .newer: return
        case .damaged(let reason):
            report(.damage, "the record's file " + reason, path, Remedy.repair)
            setAside.append(path)
        case .verified(let content): compare(content, path)
        }
    }

    private mutating func compare(_ content: RecordContent, _ path: String) {
        guard let recorded = stored?.ended, content.hash != recorded.hash else { return }
        guard content.isSame(asideFromMetrics: recorded) else {
            report(.damage, "the record's file and the database disagree", path, Remedy.repair)
            setAside.append(path)
            return
        }
        // The file is written first, so it has the newer value where both have one.
        let merged = (recorded.rows.metrics + content.rows.metrics).storable
        if !content.completes(recorded) {
            report(.note, "metrics are in the database only (earlier versions added them there)", path, Remedy.migrate)
        } else {
            report(
                .note, "metrics were computed, but a crash came before they were recorded", path,
                "`flowexp evaluate` computes them again.")
        }
        var renewed = recorded
        renewed.rows.metrics = merged
        renewed.hash = renewed.recomputedHash
        ended = renewed
    }

    /// Directories of outcomes that are not the run's.
    private mutating func judgeOtherOutcomes() {
        for outcome in folder.outcomes where outcome.path != ended?.directory {
            if ended == nil || outcome.state != ended?.rows.state { setAside.append(outcome.path) }
            let isReported = problems.contains { $0.location.hasPrefix(outcome.path) }
            if isReported { continue }
            if stored == nil || stored?.damage.isEmpty == false, case .damaged(let reason) = outcome.record {
                report(.damage, "the record's file " + reason, outcome.path + "/" + RecordFile.name, Remedy.repair)
            } else {
                report(
                    .leftover, "left by an attempt that did not get to record it", outcome.path,
                    ended == nil ? Remedy.nextRun : Remedy.gc)
            }
        }
    }

    /// A configuration counts when a hash covers it, in a record or a revision's file, or when the run's id says so.
    private mutating func judgeConfiguration() {
        let recorded = stored?.configurationJSON
        let known = context.configurationJSON
        if let recorded, let known, recorded != known {
            report(.damage, "the configuration is not that of the revision's file", nil, Remedy.repair)
        }
        if let ended {
            configurationJSON = ended.configurationJSON
            return
        }
        configurationJSON = known ?? folder.outcomes.lazy.compactMap { $0.content?.configurationJSON }.first
        if configurationJSON != nil { return }
        guard let recorded else { return }
        if context.identifies?(id, recorded) ?? context.isDatabaseWhole {
            configurationJSON = recorded
        } else {
            report(.damage, "the configuration is not the one that the run's id stands for", nil, Remedy.repair)
        }
    }
}

/// Whether a configuration belongs to a run id.
public typealias ConfigurationCheck = @Sendable (_ runID: String, _ configurationJSON: String) -> Bool

extension RunJudgement {
    /// Whether the run's files may not be judged because a later flowexp wrote some.
    var isNewer: Bool { newerVersion != nil }
}

extension RecordContent {
    /// Whether two records agree in everything but their metrics.
    func isSame(asideFromMetrics other: RecordContent) -> Bool {
        var stripped = (self, other)
        stripped.0.rows.metrics = []
        stripped.1.rows.metrics = []
        return stripped.0.recomputedHash == stripped.1.recomputedHash
    }

    /// Whether this is `other` with metrics added or renewed.
    func completes(_ other: RecordContent) -> Bool {
        isSame(asideFromMetrics: other) && (other.rows.metrics + rows.metrics).storable == rows.metrics
    }

    var recomputedHash: [UInt8] { rows.hashes(id: id, configurationJSON: configurationJSON).record }
}

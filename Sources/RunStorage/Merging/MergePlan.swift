import GRDB

/// What a merge will do, decided and checked before anything is written.
struct MergePlan {
    /// One run that changes in the target.
    struct Step {
        var id: String
        var decision: MergeDecision
        /// What both stores had when it was decided; nil where the target does not know the run.
        var target: RunFingerprint?
        var source: RunFingerprint
        /// The attempts the target has had: its own come first.
        var earlierAttempts: Int
    }

    var steps: [Step] = []
    var summary: MergeSummary
}

/// Merges one store into another; the caller sees to it that nobody else rearranges the target meanwhile.
struct StoreMerge {
    let target: RunStore
    let source: RunStore
    /// Runs that need no look, because they were moved whole.
    var settled: Set<String> = []
    /// Whether damaged revisions are taken as they are; for a store's own trash.
    var carriesDamage = false

    /// Decides everything, and verifies every record of the source and every file that will be taken.
    ///
    /// Throws `.corrupt` (something in the source is damaged), `.conflict` (two results of one run), `.busy` (somebody works
    /// on a run of the source, or on one of the target that would change), ….
    func plan() throws -> MergePlan {
        if let live = try source.liveAttempts().first {
            throw RunStoreError(
                .busy(holders: ["pid \(live.process.pid)"]),
                what: "run \(live.runID) is being worked on there (pid \(live.process.pid) on \(live.process.host))",
                location: source.path,
                remedy: "Wait for its sweep or stop it (Ctrl-C), then run the same command again.")
        }
        var plan = MergePlan(summary: MergeSummary(source: source.path))
        let configurations = carriesDamage ? [:] : try source.configurationsOfFiles()
        for id in try source.allRunIDs() where !settled.contains(id) {
            guard let content = try content(id) else { continue }
            if !content.rows.state.isTerminal, let known = configurations[id], known != content.configurationJSON {
                throw source.damaged("the configuration is not that of the revision's file", in: "run \(id)")
            }
            try consider(content, in: &plan)
        }
        try planRevisions(&plan)
        return plan
    }

    /// A run of the source; throws `.corrupt` when it is not what was published.
    func content(_ id: String) throws -> RunContent? {
        guard let content = try RunContent.read(source, id: id) else { return nil }
        if let damage = content.damage {
            var error = source.damaged(damage, in: "run \(id)")
            error.remedy =
                "Put the run away there (`flowexp rm \(id.prefix(12)) --store \(source.path)`) and merge again, or restore a "
                + "copy of that store."
            throw error
        }
        return content
    }

    private func consider(_ content: RunContent, in plan: inout MergePlan) throws {
        let known = try RunContent.read(target, id: content.id)
        let decision = try decide(target: known, in: target, source: content)
        let state = content.rows.state
        switch decision {
        case .keep:
            plan.summary.unchanged += 1
            return
        case .insert: plan.summary.added.count(state)
        case .replace: plan.summary.replaced.count(state)
        case .addMetrics(let metrics): plan.summary.metricsAdded += metrics.count
        }
        if known != nil { try target.requireFree([content.id], toBe: "merged") }
        let earlier = known?.fence ?? 0
        if decision.bringsFiles {
            for file in try renumbered(content, after: earlier).files {
                _ = try source.files.readVerified(file.source, size: file.size, sha256: file.sha256, what: file.what)
                plan.summary.files += 1
                plan.summary.bytes += file.size
            }
        }
        plan.steps.append(
            MergePlan.Step(
                id: content.id, decision: decision, target: known?.fingerprint, source: content.fingerprint,
                earlierAttempts: earlier))
    }

    /// The decision, with a disagreement turned into an error that names both stores and the run.
    func decide(target known: RunContent?, in store: RunStore, source content: RunContent) throws -> MergeDecision {
        do {
            return try MergeDecision.of(target: known, source: content)
        } catch {
            throw RunStoreError(
                .conflict, what: "their \(error.about) differ, so one of them is not right; nothing was merged",
                location: "run \(content.id) in \(store.path) and in \(source.path)",
                remedy: "Look at both (`flowexp show \(content.id.prefix(12)) --store …`), remove the wrong one "
                    + "(`flowexp rm \(content.id.prefix(12)) --store …`) and merge again.")
        }
    }

    func renumbered(_ content: RunContent, after earlier: Int) throws -> (content: RunContent, files: [MergedFile]) {
        do {
            return try content.renumbered(after: earlier)
        } catch is DamagedValue {
            throw source.damaged("the number of an attempt is damaged", in: "run \(content.id)")
        }
    }

    private func planRevisions(_ plan: inout MergePlan) throws {
        for sweep in try source.revisionsBySweep() {
            guard let first = sweep.first else { continue }
            if !carriesDamage, let damaged = sweep.first(where: { !$0.isIntact }) {
                throw source.damaged(
                    "the record of revision \(damaged.number) changed since it was written",
                    in: "sweep \(StoreLayout.printable(damaged.sweepName))")
            }
            let (added, isKnown) = try target.database.read { database in
                (
                    try sweep.countMissing(in: database),
                    try database.first("SELECT 1 FROM sweeps WHERE name = ?", [first.sweepName]) { try $0.integer(0) }
                        == 1
                )
            }
            if added > 0 {
                plan.summary.revisions.append(
                    MergeSummary.AddedRevisions(sweep: first.sweepName, added: added, isNewSweep: !isKnown))
            }
        }
    }
}

extension MergeDecision {
    /// Whether files come along.
    var bringsFiles: Bool {
        switch self {
        case .insert, .replace: return true
        case .keep, .addMetrics: return false
        }
    }
}

extension RunStore {
    /// All ids, sorted. Throws `.corrupt` for one that could not be a path.
    func allRunIDs() throws -> [String] {
        let ids = try database.read { database in
            var ids: [String] = []
            try database.forEachRow("SELECT id FROM run_records ORDER BY id") { ids.append(try $0.text(0)) }
            return ids
        }
        for id in ids where (try? StoreLayout.check(runID: id)) == nil {
            throw damaged("a run has an id that is none", in: "run \(StoreLayout.printable(id))")
        }
        return ids
    }

    /// Configurations by run id, from the revisions' files that verify: no hash of the database covers those of runs that
    /// have not ended.
    func configurationsOfFiles() throws -> [String: String] {
        var configurations: [String: String] = [:]
        for revision in try revisionsBySweep().joined() {
            for run in revision.file?.runs ?? [] { configurations[run.id] = run.configurationJSON }
        }
        return configurations
    }

    /// All revisions with their files, grouped by sweep in the order in which the sweeps ran.
    func revisionsBySweep() throws -> [[RevisionContent]] {
        var sweeps: [[RevisionContent]] = []
        for revision in try database.read({ try RevisionContent.read($0) }) {
            let revision = revision.withFile(in: layout)
            if sweeps.last?.first?.sweepName == revision.sweepName {
                sweeps[sweeps.count - 1].append(revision)
            } else {
                sweeps.append([revision])
            }
        }
        return sweeps
    }

    func damaged(_ what: String, in part: String) -> RunStoreError {
        RunStoreError(
            .corrupt, what: "\(what); nothing of this store was taken", location: "\(path), \(part)",
            remedy: StoreDatabase.damagedRemedy)
    }
}

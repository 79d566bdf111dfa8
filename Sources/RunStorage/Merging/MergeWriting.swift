import GRDB

/// Carrying a merge out.
extension StoreMerge {
    /// Runs of one transaction: enough that its cost does not count, few enough to be kept in memory.
    private static let batch = 64

    /// Writes what was planned: in batches, the files of each durable before the transaction that names them, then the
    /// revisions. A crash in between leaves runs that are right each, and the same merge again finishes.
    ///
    /// Throws `.busy` when a run changed since it was planned, `.corrupt` when a file of the source did.
    func write(_ plan: MergePlan) throws {
        for start in stride(from: 0, to: plan.steps.count, by: Self.batch) {
            try write(plan.steps[start..<min(start + Self.batch, plan.steps.count)])
        }
        let sweeps = try source.revisionsBySweep()
        if !plan.summary.revisions.isEmpty {
            try target.database.write { database in
                for sweep in sweeps {
                    if !carriesDamage, let damaged = sweep.first(where: { !$0.isIntact }) {
                        throw source.damaged(
                            "a revision changed since it was written", in: StoreLayout.printable(damaged.sweepName))
                    }
                    _ = try sweep.addMissing(to: database, files: target.files) { try target.nextRunOrder(database) }
                }
            }
        }
        try writeReferences()
    }

    private func write(_ steps: ArraySlice<MergePlan.Step>) throws {
        do {
            try target.holding(steps.map(\.id), toBe: "merged") { try writeHeld(steps) }
        } catch {
            // Files that came before the error; what cannot be removed now is a later attempt's or garbage collection's.
            try? target.removeUnnamedFiles(ofRuns: steps.map(\.id))
            throw error
        }
        try target.removeUnnamedFiles(ofRuns: steps.filter { $0.decision == .replace }.map(\.id))
    }

    private func writeHeld(_ steps: ArraySlice<MergePlan.Step>) throws {
        var contents: [(step: MergePlan.Step, content: RunContent)] = []
        for step in steps {
            // Before files are written: they may only come where no attempt has put any.
            guard try target.database.read({ try RunFingerprint.read($0, id: step.id) }) == step.target else {
                throw target.changedMeanwhile(step.id)
            }
            guard let content = try content(step.id), content.fingerprint == step.source else {
                throw source.changedMeanwhile(step.id)
            }
            let taken = try renumbered(content, after: step.earlierAttempts)
            if step.decision.bringsFiles {
                try copy(taken.files, recordFile: taken.content.recordFile(fence: step.earlierAttempts + content.fence))
            }
            contents.append((step, taken.content))
        }
        try target.database.write { database in
            for (step, content) in contents {
                guard try RunFingerprint.read(database, id: step.id) == step.target else {
                    throw target.changedMeanwhile(step.id)
                }
                switch step.decision {
                case .keep: break
                case .insert, .replace:
                    try content.take(into: database, fence: step.earlierAttempts + content.fence)
                case .addMetrics(let metrics):
                    try target.addMetrics(metrics, toRun: step.id, database)
                }
            }
        }
    }

    private func copy(_ files: [MergedFile], recordFile: (path: String, bytes: [UInt8])?) throws {
        var contents = recordFile.map { [$0] } ?? []
        for file in files {
            let bytes = try source.files.readVerified(
                file.source, size: file.size, sha256: file.sha256, what: file.what)
            contents.append((file.target, bytes))
        }
        let byDirectory = Dictionary(grouping: contents) {
            String($0.path[..<($0.path.lastIndex(of: "/") ?? $0.path.endIndex)])
        }
        for (directory, contents) in byDirectory.sorted(by: { $0.key < $1.key }) {
            try target.files.makeDirectory(directory)
            try target.files.write(
                contents.map { (name: String($0.path.dropFirst(directory.count + 1)), bytes: $0.bytes) },
                into: directory)
        }
    }

    /// Brings along what the target has not computed yet. An entry is only a cache, so a damaged one is left out.
    private func writeReferences() throws {
        let keys = try source.database.read { database in
            var keys: [String] = []
            try database.forEachRow("SELECT key FROM reference_cache ORDER BY key") { keys.append(try $0.text(0)) }
            return keys
        }
        for key in keys where try target.cachedText(forKey: key) == nil {
            if let text = try source.cachedText(forKey: key) { try target.cacheText(text, forKey: key) }
        }
    }
}

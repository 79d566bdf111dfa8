import GRDB

/// What to remove from a store.
public struct Removal: Sendable, Equatable {
    /// Names of sweeps: they go with all revisions, and with those of their runs that no other sweep contains.
    public var sweeps: [String]
    /// Whole ids of runs whose results go. One that a remaining revision lists becomes planned again.
    public var runs: [String]

    /// Creates a removal; see the properties.
    public init(sweeps: [String] = [], runs: [String] = []) {
        self.sweeps = sweeps
        self.runs = runs
    }
}

/// What a removal does to a store, decided from one look at it.
public struct RemovalPlan: Sendable, Equatable {
    /// The sweeps that go, with the number of their revisions.
    public var sweeps: [RemovedSweep] = []
    /// Runs that go altogether.
    public var removedRuns: [String] = []
    /// Runs whose results go while a remaining revision lists them: they become planned.
    public var resetRuns: [String] = []
    /// Runs of the removed sweeps that another sweep contains: they stay as they are.
    public var keptRuns: [String] = []
    /// Runs that were to lose their results and have none.
    public var emptyRuns: [String] = []

    /// A sweep that goes.
    public struct RemovedSweep: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// How many revisions it has.
        public var revisions: Int
    }

    /// Runs that lose something.
    public var changedRuns: [String] { removedRuns + resetRuns }
    /// Whether nothing goes.
    public var isEmpty: Bool { sweeps.isEmpty && removedRuns.isEmpty && resetRuns.isEmpty }

    /// Throws ``RunStoreError`` `.noSuchSweep` and `.noSuchRun`.
    static func make(_ database: Database, _ removal: Removal, in store: RunStore) throws -> RemovalPlan {
        var plan = RemovalPlan()
        var candidates: Set<String> = []
        for name in removal.sweeps where !plan.sweeps.contains(where: { $0.name == name }) {
            let revisions = try database.first(
                """
                SELECT count(*) FROM revisions JOIN sweeps ON sweeps.id = sweep_id WHERE sweeps.name = ?
                """, [name]
            ) { try $0.integer(0) }
            guard try database.first("SELECT 1 FROM sweeps WHERE name = ?", [name], { try $0.integer(0) }) != nil else {
                throw store.noSuchSweep(name)
            }
            plan.sweeps.append(RemovedSweep(name: name, revisions: revisions ?? 0))
        }
        let names = Set(plan.sweeps.map(\.name))
        var listedElsewhere: Set<String> = []
        try database.forEachRow(
            """
            SELECT DISTINCT run_records.id, sweeps.name FROM revision_runs
            JOIN revisions ON revisions.id = revision_id JOIN sweeps ON sweeps.id = sweep_id
            JOIN run_records USING (run_key)
            """
        ) { row in
            let id = try row.text(0)
            if names.contains(try row.text(1)) { candidates.insert(id) } else { listedElsewhere.insert(id) }
        }
        let asked = Set(removal.runs)
        for id in candidates.union(asked).sorted() {
            guard let isEmpty = try isEmpty(database, id: id) else { throw store.noSuchRun(id) }
            if !listedElsewhere.contains(id) {
                plan.removedRuns.append(id)
            } else if !asked.contains(id) {
                plan.keptRuns.append(id)
            } else if isEmpty {
                plan.emptyRuns.append(id)
            } else {
                plan.resetRuns.append(id)
            }
        }
        return plan
    }

    private static func isEmpty(_ database: Database, id: String) throws -> Bool? {
        guard try RunFingerprint.read(database, id: id) != nil else { return nil }
        return try RunCopy.isUntouched(database, id: id)
    }

    /// Deletes what goes.
    func carryOut(_ database: Database) throws {
        for sweep in sweeps {
            try database.run(
                """
                DELETE FROM revision_runs WHERE revision_id IN (
                    SELECT revisions.id FROM revisions JOIN sweeps ON sweeps.id = sweep_id WHERE sweeps.name = ?)
                """, [sweep.name])
            try database.run(
                "DELETE FROM revisions WHERE sweep_id = (SELECT id FROM sweeps WHERE name = ?)", [sweep.name])
            try database.run("DELETE FROM sweeps WHERE name = ?", [sweep.name])
        }
        for id in changedRuns { try RunCopy.delete(database, id: id) }
        for id in removedRuns { try database.run("DELETE FROM run_records WHERE id = ?", [id]) }
    }
}

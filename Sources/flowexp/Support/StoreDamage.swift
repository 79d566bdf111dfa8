import Metrics
import Orchestration
import RunStorage

/// Damage that a command has met and goes on from, to be named when everything else is printed.
final class StoreDamage {
    private let store: RunStore
    private var runs: [DamagedRun] = []
    private var runIDs: Set<String> = []
    private var sweeps: [(name: String, error: RunStoreError)] = []

    init(_ store: RunStore) { self.store = store }

    var isEmpty: Bool { runs.isEmpty && sweeps.isEmpty }

    /// Notes the run if its record does not verify.
    func note(_ run: RunFacts) {
        if let reason = run.damage { note(run.record.id, reason) }
    }

    /// Notes damage of a run; a run is named once.
    func note(_ runID: String, _ reason: String) {
        guard runIDs.insert(runID).inserted else { return }
        runs.append(DamagedRun(runID: runID, reason: reason))
    }

    /// What `body` reads of a sweep; nil when that is damaged, which is noted and concerns no other sweep.
    func readingSweep<Value>(_ name: String, _ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as RunStoreError where error.kind == .corrupt {
            if !sweeps.contains(where: { $0.name == name }) { sweeps.append((name, error)) }
            return nil
        }
    }

    /// Why a sweep cannot be read; nil for one that can.
    func reason(ofSweep name: String) -> String? { sweeps.first { $0.name == name }?.error.what }

    /// Throws exit 65 when something is damaged and one of the names is a metric's that no intact run has: it need not be
    /// mistyped then. With nothing known any name passes, as in ``MetricNames/parse(_:known:)``.
    func refuse(metrics names: some Collection<String>, known: Set<String>, of runs: [RunFacts]) throws {
        guard !known.isEmpty, names.contains(where: { !known.contains($0) && MetricCatalog.names.contains($0) })
        else { return }
        runs.forEach(note)
        try refuse()
    }

    /// Throws exit 65 naming what is damaged, unless nothing is.
    func refuse() throws {
        if isEmpty { return }
        var parts: [String] = []
        if !runs.isEmpty { parts.append(DamageText.runs(runs, remedy: false)) }
        for (name, error) in sweeps {
            parts.append("sweep \(DisplayWidth.cut(name, to: 80)) cannot be read: \(error.what)\n  \(error.remedy)")
        }
        throw CommandFailure(
            .badData, "\(store.path): " + parts.joined(separator: "\n"), remedy: runs.isEmpty ? nil : DamageText.remedy)
    }
}

extension RunFilter {
    /// The runs that satisfy the condition; damaged ones of which that cannot be told are noted. A name that no run has is a
    /// mistake, unless all of them are damaged or it is a metric's that the damaged ones may have: then that is told
    /// (exit 65).
    func matching(_ runs: [RunFacts], _ damage: StoreDamage) throws -> [RunFacts] {
        let attributes = runs.map(\.attributes)
        do {
            try check(against: attributes)
        } catch {
            if runs.allSatisfy({ $0.damage != nil }) {
                runs.forEach(damage.note)
                try damage.refuse()
            }
            let known = attributes.reduce(into: Set<String>()) { $0.formUnion($1.names) }
            try damage.refuse(metrics: names, known: known, of: runs)
            throw error
        }
        for (run, attributes) in zip(runs, attributes) where run.damage != nil && mayMatch(attributes) {
            damage.note(run)
        }
        return zip(runs, attributes).filter { matches($1) }.map(\.0)
    }
}

extension RunFilter {
    /// The runs of a store that satisfy a condition as it was written. Throws exit 66 when there is none, 65 when damage
    /// leaves that open.
    static func runs(_ condition: String, in store: RunStore) throws -> [RunFacts] {
        let filter = try RunFilter(condition)
        let damage = StoreDamage(store)
        let all = try RunReader(store, damage).facts(store.allRecords())
        let found = try filter.matching(all, damage)
        if !found.isEmpty { return found }
        try damage.refuse()
        throw CommandFailure(
            .noInput, "no run of \(store.path) satisfies --where '\(condition)'",
            remedy: (filter.hint(among: all).map { $0 + "\n  " } ?? "") + "The runs there are: flowexp ls")
    }

    /// Why none of the runs satisfies the condition: values in it that none has; nil where that is not why.
    func hint(among runs: [RunFacts]) -> String? {
        let absent = absentValues(in: runs.map(\.attributes))
        if absent.isEmpty { return nil }
        return absent.prefix(3).map { DisplayWidth.cut($0.description, to: 200) }.joined(separator: "\n  ")
    }
}

/// Sentences about damaged records.
enum DamageText {
    static let remedy = "Look closer with: flowexp store check    Mend it with: flowexp store repair"

    /// The damaged runs with what is wrong, at most ten of them.
    static func runs(_ runs: [DamagedRun], remedy: Bool = true) -> String {
        let shown = runs.prefix(10).map { "\n  run \($0.runID.prefix(12)): \($0.reason)" }.joined()
        let more = runs.count > 10 ? "\n  … and \(runs.count - 10) more" : ""
        return "\(CountText.of(runs.count, "record")) changed since publishing; no number of "
            + "\(runs.count == 1 ? "it is" : "them is") used\(shown)\(more)"
            + (remedy ? "\n  \(Self.remedy)" : "")
    }

    /// Refuses a run whose numbers a command needs; throws exit 65.
    static func requireIntact(_ run: RunFacts, in store: RunStore) throws {
        let damage = StoreDamage(store)
        damage.note(run)
        try damage.refuse()
    }
}

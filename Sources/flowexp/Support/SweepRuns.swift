import RunStorage

/// The runs of sweeps' newest revisions, each once, and the axes that their specs declare.
struct SweepRuns {
    private(set) var runs: [RunFacts] = []
    private(set) var axes: [String] = []
    /// Of the metrics that were read.
    private(set) var metricNames: Set<String> = []

    /// Reads them. A sweep that is damaged is noted; when none is left, throws exit 65.
    init(of names: [String], in store: RunStore, _ damage: StoreDamage, _ metrics: MetricChoice) throws {
        let reader = RunReader(store, damage)
        var seen: Set<String> = []
        var isAnyRead = false
        var lastName = ""
        for name in names {
            let read = try damage.readingSweep(name) {
                let revision = try store.revision(ofNamedSweep: name)
                return (revision, try store.records(ofRevision: revision.id, metrics: metrics))
            }
            guard let (revision, records) = read else { continue }
            isAnyRead = true
            for path in SpecAxes.paths(of: revision) where !axes.contains(path) { axes.append(path) }
            let selection = try SweepSelections.selection(of: revision)
            // Those of the first sweep are all new: a list has each run once.
            let fresh = seen.isEmpty ? records : records.filter { !seen.contains($0.id) }
            if names.count > 1 { seen.formUnion(fresh.lazy.map(\.id)) }
            for index in fresh.indices {
                for metric in fresh[index].metrics where metric.name != lastName {
                    lastName = metric.name
                    metricNames.insert(metric.name)
                }
            }
            runs += reader.facts(fresh, selection)
        }
        if !isAnyRead { try damage.refuse() }
    }
}

import ArgumentParser
import Catalog
import Orchestration
import RunStorage

/// What `rm` is asked to remove: names of sweeps, beginnings of run ids, or a condition on runs.
struct RemovalChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Sweeps by name, or runs by the beginning of their ids.", valueName: "sweep|run"))
    var names: [String] = []

    @Option(
        name: .customLong("sweep"),
        help: ArgumentHelp("A sweep by name, where a run begins like it.", valueName: "name"))
    var sweeps: [String] = []

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("The results of all runs that satisfy the condition.", valueName: "expr"))
    var condition: String?

    func validate() throws {
        if names.isEmpty && sweeps.isEmpty && condition == nil {
            throw ValidationError(
                "Say what to remove: a sweep (flowexp status), runs (flowexp ls), or --where 'state=failed'.")
        }
    }

    /// Finds what the names mean. Throws exit 64 for one that is a sweep's and fits runs too, 66 for one that is nothing.
    func removal(in store: RunStore) throws -> Removal {
        var removal = Removal(sweeps: sweeps)
        let known = try store.sweeps().map(\.name)
        for name in names {
            let run = try runID(name, in: store, isSweep: known.contains(name))
            switch (known.contains(name), run) {
            case (true, let run?):
                throw CommandFailure(
                    .usage, "'\(name)' is the sweep \(name) and also the beginning of run \(run)",
                    remedy: "The sweep: flowexp rm --sweep \(name)    The run: flowexp rm \(longer(run, than: name))")
            case (true, nil): removal.sweeps.append(name)
            case (false, let run?): removal.runs.append(run)
            case (false, nil):
                throw CommandFailure(
                    .noInput,
                    "there is no sweep or run '\(DisplayWidth.cut(name, to: 80))' in \(store.path)"
                        + NearestName.hint(name, among: known),
                    remedy: "Sweeps: flowexp status    Runs: flowexp ls")
            }
        }
        for name in sweeps where !known.contains(name) {
            throw CommandFailure(
                .noInput,
                "there is no sweep '\(DisplayWidth.cut(name, to: 80))' in \(store.path)"
                    + NearestName.hint(name, among: known), remedy: "Sweeps: flowexp status")
        }
        if let condition { removal.runs += try RunFilter.runs(condition, in: store).map(\.record.id) }
        return removal
    }

    /// The run whose id begins so; nil when there is none.
    private func runID(_ name: String, in store: RunStore, isSweep: Bool) throws -> String? {
        do {
            return try store.runID(prefix: name)
        } catch let error as RunStoreError {
            switch error.kind {
            case .noSuchRun, .invalidName: return nil
            case .ambiguousRun(let candidates) where isSweep: return candidates.first
            default: throw error
            }
        }
    }

    private func longer(_ run: String, than name: String) -> String {
        String(run.prefix(max(12, name.count + 4)))
    }
}

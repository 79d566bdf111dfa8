import ArgumentParser
import Catalog
import Orchestration
import Reports
import RunStorage

/// Which run a command works on: any unambiguous beginning of its id, or a condition that one run alone satisfies.
struct RunChoice: ParsableArguments {
    @Argument(help: ArgumentHelp("The run's id, or its beginning.", valueName: "run"))
    var runID: String?

    @OptionGroup var condition: RunCondition

    func validate() throws { try condition.validate(with: runID) }

    /// The run with its record verified. Throws exit 66 when there is none or more than one, 65 when it is damaged.
    func facts(in store: RunStore) throws -> RunFacts { try condition.facts(runID, in: store) }

    /// The run; what is damaged of it is noted. Throws exit 66 when there is none or more than one.
    func facts(in store: RunStore, noting damage: StoreDamage) throws -> RunFacts {
        let facts = try RunReader(store, damage).facts(condition.record(runID, in: store))
        damage.note(facts)
        return facts
    }

    /// The run's record as it is stored, verified or not, for what prints no number of it.
    func record(in store: RunStore) throws -> RunRecord { try condition.record(runID, in: store) }
}

/// The condition part of a ``RunChoice``, for commands with further arguments of their own.
struct RunCondition: ParsableArguments {
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("The one run that satisfies the condition, instead of its id.", valueName: "expr"))
    var expression: String?

    /// Either an id or a condition must be there.
    func validate(with runID: String?) throws {
        if runID == nil && expression == nil {
            throw ValidationError("Name a run: the beginning of its id (flowexp ls), or --where 'seed=0 and base=gmm'.")
        }
        if let runID, expression != nil {
            throw ValidationError(
                "Name the run by its id ('\(DisplayWidth.cut(runID, to: 80))') or by --where, not both.")
        }
    }

    /// The run whose id begins with `prefix`, or that satisfies the condition.
    func facts(_ prefix: String?, in store: RunStore) throws -> RunFacts {
        let damage = StoreDamage(store)
        let facts = try RunReader(store, damage).facts(record(prefix, in: store))
        damage.note(facts)
        try damage.refuse()
        return facts
    }

    /// The same, not verified.
    func record(_ prefix: String?, in store: RunStore) throws -> RunRecord {
        if let prefix { return try store.record(idPrefix: prefix) }
        let found = try RunFilter.runs(expression ?? "", in: store)
        guard let first = found.first, found.count == 1 else {
            let shown = found.prefix(8).map { "\n  \($0.line)" }.joined()
            let more = found.count > 8 ? "\n  … and \(found.count - 8) more" : ""
            throw CommandFailure(
                .noInput, "\(found.count) runs of \(store.path) satisfy --where '\(expression ?? "")':\(shown)\(more)",
                remedy: "Add a condition that only one of them satisfies, or give the beginning of an id.")
        }
        return first.record
    }
}

extension RunFacts {
    /// The run in one line for messages.
    fileprivate var line: String {
        var parts = [String(record.id.prefix(12)), state.rawValue, task, base]
        if let count = components.integerValue { parts[3] += " \(count)" }
        if let couplingLayers { parts.append("depth \(couplingLayers)") }
        return (parts + ["seed \(seed)"]).joined(separator: "  ")
    }
}

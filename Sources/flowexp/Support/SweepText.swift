import Catalog
import Experiments
import Orchestration
import RunStorage

/// What a sweep says before and after.
enum SweepText {
    /// The plan: sizes, what is done, what starts; then notes on the expansion and on the revision.
    static func plan(_ plan: ExperimentPlan, overview: SweepOverview, change: RevisionChange?) -> String {
        var parts: [String] = []
        if overview.completed > 0 { parts.append("\(overview.completed) completed") }
        if overview.failed > 0 { parts.append("\(overview.failed) failed") }
        if overview.interrupted > 0 { parts.append("\(overview.interrupted) interrupted → resume") }
        if overview.damaged > 0 { parts.append("\(overview.damaged) damaged → left alone") }
        if overview.elsewhere > 0 { parts.append("\(overview.elsewhere) elsewhere") }
        if overview.new > 0 { parts.append("\(overview.new) new") }
        if overview.toEvaluate > 0 { parts.append("\(overview.toEvaluate) to evaluate") }
        if parts.isEmpty { parts.append("nothing selected") }
        var line = "\(overview.name)  \(plan.headline)"
        if overview.total != plan.runs.count { line += ", \(overview.total) selected" }
        line += ": \(parts.joined(separator: ", ")) · \(CountText.of(overview.workers, "worker"))"
        var lines = [line]
        lines += overview.absentValues.prefix(3).map { "  " + DisplayWidth.cut($0.description, to: 200) }
        if overview.beyondLimit > 0 { lines.append("  \(overview.beyondLimit) left for later by --limit") }
        if let change, change.isNew, change.number > 1 {
            lines.append(
                "  revision \(change.number): +\(change.added) runs, −\(change.removed), \(change.kept) kept")
        }
        lines += plan.notes.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    static func nothingToDo(_ overview: SweepOverview, _ evaluation: EvaluationPlan) -> String {
        if overview.total == 0 { return "No run of the sweep satisfies the condition; nothing was started." }
        if overview.beyondLimit > 0 { return "The limit leaves nothing to start." }
        if overview.failed > 0 {
            return """
                Nothing to start: \(overview.completed) of \(overview.total) runs are completed, \(overview.failed) failed.
                  Why: flowexp ls \(overview.name) --where state=failed    Again: the same command with --retry-failed
                """
        }
        if overview.damaged > 0 {
            return "Nothing to start: \(overview.completed) of \(overview.total) runs are completed, "
                + "\(overview.damaged) damaged."
        }
        return """
            Nothing to start: all \(CountText.of(overview.total, "run")) are completed.
              Compare: \(MetricNames.reportCommand(overview.name, evaluation))
            """
    }

    static func stoppedByError(_ result: SweepResult, isOfStore: Bool) -> String {
        "The sweep stopped after \(CountText.of(result.completedHere, "run")) because of an error"
            + (isOfStore ? " of the store:" : ":")
    }

    static func end(_ result: SweepResult, plan: SweepPlan, options: SweepOptions) -> String {
        if result.wasStopped { return stopped(result) }
        var lines: [String] = []
        var done = "Done: \(result.completed) of \(CountText.of(plan.items.count, "run")) completed"
        if result.failed > 0 { done += ", \(result.failed) failed" }
        if result.evaluated > 0 { done += ", \(result.evaluated) evaluated without training" }
        if result.elsewhere > 0 { done += ", \(result.elsewhere) elsewhere" }
        if result.remaining > 0 { done += ", \(result.remaining) not started" }
        if !result.damaged.isEmpty { done += ", \(result.damaged.count) damaged" }
        lines.append(done + ".")
        if result.elsewhere > 0 {
            lines.append(
                "  \(CountText.of(result.elsewhere, "run")) left to other processes (--no-wait). The same command goes on;"
                    + " without --no-wait it waits for them.")
        }
        if result.reachedMaximumFailures {
            lines.append("  Stopped starting runs: --max-failures reached. The same command goes on.")
        }
        if result.failed > 0 {
            lines.append("  Why: flowexp ls \(plan.name) --where state=failed    Again: add --retry-failed")
        }
        if !result.unfinished.isEmpty { lines.append(unfinished(result)) }
        if !result.unevaluated.isEmpty { lines.append(unevaluated(result)) }
        if result.completed > 0 { lines.append("  Compare: \(MetricNames.reportCommand(plan.name, plan.evaluation))") }
        return lines.joined(separator: "\n")
    }

    /// Which runs still lack metrics, and why; the same command tries them again.
    static func unevaluated(_ result: SweepResult) -> String {
        let count = CountText.of(result.unevaluated.count, "run")
        var lines = ["Metrics of \(count) could not be computed; the same command tries again:"]
        lines += result.unevaluated.prefix(10).map { "  \($0.runID.prefix(12)): \($0.message)" }
        if result.unevaluated.count > 10 { lines.append("  … and \(result.unevaluated.count - 10) more") }
        return lines.joined(separator: "\n")
    }

    /// Which runs were left because their processes kept dying for reasons that are not theirs.
    private static func unfinished(_ result: SweepResult) -> String {
        var lines = [
            "The processes of \(CountText.of(result.unfinished.count, "run")) kept dying, not by their own fault; the same"
                + " command goes on:"
        ]
        lines += result.unfinished.prefix(10).map { "  \($0.runID.prefix(12)): \($0.cause)" }
        return lines.joined(separator: "\n")
    }

    private static func stopped(_ result: SweepResult) -> String {
        let seconds = CountText.fixed(result.stopSeconds, decimals: 1)
        var text = "stopping: \(CountText.of(result.checkpointed, "run")) checkpointed in \(seconds) s;"
        text += " \(CountText.grouped(result.completed)) completed."
        if result.abandoned > 0 {
            text +=
                " \(CountText.of(result.abandoned, "run")) did not reach a step in time and will go on from the last"
                + " checkpoint."
        }
        if result.abandonedEvaluations > 0 {
            text +=
                " \(CountText.of(result.abandonedEvaluations, "evaluation")) did not end in time and will start again."
        }
        return text + " Resume with the same command."
    }
}

/// What tells the runs of a sweep apart, for the display.
enum RunLabels {
    /// For each run: task, base with components, the other varying axes, seed.
    static func labels(_ plan: ExperimentPlan) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for run in plan.runs {
            let configuration = run.configuration
            var parts = [configuration.task.name]
            let components = configuration.value(at: "base.components").map { " \($0.stringValue ?? $0.text)" } ?? ""
            parts.append(configuration.base.name + components)
            parts += run.axes.compactMap { text($0.path, $0.value) }
            parts.append("seed \(configuration.seed)")
            result[run.id] = parts
        }
        return result
    }

    /// The same of a stored run: its values of the axes `paths`, without task and base.
    static func axes(_ values: JSONValue, _ paths: [String]) -> [String] {
        paths.compactMap { path in values[path].flatMap { text(path, $0) } }
    }

    /// `depth 8`; nil for what has a place of its own and what a run does not have.
    private static func text(_ path: String, _ value: JSONValue) -> String? {
        guard !["task", "base", "base.components"].contains(path), value != .null else { return nil }
        return "\(shortName(path)) \(value.stringValue ?? value.text)"
    }

    private static func shortName(_ path: String) -> String {
        path == "flow.couplingLayers" ? "depth" : path.split(separator: ".").last.map(String.init) ?? path
    }
}

import Catalog
import Experiments
import Foundation
import Metrics
import Orchestration
import Reports
import RunStorage

/// How wide tables may be.
enum OutputWidth {
    /// The terminal's columns when standard output is one; nil, meaning any width, for a file or a pipe.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return max(40, Int(window.ws_col))
    }
}

/// Lists of names as options take them.
enum MetricNames {
    static func split(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// The metrics of `--metric`, checked against what these runs have; throws exit 64 with the nearest name. With
    /// nothing known yet (no run has finished) any name passes.
    static func parse(_ text: String?, known: [String]) throws -> [String] {
        guard let text else { return [] }
        let names = split(text)
        guard !names.isEmpty else {
            throw CommandFailure(.usage, "--metric is empty", remedy: "Names: flowexp list metrics")
        }
        let known = Set(known).sorted()
        for name in names where !known.isEmpty && !known.contains(name) {
            if MetricCatalog.isConditional(column: name) {
                throw CommandFailure(
                    .usage, "no run here has the metric '\(name)': it is measured on amortised runs only",
                    remedy: "There are: \(known.joined(separator: ", "))")
            }
            throw CommandFailure(
                .usage,
                "no run here has the metric '\(DisplayWidth.cut(name, to: 80))'\(NearestName.hint(name, among: known))",
                remedy: "There are: \(known.joined(separator: ", "))")
        }
        return names
    }
}

extension MetricNames {
    /// What to show when nobody said: how far q is from p, what lies between the modes, and the masses of the modes; for
    /// amortised runs calibration. The first three of others where none of these is known.
    static func usual(_ known: [String]) -> [String] {
        let known = Set(known)
        let chosen = ["kl", "bridge-mass", "mode-tv", "sbc", "c2st-exact-over-x"].filter(known.contains)
        return chosen.isEmpty ? Array(known.sorted().prefix(3)) : chosen
    }

    /// What a comparison of bases begins with: how far the flow is from the posterior, and how much of it lies outside.
    /// `mmd` is nearly blind to the latter.
    private static let leading = ["kl", "bridge-mass"]

    /// The report to suggest after a sweep: of the leading metrics that the evaluation has, else of its first two. Where it
    /// has none, the command that computes the leading ones.
    static func reportCommand(_ sweep: String, _ evaluation: EvaluationPlan) -> String {
        let names =
            evaluation.parameters["metrics"].map { ($0.arrayValue ?? []).compactMap(\.stringValue) }
            ?? MetricCatalog.defaultNames
        let known = leading.filter(names.contains)
        let chosen = known.isEmpty ? Array(names.prefix(2)) : known
        if chosen.isEmpty { return "flowexp evaluate \(sweep) --metric \(leading.joined(separator: ","))" }
        return "flowexp report \(sweep) --metric \(chosen.joined(separator: ","))"
    }

    /// The same from what the store keeps of the sweep.
    static func reportCommand(_ sweep: String, in store: RunStore) -> String {
        let kept = try? EvaluationPlan(canonicalJSON: store.newestRevision(ofSweep: sweep).evaluationJSON)
        return reportCommand(sweep, kept ?? EvaluationPlan())
    }
}

/// JSON for scripts.
enum JSONOutput {
    static func print(_ value: JSONValue) throws { try Output.data(JSONText.visible(value.prettyText)) }
}

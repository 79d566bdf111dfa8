/// Metrics that must not be read without others.
enum MetricCompanions {
    /// By metric, in the order in which a report adds them.
    static let of = [
        "d-plus": ["kl", "mode-tv"], "reverse-kl": ["reverse-kl-inside"],
        "d-plus-over-x": ["kl-over-x", "mode-tv-over-x"], "reverse-kl-over-x": ["reverse-kl-inside-over-x"],
        // A prior passes calibration, so calibration is never shown without what the flow knows.
        "sbc": ["information-gain", "posterior-gap"], "coverage": ["information-gain", "posterior-gap"],
        "tarp": ["information-gain", "posterior-gap"],
    ]

    /// The end of a metric's name that is the mean over a task's fixed observations.
    static let overObservations = "-over-x"

    /// A note for those of `metrics` whose companions are not `available`, in no run: their names and the command that
    /// computes them. None before any run is evaluated.
    static func missing(of metrics: [String], available: Set<String>, sweeps: [String]) -> [String] {
        guard !available.isEmpty else { return [] }
        var needing: [(names: [String], lacking: [String])] = []
        for name in metrics {
            let lacking = (of[name] ?? []).filter { !available.contains($0) }
            guard !lacking.isEmpty else { continue }
            if let known = needing.firstIndex(where: { $0.lacking == lacking }) {
                needing[known].names.append(name)
            } else {
                needing.append(([name], lacking))
            }
        }
        return needing.map { names, lacking in
            var asked: [String] = []
            for name in lacking.map(evaluated) where !asked.contains(name) { asked.append(name) }
            let sweep = sweeps.count == 1 ? sweeps[0] : "SWEEP"
            return "\(list(names)) should not be read without \(list(lacking)), which no run here has: "
                + "flowexp evaluate \(sweep) --metric \(asked.joined(separator: ",")) computes \(lacking.count == 1 ? "it" : "them")"
        }
    }

    /// The name by which an evaluation computes a column.
    private static func evaluated(_ column: String) -> String {
        switch column {
        case "posterior-gap": return "information-gain"
        case "reverse-kl-inside", "reverse-kl-inside" + overObservations: return "reverse-kl"
        default:
            return column.hasSuffix(overObservations) ? String(column.dropLast(overObservations.count)) : column
        }
    }

    /// `a`, `a and b`, `a, b and c`.
    private static func list(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}

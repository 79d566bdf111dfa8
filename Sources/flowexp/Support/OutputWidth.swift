import Catalog
import Foundation
import Orchestration

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
            throw CommandFailure(
                .usage,
                "no run here has the metric '\(DisplayWidth.cut(name, to: 80))'\(NearestName.hint(name, among: known))",
                remedy: "There are: \(known.joined(separator: ", "))")
        }
        return names
    }
}

/// JSON for scripts.
enum JSONOutput {
    static func print(_ value: JSONValue) throws { try Output.data(value.prettyText) }
}

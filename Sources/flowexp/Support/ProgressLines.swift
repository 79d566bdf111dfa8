import Experiments
import Orchestration
import Reports

/// A sweep's progress as text; pure, so that it can be looked at in isolation.
struct ProgressLines {
    /// The sweep's name.
    var name: String
    /// What distinguishes a run from the others of its sweep, by id.
    var labels: [String: [String]]

    /// The bar and, below it, a line per busy worker, each at most `columns` wide and at most `rows` in all.
    func live(_ progress: SweepProgress, secondsLeft: Double?, columns: Int, rows: Int) -> [String] {
        var lines = [bar(progress, secondsLeft: secondsLeft, columns: columns)]
        let busy = progress.running.compactMap(\.self)
        let room = max(0, rows - 2)
        let widths = columnWidths(busy.prefix(room).map { labels[$0.runID] ?? [] })
        for running in busy.prefix(room) { lines.append(worker(running, widths: widths)) }
        if busy.count > room, room > 0 { lines[lines.count - 1] = " … and \(busy.count - room + 1) more" }
        return lines.map { DisplayWidth.cut($0, to: max(10, columns - 1)) }
    }

    /// The plain line for pipes: no escape codes, no bar.
    func plain(_ progress: SweepProgress, secondsLeft: Double?) -> String {
        var line = "\(name)  \(percent(progress)) %  \(progress.completed + progress.failed)/\(progress.total) runs"
        line += "  \(progress.failed) failed"
        if progress.elsewhere > 0 { line += "  \(progress.elsewhere) elsewhere" }
        if let secondsLeft { line += "  ETA \(TimeSpan.text(secondsLeft))" }
        return line
    }

    private func percent(_ progress: SweepProgress) -> Int { Int(progress.fraction * 100) }

    private func bar(_ progress: SweepProgress, secondsLeft: Double?, columns: Int) -> String {
        if progress.toEvaluate > 0 { return " evaluating \(progress.toEvaluate) runs" }
        let done = progress.completed + progress.failed
        var tail = "  \(done)/\(progress.total)  \(percent(progress))%   \(progress.failed) failed"
        if progress.elsewhere > 0 { tail += "   \(progress.elsewhere) elsewhere" }
        if let secondsLeft, done < progress.total { tail += "   ETA \(TimeSpan.text(secondsLeft))" }
        let width = min(40, columns - tail.count - 3)
        return width < 5 ? " " + tail : " " + Self.blocks(progress.fraction, width: width) + tail
    }

    /// A bar in eighths of a character.
    static func blocks(_ fraction: Double, width: Int) -> String {
        let eighths = Int((min(1, max(0, fraction)) * Double(width * 8)).rounded(.down))
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let filled = String(repeating: "█", count: eighths / 8) + partial
        return filled + String(repeating: "░", count: width - filled.count)
    }

    private func columnWidths(_ labels: [[String]]) -> [Int] {
        var widths: [Int] = []
        for label in labels {
            for (i, part) in label.enumerated() {
                if i == widths.count { widths.append(0) }
                widths[i] = max(widths[i], part.count)
            }
        }
        return widths
    }

    private func worker(_ running: SweepProgress.Running, widths: [Int]) -> String {
        var parts = [String(running.runID.prefix(4))]
        for (i, part) in (labels[running.runID] ?? []).enumerated() {
            parts.append(DisplayWidth.pad(part, to: i < widths.count ? widths[i] : 0))
        }
        let progress = running.progress
        switch progress.phase {
        case .pool: parts.append("drawing the pool")
        case .evaluation: parts.append("evaluating")
        case .published: parts.append("publishing")
        case .training:
            let total = CountText.grouped(progress.totalSteps)
            parts.append(
                "step " + DisplayWidth.padLeft(CountText.grouped(progress.step), to: total.count) + "/" + total)
            if let loss = progress.loss, loss.isFinite { parts.append("loss " + CountText.fixed(loss, decimals: 3)) }
        }
        return " " + parts.joined(separator: "  ")
    }
}

/// Counts and numbers for people.
enum CountText {
    /// `1 200`: groups of three.
    static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        groups.insert(rest, at: 0)
        return (value < 0 ? "−" : "") + groups.joined(separator: " ")
    }

    /// `1.204`, without locale.
    static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let fraction = String(scaled % Int(scale))
        let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
        let sign = value < 0 && scaled != 0 ? "−" : ""
        return sign + String(scaled / Int(scale)) + (decimals == 0 ? "" : "." + padding + fraction)
    }

    /// `1 run`, `2 runs`.
    static func of(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }
}

/// Widths in characters; the display uses single-width characters only.
enum DisplayWidth {
    /// At most `width` characters, the last an ellipsis when some were cut; control characters are written visibly.
    static func cut(_ text: String, to width: Int) -> String {
        let safe = DisplayText.visible(text)
        return safe.count <= width ? safe : String(safe.prefix(width - 1)) + "…"
    }

    static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func padLeft(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

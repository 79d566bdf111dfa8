import Experiments
import Orchestration
import Reports

/// A sweep's progress as text; pure, so that it can be looked at in isolation.
struct ProgressLines {
    /// The sweep's name.
    var name: String
    /// What distinguishes a run from the others of its sweep, by id.
    var labels: [String: [String]]
    /// Whether bars may have other characters than ASCII's.
    var showsUnicode = true

    /// The bar and, below it, a line per busy worker, each shorter than `columns` and fewer than `rows` in all.
    func live(
        _ progress: SweepProgress, secondsLeft: Double?, isStopping: Bool = false, columns: Int, rows: Int
    ) -> [String] {
        let width = max(1, columns - 1)
        var lines = [bar(progress, secondsLeft: secondsLeft, isStopping: isStopping, width: width)]
        let busy = progress.running.compactMap(\.self)
        let room = max(0, rows - 2)
        let shown = busy.prefix(busy.count > room ? max(0, room - 1) : room)
        let widths = columnWidths(shown.map { labels[$0.runID] ?? [] })
        lines += shown.map { worker($0, widths: widths, width: width) }
        if busy.count > room, room > 0 { lines.append(" and \(busy.count - shown.count) more") }
        return lines.map { DisplayWidth.cut($0, to: width) }
    }

    /// The plain line for pipes: no escape codes, no bar.
    func plain(_ progress: SweepProgress, secondsLeft: Double?) -> String {
        let work = Work(progress)
        var line = "\(name)  \(work.percent) %  \(work.done)/\(work.total) runs"
        line += work.isEvaluation ? " evaluated" : "  \(progress.failed) failed"
        if progress.elsewhere > 0 { line += "  \(progress.elsewhere) elsewhere" }
        if let secondsLeft, work.done < work.total { line += "  ETA \(SweepStatusRenderer.timeLeft(secondsLeft))" }
        return line
    }

    /// What is counted: runs, or afterwards completed runs whose missing metrics are computed.
    private struct Work {
        var done: Int
        var total: Int
        var isEvaluation: Bool
        var fraction: Double { total == 0 ? 1 : Double(done) / Double(total) }
        var percent: Int { total == 0 ? 100 : 100 * done / total }

        init(_ progress: SweepProgress) {
            isEvaluation = progress.toEvaluate > 0
            done = isEvaluation ? progress.evaluated : progress.completed + progress.failed
            total = isEvaluation ? progress.evaluated + progress.toEvaluate : progress.total
        }
    }

    /// As much as fits: on a narrow terminal the bar goes first, then what is least asked for.
    private func bar(_ progress: SweepProgress, secondsLeft: Double?, isStopping: Bool, width: Int) -> String {
        let work = Work(progress)
        let count = (work.isEvaluation ? "evaluated " : "") + "\(work.done)/\(work.total)"
        let percent = "\(work.percent)%"
        let elsewhere = progress.elsewhere > 0 ? "\(progress.elsewhere) elsewhere" : nil
        let failed = work.isEvaluation ? nil : "\(progress.failed) failed"
        let eta = secondsLeft.flatMap { work.done < work.total ? "ETA \(SweepStatusRenderer.timeLeft($0))" : nil }
        let end = isStopping ? "stopping" : eta
        let whole = ["\(count)  \(percent)", failed, elsewhere, end].compactMap(\.self).joined(separator: "   ")
        let room = min(40, width - whole.count - 3)
        if room >= 5 { return " " + Self.blocks(work.fraction, width: room, unicode: showsUnicode) + "  " + whole }
        let noFailure = progress.failed > 0 ? failed : nil
        let candidates = [
            [count, percent, failed, elsewhere, end], [count, percent, noFailure, elsewhere, end],
            [count, percent, noFailure, end], [count, noFailure, end], [percent, end], [percent],
        ].map { " " + $0.compactMap(\.self).joined(separator: "  ") }
        return candidates.first { $0.count <= width } ?? " " + percent
    }

    /// A bar in eighths of a character.
    static func blocks(_ fraction: Double, width: Int, unicode: Bool = true) -> String {
        let eighths = Int((min(1, max(0, fraction)) * Double(width * 8)).rounded(.down))
        guard unicode else {
            return String(repeating: "#", count: eighths / 8) + String(repeating: "-", count: width - eighths / 8)
        }
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

    /// The id, what tells the run apart, and where it is. Where it is stays; the rest gives way on a narrow terminal.
    private func worker(_ running: SweepProgress.Running, widths: [Int], width: Int) -> String {
        let id = " " + running.runID.prefix(4)
        let place = Place(running.progress)
        let parts = labels[running.runID] ?? []
        let label = parts.enumerated().map { DisplayWidth.pad($1, to: $0 < widths.count ? widths[$0] : 0) }
            .joined(separator: "  ")
        let seed = parts.last ?? ""
        // The seed tells most, the task next: the middle is cut.
        let room = width - id.count - place.whole.count - seed.count - 6
        let cut = room < 8 ? nil : DisplayWidth.cut(parts.dropLast().joined(separator: "  "), to: room)
        let candidates = [
            [id, label, place.whole, place.loss], [id, label, place.whole], cut.map { [id, $0, seed, place.whole] },
            [id, seed, place.whole], [id, place.whole], [id, place.short], [place.short],
        ].compactMap(\.self).map { $0.compactMap(\.self).joined(separator: "  ") }
        return candidates.first { $0.count <= width } ?? id
    }

    /// Where a run is, in words of three lengths.
    private struct Place {
        var whole: String
        var short: String
        var loss: String?

        init(_ progress: RunProgress) {
            switch progress.phase {
            case .pool: (whole, short) = ("drawing the pool", "pool")
            case .evaluation: (whole, short) = ("evaluating", "metrics")
            case .published: (whole, short) = ("publishing", "ending")
            case .training:
                let total = CountText.grouped(progress.totalSteps)
                let step = DisplayWidth.padLeft(CountText.grouped(progress.step), to: total.count)
                (whole, short) = ("step \(step)/\(total)", "\(100 * progress.step / max(1, progress.totalSteps))%")
                loss = progress.loss.flatMap { $0.isFinite ? "loss " + CountText.fixed($0, decimals: 3) : nil }
            }
        }
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
        return safe.count <= width ? safe : String(safe.prefix(max(0, width - 1))) + "…"
    }

    static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func padLeft(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

import Dispatch
import Foundation
import Orchestration
import Synchronization

/// Shows a sweep's progress on standard error: redrawn in place on a terminal, at most ten times a second; otherwise a
/// line every ten per cent. It draws on a serial queue of its own; a slow terminal never slows a worker.
final class ProgressDisplay: @unchecked Sendable {
    // @unchecked: every stored `var` is only touched on `queue`; `state` has a lock, because workers write it.
    private let queue = DispatchQueue(label: "flowexp.display", qos: .utility)
    private let terminal: Terminal
    private let lines: ProgressLines
    private let state = Mutex(SweepProgress())
    private var timer: (any DispatchSourceTimer)?
    /// Lengths of the lines on the screen, from which their number of rows at any width follows.
    private var drawn: [Int] = []
    private var lastTenth = 0
    private var hasVanished = false
    private var isShowing = false

    init(terminal: Terminal, lines: ProgressLines) {
        self.terminal = terminal
        self.lines = lines
    }

    /// Takes an event of the sweep; returns at once.
    func take(_ event: SweepEvent) {
        let now = monotonicSeconds()
        let progress = state.withLock { state in
            state.apply(event, now: now)
            return state
        }
        // Progress comes at every step of every run; nothing is queued for it, so that the queue cannot grow.
        if case .progress = event { return }
        queue.async { @Sendable [self] in
            switch event {
            case .ended(let runID, _, .failed(let code, let message)):
                let label = (lines.labels[runID] ?? []).joined(separator: "  ")
                printAbove("failed \(runID.prefix(4))  \(label): \(code): \(message)")
            case .died(let runID, _, let cause):
                let label = (lines.labels[runID] ?? []).joined(separator: "  ")
                printAbove("died \(runID.prefix(4))  \(label): \(cause); it is tried again")
            case .note(let runID, let text):
                if Talk.isVerbose { printAbove("note \(runID.prefix(4)): \(text)") }
            default: break
            }
            if !terminal.isInteractive { plainLine(progress, now: now) }
        }
    }

    /// Starts drawing.
    func start() {
        queue.sync { @Sendable [self] in
            isShowing = !Talk.isQuiet
            lastTenth = tenth(of: state.withLock { $0 })
            guard isShowing, terminal.isInteractive else { return }
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now(), repeating: .milliseconds(100), leeway: .milliseconds(20))
            timer.setEventHandler { @Sendable [weak self] in self?.redraw() }
            timer.resume()
            self.timer = timer
        }
    }

    /// Ends drawing and removes the live lines, so that what is printed next stands alone.
    func finish() {
        queue.sync { @Sendable [self] in
            timer?.cancel()
            timer = nil
            if terminal.isInteractive { put(erase()) }
            drawn = []
            isShowing = false
        }
    }

    /// Prints a line that stays, above the live ones.
    private func printAbove(_ text: String) {
        guard terminal.isInteractive, isShowing else {
            Talk.say(DisplayWidth.cut(text, to: 2000))
            return
        }
        put(erase() + DisplayWidth.cut(text, to: 2000) + "\r\n")
        drawn = []
        redraw()
    }

    private func redraw() {
        guard isShowing, !hasVanished else { return }
        let (columns, rows) = terminal.size()
        let progress = state.withLock { $0 }
        let text = lines.live(
            progress, secondsLeft: progress.secondsLeft(now: monotonicSeconds()), columns: columns, rows: rows)
        // No wrapping while drawing, so that one line stays one row even if the width changes meanwhile.
        put(erase() + "\u{1B}[?7l" + text.joined(separator: "\r\n") + "\r\n\u{1B}[?7h")
        drawn = text.map(\.count)
    }

    /// Moves to the first live row and clears from there. A terminal that became narrower has wrapped what was drawn,
    /// so rows are counted at the width it has now.
    private func erase() -> String {
        let columns = max(1, terminal.size().columns)
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
    }

    private func put(_ text: String) {
        // A vanished terminal (EIO, EPIPE) ends the display and nothing else.
        if !hasVanished, !text.isEmpty, writeAll(text, to: STDERR_FILENO) != 0 { hasVanished = true }
    }

    private func tenth(of progress: SweepProgress) -> Int { Int(progress.fraction * 10 + 1e-9) }

    private func plainLine(_ progress: SweepProgress, now: Double) {
        let tenth = tenth(of: progress)
        guard isShowing, tenth > lastTenth else { return }
        lastTenth = tenth
        Talk.say(lines.plain(progress, secondsLeft: progress.secondsLeft(now: now)))
    }
}

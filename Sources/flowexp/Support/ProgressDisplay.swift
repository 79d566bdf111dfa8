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
    private let stop: StopRequest
    private let state = Mutex(SweepProgress())
    private var timer: (any DispatchSourceTimer)?
    private var live: LiveLines
    private var lastTenth = 0
    private var isShowing = false
    /// The time left is worked out once a second, or less often where that takes long: a number that flickers is not read.
    private var timeLeft: (seconds: Double?, at: Double, isDueAt: Double)?

    /// Of a sweep of that name; `labels` tell its runs apart.
    init(name: String, labels: [String: [String]], stop: StopRequest) {
        terminal = Terminal()
        lines = ProgressLines(name: name, labels: labels, showsUnicode: terminal.showsUnicode)
        self.stop = stop
        live = LiveLines(terminal)
    }

    /// Takes an event of the sweep; returns at once.
    func take(_ event: SweepEvent) {
        let now = monotonicSeconds()
        state.withLock { $0.apply(event, now: now) }
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
            if !terminal.isInteractive { plainLine() }
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
            // Ctrl-Z: the shell writes where the cursor is, so the lines go first.
            StopSignals.beforeSuspension { [weak self] in self?.clear() }
        }
    }

    /// Ends drawing and removes the live lines, so that what is printed next stands alone.
    func finish() {
        StopSignals.beforeSuspension(nil)
        queue.sync { @Sendable [self] in
            timer?.cancel()
            timer = nil
            if terminal.isInteractive, isShowing { live.erase() }
            isShowing = false
        }
    }

    /// Removes the lines until the next drawing; waits a moment for that, not longer (the terminal may be held by Ctrl-S).
    private func clear() {
        let done = DispatchSemaphore(value: 0)
        queue.async { @Sendable [self] in
            live.erase()
            done.signal()
        }
        _ = done.wait(timeout: .now() + 0.3)
    }

    /// Prints a line that stays, above the live ones.
    private func printAbove(_ text: String) {
        guard terminal.isInteractive, isShowing else {
            Talk.say(DisplayWidth.cut(text, to: 2000))
            return
        }
        live.printAbove(DisplayWidth.cut(text, to: 2000))
        redraw()
    }

    private func redraw() {
        guard isShowing else { return }
        let (columns, rows) = terminal.size()
        let now = monotonicSeconds()
        let progress = state.withLock { $0 }
        if now >= timeLeft?.isDueAt ?? 0 {
            let seconds = progress.secondsLeft(now: now)
            timeLeft = (seconds, now, now + max(1, 20 * (monotonicSeconds() - now)))
        }
        let left = timeLeft.flatMap { left in left.seconds.map { max(0, $0 - (now - left.at)) } }
        live.draw(
            lines.live(progress, secondsLeft: left, isStopping: stop.isRequested, columns: columns, rows: rows))
    }

    private func tenth(of progress: SweepProgress) -> Int {
        if progress.toEvaluate > 0 { return 10 * progress.evaluated / (progress.evaluated + progress.toEvaluate) }
        return Int(progress.fraction * 10 + 1e-9)
    }

    private func plainLine() {
        let progress = state.withLock { $0 }
        let tenth = tenth(of: progress)
        // Evaluation begins again at 0.
        if tenth < lastTenth { lastTenth = 0 }
        guard isShowing, tenth > lastTenth else { return }
        lastTenth = tenth
        Talk.say(lines.plain(progress, secondsLeft: progress.secondsLeft(now: monotonicSeconds())))
    }
}

import ArgumentParser
import Foundation
import Reports
import RunStorage

/// `flowexp status`: what is done, what is not, and how long it will take.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show counts, rate, time left and running runs; works while a sweep runs.",
        usage: "flowexp status [<sweep>] [--watch] [<options>]",
        discussion: """
            Examples:
              flowexp status                          every sweep of the store
              flowexp status gmm_vs_gauss --watch     from a second terminal
              flowexp status --json

            With --watch it is shown again every two seconds: in place on a terminal, else when something changed. It \
            ends when nothing runs any more, and waits where nothing runs yet. Ctrl-C ends it; the sweep goes on.
            """)

    @Argument(help: "The sweep; every sweep without it.")
    var sweep: String?

    @Flag(help: "Show it again and again until nothing runs any more.")
    var watch = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let terminal = Terminal(STDOUT_FILENO)
        var live = LiveLines(terminal)
        let redraws = watch && !output.json && terminal.isInteractive
        var shown: String?
        var hasRun = false
        var quietLooks = 0
        while true {
            let damage = StoreDamage(store)
            let statuses = try statuses(in: store, damage)
            let isRunning = statuses.contains { !$0.running.isEmpty }
            hasRun = hasRun || isRunning
            // Between two runs of a sweep nothing runs for a moment.
            quietLooks = isRunning ? 0 : quietLooks + 1
            let isOver = !watch || !statuses.contains(where: Self.isUnfinished) || (hasRun && quietLooks > 3)
            let text =
                output.json
                ? SweepStatusRenderer.json(statuses)
                : SweepStatusRenderer.text(
                    statuses, width: redraws && !isOver ? terminal.size().columns - 1 : OutputWidth.columns)
            if redraws, !isOver {
                let waiting = hasRun ? [] : ["nothing runs yet; waiting (Ctrl-C ends this)"]
                live.draw(
                    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) + waiting)
            } else if text != shown {
                if redraws { live.erase() }
                try Output.data(text)
                if watch, !isOver, !hasRun, shown == nil { Talk.say("Nothing runs yet; waiting.") }
                shown = text
            }
            if isOver {
                if !output.json { hint(statuses, in: store) }
                return try damage.refuse()
            }
            Thread.sleep(forTimeInterval: hasRun && !isRunning ? 0.3 : 2)
        }
    }

    /// Whether a sweep has runs that are not over.
    private static func isUnfinished(_ status: SweepStatus) -> Bool {
        [.planned, .running, .interrupted].contains { (status.counts[$0] ?? 0) > 0 }
    }

    private func hint(_ statuses: [SweepStatus], in store: RunStore) {
        let unfinished = statuses.filter { ($0.counts[.planned] ?? 0) + ($0.counts[.interrupted] ?? 0) > 0 }
        if let first = unfinished.first(where: { $0.running.isEmpty }) {
            Talk.say("Continue with: flowexp resume \(first.sweep)")
        } else if let first = statuses.first, unfinished.isEmpty, first.running.isEmpty {
            Talk.say("Compare with: \(MetricNames.reportCommand(first.sweep, in: store))")
        }
    }

    private func statuses(in store: RunStore, _ damage: StoreDamage) throws -> [SweepStatus] {
        var summaries = try store.newestRevisions()
        if let sweep {
            summaries = summaries.filter { $0.name == sweep }
            // Throws with the right words.
            if summaries.isEmpty { _ = try store.revision(ofNamedSweep: sweep) }
        }
        return try summaries.map { sweep in
            let status = try damage.readingSweep(sweep.name) {
                try StatusBuilder.status(of: sweep, in: store, damage)
            }
            return status ?? SweepStatus(sweep: sweep.name, damage: damage.reason(ofSweep: sweep.name) ?? "damaged")
        }
    }
}

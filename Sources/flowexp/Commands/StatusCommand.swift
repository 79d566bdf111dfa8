import ArgumentParser
import Foundation
import Reports
import RunStorage

/// `flowexp status`: what is done, what is not, and how long it will take.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show counts, rate, time left and running runs; works while a sweep runs.",
        discussion: """
            Examples:
              flowexp status                      every sweep of the store
              flowexp status gmm_vs_gauss --watch    from a second terminal
            """)

    @Argument(help: "The sweep; every sweep without it.")
    var sweep: String?

    @Flag(help: "Show it again every two seconds until nothing runs any more.")
    var watch = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let redraws = watch && !output.json && isatty(STDOUT_FILENO) == 1 && Terminal().isInteractive
        while true {
            let damage = StoreDamage(store)
            let statuses = try statuses(in: store, damage)
            let text =
                output.json
                ? SweepStatusRenderer.json(statuses)
                : SweepStatusRenderer.text(statuses, width: OutputWidth.columns)
            try Output.data(redraws ? "\u{1B}[H\u{1B}[2J" + text : text)
            let isRunning = statuses.contains { !$0.running.isEmpty }
            if !watch || !isRunning {
                if !output.json { hint(statuses, in: store) }
                return try damage.refuse()
            }
            Thread.sleep(forTimeInterval: 2)
        }
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
            if summaries.isEmpty { _ = try store.newestRevision(ofSweep: sweep) }
        }
        return try summaries.map { sweep in
            let status = try damage.readingSweep(sweep.name) {
                try StatusBuilder.status(of: sweep, in: store, damage)
            }
            return status ?? SweepStatus(sweep: sweep.name, damage: damage.reason(ofSweep: sweep.name) ?? "damaged")
        }
    }
}

import ArgumentParser
import Catalog
import Foundation
import Reports
import RunStorage

/// `flowexp show RUN`: one run whole.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one run: configuration, attempts, metrics, history, files.",
        usage: """
            flowexp show <run> [<options>]
            flowexp show --where <expr> [<options>]
            """,
        discussion: """
            Examples:
              flowexp show a91f          any unambiguous beginning of the id
              flowexp show a91f --json
              flowexp show --where 'base=gmm and seed=0'
            """)

    @OptionGroup var choice: RunChoice
    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let damage = StoreDamage(store)
        let facts = try choice.facts(in: store, noting: damage)
        let details = try RunDetails(facts, in: store, damage)
        if output.json {
            try Output.data(RunDetailsRenderer.json(details))
        } else {
            try Output.data(RunDetailsRenderer.text(details, width: OutputWidth.columns))
        }
        try damage.refuse()
    }
}

extension RunDetails {
    /// Everything the store has of a run. Of a damaged record there is what its id proves, and what happened to it; of
    /// damaged parts of an intact one, the others.
    init(_ facts: RunFacts, in store: RunStore, _ damage: StoreDamage) throws {
        let id = facts.record.id
        var reasons = facts.damage.map { [$0] } ?? []
        func part<Value>(_ read: () throws -> [Value]) throws -> [Value] {
            if facts.damage != nil { return [] }
            do {
                return try read()
            } catch let error as RunStoreError where error.kind == .corrupt {
                reasons.append(error.what)
                damage.note(id, error.what)
                return []
            }
        }
        let history = try part { try store.history(ofRun: id) }
        let artefacts = try part { try store.artefacts(ofRun: id) }
        self.init(
            id: id, state: facts.state, failureCode: facts.failureCode,
            failureMessage: facts.damage == nil ? facts.record.failureMessage : nil, damage: reasons,
            sweeps: facts.record.sweepName.map { [$0] } ?? [], seed: facts.knownSeed, configuration: facts.settings,
            attempts: try store.attempts(ofRun: id).map { attempt in
                AttemptSummary(
                    number: attempt.fence, started: WallClock.text(attempt.startedAt),
                    ended: attempt.endedAt.map(WallClock.text), outcome: attempt.outcome ?? "not recorded",
                    place: "\(attempt.process.host), process \(attempt.process.pid)")
            },
            metrics: facts.reportMetrics,
            history: history.map { HistoryPoint($0) }, summary: facts.wholeSummary, timings: facts.timings,
            artefacts: artefacts.map { store.path + "/" + $0.path })
    }
}

/// Times for people.
enum WallClock {
    /// UTC, `2026-01-31 08:05:00Z`.
    static func text(_ secondsSince1970: Double) -> String {
        guard secondsSince1970.isFinite, abs(secondsSince1970) < 1e11 else { return "?" }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withSpaceBetweenDateAndTime]
        return formatter.string(from: Date(timeIntervalSince1970: secondsSince1970))
    }
}

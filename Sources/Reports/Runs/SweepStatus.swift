import Catalog

/// A run that is being executed.
public struct RunningRun: Sendable, Equatable {
    /// The run id, whole.
    public var id: String
    /// The task's name.
    public var task: String
    /// The base's name.
    public var base: String
    /// The number asked for or `"auto"`; `.null` for bases without.
    public var components: JSONValue
    /// Number of coupling layers.
    public var couplingLayers: Int?
    /// The run's seed.
    public var seed: Int
    /// Other axes of the sweep with this run's values, as the display of a sweep has them: `depth 8`.
    public var axes: [String]
    /// `pool`, `training`, `evaluation`, `published`.
    public var phase: String
    /// Optimiser steps done.
    public var step: Int
    /// Optimiser steps in all.
    public var totalSteps: Int
    /// Training loss, nats.
    public var loss: Double?
    /// Host and process where another process executes it.
    public var place: String?

    /// Creates a running run.
    public init(
        id: String, task: String, base: String, components: JSONValue = .null, couplingLayers: Int? = nil, seed: Int,
        axes: [String] = [], phase: String, step: Int, totalSteps: Int, loss: Double? = nil, place: String? = nil
    ) {
        self.id = id
        self.task = task
        self.base = base
        self.components = components
        self.couplingLayers = couplingLayers
        self.seed = seed
        self.axes = axes
        self.phase = phase
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
        self.place = place
    }
}

/// A sweep's counts and its running runs, for `status`.
public struct SweepStatus: Sendable, Equatable {
    /// The sweep's name.
    public var sweep: String
    /// Runs by state.
    public var counts: [ReportRunState: Int]
    /// Failed runs by reason, most frequent first.
    public var failures: [ReasonCount]
    /// Runs finished per second lately; nil when unknown.
    public var runsPerSecond: Double?
    /// Seconds until all is done; nil when unknown.
    public var secondsLeft: Double?
    /// Runs being executed.
    public var running: [RunningRun]
    /// Why the sweep's list of runs cannot be read; nil for one that can.
    public private(set) var damage: String?

    /// Creates a status.
    public init(
        sweep: String, counts: [ReportRunState: Int], failures: [ReasonCount] = [], runsPerSecond: Double? = nil,
        secondsLeft: Double? = nil, running: [RunningRun] = []
    ) {
        self.sweep = sweep
        self.counts = counts
        self.failures = failures
        self.runsPerSecond = runsPerSecond
        self.secondsLeft = secondsLeft
        self.running = running
    }

    /// Of a sweep whose list of runs does not verify; nothing else is known of it.
    public init(sweep: String, damage: String) {
        self.init(sweep: sweep, counts: [:])
        self.damage = damage
    }

    /// All runs.
    public var total: Int { counts.values.reduce(0, +) }
}

/// The status of sweeps as text or JSON.
public enum SweepStatusRenderer {
    /// Counts, rate and time left of each sweep, then its running runs.
    public static func text(_ statuses: [SweepStatus], width: Int? = nil) -> String {
        guard !statuses.isEmpty else { return "no sweeps\n" }
        return statuses.map { text($0, width: width) }.joined(separator: "\n")
    }

    private static func text(_ status: SweepStatus, width: Int?) -> String {
        if let damage = status.damage {
            return "\(DisplayText.visible(status.sweep))  cannot be read: \(DisplayText.visible(damage))\n"
        }
        func count(_ state: ReportRunState) -> Int { status.counts[state] ?? 0 }
        let total = status.total
        let done = count(.completed) + count(.failed)
        let percent = total > 0 ? 100 * done / total : 100
        var parts = [
            "\(DisplayText.visible(status.sweep))  \(done)/\(total)  \(percent)%", "\(count(.completed)) completed",
        ]
        var failed = "\(count(.failed)) failed"
        if !status.failures.isEmpty { failed += " (\(ReportWording.reasons(status.failures)))" }
        parts.append(failed)
        for state in [ReportRunState.damaged, .running, .interrupted, .planned] where count(state) > 0 {
            parts.append("\(count(state)) \(state.rawValue)")
        }
        if let rate = status.runsPerSecond, rate > 0 { parts.append("\(NumberText.plain(rate * 60)) runs/min") }
        if let seconds = status.secondsLeft { parts.append("ETA \(timeLeft(seconds))") }
        var text = parts.joined(separator: " · ")
        if let width, DisplayText.width(text) > width { text = DisplayText.wrapped(text, width: max(20, width)) }
        guard !status.running.isEmpty else { return text + "\n" }
        let ids = RunListRenderer.shortIDs(status.running.map(\.id))
        let rows = zip(ids, status.running).map { id, run in
            [
                "", id, run.task, RunText.base(run.base, run.components),
                run.axes.joined(separator: "  "), "seed \(run.seed)",
                run.phase == "training"
                    ? "step \(RunText.grouped(run.step))/\(RunText.grouped(run.totalSteps))" : run.phase,
                run.loss.map { "loss \(NumberText.fixed($0, decimals: 3))" } ?? "",
            ]
        }
        let columns: [TextTable.Column] = [
            .init(""), .init(""), .init("", minimumWidth: 6), .init("", minimumWidth: 6), .init("", dropOrder: 2),
            .init("", dropOrder: 1), .init(""), .init("", dropOrder: 3),
        ]
        let table = TextTable(columns: columns, rows: rows).render(width: width).text
        return text + "\n" + table.drop { $0 == "\n" } + "\n"
    }

    /// Seconds until something is done, as the display of a sweep has them, too: `5s`, `1m40s`, `2h05m`, `3d04h`.
    public static func timeLeft(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let whole = Int(max(0, seconds).rounded())
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(padded(whole % 60))s"
        case ..<86400: return "\(whole / 3600)h\(padded(whole / 60 % 60))m"
        default: return "\(whole / 86400)d\(padded(whole / 3600 % 24))h"
        }
    }

    /// The JSON of `status --json`, schema `flowexp.status/1`.
    public static func json(_ statuses: [SweepStatus]) -> String {
        JSONNode.object([
            ("schema", .text("flowexp.status/1")),
            ("sweeps", .array(statuses.map(node))),
        ]).document
    }

    private static func node(_ status: SweepStatus) -> JSONNode {
        .object([
            ("sweep", .text(status.sweep)), ("damage", .text(status.damage)), ("total", .integer(status.total)),
            (
                "counts",
                .object(ReportRunState.allCases.map { ($0.rawValue, .integer(status.counts[$0] ?? 0)) })
            ),
            (
                "failures",
                .array(
                    status.failures.map { .object([("reason", .text($0.reason)), ("count", .integer($0.count))]) })
            ),
            ("runsPerSecond", .number(status.runsPerSecond)), ("secondsLeft", .number(status.secondsLeft)),
            (
                "running",
                .array(
                    status.running.map {
                        .object([
                            ("id", .text($0.id)), ("task", .text($0.task)), ("base", .text($0.base)),
                            ("components", .value($0.components)), ("couplingLayers", .integer($0.couplingLayers)),
                            ("seed", .integer($0.seed)), ("phase", .text($0.phase)), ("step", .integer($0.step)),
                            ("totalSteps", .integer($0.totalSteps)), ("loss", .number($0.loss)),
                            ("where", .text($0.place)),
                        ])
                    })
            ),
        ])
    }
}

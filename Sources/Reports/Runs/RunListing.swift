import Catalog

/// One run as `ls` lists it.
public struct RunListing: Sendable, Equatable {
    /// The run id, whole.
    public var id: String
    /// Where the run stands.
    public var state: ReportRunState
    /// Stable reason of a failed run, for example `diverged`.
    public var failureCode: String?
    /// Why the record does not verify; nil for one that does. A damaged run has no numbers.
    public var damage: String?
    /// The sweep's name.
    public var sweep: String
    /// The task's name.
    public var task: String
    /// The base's name.
    public var base: String
    /// The number asked for or `"auto"`; `.null` for bases without.
    public var components: JSONValue
    /// Components that the run used; nil before it is done and for bases without.
    public var componentsUsed: Int?
    /// Modes that `auto` saw in the draws; nil where the number of components was given.
    public var modesEstimated: Int?
    /// Number of coupling layers.
    public var couplingLayers: Int?
    /// The run's seed; nil where the configuration of a damaged run cannot be trusted.
    public var seed: Int?
    /// Executions of the run.
    public var attempts: Int
    /// Values by metric, in the order to show; nil for a null metric.
    public var metrics: [(name: String, value: Double?)]

    /// Creates a listing.
    public init(
        id: String, state: ReportRunState, failureCode: String? = nil, damage: String? = nil, sweep: String,
        task: String,
        base: String, components: JSONValue = .null, componentsUsed: Int? = nil, modesEstimated: Int? = nil,
        couplingLayers: Int? = nil, seed: Int?, attempts: Int,
        metrics: [(name: String, value: Double?)] = []
    ) {
        self.id = id
        self.state = state
        self.failureCode = failureCode
        self.damage = damage
        self.sweep = sweep
        self.task = task
        self.base = base
        self.components = components
        self.componentsUsed = componentsUsed
        self.modesEstimated = modesEstimated
        self.couplingLayers = couplingLayers
        self.seed = seed
        self.attempts = attempts
        self.metrics = metrics
    }

    /// Equal in all fields.
    public static func == (left: RunListing, right: RunListing) -> Bool {
        left.id == right.id && left.state == right.state && left.failureCode == right.failureCode
            && left.damage == right.damage && left.sweep == right.sweep && left.task == right.task
            && left.base == right.base
            && left.components == right.components && left.componentsUsed == right.componentsUsed
            && left.modesEstimated == right.modesEstimated && left.couplingLayers == right.couplingLayers
            && left.seed == right.seed && left.attempts == right.attempts
            && left.metrics.elementsEqual(right.metrics, by: ==)
    }
}

/// Lists of runs as text.
public enum RunListRenderer {
    /// An aligned table; metric columns are those of any listed run named in `shownMetrics` (nil: none).
    public static func table(_ runs: [RunListing], shownMetrics: [String]? = nil, width: Int? = nil) -> String {
        guard !runs.isEmpty else { return "no runs\n" }
        let ids = shortIDs(runs.map(\.id))
        var columns: [TextTable.Column] = [
            .init("id"), .init("state"), .init("sweep", dropOrder: 2, minimumWidth: 6), .init("task", minimumWidth: 6),
            .init("base", minimumWidth: 6), .init("depth", .right), .init("seed", .right),
            .init("attempts", .right, dropOrder: 3),
        ]
        let metrics = shownMetrics ?? []
        columns += metrics.enumerated().map { .init($1, .right, dropOrder: 10 + $0) }
        let rows = zip(ids, runs).map { id, run in
            [
                id, run.state.rawValue + (run.failureCode.map { ": \($0)" } ?? ""), run.sweep, run.task,
                RunText.base(run.base, run.components, used: run.componentsUsed),
                run.couplingLayers.map(String.init) ?? "",
                run.seed.map(String.init) ?? "", "\(run.attempts)",
            ]
                + metrics.map { name in
                    guard let metric = run.metrics.first(where: { $0.name == name }) else { return "" }
                    return metric.value.map { NumberText.plain($0) } ?? "null"
                }
        }
        return TextTable(columns: columns, rows: rows).render(width: width).text + "\n"
    }

    /// The JSON of `ls --json`, schema `flowexp.runs/1`.
    public static func json(_ runs: [RunListing]) -> String {
        JSONNode.object([
            ("schema", .text("flowexp.runs/1")),
            (
                "runs",
                .array(
                    runs.map { run in
                        .object([
                            ("id", .text(run.id)), ("state", .text(run.state.rawValue)),
                            ("failureCode", .text(run.failureCode)), ("damage", .text(run.damage)),
                            ("sweep", .text(run.sweep)),
                            ("task", .text(run.task)), ("base", .text(run.base)),
                            ("components", .value(run.components)), ("componentsUsed", .integer(run.componentsUsed)),
                            ("modesEstimated", .integer(run.modesEstimated)),
                            ("couplingLayers", .integer(run.couplingLayers)),
                            ("seed", .integer(run.seed)), ("attempts", .integer(run.attempts)),
                            ("metrics", .object(run.metrics.map { ($0.name, .number($0.value)) })),
                        ])
                    })
            ),
        ]).document
    }

    /// The shortest prefixes, of at least four characters, that tell these ids apart.
    public static func shortIDs(_ ids: [String]) -> [String] {
        let areSorted = zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        let sorted = areSorted ? ids : Set(ids).sorted()
        var needed = 4
        // In bytes: ids are ASCII.
        for (left, right) in zip(sorted, sorted.dropFirst()) {
            var common = 0
            for (first, second) in zip(left.utf8, right.utf8) {
                guard first == second else { break }
                common += 1
            }
            needed = max(needed, common + 1)
        }
        // Whole characters of a damaged one.
        return ids.map { String($0.utf8.prefix(needed)) ?? String($0.prefix(needed)) }
    }
}

/// Phrases that lists, details and status share.
enum RunText {
    /// `gmm 8`, `gmm auto → 6`, `gaussian`.
    static func base(_ name: String, _ components: JSONValue, used: Int? = nil) -> String {
        guard components != .null else { return name }
        let chosen = components.doubleValue == nil ? used.map { " → \($0)" } : nil
        return "\(name) \(DisplayText.value(components))\(chosen ?? "")"
    }

    /// `8.2 s`, `1m40s`, `2h05m`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "—" }
        if seconds < 9.95 { return NumberText.fixed(seconds, decimals: 1) + " s" }
        let whole = Int(seconds.rounded())
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
        if whole < 172_800 { return "\(whole / 3600)h\(two(whole % 3600 / 60))m" }
        return "\(whole / 86_400)d\(two(whole % 86_400 / 3600))h"
    }

    /// `1 200`: digits in groups of three.
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return text
    }
}

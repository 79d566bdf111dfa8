import ArgumentParser
import Benchmarks
import Catalog
import FlowMath
import Foundation

/// The options and the output of `flowexp bench --workload time-to-quality`.
struct TimeToQualityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only these tasks, separated by commas.", valueName: "names"))
    var task: String?

    @Option(help: ArgumentHelp("Only these sides: literal, ours.", valueName: "names"))
    var side: String?

    @Option(help: "Seeds 0 ..< this number.")
    var seeds: Int?

    @Option(help: "Training seconds after which a run is given up (default 30; performance is defined with 600).")
    var limit: Double?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Change a training parameter of the side `ours`; may be repeated.", valueName: "name=value"))
    var changes: [String] = []

    func validate() throws {
        if let seeds, !(1...1000).contains(seeds) { throw ValidationError("--seeds takes 1 to 1000.") }
        if let limit, !(limit > 0 && limit <= 86_400) { throw ValidationError("--limit takes a time up to 86400 s.") }
    }

    /// Other workloads have none of these options.
    func refuse() throws {
        guard task == nil, side == nil, seeds == nil, limit == nil, changes.isEmpty else {
            throw CommandFailure(
                .usage,
                "--task, --side, --seeds, --limit and --set belong to --workload \(TimeToQualityWorkload.name)")
        }
    }

    func run(json: Bool) throws {
        let workload = try makeWorkload()
        if !json {
            Talk.say(
                "\(Kernels.current.instructionSet), numerics \(Kernels.current.numericsVariant); medians of "
                    + "\(workload.seeds) seeds, given up after \(workload.secondsLimit.formatted()) s")
            try Output.data(Self.header)
        }
        let rows = try workload.measure { row in
            if !json { try Output.data(Self.line(row, limit: workload.secondsLimit)) }
        }
        guard json else { return }
        try JSONOutput.print(
            .object([
                "schema": .string("flowexp.bench.time-to-quality/1"), "workload": .string(TimeToQualityWorkload.name),
                "target": .number(TimeToQualityWorkload.target),
                "checkInterval": .integer(TimeToQualityWorkload.checkInterval),
                "referenceCount": .integer(workload.referenceCount), "secondsLimit": .number(workload.secondsLimit),
                "instructionSet": .string(Kernels.current.instructionSet),
                "numericsVariant": .string(Kernels.current.numericsVariant),
                "changes": .object(workload.overrides.values), "rows": .array(rows.map(Self.json)),
            ]))
    }

    private func makeWorkload() throws -> TimeToQualityWorkload {
        var workload = TimeToQualityWorkload()
        workload.secondsLimit = limit ?? 30
        if let seeds { workload.seeds = seeds }
        if let task { workload.tasks = try choose(task, "task", among: TimeToQualityWorkload.tasks) { $0.name } }
        if let side {
            workload.sides = try choose(side, "side", among: TimeToQualityWorkload.Side.allCases) { $0.rawValue }
        }
        for change in changes {
            let parts = change.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw CommandFailure(.usage, "--set takes name=value, not '\(change)'") }
            do {
                try workload.change(parts[0], to: parts[1])
            } catch {
                throw CommandFailure(.usage, "--set \(change): \(error)")
            }
        }
        return workload
    }

    private func choose<Choice>(
        _ list: String, _ kind: String, among all: [Choice], name: (Choice) -> String
    ) throws -> [Choice] {
        try list.split(separator: ",").map { text in
            guard let found = all.first(where: { name($0) == text }) else {
                throw CommandFailure(
                    .usage, "there is no \(kind) '\(text)' in this workload",
                    remedy: "Known: \(all.map(name).joined(separator: ", "))")
            }
            return found
        }
    }

    private static let header = columns([
        "task", "side", "reached", "seconds", "processor s", "evaluations", "steps", "set-up s", "start KL",
    ])

    private static func line(_ row: TimeToQualityWorkload.Row, limit: Double) -> String {
        func text(_ value: Double?, decimals: Int) -> String {
            value.map { String(format: "%.\(decimals)f", $0) } ?? "-"
        }
        return columns([
            row.task.name + (row.task.isCounted ? "" : " (shown)"), row.side.rawValue,
            "\(row.reached)/\(row.runs.count)",
            row.seconds == nil ? "> \(limit.formatted())" : text(row.seconds, decimals: 3),
            text(row.processorSeconds, decimals: 3), text(row.evaluations, decimals: 0), text(row.steps, decimals: 0),
            text(row.setupSeconds, decimals: 3), text(row.startDivergence, decimals: 4),
        ])
    }

    /// Two columns of names, then numbers aligned right.
    private static func columns(_ cells: [String]) -> String {
        let widths = [17, 9, 7, 9, 12, 12, 8, 9, 9]
        return zip(cells, widths).enumerated().map { index, cell in
            let space = String(repeating: " ", count: max(cell.1 - cell.0.count, 0))
            return index < 2 ? cell.0 + space : space + cell.0
        }.joined(separator: " ")
    }

    private static func json(_ row: TimeToQualityWorkload.Row) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        return .object([
            "task": .string(row.task.name), "counted": .bool(row.task.isCounted), "side": .string(row.side.rawValue),
            "seeds": .integer(row.runs.count), "reached": .integer(row.reached),
            "censored": .integer(row.runs.count - row.reached),
            "seconds": number(row.seconds), "processorSeconds": number(row.processorSeconds),
            "evaluations": number(row.evaluations), "steps": number(row.steps),
            "setupSeconds": .number(row.setupSeconds),
            "runs": .array(
                row.runs.map { run in
                    .object([
                        "seed": .integer(Int(run.seed)), "reached": .bool(run.isReached),
                        "seconds": .number(run.seconds), "processorSeconds": .number(run.processorSeconds),
                        "setupSeconds": .number(run.setupSeconds), "steps": .integer(run.steps),
                        "evaluations": .integer(run.evaluations), "startDivergence": .number(run.startDivergence),
                        "divergence": .number(run.divergence), "standardError": .number(run.standardError),
                    ])
                }),
        ])
    }
}

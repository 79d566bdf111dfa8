import ArgumentParser
import Catalog
import Orchestration
import Reports

/// `flowexp list …`: what a spec can name.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tasks, bases, bijections, objectives or metrics there are.",
        discussion: """
            Examples:
              flowexp list tasks
              flowexp list metrics --json
            """)

    @Argument(help: "tasks, bases, bijections, objectives or metrics.")
    var kind: ComponentKind

    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let descriptions = kind.descriptions
        if output.json {
            return try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.list/1"), "kind": .string(kind.rawValue),
                    "components": .array(descriptions.map { ComponentText.json($0, kind: kind) }),
                ]))
        }
        let width = descriptions.map(\.name.count).max() ?? 0
        let room = OutputWidth.columns.map { max(20, $0 - width - 2) }
        for description in descriptions {
            let able = kind.canBeAmortised(description.name) == true ? " [amortised]" : ""
            let summary = description.summary + able
            let lines = (room.map { DisplayText.wrapped(summary, width: $0, indent: 0) } ?? summary)
                .split(separator: "\n")
            for (row, line) in lines.enumerated() {
                try Output.data(DisplayWidth.pad(row == 0 ? description.name : "", to: width) + "  " + line)
            }
        }
        if kind == .metrics {
            Talk.say("Amortised runs also have NAME-over-x: the mean over the task's fixed observations.")
        }
        if kind == .tasks {
            Talk.say(
                "[amortised]: the task has a simulator, so one flow can be trained for every x (docs/training.md).")
        }
        if let first = descriptions.first { Talk.say("More about one: flowexp describe \(first.name)") }
    }
}

/// `flowexp describe NAME`.
struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Describe a task, base, bijection, objective or metric.",
        discussion: """
            Examples:
              flowexp describe two-moons
              flowexp describe gmm --json
            """)

    @Argument(help: "Its name (flowexp list tasks, bases, bijections, objectives, metrics).")
    var name: String

    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        var found: [(kind: ComponentKind, description: ComponentDescription)] = []
        for kind in ComponentKind.allCases {
            found += kind.describable.filter { $0.name == name }.map { (kind, $0) }
        }
        guard !found.isEmpty else {
            let names = ComponentKind.allCases.flatMap { $0.describable.map(\.name) }
            throw CommandFailure(
                .usage,
                "nothing is named '\(DisplayWidth.cut(name, to: 80))'\(NearestName.hint(name, among: names))",
                remedy: "Names: flowexp list tasks (or bases, bijections, objectives, metrics)")
        }
        if output.json {
            let rows = found.map { kind, description in
                var row = ComponentText.json(description, kind: kind).objectValue ?? [:]
                row["kind"] = .string(kind.singular)
                return JSONValue.object(row)
            }
            return try JSONOutput.print(
                .object(["schema": .string("flowexp.describe/1"), "components": .array(rows)]))
        }
        try Output.data(
            found.map { ComponentText.text($0.description, kind: $0.kind, width: OutputWidth.columns.map { $0 - 2 }) }
                .joined(separator: "\n"))
    }
}

import ArgumentParser
import Catalog
import Experiments
import Reports

/// `flowexp validate SPEC`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check a spec and print what it stands for; every mistake at once.",
        discussion: """
            Examples:
              flowexp validate experiments/gmm_vs_gauss.json
              flowexp validate spec.json --json
              flowexp validate spec.json --resolved     with every default written out
            """)

    @Argument(help: ArgumentHelp("The experiment's file.", valueName: "spec"))
    var specPath: String

    @Flag(help: "Print the spec with every default written out.")
    var resolved = false

    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let spec: ExperimentSpec
        do {
            spec = try SpecFile.read(specPath)
        } catch let diagnostics as SpecDiagnostics where output.json {
            try JSONOutput.print(Self.json(valid: false, plan: nil, diagnostics: diagnostics))
            throw ExitCode(ExitStatus.badData.rawValue)
        }
        if output.json {
            return try JSONOutput.print(Self.json(valid: true, plan: spec.plan, diagnostics: spec.warnings))
        }
        SpecFile.sayWarnings(spec)
        if resolved { return try Output.data(JSONText.visible(spec.plan.resolvedSpec)) }
        let lines = [spec.plan.headline] + spec.plan.notes.map { "  \($0)" }
        try Output.data(lines.map { DisplayText.visible($0) }.joined(separator: "\n"))
        Talk.say("\(specPath) is valid. Run it with: flowexp sweep \(specPath)")
    }

    private static func json(valid: Bool, plan: ExperimentPlan?, diagnostics: SpecDiagnostics) -> JSONValue {
        .object([
            "schema": .string("flowexp.validate/1"), "valid": .bool(valid),
            "name": plan.map { .string($0.name) } ?? .null, "runs": plan.map { .integer($0.runs.count) } ?? .null,
            "notes": .array((plan?.notes ?? []).map { .string($0) }),
            "diagnostics": .array(diagnostics.diagnostics.map(\.json)),
        ])
    }
}

import ArgumentParser
import Catalog
import Orchestration
import RunStorage

/// `flowexp doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the program, the store and the machine, with remedies.",
        discussion: """
            Examples:
              flowexp doctor
              flowexp doctor --store /scratch/runs --json

            Works without a store, too. It changes no record: two small files try flushing and locking and are removed. \
            Exit code 0 unless a line says 'problem'.
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let path = StoreLocation.path(store)
        guard !path.isEmpty else { throw CommandFailure(.usage, "--store is empty; name a directory") }
        let examination = StoreExamination(path: path)
        let checks =
            DoctorChecks.program() + DoctorChecks.store(examination)
            + DoctorChecks.machine(MachineFacts(), newestAttemptAt: examination.content?.newestAttemptAt)
        if output.json {
            try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.doctor/1"), "store": .string(examination.path),
                    "checks": .array(checks.map(\.json)),
                ]))
        } else {
            try Output.data(DoctorCheck.text(checks, width: OutputWidth.columns ?? 100))
        }
        let problems = checks.filter { $0.level == .problem }
        let warnings = checks.filter { $0.level == .warning }
        guard let first = problems.first else {
            Talk.say(
                warnings.isEmpty
                    ? "All is well. Next: flowexp sweep SPEC, or flowexp status"
                    : "\(CountText.of(warnings.count, "warning")), no problem. Next: flowexp sweep SPEC, or flowexp status"
            )
            return
        }
        Talk.warn("\(CountText.of(problems.count, "problem")): mend what is marked, then run flowexp doctor again.")
        throw ExitCode(first.status.rawValue)
    }
}

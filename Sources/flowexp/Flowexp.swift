import ArgumentParser
import Catalog
import FlowMath
import Foundation
import Orchestration

/// The command line: subcommands and what they share.
struct Flowexp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flowexp",
        abstract: "Trains normalizing flows over a declared set of configurations and compares them.",
        discussion: """
            Examples:
              flowexp sweep experiments/gmm_vs_gauss.json   run it; again: resume it
              flowexp report --metric kl,bridge-mass        compare the configurations
              flowexp status                                what is done, what is not
              flowexp sample RUN --count 100000 -o q.npy    use a trained posterior
              flowexp list tasks                            what a spec can name
            """,
        subcommands: commands)

    /// Every subcommand, in the order of the help: a new one adds its line here.
    static let commands: [any ParsableCommand.Type] = [
        SweepCommand.self, ResumeCommand.self, StatusCommand.self, ReportCommand.self, PlotCommand.self,
        ListRunsCommand.self, ShowCommand.self, DiffCommand.self, LogsCommand.self, QueryCommand.self,
        SampleCommand.self, LogProbabilityCommand.self, MetricCommand.self, ExportCommand.self, EvaluateCommand.self,
        ValidateCommand.self, SchemaCommand.self, RemoveCommand.self, StoreCommand.self, ListCommand.self,
        DescribeCommand.self, BenchCommand.self, DoctorCommand.self, CompletionsCommand.self, WorkerCommand.self,
    ]

    @Flag(name: .long, help: "Print the program's version, the numerics variant and SQLite's version.")
    var version = false

    @OptionGroup var output: JSONOption

    func run() throws {
        if version { return try VersionText.print(json: output.json) }
        throw CleanExit.helpRequest(Flowexp.self)
    }
}

/// The process: parses, runs, and turns what happened into an exit code. Everything is nonisolated on purpose: closures
/// made under the main actor would trap on other queues.
@main
enum Main {
    nonisolated static func main() {
        OutputWidth.dropImpossibleColumns()
        StopSignals.ignoreBrokenPipes()
        StopSignals.unblockSuspension()
        // A worker process leaves these to its sweep.
        if CommandLineWords.arguments().first != WorkerCommand.name { StopSignals.unblock() }
        if let word = CommandLineWords.firstIllegible() {
            Talk.warn(
                "flowexp: the argument '\(DisplayWidth.cut(word, to: 80))' is not UTF-8, so it would name something else\n"
                    + "  Give the file or directory another name, or a symbolic link with one.")
            exit(ExitStatus.usage.rawValue)
        }
        let arguments = CommandLineWords.arguments()
        if let message = UnknownCommand.message(for: arguments) {
            Talk.warn(message)
            exit(ExitStatus.usage.rawValue)
        }
        if let isa = ProcessInfo.processInfo.environment["FLOWEXP_ISA"], !isa.isEmpty, Kernels.named(isa) == nil {
            Talk.warn(
                "flowexp: this machine has no kernels '\(DisplayWidth.cut(isa, to: 40))' (FLOWEXP_ISA)\n"
                    + "  Unset it, or set it to avx512, avx2 or portable, whichever the machine has.")
            exit(ExitStatus.usage.rawValue)
        }
        do {
            var command = try Flowexp.parseAsRoot(arguments)
            try command.run()
            exit(ExitStatus.success.rawValue)
        } catch {
            exit(report(error))
        }
    }

    /// Prints an error where it belongs and gives the exit code.
    nonisolated private static func report(_ error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let code = Flowexp.exitCode(for: error)
        let isParsing = code != ExitCode.failure
        if isParsing {
            let message = Flowexp.fullMessage(for: error)
            if code == ExitCode.success {
                do { try Output.data(message) } catch { return ErrorReport(error).status }
                return code.rawValue
            }
            Talk.warn(message)
            return ExitStatus.usage.rawValue
        }
        let report = ErrorReport(error)
        Talk.warn(report.text)
        return report.status
    }
}

/// A mistyped subcommand, answered with the nearest one.
enum UnknownCommand {
    /// nil when the first word is a subcommand, an option, or absent.
    static func message(for arguments: [String]) -> String? {
        guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
        if first == WorkerCommand.name { return nil }
        if let message = message(for: first, among: Flowexp.commands, of: "flowexp") { return message }
        // Commands of a command, such as `store`.
        let group = Flowexp.commands.first { $0.configuration.commandName == first }?.configuration.subcommands ?? []
        guard !group.isEmpty, arguments.count > 1, !arguments[1].hasPrefix("-") else { return nil }
        return message(for: arguments[1], among: group, of: "flowexp " + first)
    }

    private static func message(
        for word: String, among commands: [any ParsableCommand.Type], of parent: String
    ) -> String? {
        let shown = commands.filter { $0.configuration.shouldDisplay }
        let names = shown.map { $0.configuration.commandName ?? "" } + ["help"]
        if names.contains(word) { return nil }
        return "\(parent): unknown command '\(DisplayWidth.cut(word, to: 80))'\(NearestName.hint(word, among: names))\n"
            + "  Commands: \(names.joined(separator: ", ")). More: \(parent) --help"
    }
}

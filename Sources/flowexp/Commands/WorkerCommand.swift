import ArgumentParser
import Experiments
import Orchestration

/// `flowexp worker`: what `sweep --isolate` starts. Not for people, so not in the help.
struct WorkerCommand: ParsableCommand {
    static let name = "worker"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Execute runs for a sweep (started by --isolate).", shouldDisplay: false)

    func run() throws {
        let program = WorkerProgram(
            runFunction: Engine.run, evaluateFunction: Engine.evaluate, exitCode: { ErrorReport($0).status })
        if !program.serve() {
            throw CommandFailure(
                .usage, "'worker' is started by flowexp itself and takes no orders from people",
                remedy: "Use: flowexp sweep SPEC --isolate")
        }
    }
}

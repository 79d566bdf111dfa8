import ArgumentParser
import Catalog
import Experiments
import Foundation
import Orchestration
import RunStorage

/// `flowexp export RUN`: a trained flow for other programs.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a trained flow's weights and architecture for other programs.",
        usage: """
            flowexp export <run> --output <dir> [<options>]
            flowexp export --where <expr> --output <dir> [<options>]
            """,
        discussion: """
            Examples:
              flowexp export a91f --output flow

            Writes parameters.safetensors, the weights as they were published, and configuration.json, the layers in order \
            with the names of their tensors. docs/export.md of flowexp's source holds the formulas, docs/logprob_numpy.py computes \
            log q from them with NumPy alone.
            """)

    @OptionGroup var choice: RunChoice

    @Option(name: .shortAndLong, help: ArgumentHelp("The directory; made if there is none.", valueName: "dir"))
    var output: String

    @Flag(help: "Replace files of these names in the directory.")
    var force = false

    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        guard !output.isEmpty else { throw CommandFailure(.usage, "--output is empty; name a directory") }
        let store = try StoreLocation.open(store, mode: .readOnly)
        let run = try TrainedRun(choice.facts(in: store), in: store)
        var description = try run.posterior.exportDescription()
        description["program"] = .string(VersionText.program)
        let files = [
            (RunArtefactNames.parameters, run.parameters),
            ("configuration.json", Array((JSONValue.object(description).prettyText + "\n").utf8)),
        ]
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure.file(error, doing: "make the directory", output, creating: true)
        }
        for (name, _) in files { try OutputFile.requireFree(output + "/" + name, force: force) }
        for (name, bytes) in files {
            let file = try OutputFile(path: output + "/" + name, force: force)
            try file.write(bytes)
            try file.finish()
        }
        run.sayWhat(run.posterior, "Exported")
        Talk.say("  \(files.map { output + "/" + $0.0 }.joined(separator: "\n  "))")
        Talk.say(
            """
              log q with NumPy alone: docs/logprob_numpy.py of flowexp's source, called so:
                python3 logprob_numpy.py \(ShellText.command([output])) POINTS.csv
            """)
    }
}

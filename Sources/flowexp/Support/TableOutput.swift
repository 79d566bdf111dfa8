import ArgumentParser
import Foundation
import PointFiles

/// How a table of numbers is written; `sample` and `logprob` have these.
struct TableOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write to a file; its extension .csv, .npy or .json says how.", valueName: "file"))
    var output: String?

    @Option(help: "How to write: csv, npy or json. Without it as the file's extension says, else csv.")
    var format: PointFormatArgument?

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @OptionGroup var json: JSONOption

    func validate() throws {
        if json.json, let format, format.format != .json {
            throw ValidationError(
                "--json and --format \(format.format.rawValue) contradict each other; give one of them.")
        }
        if chosen == .npy && output == nil && isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("npy is binary and standard output is a terminal; add --output FILE.npy.")
        }
    }

    /// The format.
    var chosen: PointFormat {
        if json.json { return .json }
        return format?.format ?? output.flatMap { PointFormat(fileName: $0) } ?? .csv
    }

    /// Opens the place to write to; a file whose name does not say how it is written is said.
    func open() throws -> OutputFile {
        let file = try OutputFile(path: output, force: force)
        if let output, format == nil, !json.json, PointFormat(fileName: output) == nil, !output.hasPrefix("/dev/") {
            Talk.say(
                "\(output) is written as csv. For another format: --format npy, or a name that ends in .npy or .json.")
        }
        return file
    }
}

/// `--format`.
struct PointFormatArgument: ExpressibleByArgument {
    let format: PointFormat

    init?(argument: String) {
        guard let format = PointFormat(rawValue: argument) else { return nil }
        self.format = format
    }

    static var allValueStrings: [String] { PointFormat.allCases.map(\.rawValue) }
}

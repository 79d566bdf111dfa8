import Experiments
import Foundation

/// Reads and expands a spec file.
enum SpecFile {
    /// The spec at `path`; throws exit 66 when there is no such file and 65, with every mistake, when it is wrong.
    static func read(_ path: String) throws -> ExperimentSpec {
        guard !path.isEmpty else {
            throw CommandFailure(.usage, "the spec's path is empty", remedy: "Usage: flowexp sweep SPEC")
        }
        let data: Data
        do {
            // A handle also reads pipes, which a whole-file read refuses.
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            data = try file.readToEnd() ?? Data()
        } catch {
            throw CommandFailure.file(error, doing: "read", path)
        }
        return try ExperimentSpec.read(bytes: [UInt8](data), fileName: path)
    }

    /// Says what a reader of the plan should know.
    static func sayWarnings(_ spec: ExperimentSpec) {
        if !spec.warnings.diagnostics.isEmpty { Talk.say(spec.warnings.render()) }
    }
}

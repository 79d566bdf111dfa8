import Experiments
import Foundation

/// Reads and expands a spec file.
enum SpecFile {
    /// The spec at `path`; throws exit 66 when there is no such file and 65, with every mistake, when it is wrong.
    static func read(_ path: String) throws -> ExperimentSpec {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
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

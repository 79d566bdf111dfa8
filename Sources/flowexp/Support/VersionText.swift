import Catalog
import FlowMath
import Foundation
import RunStorage

/// `--version`: everything that decides whether two machines give the same numbers.
enum VersionText {
    /// The program's version; CHANGELOG.md says what each brought.
    static let program = "0.1.0"

    static func print(json: Bool) throws {
        let variant = Kernels.current.numericsVariant
        let instructionSet = Kernels.current.instructionSet
        let sqlite = SQLiteLibrary.version
        if json {
            return try JSONOutput.print(
                .object([
                    "schema": .string("flowexp.version/1"), "program": .string(program),
                    "numericsVariant": .string(variant), "instructionSet": .string(instructionSet),
                    "sqlite": .string(sqlite),
                ]))
        }
        try Output.data(
            "flowexp \(program)\nnumerics variant: \(variant) (\(instructionSet) kernels)\nSQLite \(sqlite)")
    }
}

import Catalog

/// An experiment as its author wrote it, read, checked and expanded.
public struct ExperimentSpec: Sendable {
    /// The runs it stands for.
    public var plan: ExperimentPlan
    /// Warnings and notes with their places; a spec with errors is never returned.
    public var warnings: SpecDiagnostics

    /// The sweep's name.
    public var name: String { plan.name }

    /// The most runs that one spec may stand for.
    public static let maximumRuns = 100_000

    /// Reads a spec (JSON; `//`, `/* */` and trailing commas allowed), checks every name and value against the
    /// vocabulary and expands it. Throws all mistakes at once, with their places.
    public static func read(
        bytes: [UInt8], fileName: String, vocabulary: SpecVocabulary = .standard
    ) throws(SpecDiagnostics) -> ExperimentSpec {
        let parsed = JSONReader.read(bytes, options: .relaxed)
        var diagnostics = parsed.errors.map { error in
            SpecDiagnostic(
                at: error.position, keyPath: "", message: error.message,
                remedy: error.remedy.isEmpty ? nil : error.remedy)
        }
        func all() -> SpecDiagnostics {
            SpecDiagnostics(fileName: fileName, diagnostics: diagnostics, source: bytes)
        }
        guard let root = parsed.node else { throw all() }
        var reader = SpecReader(vocabulary: vocabulary)
        reader.read(root)
        diagnostics += reader.diagnostics
        var expander = SpecExpander(model: reader.model, vocabulary: vocabulary)
        expander.expand()
        diagnostics += expander.diagnostics
        let collected = all()
        if !collected.errors.isEmpty { throw collected }
        return ExperimentSpec(plan: expander.plan(source: bytes), warnings: collected)
    }
}

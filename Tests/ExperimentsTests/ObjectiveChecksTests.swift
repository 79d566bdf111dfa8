import Experiments
import Testing

/// What an objective asks of the other settings, with the program's own vocabulary.
@Suite struct ObjectiveChecksTests {
    private struct Refused: Sendable, CustomTestStringConvertible {
        var text: String
        var path: String
        var message: String
        var testDescription: String { "\(path): \(message)" }
    }

    private static let refused: [Refused] = [
        Refused(
            text: #""task": "corners", "training": {"objective": "amortised"}"#, path: "training.objective",
            message: "needs a task that simulates x"),
        Refused(
            text: #""task": "quadratic-2d", "base": "conditional-gmm""#, path: "base",
            message: "only amortised runs have"),
        Refused(
            text: #""task": "quadratic-2d", "training": {"objective": "amortised", "weighting": "batch"}"#,
            path: "training.weighting", message: "normalised over the candidates"),
        Refused(
            text: #""task": "quadratic-2d", "training": {"objective": "amortised", "poolEffectiveSize": 10}"#,
            path: "training.poolEffectiveSize", message: "no effective sample size"),
        Refused(
            text:
                #""task": "quadratic-2d", "training": {"objective": "amortised", "candidates": 1, "includeGenerating": false}"#,
            path: "training.includeGenerating", message: "the only candidate"),
        Refused(
            text:
                #""task": "quadratic-2d", "base": {"name": "gmm", "components": "auto"}, "training": {"objective": "amortised"}"#,
            path: "base.components", message: "a posterior for every x"),
        Refused(
            text:
                #""task": "quadratic-2d", "base": {"name": "gmm", "components": "auto"}, "training": {"proposal": "adaptive"}"#,
            path: "base.components", message: "starts tempered"),
        Refused(
            text: #""task": "quadratic-2d", "flow": {"contextShift": false}"#, path: "flow.contextShift",
            message: "amortised"),
        Refused(
            text: #""task": "quadratic-2d", "training": {"objective": "reverse-kl", "earlyStoppingPatience": 3}"#,
            path: "training.earlyStoppingPatience", message: "another objective"),
    ]

    @Test(arguments: refused)
    private func isRefusedAtItsPlace(_ row: Refused) {
        let error = #expect(throws: SpecDiagnostics.self) {
            try ExperimentPlan.read(bytes: Array("{\"name\": \"a\", \(row.text)}".utf8), fileName: "a.json")
        }
        #expect(error?.errors.count == 1)
        #expect(error?.errors.first?.keyPath == row.path)
        #expect(error?.errors.first?.message.contains(row.message) == true, "\(error?.render() ?? "")")
    }

    /// A combination that makes no sense may be left out of a grid.
    @Test func excludedCombinationsAreNotRefused() throws {
        let text = """
            {"name": "a", "task": "quadratic-2d", "sweep": {"base": ["gaussian", "conditional-gmm"],
             "training.objective": ["likelihood-weighted", "amortised"]},
             "exclude": [{"base": "conditional-gmm", "training.objective": "likelihood-weighted"}]}
            """
        #expect(try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "a.json").runs.count == 3)
    }
}

import Catalog
import Experiments
import FlowMath
import TestSupport
import Testing

/// Hostile specs never trap the reader or the expansion. Mistakes have places in the text; what is accepted stays within
/// the documented limits, and its resolved spec stands for the same runs.
@Suite struct SpecTextFuzzTests {
    private static let tokens = [
        "\"match\"", "\"auto\"", "\"gmm\"", "\"gaussian\"", "\"ring\"", "[]", "{}", "null", "-1", "1e9", "2.5", "true",
        "[1, 2]",
        "\"base\"", "\"base.components\"", "\"task.modes\"", "\"seeds\"", "\"name\"", "[[1]]", "\"\"", "\".\"",
        "\"task.\"",
        "\".modes\"", "\"given\"", "\"means\"", "\"zip\": [", "\"exclude\": [{}], ", "\"include\": [{}], ",
        "\"sweep\": {",
        "\"training.steps\": [1, 2], ",
    ]

    @Test func hostileSpecs() throws {
        let seeds = Corpus.inputs("spec")
        #expect(seeds.count >= 8)
        let inputs = HostileInputs(seeds: seeds, tokens: Self.tokens, part: 2) { SpecGrammar.text(&$0) }
        try fuzz("spec", count: 1_200, inputs) { bytes in
            let plan: ExperimentPlan
            do {
                plan = try ExperimentPlan.read(bytes: bytes, fileName: "f.json")
            } catch let diagnostics as SpecDiagnostics {
                check(diagnostics, bytes)
                return false
            }
            guard plan.runs.count <= ExperimentSpec.maximumRuns, isSafeName(plan.name) else {
                Issue.record("beyond the limits: \(shown(bytes))")
                return true
            }
            // Expanding again costs as much as the first time.
            guard plan.runs.count < 2_000 else { return true }
            let again = try ExperimentPlan.read(bytes: Array(plan.resolvedSpec.utf8), fileName: "resolved.json")
            if again.runs.map(\.id) != plan.runs.map(\.id) { Issue.record("other runs: \(shown(bytes))") }
            for run in plan.runs.prefix(3) {
                let stored = try RunConfiguration(canonicalJSON: run.configuration.canonicalJSON)
                if stored != run.configuration { Issue.record("not read back: \(run.configuration.canonicalJSON)") }
            }
            return true
        }
    }

    private func check(_ diagnostics: SpecDiagnostics, _ bytes: [UInt8]) {
        if diagnostics.errors.isEmpty { Issue.record("refused without an error: \(shown(bytes))") }
        let lines = JSONTextFuzzTests.lineLengths(bytes)
        for diagnostic in diagnostics.diagnostics {
            let isInside =
                (1...lines.count).contains(diagnostic.line)
                && (1...(lines[diagnostic.line - 1] + 1)).contains(diagnostic.column)
            if !isInside { Issue.record("\(diagnostic) is outside of \(shown(bytes))") }
        }
        let text = diagnostics.render()
        if text.isEmpty || text.utf8.count > 4_000_000 { Issue.record("\(text.utf8.count) bytes for \(shown(bytes))") }
        let isDriving = text.unicodeScalars.contains {
            $0.value < 0x20 && $0 != "\n" || (0x7F..<0xA0).contains($0.value)
        }
        if isDriving { Issue.record("control characters: \(text)") }
    }

    /// What a store keeps of runs and sweeps, read back after damage: refused or a configuration that is written again.
    @Test func hostileConfigurations() throws {
        let spec = #"{"name": "a", "task": "ring", "sweep": {"base": ["gmm", "uniform", "resampled"], "seeds": 2}}"#
        let plan = try ExperimentPlan.read(bytes: Array(spec.utf8), fileName: "a.json")
        let seeds = plan.runs.map { Array($0.configuration.canonicalJSON.utf8) }
        fuzz("configuration", count: 1_500, HostileInputs(seeds: seeds, tokens: Self.tokens, part: 3)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let run = try? RunConfiguration(canonicalJSON: text) else { return false }
            if (try? RunConfiguration(canonicalJSON: run.canonicalJSON)) != run { Issue.record("\(text)") }
            return true
        }
        let evaluation = [Array(plan.evaluation.canonicalJSON.utf8)]
        fuzz("evaluation", count: 1_500, HostileInputs(seeds: evaluation, tokens: Self.tokens, part: 4)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let stored = try? EvaluationPlan(canonicalJSON: text) else { return false }
            if (try? EvaluationPlan(canonicalJSON: stored.canonicalJSON)) != stored { Issue.record("\(text)") }
            return true
        }
    }
}

import Catalog
import Experiments
import FlowMath
import Foundation
import Testing
import Training

/// Promise R4: save → load → continue equals straight through, bytewise, for every row of the table. By default one step
/// of each row is tried, another for every row; with `FLOWEXP_RESUME_EVERY_STEP` all of them.
@Suite struct ResumeTableTests {
    private static let isThorough = ProcessInfo.processInfo.environment["FLOWEXP_RESUME_EVERY_STEP"] != nil
    private static let parts = 4

    @Test(arguments: 0..<parts)
    func resumingChangesNoBit(part: Int) throws {
        var (rows, pairs) = (0, 0)
        for (number, row) in ResumeTable.rows.enumerated() where number % Self.parts == part {
            guard let plan = try row.plan() else { continue }
            rows += 1
            let (straight, checkpoints) = try Self.straight(plan)
            #expect(checkpoints.count == straight.history.last?.step ?? 0, "\(row): one checkpoint before every step")
            for (step, bytes) in checkpoints.enumerated() {
                guard Self.isThorough || step == (number * 5 + 2) % checkpoints.count else { continue }
                pairs += 1
                let resumed = TinyRun.content(try TinyRun.run(plan, checkpoint: bytes).outcome)
                if resumed != straight { Issue.record("\(row), resumed before step \(step)") }
            }
        }
        print("resume: part \(part) \(rows) configurations, \(pairs) pairs of configuration and step")
        #expect(rows > 20)
    }

    /// The undisturbed run with the bytes of a checkpoint before every step.
    private static func straight(_ plan: ExperimentPlan) throws -> (RunResult, [[UInt8]]) {
        var checkpoints: [[UInt8]] = []
        let outcome = try executeRun(
            configuration: plan.runs[0].configuration, evaluation: plan.evaluation, checkpoint: nil, cache: NoCache(),
            directive: { .checkpoint },
            onEvent: { event in
                if case .checkpoint(let checkpoint) = event, checkpoint.phase == .training {
                    checkpoints.append(checkpoint.bytes)
                }
            })
        return (try #require(TinyRun.content(outcome), "\(outcome)"), checkpoints)
    }

    /// A new objective, base, coupling or proposal is in the table, in a row that can be run.
    @Test func everyCatalogEntryHasARow() throws {
        var reached: Set<String> = []
        for row in ResumeTable.rows where try row.plan() != nil { reached.formUnion(row.names) }
        let entries = ResumeTable.objectives + ResumeTable.bases + ResumeTable.proposals
        #expect(!ResumeTable.objectives.isEmpty && !ResumeTable.bases.isEmpty && !ResumeTable.proposals.isEmpty)
        for name in entries { #expect(reached.contains(name), "no row with \(name) can be run") }
        for name in ["box", "coupling", "mixing"] {
            for word in ResumeTable.choices(name, of: SpecVocabulary.standard.flow) {
                #expect(reached.contains("\(name)=\"\(word)\""), "no row with \(name) \(word) can be run")
            }
        }
    }

    @Test func aCheckpointOfOtherNumericsIsRefused() throws {
        let plan = try #require(try ResumeTable.rows[0].plan())
        let (_, checkpoints) = try Self.straight(plan)
        var file = try Safetensors(decoding: checkpoints[3])
        #expect(file.metadata["numericsVariant"] == Kernels.current.numericsVariant)
        file.metadata["numericsVariant"] = "abacus"
        #expect(throws: CheckpointError.otherNumerics(expected: Kernels.current.numericsVariant, found: "abacus")) {
            _ = try TinyRun.run(plan, checkpoint: file.encoded)
        }
    }
}

import Catalog
import Experiments
import Foundation
import Testing

/// What a spec stands for: which runs, in which order, and what is said about them.
@Suite struct ExpansionTests {
    /// `path=value …` of every run, seeds apart.
    private func cells(_ plan: ExperimentPlan) -> [String] {
        plan.runs.filter { $0.configuration.seed == plan.seeds[0] }.map { run in
            run.axes.map { "\($0.path)=\($0.value.stringValue ?? $0.value.text)" }.joined(separator: " ")
        }
    }

    @Test func gridInTheOrderWrittenSeedsFastest() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "task": "ring", "sweep": {"seeds": 2, "flow.couplingLayers": [8, 4], "base": ["gmm", "gaussian"]}}
            """)
        #expect(plan.headline == "2 depths × 2 bases × 2 seeds = 8 runs")
        #expect(
            cells(plan) == [
                "flow.couplingLayers=8 base=gmm", "flow.couplingLayers=8 base=gaussian",
                "flow.couplingLayers=4 base=gmm", "flow.couplingLayers=4 base=gaussian",
            ])
        #expect(plan.runs.map(\.configuration.seed) == [0, 1, 0, 1, 0, 1, 0, 1])
        #expect(Set(plan.runs.map(\.id)).count == 8)
        #expect(plan.runs.allSatisfy { $0.id == $0.configuration.id(vocabulary: SpecTest.vocabulary) })
    }

    @Test func productExample() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "sweep": {"task": ["two-moons", "unequal"], "base": ["gaussian", {"name": "gmm", "components": "match"}],
              "flow.couplingLayers": [4, 8], "seeds": 5}}
            """)
        #expect(plan.headline == "2 tasks × 2 bases × 2 depths × 5 seeds = 40 runs")
        #expect(plan.notes.isEmpty)
        #expect(plan.varyingPaths == ["task", "base", "base.components", "flow.couplingLayers"])
        let components = plan.runs.map { $0.configuration.value(at: "base.components") }
        #expect(components.prefix(20) == components[0..<10] + components[10..<20])
        #expect(components[0] == nil && components[10] == .integer(2) && components[39] == .integer(3))
        #expect(plan.runs[10].componentsAsked == .string("match") && plan.runs[0].componentsAsked == nil)
        #expect(plan.runs[10].axesJSON["base.components"] == .integer(2))
        #expect(plan.runs[0].axesJSON["base.components"] == .null)
    }

    @Test func valuesThatDoNotApplyRunOnceAndAreNoted() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "task": "ring", "base": {"name": "gmm", "init": "random"},
             "sweep": {"base": ["gaussian", "gmm"], "base.components": [1, 2, 4, 8, 16]}}
            """)
        #expect(plan.runs.count == 6)
        #expect(plan.equalCells == 4)
        #expect(
            plan.notes == [
                "base.init does not apply to gaussian", "base.components does not apply to gaussian: 5 → 1",
            ])
        #expect(plan.runs[1].configuration.value(at: "base.init") == .string("random"))
        #expect(plan.headline == "2 bases × 5 components × 1 seed, less 4 cells equal to others = 6 runs")
    }

    @Test func deeperPathsOverrideShallowerOnes() throws {
        for sweep in [
            #""base": ["gaussian", {"name": "gmm", "components": 3, "init": "random"}], "base.components": [1, 2]"#,
            #""base.components": [1, 2], "base": ["gaussian", {"name": "gmm", "components": 3, "init": "random"}]"#,
        ] {
            let plan = try SpecTest.plan("{\"name\": \"g\", \"task\": \"ring\", \"sweep\": {\(sweep)}}")
            let gmm = plan.runs.map(\.configuration).filter { $0.base.name == "gmm" }
            #expect(gmm.map { $0.value(at: "base.components") } == [.integer(1), .integer(2)])
            #expect(gmm.allSatisfy { $0.value(at: "base.init") == .string("random") })
            #expect(plan.runs.count == 3)
        }
    }

    @Test func zipGroupsAreOneAxisEachAfterTheGrid() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "task": "ring",
             "zip": [{"training.steps": [10, 20], "training.batch": [1, 2]}, {"base": ["gmm", "gaussian", "student-t"]}],
             "sweep": {"flow.couplingLayers": [4, 8], "seeds": [7]}}
            """)
        #expect(plan.headline == "2 depths × 2 steps+batch × 3 bases × 1 seed = 12 runs")
        #expect(cells(plan)[0] == "flow.couplingLayers=4 training.steps=10 training.batch=1 base=gmm")
        #expect(cells(plan)[4] == "flow.couplingLayers=4 training.steps=20 training.batch=2 base=gaussian")
        #expect(cells(plan)[6] == "flow.couplingLayers=8 training.steps=10 training.batch=1 base=gmm")
        #expect(plan.runs.allSatisfy { $0.configuration.seed == 7 })
    }

    @Test func excludeComesBeforeIncludeAndNeedsAllValuesAfterResolution() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "task": "ring", "base": {"name": "gmm"},
             "sweep": {"task.modes": [2, 4], "base.components": [2, "match", 4, 16]},
             "exclude": [{"base.components": 16, "task.modes": 2}, {"task.modes": 4.0, "base.components": 2},
                         {"base": "gaussian"}],
             "include": [{"task.modes": 2, "base.components": 16}, {"base": "gaussian", "training.steps": 5},
                         {"base.components": 2, "task.modes": 2}]}
            """)
        // Modes 2: 2 (= match), 4; modes 4: match (= 4), 16; then 16 on 2 comes back, and the Gaussian.
        #expect(plan.excludedCells == 2 && plan.equalCells == 2 && plan.includedCells == 2)
        let found = plan.runs.map { run in
            "\(run.configuration.base.name) \(run.configuration.value(at: "task.modes")?.text ?? "-") "
                + "\(run.configuration.value(at: "base.components")?.text ?? "-") "
                + "\(run.configuration.value(at: "training.steps")?.text ?? "-")"
        }
        #expect(
            found == [
                "gmm 2 2 1000", "gmm 2 4 1000", "gmm 4 4 1000", "gmm 4 16 1000", "gmm 2 16 1000", "gaussian 8 - 5",
            ])
        #expect(plan.notes.contains("include[2] is already among the cells"))
        #expect(
            plan.headline == "2 modes × 4 components × 1 seed, less 2 cells excluded, less 2 cells equal to others, "
                + "plus 2 cells included = 6 runs")
        #expect(plan.varyingPaths == ["task.modes", "base.components", "base", "training.steps"])
    }

    @Test func excludedMatchMeansTheTasksModes() throws {
        let plan = try SpecTest.plan(
            """
            {"name": "g", "base": {"name": "gmm"}, "sweep": {"task": ["two-moons", "unequal"], "base.components": [2, 3]},
             "exclude": [{"base.components": "match"}]}
            """)
        #expect(cells(plan) == ["task=two-moons base.components=3", "task=unequal base.components=2"])
    }

    @Test func shorthandCommentsAndSectionObjectsAsAxes() throws {
        let plan = try SpecTest.plan(
            """
            // every form at once
            {"name": "g", "task": {"name": "ring"}, "training": {"steps": 7},
             "sweep": {"training": [{"batch": 1}, {"batch": 2, "steps": 9}], /* lists of lists */
                       "flow.hiddenSizes": [[], [32, 32]],},}
            """)
        #expect(plan.runs.map { $0.configuration.value(at: "training.steps") } == [7, 7, 9, 9].map { .integer($0) })
        #expect(plan.varyingPaths == ["training.batch", "training.steps", "flow.hiddenSizes"])
        #expect(plan.runs[0].configuration.base.name == "gaussian")
    }

    /// The resolved spec says everything, and reads as the same plan.
    @Test(arguments: [
        #"{"name": "g", "task": "ring"}"#,
        #"{"name": "g", "description": "é", "task": "ring", "base": {"name": "gmm", "components": 4}, "sweep": {"seeds": [3, 1]}}"#,
        #"{"name": "g", "base": {"name": "gmm", "init": "random"}, "sweep": {"task": ["ring", "unequal"], "base": ["gaussian", "gmm"], "base.components": [1, "match"]}, "zip": [{"training.steps": [1, 2], "flow.couplingLayers": [3, 4]}], "exclude": [{"task.modes": 8, "base": "gaussian"}], "include": [{"task": "two-moons"}], "evaluation": {"metrics": []}}"#,
    ])
    func resolvedSpecIsTheSamePlan(text: String) throws {
        let plan = try SpecTest.plan(text)
        let again = try SpecTest.plan(plan.resolvedSpec)
        #expect(again.runs == plan.runs)
        #expect(again.notes == plan.notes)
        #expect(again.evaluation == plan.evaluation)
        #expect(again.headline == plan.headline)
        #expect(again.description == plan.description)
        #expect(again.resolvedSpec == plan.resolvedSpec)
        #expect(again.expansionID == plan.expansionID)
    }

    @Test func evaluationIsResolvedAndNotInTheRunID() throws {
        let a = try SpecTest.plan(#"{"name": "a", "task": "ring"}"#)
        let b = try SpecTest.plan(
            #"{"name": "b", "task": "ring", "evaluation": {"samples": 200.0, "metrics": ["kl"]}}"#)
        #expect(a.runs.map(\.id) == b.runs.map(\.id))
        #expect(a.evaluation.canonicalJSON == #"{"metrics":["mmd"],"samples":1000}"#)
        #expect(b.evaluation.canonicalJSON == #"{"metrics":["kl"],"samples":200}"#)
        let again = try EvaluationPlan(canonicalJSON: b.evaluation.canonicalJSON, vocabulary: SpecTest.vocabulary)
        #expect(again == b.evaluation)
    }

    @Test func tenThousandRunsAreQuick() throws {
        let steps = (1...100).map(String.init).joined(separator: ",")
        let text = """
            {"name": "g", "sweep": {"task": ["two-moons", "unequal"], "base": ["gaussian", "gmm"], "training.steps": [\(steps)],
             "flow.couplingLayers": [1, 2, 3, 4, 5], "seeds": 5}}
            """
        let start = threadSeconds()
        let plan = try SpecTest.plan(text)
        let time = threadSeconds() - start
        #expect(plan.runs.count == 10_000)
        // 0.1 s; processor time of this thread, so that a loaded machine does not matter.
        #expect(time < 1, "\(time) s")
    }

    /// Processor time of the calling thread, seconds.
    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}

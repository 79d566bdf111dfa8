import Catalog
import Reports
import Testing

@Suite struct AggregationTests {
    private func metric(
        _ value: Double, _ direction: ReportDirection = .lower, parameters: String = "{}", version: Int = 1
    )
        -> ReportMetric
    {
        ReportMetric(value: value, direction: direction, parameters: parameters, version: version)
    }

    @Test func rowsAreCellsAndPairsAreSeeds() throws {
        let report = try Example.report(Example.complete)
        let section = try #require(report.sections.first)
        #expect(section.rows.count == 8)
        #expect(section.rows.allSatisfy { $0.n == 5 && $0.seeds == [0, 1, 2, 3, 4] })
        #expect(report.axes.map(\.path) == ["task", "flow.couplingLayers", "base", "base.components"])
        #expect(report.baseline == "gaussian")
        #expect(section.familySize == 4)
        let gmm = try #require(section.rows.first { $0.base == "gmm" && $0.task == "quadratic-3d" })
        #expect(gmm.components == .integer(8) && gmm.componentsUsed == 8...8)
        #expect(gmm.isNoise && !gmm.isBaseline)
        let comparison = try #require(gmm.comparison)
        #expect(comparison.pairs == 5 && comparison.below == 5 && comparison.p == 0.0625)
        #expect(comparison.adjustedP == 0.25 && comparison.minimumP == 0.0625)
        let mean = try #require(comparison.difference)
        #expect(abs(mean - (-0.1199)) < 1e-12)
    }

    /// The order in which the store hands out runs changes no number.
    @Test func orderOfRunsChangesNoNumber() throws {
        let forward = try Example.report(Example.complete)
        let backward = try Example.report(Example.complete.reversed())
        func numbers(_ report: Report) -> Set<String> {
            Set(ReportFormat.csv.render(report).split(separator: "\r\n").map(String.init))
        }
        #expect(numbers(forward) == numbers(backward))
    }

    @Test func runsThatDifferInAnythingAreNeverMerged() throws {
        var runs = Example.complete
        for seed in 0..<5 {
            runs.append(
                Example.run(
                    task: "two-moons", base: "gaussian", seed: seed,
                    extra: [ReportSetting("training.steps", .integer(4000))], metrics: Example.mmd(0.5)))
        }
        let report = try Example.report(runs)
        #expect(report.sections[0].rows.count == 9)
        #expect(report.axes.map(\.path).contains("training.steps"))
        // Left out on request: still apart, and the report says so.
        let shortened = try Example.report(runs, by: ["task", "base"])
        #expect(shortened.sections[0].rows.count == 9)
        #expect(shortened.shownAxes.map(\.path) == ["task", "base"])
        #expect(shortened.notes.contains { $0.contains("steps") && $0.contains("not shown") })
    }

    /// A value not to be trusted stays in the mean and is counted below the table; null values do not warn.
    @Test func warningsAreCounted() throws {
        let runs = (0..<5).map { seed in
            Example.run(
                task: "ring", base: "gaussian", seed: seed,
                metrics: [
                    "khat": ReportMetric(
                        value: seed < 4 ? 0.5 + 0.1 * Double(seed) : nil,
                        warning: seed > 2 ? "too heavy a tail" : nil)
                ])
        }
        let section = try Example.report(runs, ["khat"]).sections[0]
        #expect(section.notes == ["1 of 4 runs: too heavy a tail"] && section.rows[0].n == 4)
        for run in runs.prefix(3) { #expect(run.metrics["khat"]?.warning == nil) }
        #expect(try Example.report(Array(runs.prefix(3)), ["khat"]).sections[0].notes.isEmpty)
    }

    @Test func runsEvaluatedDifferentlyAreNeverMerged() throws {
        let runs = (0..<4).map { seed in
            Example.run(
                task: "ring", base: "gaussian", seed: seed,
                metrics: ["w2": metric(Double(seed), parameters: seed < 2 ? "{\"n\":1000}" : "{\"n\":2000}")])
        }
        let section = try Example.report(runs, ["w2"]).sections[0]
        #expect(section.rows.map(\.n) == [2, 2])
        #expect(section.notes.contains { $0.contains("parameters") })
    }

    @Test func oneRunCountsOnceAndTwinsStayApart() throws {
        let run = Example.run(task: "ring", base: "gaussian", seed: 0, metrics: Example.mmd(1))
        #expect(try Example.report([run, run]).runs == 1)
        var twin = run
        twin.id = "another version"
        let report = try Example.report([run, twin])
        #expect(report.sections[0].rows.map(\.n) == [1, 1])
        #expect(report.notes.contains { $0.contains("versions") })
    }

    @Test func failuresAreCountedAndLose() throws {
        let section = try Example.report(Example.troubled).sections[0]
        let gaussian = section.rows[0]
        let gmm = section.rows[1]
        #expect(gaussian.failures == [ReasonCount("diverged", 1)] && gaussian.unfinished == 1 && gaussian.n == 5)
        #expect(gmm.nulls == [ReasonCount("leakage 0.02", 1)] && gmm.notEvaluated == 1 && gmm.n == 5)
        let comparison = try #require(gmm.comparison)
        // Seeds 0, 1, 4, 5 complete and better; seed 2 won by failure, seed 3 lost by a null; seed 6 unfinished.
        #expect(comparison.pairs == 6 && comparison.completePairs == 4 && comparison.isRankTest)
        // Differences −.040, −.036, −.038, −.035 have ranks 1…4, the two failures share 5.5: doubled, the sum is −20.
        // With the failures' signs opposed (2 of 4) only ±20 reaches it: 2 · 2 sign choices. With both + (22) the others
        // must give ≥ −2, with both − the mirror: 9 of 16 each. 4 + 18 = 22 of 64.
        #expect(comparison.p == 22.0 / 64)
    }

    @Test func aCellThatOnlyFailedIsARow() throws {
        var runs = Example.complete.filter {
            $0.task == "two-moons" && $0.base == "gaussian" && $0["flow.couplingLayers"] == .integer(8)
        }
        for seed in 0..<5 {
            runs.append(
                Example.run(task: "two-moons", base: "gmm", components: 2, seed: seed, state: .failed, code: "timeout"))
        }
        let section = try Example.report(runs).sections[0]
        let row = try #require(section.rows.last)
        #expect(row.n == 0 && row.mean == nil && row.failed == 5)
        let comparison = try #require(row.comparison)
        #expect(comparison.difference == nil && comparison.isRankTest && comparison.p == 0.0625)
        let headline = try #require(section.headlines.first)
        #expect(headline.againstVariant == 5 && headline.sign == 1 && headline.p == 0.0625)
    }

    @Test func nothingEverFinishedIsStillAReport() throws {
        let runs = [Example.run(task: "ring", base: "gaussian", seed: 0, state: .planned)]
        let report = try Example.report(runs, ["anything"])
        #expect(report.sections[0].rows[0].unfinished == 1)
        for format in ReportFormat.allCases { #expect(!format.render(report, width: 80).isEmpty) }
        let none = try Example.report([], ["mmd"])
        for format in ReportFormat.allCases { #expect(!format.render(none, width: 80).isEmpty) }
    }

    /// A gmm with axes of its own is compared with the one gaussian cell of the same other axes.
    @Test func baseParametersGoWithTheBase() throws {
        var runs: [ReportRun] = []
        for depth in [4, 8] {
            for seed in 0..<3 {
                runs.append(
                    Example.run(
                        task: "ring", base: "gaussian", depth: depth, seed: seed, metrics: Example.mmd(Double(depth))))
                for components in [2, 8] {
                    for initial in ["em", "random"] {
                        runs.append(
                            Example.run(
                                task: "ring", base: "gmm", components: components, depth: depth, seed: seed,
                                extra: [ReportSetting("base.init", .string(initial))],
                                metrics: Example.mmd(Double(depth) - Double(components))))
                    }
                }
            }
        }
        let section = try Example.report(runs).sections[0]
        let compared = section.rows.filter { $0.comparison != nil }
        #expect(compared.count == 8 && section.familySize == 8)
        #expect(compared.allSatisfy { row in row.comparison?.difference == row.components.doubleValue.map { -$0 } })
        #expect(
            section.headlines.map(\.variant).sorted() == [
                "gmm 2, init = em", "gmm 2, init = random", "gmm 8, init = em", "gmm 8, init = random",
            ])
        #expect(section.headlines.allSatisfy { $0.scope == "ring × 2 depths" && $0.pairs == 6 && $0.units == 3 })
    }

    @Test func anyAxisCanBeTheBaseline() throws {
        var runs: [ReportRun] = []
        for components in [1, 4] {
            for depth in [4, 8] {
                for seed in 0..<3 {
                    runs.append(
                        Example.run(
                            task: "ring", base: "gmm", components: components, depth: depth, seed: seed,
                            metrics: Example.mmd(Double(100 * components + depth))))
                }
            }
        }
        // The base does not vary: no comparison, and the report says how to get one.
        let without = try Example.report(runs)
        #expect(without.baseline == nil && without.sections[0].rows.allSatisfy { $0.comparison == nil })
        #expect(without.notes.contains { $0.contains("--baseline") })
        let byComponents = try Example.report(runs, baseline: "components=1").sections[0]
        #expect(byComponents.rows.compactMap(\.comparison?.difference) == [300, 300])
        let byDepth = try Example.report(runs, baseline: "depth=4")
        #expect(byDepth.baseline == "depth = 4")
        #expect(byDepth.sections[0].rows.compactMap(\.comparison?.difference) == [4, 4])
        let both = try Example.report(runs, baseline: "base.components=1,flow.couplingLayers=4").sections[0]
        #expect(both.rows.compactMap(\.comparison?.difference) == [4, 300, 304])
        #expect(both.familySize == 3)
    }

    @Test func cellsWithoutOneBaselineAreNotCompared() throws {
        let runs =
            (0..<2).map { Example.run(task: "ring", base: "gaussian", depth: 4, seed: $0, metrics: Example.mmd(1)) }
            + (0..<2).map { Example.run(task: "ring", base: "gmm", components: 2, seed: $0, metrics: Example.mmd(2)) }
        let none = try Example.report(runs).sections[0]
        #expect(none.rows.allSatisfy { $0.comparison == nil } && none.familySize == 0)
        #expect(none.notes.contains { $0.hasPrefix("1 cell has no baseline cell") })
        // Two gmm cells could be the baseline of the gaussian one.
        let more =
            (0..<2).map { Example.run(task: "ring", base: "gaussian", seed: $0, metrics: Example.mmd(1)) }
            + [2, 4].flatMap { components in
                (0..<2).map {
                    Example.run(task: "ring", base: "gmm", components: components, seed: $0, metrics: Example.mmd(2))
                }
            }
        let several = try Example.report(more, baseline: "base=gmm").sections[0]
        #expect(several.rows.allSatisfy { $0.comparison == nil })
        #expect(several.notes.contains { $0.contains("several baseline cells") })
        let named = try Example.report(more, baseline: "base=gmm,components=4")
        #expect(named.baseline == "gmm 4" && named.sections[0].rows.compactMap(\.comparison?.difference).count == 2)
    }

    /// 20 000 runs with 40 settings each: a report must stay a matter of a second or two.
    @Test func manyRuns() throws {
        let extra = (0..<36).map { ReportSetting("training.setting\($0)", .number(Double($0) / 7)) }
        let runs = (0..<20_000).map { index in
            Example.run(
                task: "task\(index % 10)", base: index / 10 % 2 == 0 ? "gaussian" : "gmm",
                components: index / 10 % 2 == 0 ? nil : 4, depth: index / 20 % 10, seed: index / 200, extra: extra,
                metrics: Example.mmd(Double(index % 97)))
        }
        let section = try Example.report(runs).sections[0]
        #expect(section.rows.count == 200 && section.familySize == 100)
        #expect(section.headlines.count == 1 && section.headlines[0].pairs == 10_000)
        #expect(section.headlines[0].units == 1000)
    }

    @Test func mistakesAreNamed() throws {
        let runs = Example.complete
        #expect(throws: ReportError.unknownMetric("mdm", available: ["mmd"])) { try Example.report(runs, ["mdm"]) }
        #expect(throws: ReportError.badBaseline("gaussian")) { try Example.report(runs, baseline: "gaussian") }
        #expect(throws: ReportError.noSuchBaseline("base=student-t", available: ["gaussian", "gmm"])) {
            try Example.report(runs, baseline: "base=student-t")
        }
        #expect(throws: ReportError.self) { try Example.report(runs, by: ["colour"]) }
        let ambiguous = (0..<2).map { index in
            Example.run(
                task: "ring", base: "gaussian", seed: 0,
                extra: [
                    ReportSetting("training.steps", .integer(index)), ReportSetting("flow.steps", .integer(index)),
                ], metrics: Example.mmd(1))
        }
        #expect(throws: ReportError.ambiguousAxis("steps", candidates: ["training.steps", "flow.steps"])) {
            try Example.report(ambiguous, by: ["steps"])
        }
        #expect(try Example.report(ambiguous).axes.map(\.title) == ["training.steps", "flow.steps"])
    }

    @Test func aVariantsOwnParametersAreNoAxes() throws {
        let runs = [
            Example.run(
                task: "quadratic-3d", base: "gaussian", seed: 0, extra: [ReportSetting("task.noise", .number(0.3))],
                metrics: Example.mmd(1)),
            Example.run(task: "two-moons", base: "gaussian", seed: 0, metrics: Example.mmd(1)),
        ]
        #expect(try Example.report(runs).axes.map(\.path) == ["task"])
        // Declared in a spec, or with two values for one task, it is one.
        #expect(try Example.report(runs, declared: ["task.noise"]).axes.map(\.path) == ["task.noise", "task"])
        let more =
            runs + [
                Example.run(
                    task: "quadratic-3d", base: "gaussian", seed: 0, extra: [ReportSetting("task.noise", .number(0.1))],
                    metrics: Example.mmd(1))
            ]
        #expect(try Example.report(more).axes.map(\.path) == ["task", "task.noise"])
    }

    @Test func matchedComponentsAreOneVariantOverTasks() throws {
        // K = 1 on both tasks and `match`: three variants by their spec, whatever the numbers are.
        var runs: [ReportRun] = []
        for (task, modes) in [("two-moons", 2), ("quadratic-2d", 4)] {
            for seed in 0..<5 {
                runs.append(Example.run(task: task, base: "gaussian", seed: seed, metrics: Example.mmd(1)))
                for (components, written) in [(1, JSONValue.integer(1)), (modes, .string("match"))] {
                    var run = Example.run(
                        task: task, base: "gmm", components: components, seed: seed,
                        metrics: Example.mmd(components == 1 ? 0.9 : 0.5))
                    run.componentsInSpec = written
                    runs.append(run)
                }
            }
        }
        let headlines = try Example.report(runs).sections[0].headlines
        #expect(headlines.map(\.variant) == ["gmm 1", "gmm match"])
        #expect(
            headlines.allSatisfy { $0.scope == "all 2 tasks" && $0.pairs == 10 && $0.below == 10 && $0.units == 10 })
        #expect(headlines.allSatisfy { $0.p == 2.0 / 1024 && $0.adjustedP == 4.0 / 1024 })
    }

    @Test func configurationsFlatten() {
        let configuration = JSONValue.object([
            "seed": .integer(3), "task": .object(["name": .string("ring"), "modes": .integer(8)]),
            "base": .object(["name": .string("gmm"), "components": .integer(8), "given": .array([.number(0.5)])]),
            "zeta": .integer(1),
            "training": .object(["objective": .object(["name": .string("ml"), "draws": .integer(5)])]),
        ])
        #expect(
            ReportSetting.flatten(configuration) == [
                ReportSetting("task", .string("ring")), ReportSetting("task.modes", .integer(8)),
                ReportSetting("base", .string("gmm")), ReportSetting("base.components", .integer(8)),
                ReportSetting("base.given", .array([.number(0.5)])),
                ReportSetting("training.objective", .string("ml")),
                ReportSetting("training.objective.draws", .integer(5)),
                ReportSetting("zeta", .integer(1)),
            ])
        #expect(ReportSetting.flatten(.string("no object")).isEmpty)
    }
}

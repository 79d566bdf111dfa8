import Catalog
import Reports
import Testing

/// Two runs side by side.
struct RunComparisonTests {
    private func run(seed: Int, components: Int?, mmd: Double, losses: [Double], parameters: String = "{}")
        -> RunDetails
    {
        var settings = [ReportSetting("task", .string("ring")), ReportSetting("base", .string("gmm"))]
        if let components { settings.append(ReportSetting("base.components", .integer(components))) }
        return RunDetails(
            id: "run\(seed)", state: .completed, seed: seed, configuration: settings,
            metrics: [("mmd", ReportMetric(value: mmd, parameters: parameters))],
            history: losses.enumerated().map {
                HistoryPoint(
                    step: 10 * ($0.offset + 1), loss: $0.element, validationLoss: nil, gradientNorm: 1,
                    effectiveSampleSize: 5, likelihoodEvaluations: 7)
            }, summary: ["stepsDone": .integer(20), "seed": .integer(seed)])
    }

    @Test("what differs is listed, what is equal is not")
    func differences() throws {
        let runs = RunComparison(
            run(seed: 0, components: 2, mmd: 0.25, losses: [3, 2, 1]),
            run(seed: 1, components: nil, mmd: 0.5, losses: [3, 2, 0.5]))
        #expect(runs.settings.map(\.name) == ["base.components", "seed"])
        #expect(runs.settings[0].first == .integer(2) && runs.settings[0].second == nil)
        #expect(runs.results.map(\.name) == ["seed"])
        #expect(runs.equalThrough == 20)
        let text = RunComparisonRenderer.text(runs)
        #expect(text.contains("equal through step 20") && text.contains("0.25"))
        #expect(!text.contains("task  ") && !text.contains("stepsDone"))
        let json = try JSONValue(parsing: RunComparisonRenderer.json(runs))
        #expect(json["metrics"]?.arrayValue?[0]["difference"]?.doubleValue == 0.25)
        #expect(json["historyEqual"]?.boolValue == false && json["historyEqualThrough"]?.integerValue == 20)
    }

    @Test("a run has no difference to itself; metrics of other settings are not subtracted")
    func sameAndOther() {
        let one = run(seed: 0, components: 2, mmd: 0.25, losses: [1])
        let same = RunComparison(one, one)
        #expect(same.settings.isEmpty && same.results.isEmpty)
        #expect(RunComparisonRenderer.text(same).contains("equal in every row"))
        let other = RunComparison(one, run(seed: 0, components: 2, mmd: 0.5, losses: [2], parameters: "{\"n\":1}"))
        #expect(other.equalThrough == nil)
        #expect(RunComparisonRenderer.text(other).contains("other settings"))
    }
}

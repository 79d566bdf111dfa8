import Catalog
import Reports
import Testing

/// Whole reports with other statistics than the usual ones, and what must hold in every report.
@Suite struct OnRequestReportTests {
    private func report(
        _ runs: [ReportRun], by: [String]? = nil, asking statistics: ReportStatistics
    ) throws -> Report {
        try Report(runs: runs, options: ReportOptions(metrics: ["mmd"], by: by, statistics: statistics))
    }

    /// Two bases on some tasks; the metric's value by task, base and seed, nil for a failed run.
    private func runs(tasks: Int = 1, seeds: Int, _ value: (Int, Bool, Int) -> Double?) -> [ReportRun] {
        (0..<tasks).flatMap { task in
            (0..<seeds).flatMap { seed in
                [false, true].map { isGMM in
                    let number = value(task, isGMM, seed)
                    return Example.run(
                        task: "task\(task)", base: isGMM ? "gmm" : "gaussian", components: isGMM ? 4 : nil, seed: seed,
                        state: number == nil ? .failed : .completed, code: number == nil ? "diverged" : nil,
                        metrics: number.map { Example.mmd($0) } ?? [:])
                }
            }
        }
    }

    @Test func otherStatisticsLeaveMeansAndDefaultsAlone() throws {
        let usual = try Example.report(Example.complete)
        let other = try report(
            Example.complete,
            asking: ReportStatistics(
                summary: .interquartileMean, interval: .bootstrap, test: .wilcoxon, showsImprovement: true))
        for (row, plain) in zip(other.sections[0].rows, usual.sections[0].rows) {
            #expect(row.mean == plain.mean && row.standardDeviation == plain.standardDeviation)
            #expect(row.interval == Bootstrap.meanInterval([plain.values]))
            #expect(row.interquartileMean?.value == InterquartileMean(plain.values)?.value)
            #expect(row.interquartileMean?.interval == Bootstrap.interquartileInterval([plain.values]))
            #expect(plain.interquartileMean == nil && plain.comparison?.interquartileDifference == nil)
        }
        let headline = try #require(other.sections[0].headlines.first)
        #expect(headline.improvement == Estimate(1, Interval(1, 1)) && headline.interquartileDifference != nil)
        #expect(headline.isRankTest && !headline.isOfSurvivors && headline.p == 2.0 / 1024)
        #expect(usual.sections[0].headlines[0].improvement == nil)
    }

    @Test func everyFormatCarriesWhatWasAskedFor() throws {
        let statistics = ReportStatistics(
            summary: .interquartileMean, interval: .bootstrap, test: .wilcoxon, showsImprovement: true)
        let report = try report(Example.complete, asking: statistics)
        let table = ReportFormat.table.render(report)
        for text in [
            "interquartile mean [95 % bootstrap CI]", "Holm-adjusted Wilcoxon p (family of 4)",
            "(Wilcoxon, stratified, 10",
            "gmm better than gaussian with probability 1", "by stratified bootstrap",
        ] {
            #expect(table.contains(text), "\(text)")
        }
        let json = try TestJSON.parse(ReportFormat.json.render(report))
        #expect(json["statistics"]?["test"] == .string("wilcoxon"))
        let row = try #require(json["rows"]?.elements?.last)
        let expected = try #require(report.sections[0].rows.last)
        #expect(row["mean"]?.number == expected.mean && row["iqm"]?.number == expected.interquartileMean?.value)
        #expect(row["deltaIQM"]?.number == expected.comparison?.interquartileDifference?.value)
        #expect(row["iqmCI95"]?.elements?.count == 2)
        #expect(json["headlines"]?.elements?.first?["improvement"]?.number == 1)
        let lines = ReportFormat.csv.render(report).split(separator: "\r\n")
        #expect(lines[0].hasSuffix(",interval,test,iqm,iqmCILower,iqmCIUpper,deltaIQM,deltaIQMCILower,deltaIQMCIUpper"))
        #expect(Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
        #expect(!ReportFormat.json.render(try Example.report(Example.complete)).contains("\"statistics\""))
    }

    /// Failed runs stay in every number that can hold them: n, the test, the counts, the probability of improvement.
    @Test(arguments: ReportTest.allCases)
    func failuresCountAgainstTheirSide(_ test: ReportTest) throws {
        // The variant is better on every seed where it finishes; it fails on two of six.
        let values = runs(seeds: 6) { _, isGMM, seed in
            isGMM ? (seed < 2 ? nil : 0.1 + 0.001 * Double(seed)) : 0.5 + 0.01 * Double(seed)
        }
        let failing = try report(values, asking: ReportStatistics(test: test, showsImprovement: true))
        let row = try #require(failing.sections[0].rows.last)
        let comparison = try #require(row.comparison)
        #expect(row.n == 4 && row.failed == 2 && row.runs == 6)
        #expect(comparison.pairs == 6 && comparison.completePairs == 4 && comparison.isOfSurvivors)
        // Four survivors alone have signed ranks of one sign: p = 2/16. The failures take the largest ranks, 5.5 each, so
        // that −10 + 11 = 1 is observed. Only a sum of 0 is nearer to 0: the failures opposed (2 ways) and 1 + 4 against
        // 2 + 3 (2 ways). p = 60/64.
        #expect(comparison.p == 60.0 / 64)
        #expect(comparison.minimumP == 2.0 / 64)
        let headline = try #require(failing.sections[0].headlines.first)
        #expect(headline.againstVariant == 2 && headline.pairs == 6 && headline.isOfSurvivors)
        // 4 of 6 runs of the variant beat all baseline runs, the failed ones none.
        #expect(headline.improvement?.value == 24.0 / 36)
        let table = ReportFormat.table.render(failing)
        for text in ["2 failed: diverged", "†", "survivors", "2 lost by failure", "pooled Δ of survivors"] {
            #expect(table.contains(text), "\(text)")
        }
        // Failing on the baseline's side instead speaks for the variant.
        let mirrored = try report(
            runs(seeds: 6) { _, isGMM, seed in !isGMM && seed < 2 ? nil : isGMM ? 0.1 : 0.5 + 0.01 * Double(seed) },
            asking: ReportStatistics(test: test, showsImprovement: true))
        #expect(mirrored.sections[0].rows.last?.comparison?.p == 2.0 / 64)
        #expect(mirrored.sections[0].headlines.first?.improvement?.value == 1)
    }

    @Test func meansOfSurvivorsAreMarkedWithoutAComparison() throws {
        let alone = runs(seeds: 4) { _, _, seed in seed == 1 ? nil : 0.5 }.filter { $0.base == "gaussian" }
        let table = ReportFormat.table.render(try Example.report(alone))
        #expect(table.contains("1 failed: diverged") && table.contains("survivors"))
    }

    @Test func adaptiveRunsArePairedInTheirFirstRoundOnly() throws {
        func notes(_ proposal: String) throws -> [String] {
            let runs = ["gaussian", "gmm"].flatMap { base in
                (0..<3).map { seed in
                    Example.run(
                        task: "ring", base: base, seed: seed,
                        extra: [ReportSetting("training.proposal", .string(proposal))],
                        metrics: Example.mmd(Double(seed)))
                }
            }
            return try Example.report(runs).notes
        }
        #expect(try notes("adaptive").contains { $0.contains("first round only") })
        #expect(try notes("fresh").isEmpty)
    }

    /// The family is every comparison of the metric, whatever is shown; its size and the least p are printed.
    @Test func theHolmFamilyIsTheWholeSweep() throws {
        let values = runs(tasks: 3, seeds: 10) { task, isGMM, seed in
            0.1 * Double(task + 1) + 0.001 * Double(seed * seed) - (isGMM ? 0.01 + 0.001 * Double(seed) : 0)
        }
        for by in [nil, ["base"], ["task"]] {
            let report = try report(values, by: by, asking: ReportStatistics())
            let section = report.sections[0]
            #expect(section.familySize == 3)
            let compared = section.rows.compactMap(\.comparison)
            #expect(compared.map(\.p) == [Double?](repeating: 2.0 / 1024, count: 3))
            #expect(compared.map(\.adjustedP) == [Double?](repeating: 6.0 / 1024, count: 3))
            let table = ReportFormat.table.render(report)
            #expect(table.contains("(family of 3)"))
            #expect(table.contains("With 10 pairs a row's p cannot be below 0.00195 (2/2ⁿ)"))
        }
        let many = try Example.report(runs(seeds: 25) { _, isGMM, seed in Double(seed % 7) + (isGMM ? 0.5 : 1) })
        #expect(ReportFormat.table.render(many).contains("below 1e−5 (100 000 random flips)"))
    }

    /// The stratified Wilcoxon test ranks inside each task: a task of a hundredfold scale weighs no more than another.
    @Test func theWilcoxonHeadlineIsFreeOfScale() throws {
        func headline(_ scale: Double, _ test: ReportTest) throws -> Headline {
            // Task 0: better by a little on all ten seeds. Task 1: signs as they come, all of the noise.
            let report = try report(
                runs(tasks: 2, seeds: 10) { task, isGMM, seed in
                    let noise = scale * Double((seed * 7) % 10 - 4)
                    return isGMM ? 1 - (task == 0 ? 0.01 * Double(seed + 1) : noise) : 1
                }, asking: ReportStatistics(test: test))
            return try #require(report.sections[0].headlines.first)
        }
        #expect(try headline(1, .wilcoxon).p == headline(100, .wilcoxon).p)
        #expect(try headline(1, .wilcoxon).units == 20)
        // Ranks 1…10 all of one sign, and the differences −4…5 (0 is dropped; ranks ∓1.5, ∓3.5, ∓5.5, ∓7.5, 9): the sum is
        // 55 + 27 of 100. SciPy's exact permutation_test of these 19 signed ranks gives 6062/2¹⁹.
        #expect(try headline(1, .wilcoxon).p == 6062.0 / 524_288)
        // The sign-flip test of the pooled mean sees the noisy task only.
        #expect(try #require(headline(100, .signFlip).p) > 0.3)
    }

    @Test func verdictsSayWhyInAWord() throws {
        func report(_ shifts: [Double], seeds: Int = 8) throws -> Report {
            let values = (0..<seeds).flatMap { seed in
                [0, 1].map { side in
                    let wobble = 0.002 * Double(seed)
                    let metrics = zip(["d-plus", "kl", "mode-tv"], shifts).map { name, shift in
                        (name, ReportMetric(value: 1 + wobble + Double(side) * shift * (1 + wobble)))
                    }
                    return Example.run(
                        task: "ring", base: side == 0 ? "gaussian" : "gmm", seed: seed,
                        metrics: Dictionary(uniqueKeysWithValues: metrics))
                }
            }
            return try Example.report(values, ["d-plus"])
        }
        for (shifts, word) in [
            ([-0.5, -0.5, 0], Verdict.Word.wins), ([-0.5, -0.5, 0.5], .mixed), ([0, 0.5, 0], .loses),
            ([0, 0, 0], .tied), ([-0.5, -0.5, -0.5], .wins),
        ] {
            let report = try report(shifts)
            #expect(report.verdicts.map(\.word) == [word], "\(shifts)")
            let table = ReportFormat.table.render(report)
            #expect(table.contains("verdict: gmm against gaussian: \(word.rawValue) (d-plus "))
            let json = try TestJSON.parse(ReportFormat.json.render(report))
            #expect(json["verdicts"]?.elements?.first?["verdict"] == .string(word.rawValue))
        }
        let text = ReportFormat.table.render(try report([-0.5, -0.5, 0]))
        #expect(
            text.contains(
                "(d-plus better, Δ −0.5035, p = 0.008; kl better, Δ −0.5035, p = 0.008; mode-tv tied, Δ 0, p = 1.00)")
        )
        let few = try report([-0.5, -0.5, -0.5], seeds: 5)
        #expect(few.verdicts.map(\.word) == [.undecided] && !few.verdicts[0].wins)
    }
}

import Catalog
import Reports
import Testing

/// What stands beside a mean: whether it is noise, limits, companions, the verdict.
@Suite struct BesideTheMeanTests {
    @Test func noiseFollowsTheDirection() throws {
        let floor = ReportFloor(mean: 1, standardDeviation: 0.2, repetitions: 20)
        for (value, direction, isNoise) in [
            (1.19, ReportDirection.lower, true), (1.21, .lower, false), (0.1, .lower, true), (0.81, .higher, true),
            (0.79, .higher, false), (2, .higher, true), (1.21, .target, false), (0.79, .target, false),
            (1.1, .target, true),
        ] {
            // Four seeds: the margin is 2 · 0.2/√4 = 0.2.
            let runs = (0..<4).map { seed in
                Example.run(
                    task: "ring", base: "gaussian", seed: seed,
                    metrics: ["m": ReportMetric(value: value, floor: floor, direction: direction)])
            }
            #expect(try Example.report(runs, ["m"]).sections[0].rows[0].isNoise == isNoise, "\(value) \(direction)")
        }
    }

    /// Four seeds; the margin is 2 √(max(sd², mean of se²)/4), worked out by hand.
    @Test func noiseCountsTheErrorOfTheValues() throws {
        for (value, deviation, errors, direction, isNoise) in [
            // In closed form 0 ± 0: without errors the sign decides, with errors of .2 the margin is .2.
            (1e-9, 0, [nil, nil, nil, nil], ReportDirection.lower, false),
            (-1e-9, 0, [nil, nil, nil, nil], .lower, true),
            (0.199, 0, [0.2, 0.2, 0.2, 0.2], .lower, true), (0.201, 0, [0.2, 0.2, 0.2, 0.2], .lower, false),
            // Mean of se² (.16 + 0 + 0 + 0)/4 = .04: the same margin.
            (0.199, 0, [0.4, 0, nil, .infinity], .lower, true), (0.201, 0, [0.4, 0, nil, .nan], .lower, false),
            // se .2 < sd .3: the margin is that of the floor alone, .3. Their sum would make it .36.
            (0.299, 0.3, [0.2, 0.2, 0.2, 0.2], .lower, true), (0.301, 0.3, [0.2, 0.2, 0.2, 0.2], .lower, false),
            (-0.299, 0.3, [0.2, 0.2, 0.2, 0.2], .higher, true), (-0.301, 0.3, [0.2, 0.2, 0.2, 0.2], .higher, false),
            // One seed's se above sd, the mean of se² (.16 + 0 + 0 + 0)/4 = .04 below sd² = .09: still .3.
            (0.299, 0.3, [0.4, 0, nil, .infinity], .target, true), (-0.301, 0.3, [0.4, 0, nil, .nan], .target, false),
            // se .4 > sd .3: .4. Their sum would make it .5.
            (0.399, 0.3, [0.4, 0.4, 0.4, 0.4], .lower, true), (0.401, 0.3, [0.4, 0.4, 0.4, 0.4], .lower, false),
            (-0.399, 0.3, [0.4, 0.4, 0.4, 0.4], .higher, true), (-0.401, 0.3, [0.4, 0.4, 0.4, 0.4], .higher, false),
            (0.399, 0.3, [0.4, 0.4, 0.4, 0.4], .target, true), (-0.401, 0.3, [0.4, 0.4, 0.4, 0.4], .target, false),
        ] as [(Double, Double, [Double?], ReportDirection, Bool)] {
            let floor = ReportFloor(mean: 0, standardDeviation: deviation, repetitions: 0)
            for metric in ["kl", "kl-over-x"] {
                let runs = errors.enumerated().map { seed, error in
                    Example.run(
                        task: "ring", base: "gaussian", seed: seed,
                        metrics: [
                            metric: ReportMetric(
                                value: value, standardError: error, floor: floor, direction: direction)
                        ])
                }
                let row = try Example.report(runs, [metric]).sections[0].rows[0]
                // A spread over observations is no error of a value: there the margin is 2 · sd/√4.
                let isBelow = direction == .higher ? value >= -deviation : value <= deviation
                let expected =
                    metric == "kl" ? isNoise : direction == .target ? abs(value) <= deviation : isBelow
                #expect(row.isNoise == expected, "\(metric) \(value) \(deviation) \(errors) \(direction)")
            }
        }
    }

    @Test func companionsThatAreMissingAreNamed() throws {
        func notes(_ metrics: [String], stored: [String]) throws -> [String] {
            let runs = (0..<2).map { seed in
                Example.run(
                    task: "ring", base: "gaussian", seed: seed,
                    metrics: Dictionary(uniqueKeysWithValues: stored.map { ($0, ReportMetric(value: 0.5)) }))
            }
            return try Example.report(runs, metrics, sweeps: ["tiny"]).notes.filter { $0.contains("evaluate") }
        }
        #expect(
            try notes(["d-plus"], stored: ["d-plus"]) == [
                "d-plus should not be read without kl and mode-tv, which no run here has: "
                    + "flowexp evaluate tiny --metric kl,mode-tv computes them"
            ])
        #expect(
            try notes(["d-plus"], stored: ["d-plus", "kl"]) == [
                "d-plus should not be read without mode-tv, which no run here has: "
                    + "flowexp evaluate tiny --metric mode-tv computes it"
            ])
        #expect(try notes(["d-plus"], stored: ["d-plus", "kl", "mode-tv"]).isEmpty)
        // One note for all that lack the same, by the name of what computes it.
        #expect(
            try notes(["sbc", "coverage"], stored: ["sbc", "coverage"]) == [
                "sbc and coverage should not be read without information-gain and posterior-gap, which no run here has: "
                    + "flowexp evaluate tiny --metric information-gain computes them"
            ])
        #expect(
            try notes(["d-plus-over-x"], stored: ["d-plus-over-x"])[0].hasSuffix("--metric kl,mode-tv computes them"))
        #expect(try notes(["kl"], stored: ["kl"]).isEmpty)
    }

    /// A flow that returns the prior is calibrated: calibration never stands alone.
    @Test func calibrationBringsTheInformationGain() throws {
        let runs = (0..<3).flatMap { seed in
            ["gaussian", "gmm"].map { base in
                Example.run(
                    task: "two-moons", base: base, seed: seed,
                    metrics: Dictionary(
                        uniqueKeysWithValues: ["sbc", "tarp", "information-gain", "posterior-gap"].map {
                            ($0, ReportMetric(value: 0.1 * Double(seed + 1)))
                        }))
            }
        }
        #expect(
            try Example.report(runs, ["sbc"]).sections.map(\.metric) == ["sbc", "information-gain", "posterior-gap"])
        #expect(
            try Example.report(runs, ["tarp", "posterior-gap"]).sections.map(\.metric)
                == ["tarp", "posterior-gap", "information-gain"])
    }

    /// d-plus alone can be gamed by dropping modes: a base that wins on it and loses on mode-tv does not win.
    @Test func theVerdictNeedsAllThree() throws {
        func runs(seeds: Int, modeTV: Double) -> [ReportRun] {
            (0..<seeds).flatMap { seed in
                [("gaussian", 1.0, 1.0, 1.0), ("gmm", 0.5, 0.5, modeTV)].map { base, dPlus, kl, tv in
                    let wobble = 0.001 * Double(seed)
                    return Example.run(
                        task: "ring", base: base, seed: seed,
                        metrics: [
                            "d-plus": ReportMetric(value: dPlus + wobble), "kl": ReportMetric(value: kl + wobble),
                            "mode-tv": ReportMetric(value: tv + wobble),
                        ])
                }
            }
        }
        // Asking for d-plus brings the two others.
        let wins = try Example.report(runs(seeds: 8, modeTV: 1), ["d-plus"])
        #expect(wins.sections.map(\.metric) == ["d-plus", "kl", "mode-tv"])
        #expect(wins.verdicts.map(\.wins) == [true])
        #expect(wins.verdicts[0].outcomes.map(\.outcome) == [.better, .better, .tied])
        let gamed = try Example.report(runs(seeds: 8, modeTV: 1.5), ["d-plus"])
        #expect(gamed.verdicts[0].outcomes.map(\.outcome) == [.better, .better, .worse])
        #expect(!gamed.verdicts[0].wins)
        let few = try Example.report(runs(seeds: 5, modeTV: 0.5), ["d-plus"])
        #expect(few.verdicts[0].outcomes.allSatisfy { $0.outcome == .undecided } && !few.verdicts[0].wins)
        #expect(try Example.report(runs(seeds: 8, modeTV: 1), ["kl"]).verdicts.isEmpty)
    }

    @Test func poolLimitsStandBesideTheFloor() throws {
        let runs = (0..<3).map { seed in
            Example.run(
                task: "ring", base: "gaussian", seed: seed, metrics: ["kl": ReportMetric(value: 0.1)],
                poolLimits: ["kl": 0.01 + 0.001 * Double(seed)])
        }
        let report = try Example.report(runs, ["kl"])
        let limit = try #require(report.sections[0].rows[0].poolLimit)
        #expect(abs(limit - 0.011) < 1e-15)
        #expect(ReportFormat.table.render(report).contains("pool limit"))
    }
}

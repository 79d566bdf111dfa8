import Catalog
import Foundation
import Reports
import Testing

@Suite struct RunTextTests {
    private let listings = [
        RunListing(
            id: "a91f00", state: .completed, sweep: "gmm_vs_gauss", task: "quadratic-3d", base: "gmm",
            components: .integer(8), couplingLayers: 8, seed: 4, attempts: 1, metrics: [("mmd", 0.0123), ("kl", nil)]),
        RunListing(
            id: "a91f7c", state: .failed, failureCode: "diverged", sweep: "gmm_vs_gauss", task: "two-moons",
            base: "gaussian", couplingLayers: 4, seed: 0, attempts: 3),
    ]

    @Test func listsAlign() {
        #expect(
            RunListRenderer.table(listings, shownMetrics: ["mmd", "kl"]) == """
                id     state             sweep         task          base      depth  seed  attempts     mmd    kl
                a91f0  completed         gmm_vs_gauss  quadratic-3d  gmm 8         8     4         1  0.0123  null
                a91f7  failed: diverged  gmm_vs_gauss  two-moons     gaussian      4     0         3

                """)
        #expect(RunListRenderer.table([]) == "no runs\n")
        #expect(RunListRenderer.shortIDs(["abcdef", "abcdeg", "x"]) == ["abcdef", "abcdeg", "x"])
        #expect(RunListRenderer.shortIDs(["same", "same"]) == ["same", "same"])
    }

    @Test func listJSONHasTheFixedShape() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(RunListRenderer.json(listings).utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "flowexp.runs/1")
        let runs = try #require(object["runs"] as? [[String: Any]])
        for key in [
            "id", "state", "sweep", "task", "base", "components", "componentsUsed", "modesEstimated", "couplingLayers",
            "seed", "attempts", "metrics",
        ] {
            #expect(runs.allSatisfy { $0[key] != nil }, "\(key)")
        }
        #expect(runs[0]["components"] as? Int == 8 && runs[1]["components"] is NSNull)
        #expect((runs[0]["metrics"] as? [String: Any])?["mmd"] as? Double == 0.0123)
        #expect((runs[0]["metrics"] as? [String: Any])?["kl"] is NSNull)
    }

    @Test func whatAutoChoseIsListed() throws {
        let run = RunListing(
            id: "abcd", state: .completed, sweep: "s", task: "two-moons", base: "gmm", components: .string("auto"),
            componentsUsed: 6, modesEstimated: 2, couplingLayers: 8, seed: 0, attempts: 1)
        #expect(RunListRenderer.table([run]).contains("  gmm auto → 6  "))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(RunListRenderer.json([run]).utf8)) as? [String: Any])
        let listed = try #require((object["runs"] as? [[String: Any]])?.first)
        #expect(listed["components"] as? String == "auto")
        #expect(listed["componentsUsed"] as? Int == 6 && listed["modesEstimated"] as? Int == 2)
        var planned = run
        planned.componentsUsed = nil
        #expect(RunListRenderer.table([planned]).contains("  gmm auto  "))
    }

    /// The choice is a table of its own and not a line among the results.
    @Test func showTabulatesTheEvidence() {
        func row(_ components: Int, _ bic: Double, _ correction: JSONValue) -> JSONValue {
            .object(["components": .integer(components), "bic": .number(bic), "correction": correction])
        }
        var run = details
        run.summary = [
            "componentsUsed": .integer(2), "modesEstimated": .integer(1),
            "componentSelection": .object([
                "components": .integer(2), "modes": .integer(1), "effectiveSampleSize": .number(121.4),
                "evidence": .array([row(1, 713.22, .number(0.5)), row(2, 499.17, .number(1.2)), row(3, -12, .null)]),
            ]),
        ]
        let text = RunDetailsRenderer.text(run)
        #expect(
            text.contains(
                """
                components chosen from the first pool: 2 in 1 mode, ESS 121
                  components    BIC  small samples    sum
                           1  713.2            0.5  713.7
                           2  499.2            1.2  500.4  chosen
                           3  −12.0              —      —  too few draws for a component
                """))
        #expect(!text.contains("componentSelection"))
        #expect(text.contains("modesEstimated"))
        #expect(RunDetailsRenderer.json(run).contains("\"componentSelection\""))
        run.summary["componentSelection"] = .object(["evidence": .array([.null, .integer(3)])])
        #expect(RunDetailsRenderer.text(run).contains("components chosen from the first pool: ?"))
    }

    private var details: RunDetails {
        RunDetails(
            id: "a91f", state: .completed, sweeps: ["gmm_vs_gauss"], seed: 4,
            configuration: [ReportSetting("task", .string("ring")), ReportSetting("flow.couplingLayers", .integer(8))],
            attempts: [
                AttemptSummary(number: 1, started: "10:00", ended: "10:01", outcome: "interrupted", place: "host 42"),
                AttemptSummary(number: 2, started: "10:02", ended: nil, outcome: "completed"),
            ],
            metrics: [
                (
                    "mmd",
                    ReportMetric(
                        value: 0.00012, standardError: 0.00003, floor: Example.floor, sampleSizes: [10_000, 10_000])
                ),
                ("reverse-kl", ReportMetric(value: nil, reason: "leakage 0.02", sampleSizes: [10_000])),
            ],
            history: (1...8).map {
                HistoryPoint(
                    step: $0 * 250, loss: 8 / Double($0), validationLoss: $0 > 4 ? 1.5 : nil, gradientNorm: 0.5,
                    effectiveSampleSize: 707, likelihoodEvaluations: 10_000)
            },
            summary: ["componentsUsed": .integer(8)], timings: ["training": 100.4],
            artefacts: ["parameters.safetensors"])
    }

    @Test func showSaysAll() {
        #expect(
            RunDetailsRenderer.text(details) == """
                run a91f
                state  completed
                sweep  gmm_vs_gauss

                configuration
                  task                 ring
                  flow.couplingLayers  8
                  seed                 4

                attempts
                  #  started  ended  outcome      where
                  1  10:00    10:01  interrupted  host 42
                  2  10:02           completed

                metrics
                  metric      value                floor      better  n
                  mmd         0.00012 ± 0.00003 ≈  0 ± .0002  lower   10 000 / 10 000
                  reverse-kl  null: leakage 0.02              lower   10 000

                results
                  componentsUsed  8
                  training time   1m40s

                history
                   step   loss  validation  gradient  ESS  likelihoods
                  1 000      2                   0.5  707       10 000
                  1 250    1.6         1.5       0.5  707       10 000
                  1 500  1.333         1.5       0.5  707       10 000
                  1 750  1.143         1.5       0.5  707       10 000
                  2 000      1         1.5       0.5  707       10 000
                  loss  █▄▃▂▂▁▁▁

                files
                  parameters.safetensors

                """)
    }

    @Test func showWarnsOnce() {
        var warned = details
        let text = "k̂ is above 0.7, estimates by importance weights are unreliable"
        warned.metrics = [
            ("khat", ReportMetric(value: 0.83, warning: text)), ("kl", ReportMetric(value: 0.1)),
            ("log-evidence", ReportMetric(value: -2.5, warning: text)),
            ("mmd-corrected", ReportMetric(value: nil, reason: "none", warning: text)),
        ]
        let shown = RunDetailsRenderer.text(warned)
        #expect(shown.contains("khat           0.83 !") && shown.contains("log-evidence   −2.5 !"))
        #expect(shown.contains("\n  ! khat, log-evidence: \(text)\n"))
        #expect(shown.components(separatedBy: text).count == 2)
        #expect(RunDetailsRenderer.json(warned).components(separatedBy: text).count == 4)
    }

    @Test func showJSONReadsBack() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(RunDetailsRenderer.json(details).utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "flowexp.run/1")
        #expect((object["history"] as? [Any])?.count == 8)
        #expect(
            ((object["metrics"] as? [String: Any])?["reverse-kl"] as? [String: Any])?["reason"] as? String
                == "leakage 0.02")
    }

    @Test func statusCountsAndListsWhatRuns() throws {
        let status = SweepStatus(
            sweep: "gmm_vs_gauss", counts: [.completed: 51, .failed: 1, .running: 1, .planned: 27],
            failures: [ReasonCount("diverged", 1)], runsPerSecond: 0.5, secondsLeft: 100,
            running: [
                RunningRun(
                    id: "a91f77", task: "quadratic-3d", base: "gmm", components: .integer(8), couplingLayers: 8,
                    seed: 4, axes: ["depth 8", "noise 0.1"],
                    phase: "training", step: 1200, totalSteps: 2000, loss: 1.2041, place: "host 4711")
            ])
        #expect(
            SweepStatusRenderer.text([status]) == """
                gmm_vs_gauss  52/80  65% · 51 completed · 1 failed (1 diverged) · 1 running · 27 planned · 30 runs/min · ETA 1m40s
                  a91f  quadratic-3d  gmm 8  depth 8  noise 0.1  seed 4  step 1 200/2 000  loss 1.204

                """)
        #expect(SweepStatusRenderer.text([]) == "no sweeps\n")
        #expect(SweepStatusRenderer.text([SweepStatus(sweep: "empty", counts: [:])]).contains("0/0  100%"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(SweepStatusRenderer.json([status]).utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "flowexp.status/1")
        #expect(((object["sweeps"] as? [[String: Any]])?[0]["counts"] as? [String: Int])?["completed"] == 51)
    }

    @Test func sparklinesTakeAnything() {
        #expect(Sparkline.text([], width: 10) == "" && Sparkline.text([1], width: 10) == "▁")
        #expect(Sparkline.text([0, 7], width: 10) == "▁█")
        #expect(Sparkline.text([.nan, 1, .infinity, 2], width: 4) == " ▁ █")
        #expect(Sparkline.text([.nan], width: 4) == "")
        #expect(Sparkline.text([-1e308, 1e308], width: 2) == "▁█")
        #expect(Sparkline.text((0..<1000).map(Double.init), width: 20).count == 20)
    }
}

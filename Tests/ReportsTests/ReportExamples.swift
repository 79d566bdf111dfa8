import Catalog
import Reports

/// Hand-made runs: the numbers are chosen, not measured.
enum Example {
    static let floor = ReportFloor(mean: 0.00001, standardDeviation: 0.0002, repetitions: 20)

    static func run(
        task: String, base: String, components: Int? = nil, depth: Int = 8, seed: Int,
        extra: [ReportSetting] = [], state: ReportRunState = .completed, code: String? = nil,
        metrics: [String: ReportMetric] = [:], poolLimits: [String: Double] = [:]
    ) -> ReportRun {
        var settings = [ReportSetting("task", .string(task)), ReportSetting("base", .string(base))]
        if let components { settings.append(ReportSetting("base.components", .integer(components))) }
        settings += [
            ReportSetting("flow", .string("affine-coupling")), ReportSetting("flow.couplingLayers", .integer(depth)),
        ]
        settings += extra
        let others = extra.map { JSONText.canonical($0.value) }.joined()
        return ReportRun(
            id: "\(task)-\(base)-\(components ?? 0)-\(depth)-\(seed)-\(others)",
            state: state, failureCode: code, seed: seed, configuration: settings,
            components: components.map(JSONValue.integer) ?? .null, componentsUsed: components, metrics: metrics,
            poolLimits: poolLimits)
    }

    static func mmd(_ value: Double?, reason: String? = nil) -> [String: ReportMetric] {
        ["mmd": ReportMetric(value: value, reason: reason, floor: floor, sampleSizes: [10_000, 10_000])]
    }

    /// Two tasks, gaussian and a matched gmm, five seeds: every gmm run is better.
    static var complete: [ReportRun] {
        var runs: [ReportRun] = []
        for (task, modes, level) in [("two-moons", 2, 0.041), ("quadratic-3d", 8, 0.12)] {
            for depth in [4, 8] {
                for seed in 0..<5 {
                    let wobble = Double((seed * 7 + modes + depth) % 5 - 2) * 0.0012
                    runs.append(
                        run(task: task, base: "gaussian", depth: depth, seed: seed, metrics: mmd(level + wobble)))
                    runs.append(
                        run(
                            task: task, base: "gmm", components: modes, depth: depth, seed: seed,
                            metrics: mmd(0.0001 + wobble / 40)))
                }
            }
        }
        return runs
    }

    /// One task: a diverged gaussian run, a null gmm value, a planned run, a run not evaluated.
    static var troubled: [ReportRun] {
        let gaussian = [0.05, 0.048, nil, 0.052, 0.051, 0.049]
        let gmm = [0.01, 0.012, 0.011, nil, 0.013, 0.014]
        var runs: [ReportRun] = []
        for seed in 0..<6 {
            if let value = gaussian[seed] {
                runs.append(run(task: "ring", base: "gaussian", seed: seed, metrics: mmd(value)))
            } else {
                runs.append(run(task: "ring", base: "gaussian", seed: seed, state: .failed, code: "diverged"))
            }
            let metric = gmm[seed].map { mmd($0) } ?? mmd(nil, reason: "leakage 0.02")
            runs.append(run(task: "ring", base: "gmm", components: 8, seed: seed, metrics: metric))
        }
        runs.append(run(task: "ring", base: "gaussian", seed: 6, state: .planned))
        runs.append(run(task: "ring", base: "gmm", components: 8, seed: 6))
        return runs
    }

    /// Names that would break a terminal, a table, markdown, csv or JSON.
    static var hostile: [ReportRun] {
        let names = ["a|b*c_<script>", "x,\"y\"\r\nz", "\u{1B}[31mred\u{202E}\u{0}", "日本語 é", "../../etc"]
        return names.enumerated().flatMap { index, name in
            (0..<2).map { seed in
                run(task: name, base: "gaussian", seed: seed, metrics: mmd(Double(index) + 0.25 * Double(seed)))
            }
        }
    }

    static func report(
        _ runs: [ReportRun], _ metrics: [String] = ["mmd"], by: [String]? = nil, baseline: String? = nil,
        sweeps: [String] = ["gmm_vs_gauss"], declared: [String] = []
    ) throws -> Report {
        try Report(
            runs: runs,
            options: ReportOptions(
                metrics: metrics, by: by, baseline: baseline, sweeps: sweeps, declaredAxes: declared))
    }
}

import ArgumentParser
import Benchmarks
import Catalog
import FlowMath
import Foundation
import Orchestration

/// `flowexp bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine: training, sampling and metrics, beside the core's peak.",
        discussion: """
            Examples:
              flowexp bench                                  every workload on one thread
              flowexp bench --workload train-realnvp-2d      one of them
              flowexp bench --workload train-realnvp-2d --threads 2 --json
              flowexp bench --workload time-to-quality       seconds to KL ≤ .01
              flowexp bench --workload time-to-quality --side ours --set averaging=0
              flowexp bench --workload store-scale           commands on 10 000 runs
              flowexp bench --workload store-scale --runs 100000 --history 0
              flowexp bench --workload component-selection   is "auto" right?

            FLOWEXP_ISA=avx2 (or avx512, portable) chooses the instruction set.
            """)

    @Option(help: ArgumentHelp("Measure only this workload.", valueName: "name"))
    var workload: String?

    @Option(help: "Threads that each run the workload at once.")
    var threads = 1

    @Option(help: "Seconds per workload.")
    var seconds = 3.0

    @OptionGroup(title: "Options of the workload time-to-quality") var quality: TimeToQualityOptions
    @OptionGroup(title: "Options of the workload store-scale") var scale: StoreScaleOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds takes a time above 0, up to 3600.") }
    }

    func run() throws {
        talk.apply()
        if workload == TimeToQualityWorkload.name { return try quality.run(json: output.json) }
        try quality.refuse()
        if workload == StoreScaleOptions.name { return try scale.run(json: output.json) }
        try scale.refuse()
        if workload == SweepWorkload.name { return try runSweep() }
        if workload == ComponentSelectionWorkload.name { return try ComponentSelectionOutput.run(json: output.json) }
        let chosen = try chosenWorkloads()
        if !output.json {
            let peak = String(format: "%.1f", MultiplyAddPeak.measured)
            Talk.say(
                "\(Kernels.current.instructionSet), numerics \(Kernels.current.numericsVariant), "
                    + "multiply-add peak of a core \(peak) Gflop/s (single precision)")
        }
        var results: [WorkloadResult] = []
        for workload in chosen {
            let result = try workload.measure(threads: threads, seconds: seconds)
            results.append(result)
            if !output.json { try Output.data(Self.line(result, workload)) }
        }
        guard output.json else { return }
        if workload != nil, let result = results.first { return try JSONOutput.print(Self.json(result)) }
        try JSONOutput.print(
            .object(["schema": .string("flowexp.bench/1"), "results": .array(results.map(Self.json))]))
    }

    /// W7 starts this program again as a sweep with `--threads` workers; two where one would leave nothing to share.
    private func runSweep() throws {
        let executable = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments.first ?? "flowexp")
        let result = try SweepWorkload(executable: executable).measure(workers: threads == 1 ? 2 : threads)
        if output.json { return try JSONOutput.print(Self.json(result)) }
        let share = String(format: "%.2f s  %.1f %% of peak", result.value, 100 * (result.shareOfPeak ?? 0))
        try Output.data("\(result.workload)  \(share)  \(SweepWorkload.summary)")
    }

    private func chosenWorkloads() throws -> [Workload] {
        guard let workload else { return WorkloadCatalog.workloads }
        guard let found = WorkloadCatalog.workload(named: workload) else {
            let names =
                WorkloadCatalog.workloads.map(\.name)
                + [
                    SweepWorkload.name, TimeToQualityWorkload.name, ComponentSelectionWorkload.name,
                    StoreScaleOptions.name,
                ]
            throw CommandFailure(
                .usage, "there is no workload '\(workload)'\(NearestName.hint(workload, among: names))",
                remedy: "Workloads: \(names.joined(separator: ", "))")
        }
        return [found]
    }

    private static func line(_ result: WorkloadResult, _ workload: Workload) -> String {
        let value: String
        switch result.unit {
        case .stepsPerSecond: value = String(format: "%10.1f steps/s ", result.value)
        case .pointsPerSecond: value = String(format: "%10.0f points/s", result.value)
        case .seconds: value = String(format: "%10.4f s       ", result.value)
        }
        let share = result.shareOfPeak.map { String(format: "%5.1f %% of peak", 100 * $0) } ?? "               "
        let name = result.workload.padding(toLength: 21, withPad: " ", startingAt: 0)
        return "\(name) \(value)  \(share)  \(workload.summary)"
    }

    private static func json(_ result: WorkloadResult) -> JSONValue {
        var members: [String: JSONValue] = [
            "workload": .string(result.workload), "threads": .integer(result.threads),
            result.unit.rawValue: .number(result.value), "instructionSet": .string(Kernels.current.instructionSet),
            "numericsVariant": .string(Kernels.current.numericsVariant),
        ]
        members["gigaflopsPerSecond"] = result.gigaflopsPerSecond.map(JSONValue.number)
        members["shareOfPeak"] = result.shareOfPeak.map(JSONValue.number)
        return .object(members)
    }
}

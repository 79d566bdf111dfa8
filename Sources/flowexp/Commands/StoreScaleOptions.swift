import ArgumentParser
import Catalog
import Experiments
import Foundation
import Orchestration
import RunStorage

/// The options of `flowexp bench --workload store-scale`: a store of invented results, and how long commands take on it.
struct StoreScaleOptions: ParsableArguments {
    /// The name after `--workload`.
    static let name = "store-scale"

    @Option(help: "Runs of the store: a multiple of 100 up to 100000 (default 10000).")
    var runs: Int?

    @Option(help: ArgumentHelp("History rows of each run (default 1000).", valueName: "rows"))
    var history: Int?

    @Option(help: "Times each command is run; the median is shown (default 5).")
    var repetitions: Int?

    @Option(
        help: ArgumentHelp(
            "Keep the store and its spec in this directory, and use them when they are there.", valueName: "dir"))
    var keep: String?

    func validate() throws {
        if let runs, !(100...100_000).contains(runs) || runs % 100 != 0 {
            throw ValidationError("--runs takes a multiple of 100 from 100 to 100000.")
        }
        if let history, !(0...100_000).contains(history) { throw ValidationError("--history takes 0 to 100000.") }
        if let repetitions, !(1...1000).contains(repetitions) {
            throw ValidationError("--repetitions takes 1 to 1000.")
        }
    }

    /// Other workloads have none of these options.
    func refuse() throws {
        guard runs == nil, history == nil, repetitions == nil, keep == nil else {
            throw CommandFailure(
                .usage, "--runs, --history, --repetitions and --keep belong to --workload \(Self.name)")
        }
    }

    func run(json: Bool) throws {
        let place = keep.map { URL(fileURLWithPath: $0) } ?? Self.temporaryPlace()
        defer { if keep == nil { try? FileManager.default.removeItem(at: place) } }
        let file = place.appendingPathComponent("store-scale.json")
        do {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Self.spec(runs: runs ?? 10_000).write(to: file, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure.file(error, doing: "write", file.path, creating: true)
        }
        let directory = place.appendingPathComponent("runs").path
        let spec = try SpecFile.read(file.path)
        let store = try RunStore.open(at: directory, mode: .createIfMissing)
        try SyntheticStore(spec: spec, historyRows: history ?? 1000).fill(store) { done in
            Talk.detail("\(CountText.grouped(done)) of \(CountText.grouped(spec.plan.runs.count)) runs written")
        }
        let first = try store.records(ofRevision: store.newestRevision(ofSweep: spec.name).id, metrics: .none)[0].id
        try store.close()
        let bench = StoreScaleBench(spec: file.path, store: directory, run: first, repetitions: repetitions ?? 5)
        try bench.print(runs: spec.plan.runs.count, history: history ?? 1000, json: json)
    }

    private static func temporaryPlace() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("flowexp-store-scale-\(UUID().uuidString)")
    }

    /// Five tasks × two bases × ten depths × learning rates × seeds: cells of ten seeds from 1 000 runs on.
    private static func spec(runs: Int) -> String {
        let seeds = runs % 1000 == 0 ? 10 : 1
        let rates = (0..<(runs / 100 / seeds)).map { "\(0.001 + Double($0) * 1e-6)" }.joined(separator: ", ")
        return """
            {
              "name": "store-scale",
              "sweep": {
                "task": ["corners", "ring", "two-moons", "unequal", "quadratic-2d"],
                "base": ["gaussian", {"name": "gmm", "components": "match"}],
                "flow.couplingLayers": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
                "training.learningRate": [\(rates)],
                "seeds": \(seeds)
              }
            }
            """
    }
}
